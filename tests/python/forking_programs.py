"""Programs `ready` and `dbt` for a shell, each of which has this process fork it: no Python starts again."""

from __future__ import annotations

import json
import shlex
import socketserver
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import forked

# Without site packages, so that it starts at once.
ASKS = """#!{python} -SE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({address!r})
    asked = [os.getpid(), [{name!r}, *sys.argv[1:]], os.getcwd(), dict(os.environ)]
    connection.sendall(json.dumps(asked).encode() + b"\\n")
    sys.exit(int(connection.makefile().read()))
"""


class _Forks(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        process, command, folder, environ = json.loads(self.rfile.readline())
        streams = [Path(f"/proc/{process}/fd/{number}") for number in range(3)]
        self.wfile.write(str(forked.run(command, Path(folder), environ, streams)).encode())


@contextmanager
def programs(folder: Path) -> Iterator[None]:
    """Both in a folder while it lasts; where there is no /proc, they start Python."""
    if not Path("/proc/self/fd").exists():
        _write(folder / "ready", f'#!/bin/sh\nexec {shlex.join([sys.executable, "-m", "ready"])} "$@"\n')
        (folder / "dbt").symlink_to(Path(sys.executable).with_name("dbt"))
        yield
        return
    with (
        tempfile.TemporaryDirectory() as short,  # as the address of a socket must be
        socketserver.ThreadingUnixStreamServer(f"{short}/forks", _Forks) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("ready", "dbt"):
            _write(folder / name, ASKS.format(python=sys.executable, address=f"{short}/forks", name=name))
        yield
        server.shutdown()


def _write(program: Path, text: str) -> None:
    program.write_text(text)
    program.chmod(0o755)
