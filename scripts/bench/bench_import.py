"""What `import ready` costs beside pyarrow, which reading needs: seconds, and MB at the peak."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from report import machine
from scratch import PROJECT

sys.path.append(str(PROJECT / "tests" / "python"))
from arrow_training_set import export, sample

ROUNDS = 7
AT_MOST_SECONDS, AT_MOST_MB = 0.5, 80

PYARROW, READY, ALL = "import pyarrow.parquet", "import ready", "all its names"
NAMES = "import ready; [getattr(ready, name) for name in ready.__all__]"
READING = "import ready; ds = ready.load_dataset(path={folder!r}); ds.X, ds.y, ds.groups, ds.times"

# The peak of rusage is that of the process that started it, where this was larger.
TIMED = """
import json, sys, time
began = time.perf_counter()
exec(sys.argv[1])
seconds = time.perf_counter() - began
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(json.dumps([seconds, int(peak.split()[1]) / 1024]))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        reading = READING.format(folder=str(export(sample(), Path(folder) / "v1")))
        programs = {PYARROW: PYARROW, READY: READY, ALL: NAMES, "reading a small folder": reading}
        rounds = [{name: cost(program) for name, program in programs.items()} for _ in range(ROUNDS)]
    medians = {
        name: [statistics.median(each[name][figure] for each in rounds) for figure in (0, 1)]
        for name in programs
    }
    print(f"medians of {ROUNDS} rounds, load {machine()['load_average']}")
    for name, (seconds, mb) in medians.items():
        print(f"{name:24} {seconds:6.3f} s {mb:6.0f} MB {mb - medians[PYARROW][1]:+6.0f} MB")
    more = max(mb for _, mb in medians.values()) - medians[PYARROW][1]
    if medians[ALL][0] > AT_MOST_SECONDS or more > AT_MOST_MB:
        sys.exit(f"above {AT_MOST_SECONDS} s for {ALL}, or {AT_MOST_MB} MB more than pyarrow")


def cost(program: str) -> tuple[float, float]:
    """Of a program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED, program], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    seconds, mb = json.loads(done.stdout)
    return seconds, mb


if __name__ == "__main__":
    main()
