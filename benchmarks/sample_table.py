"""How fast a sample table is built, and in how much memory.

    python benchmarks/sample_table.py [DATASET] [--times N]

Builds the table of DATASET (a real set of pictures of natural size by default) in a process of its
own, once with one worker and once with one a core; then of a folder with each picture N times, to
see whether time grows with the samples alone and memory not at all. CPU time is that of the
process and of its workers; memory is the largest sum of resident sets, shared pages counted once
(PSS), sampled ten times a second; start-up and imports count. Of three builds of the set itself the
quickest is shown, since other work on the machine only ever adds. Linux only.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "gtsrb_natural_train_sub.zip"
REPEATS = 3
BUILD = """
import os, sys, time
from pathlib import Path
from bezoar.datasets.sample_table.building import build_table
began = time.perf_counter()
build_table(Path(sys.argv[1]), Path(sys.argv[2]), workers=int(sys.argv[3]) or None)
print(time.perf_counter() - began, flush=True)
"""


def processes(parent: int) -> list[int]:
    """Return a process and all that it started."""
    found, waiting = [], [parent]
    while waiting:
        found.append(waiting.pop())
        try:
            tasks = Path(f"/proc/{found[-1]}/task").iterdir()
            for task in tasks:
                waiting += [int(one) for one in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def resident(pid: int) -> int:
    """Return the proportional set size of a process in kB; 0 where it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def ticks(pid: int) -> float:
    """Return the CPU time of a process in seconds, without its children's."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def build(path: Path, workers: int) -> tuple[float, float, float]:
    """Return wall-clock seconds, CPU seconds, and the largest memory in MB of one build."""
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "table.parquet")
        call = [sys.executable, "-c", BUILD, str(path), target, str(workers)]
        job = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
        largest, cpu = 0, dict[int, float]()
        while job.poll() is None:
            running = processes(job.pid)
            largest = max(largest, sum(map(resident, running)))
            cpu |= {pid: max(ticks(pid), cpu.get(pid, 0)) for pid in running}
            time.sleep(0.1)
        wall = float(job.communicate()[0])
    return wall, sum(cpu.values()), largest / 1e3


def repeated(path: Path, folder: Path, times: int) -> int:
    """Write each picture of a set several times into class folders; return how many there are."""
    from bezoar.datasets.opening import open_dataset  # noqa: PLC0415 - what is measured is not this

    count = 0
    for sample in open_dataset(path):
        for number in range(times):
            place = folder / str(sample.label) / f"{number}-{sample.id.replace('/', '-')}"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(sample.fetch())
            count += 1
    return count


def main() -> None:
    """Print one line for each build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?", default=REAL)
    parser.add_argument("--times", type=int, default=9)
    options = parser.parse_args()
    from bezoar.datasets.opening import open_dataset  # noqa: PLC0415 - see above

    samples = len(open_dataset(options.dataset))
    print(f"{'set':>24} {'workers':>8} {'wall s':>8} {'CPU s':>8} {'per core-s':>11} {'MB':>6}")
    folder = Path(tempfile.mkdtemp())
    try:
        many = repeated(options.dataset, folder / "many", options.times)
        sets = ((options.dataset, samples), (folder / "many", many))
        for path, count in sets:
            for workers in (1, 0):
                times = REPEATS if path == options.dataset else 1
                runs = [build(path, workers) for _ in range(times)]
                wall, cpu, memory = (min(one) for one in zip(*runs, strict=True))
                name = f"{path.name[:12]} ({count:,})"
                shown = workers or len(os.sched_getaffinity(0))
                rate = count / cpu
                print(f"{name:>24} {shown:8} {wall:8.2f} {cpu:8.2f} {rate:11,.0f} {memory:6.0f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
