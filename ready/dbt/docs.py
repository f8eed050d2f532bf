"""The dbt docs site, as one file that opens without a network."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import re
from pathlib import Path
from typing import Any

from ready.database.opening import open_database
from ready.dbt.runner import QUIET, invoke, prepare, target_folder
from ready.definition.meta import node_meta
from ready.errors import MachineError, UsageError
from ready.settings import Settings
from ready.spark.server import ensure_spark

# The browser itself sees to it that nothing is asked of anyone, whatever dbt's page would like to.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)
OVERVIEW = "doc.raw_to_ready.__overview__"
PICTURE = Path(__file__).parents[1] / "templates" / "data-flow.svg"
BELOW = "## The way of the data"  # the heading of models/_overview.md that it stands under
IN_THE_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(?:[^{}]*\{[^{}]*\})*\s*\}")
CHARSET = '<meta charset="utf-8">'
# Below it, what dbt's page asks for by mistake: a favicon that is not there, icons that have no name yet.
REPAIRS = {
    CHARSET: f'{CHARSET}<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
    "${require('./assets/favicons/favicon.ico')}": "data:,",
    '<use xlink:href="{{': '<use ng-attr-xlink:href="{{',
}


def write_docs(settings: Settings) -> Path:
    """Write artifacts/docs/index.html, with manifest and catalog inside. Returns its path.

    Raises UsageError when dbt refuses the project.
    """
    on_spark = settings.target == "spark"
    prepare(settings, ensure_spark(settings) if on_spark else open_database(settings))
    target = ["--target", "spark"] if on_spark else []
    outcome = invoke([*QUIET, "--no-send-anonymous-usage-stats", "docs", "generate", "--static", *target])
    if not outcome.success:
        raise UsageError(
            f"dbt docs generate failed: {outcome.exception}", hint="try: ready dbt docs generate"
        )
    page = settings.artifacts / "docs" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    folder = target_folder(settings)
    written = (folder / "static_index.html").read_text(encoding="utf-8")
    manifest = (folder / "manifest.json").read_text(encoding="utf-8")
    readers = with_picture(readable(json.loads(manifest)), PICTURE.read_text(encoding="utf-8"))
    shown = written.replace(manifest, json.dumps(readers), 1)
    page.write_text(without_requests(shown), encoding="utf-8")
    return page


def readable(manifest: dict[str, Any]) -> dict[str, Any]:
    """dbt's manifest without unit tests and internal sources, which would crowd the lineage graph."""
    left_out = {
        *manifest["unit_tests"],
        *(
            name
            for name, source in manifest["sources"].items()
            if node_meta(source, "source").get("internal")
        ),
    }

    def kept(nodes: dict[str, Any]) -> dict[str, Any]:
        return {name: node for name, node in nodes.items() if name not in left_out}

    def linked(edges: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [one for one in others if one not in left_out] for name, others in kept(edges).items()}

    return {
        **manifest,
        "unit_tests": {},
        "sources": kept(manifest["sources"]),
        **{edges: linked(manifest[edges]) for edges in ("parent_map", "child_map")},
    }


def with_picture(manifest: dict[str, Any], svg: str) -> dict[str, Any]:
    """The manifest with an SVG inside its overview, in its light colours, as the page knows no others."""
    image = base64.b64encode(IN_THE_DARK.sub("", svg).encode()).decode()
    overview = manifest["docs"][OVERVIEW]
    text = overview["block_contents"].replace(
        BELOW, f"{BELOW}\n\n![The way of the data](data:image/svg+xml;base64,{image})", 1
    )
    return {**manifest, "docs": {**manifest["docs"], OVERVIEW: {**overview, "block_contents": text}}}


def without_requests(page: str) -> str:
    """dbt's static page, such that opening it, also from a file, requests nothing but itself."""
    for asked, instead in REPAIRS.items():
        page = page.replace(asked, instead)
    return page


def serve(folder: Path, port: int) -> None:
    """Serve a folder on the loopback address until interrupted. Raises MachineError for a taken port."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise MachineError(
            f"port {port} cannot be used: {error.strerror}", hint="name another: --port 8081"
        ) from None
    with server:
        server.serve_forever()
