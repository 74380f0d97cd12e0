"""How soon `bezoar --help` is there, as a person waits for it.

    python benchmarks/startup.py

Starts the command twenty times after a first one, which compiles. Other work on the machine makes
a run slower and never faster: the quickest and the median are shown, in seconds of the clock, and
the CPU time of the quickest.
"""

import os
import statistics
import subprocess
import sys
import time

RUNS = 20
CALLS = (["--help"], ["verify", "--help"], ["monitor", "serve", "--help"])


def timed(arguments: list[str]) -> tuple[float, float]:
    """Return the wall and the CPU seconds of one start."""
    before, began = os.times(), time.perf_counter()
    call = [sys.executable, "-m", "bezoar", *arguments]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, os.times()
    return wall, after.children_user + after.children_system - before[2] - before[3]


def main() -> None:
    """Print a line for each call."""
    for arguments in CALLS:
        timed(arguments)
        walls, cpus = zip(*(timed(arguments) for _ in range(RUNS)), strict=True)
        middle = statistics.median(walls)
        shown = f"{min(walls):.3f} s, median {middle:.3f} s, CPU {min(cpus):.3f} s"
        print(f"bezoar {' '.join(arguments)}: {shown}")


if __name__ == "__main__":
    main()
