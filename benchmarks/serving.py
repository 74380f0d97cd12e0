"""How many predictions a second `bezoar monitor serve` takes over HTTP, and in how much memory.

    .venv/bin/python benchmarks/serving.py            # half a minute

The server runs as a process of its own, on one core. Batches of 100 come over four connections.
Rates are per CPU second of the server, and per second of the clock: where other work shares the
machine, the second is what is left of the first.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

from bezoar.limit.baseline import OTHER, SURE, Baseline
from bezoar.limit.strata import Strata

BATCH = 100
SENDERS = 4
SECONDS = 4
TICKS = os.sysconf("SC_CLK_TCK")


def baseline(classes: int, *, hour: bool) -> Baseline:
    """Return a baseline of that many classes, Zipf-skewed, with confidence cells."""
    names = (*(f"{k:04d}" for k in range(classes)), OTHER)
    share = np.append(1 / np.arange(1, classes + 1) ** 0.8, 1e-6)
    share /= share.sum()
    strata = Strata(hour)
    rows, cells = len(strata), (classes + 1, len(SURE))
    return Baseline(
        "signs",
        names,
        strata,
        np.tile(share, (rows, 1)),
        np.full((rows, classes + 1), 1.0),  # wide: batches are sent again and again
        np.tile([0.5, 0.7, 0.9], (classes + 1, 1)),
        np.tile([0.5, 0.3, 0.1], (classes + 1, 1)),
        np.full(cells, 0.01),
    )


def bodies(made: Baseline, form: str) -> list[bytes]:
    """Return batches as they are sent."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(200):
        which = rng.choice(
            len(made.classes) - 1, BATCH, p=made.shares[0, :-1] / made.shares[0, :-1].sum()
        )
        columns = {
            "class": [made.classes[k] for k in which],
            "confidence": [round(float(one), 4) for one in rng.random(BATCH)],
            "time": (1.7e9 + rng.random(BATCH) * 86_400).round(2).tolist(),
        }
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        text = json.dumps(columns) if form == "columns" else "\n".join(map(json.dumps, rows))
        found.append(text.encode())
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> dict[str, float]:
    """Return what a process holds, in MB: at its highest, and what is its own."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {
        name: int(re.search(rf"{name}:\s+(\d+)", text)[1]) / 1024
        for name in ("VmHWM", "VmRSS", "RssAnon")
    }


def measured(made: Baseline, form: str) -> None:
    """Serve, send for a while, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bezoar.toml").write_text("")
        (Path(folder) / "b.json").write_text(made.as_json())
        command = [sys.executable, "-m", "bezoar", "monitor", "serve", "--baseline", "b.json"]
        process = subprocess.Popen(
            [*command, "--state", "state", "--port", "0"],
            cwd=folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            os.sched_setaffinity(process.pid, {0})
            said = (re.search(r"http://[^:]+:(\d+)", line) for line in process.stderr)
            port = int(next(found[1] for found in said if found))
            empty = memory(process.pid)
            send(port, bodies(made, form), form, 0.5)  # the loops are compiled
            began, cpu = time.perf_counter(), cpu_seconds(process.pid)
            count = send(port, bodies(made, form), form, SECONDS)
            wall, used = time.perf_counter() - began, cpu_seconds(process.pid) - cpu
            full = memory(process.pid)
            print(
                f"  {len(made.classes) - 1:5} classes x {made.strata.known:2} strata, {form:7}"
                f"  {count / used:9,.0f} per CPU second  {count / wall:9,.0f} per second"
                f"  memory {full['VmRSS']:.0f} MB (of its own {full['RssAnon']:.0f},"
                f" before the first prediction {empty['VmRSS']:.0f})",
                flush=True,
            )
        finally:
            process.kill()
            process.wait()


def send(port: int, parts: list[bytes], form: str, seconds: float) -> int:
    """Send batches over some connections for a while; return how many predictions were taken."""
    kind = "application/json" if form == "columns" else "application/x-ndjson"
    counts = [0] * SENDERS
    end = time.perf_counter() + seconds

    def talk(who: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        number = 0
        while time.perf_counter() < end:
            number += 1
            headers = {"Content-Type": kind, "Idempotency-Key": f"{who}-{time.time_ns()}"}
            connection.request("POST", "/v1/observe", parts[number % len(parts)], headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200:  # noqa: PLR2004 - HTTP
                counts[who] += json.loads(body)["taken"]

    threads = [threading.Thread(target=talk, args=(who,)) for who in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


if __name__ == "__main__":
    for classes, hour in ((43, False), (1000, True)):
        for form in ("lines", "columns"):
            measured(baseline(classes, hour=hour), form)
