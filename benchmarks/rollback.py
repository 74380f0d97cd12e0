"""How fast a rollback makes every replica safe, and whether a request is lost meanwhile.

    .venv/bin/python benchmarks/rollback.py
    .venv/bin/python benchmarks/rollback.py --registry mlflow:http://127.0.0.1:5000
    .venv/bin/python benchmarks/rollback.py --replicas 3 --rate 200 --rounds 5

Replicas are processes of their own, each a small HTTP server around a `bezoar.LiveModel` on ONNX.
A client sends requests at a steady rate, to one replica after the other. In the middle `bezoar
rollback` runs as the command that people type. A request that is answered with anything but 200,
or by a model that is not one of the two, has failed. A registry that nobody listens at stands for
MLflow that is down.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

ROOT = Path(__file__).parents[1]
MODEL = "signs"
WORKERS = 24
WARM_UP_S = 1.0
AFTER_S = 1.5
GOAL_S = 10

PREPARE = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
import release_scene
release_scene.released(Path(sys.argv[1]), *range(1, int(sys.argv[3]) + 2))
"""

REPLICA = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import numpy as np
import bezoar

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        x = np.zeros((1, 4), np.float32)
        self.send(200, {"bias": float(np.asarray(model(x)[0]).ravel()[0])})

    def do_GET(self):
        self.send(200, model.health())

    def send(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

project = bezoar.Project(Path(sys.argv[1]))
with bezoar.LiveModel("signs", project=project, replica=sys.argv[2]) as model:
    with Server(("127.0.0.1", 0), Answer) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
"""


@dataclass
class Load:
    """A steady stream of requests.

    Attributes:
        ports: Of the replicas.
        rate: Requests a second, over all replicas.
        sent: How many were sent.
        failures: Why some were not answered.
        waits: Seconds until each answer.
        biases: When which model answered: seconds since the epoch, and its number.
    """

    ports: list[int]
    rate: float
    sent: int = 0
    failures: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    biases: list[tuple[float, float]] = field(default_factory=list)
    _due: SimpleQueue[tuple[float, int] | None] = field(default_factory=SimpleQueue)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._clock)]
        self._threads += [threading.Thread(target=self._work) for _ in range(WORKERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._threads[0].join()
        for _ in range(WORKERS):
            self._due.put(None)
        for thread in self._threads[1:]:
            thread.join()

    def _clock(self) -> None:
        began = time.monotonic()
        while not self._stop.is_set():
            due = began + self.sent / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
            self._due.put((time.monotonic(), self.ports[self.sent % len(self.ports)]))
            self.sent += 1

    def _work(self) -> None:
        open_: dict[int, http.client.HTTPConnection] = {}
        while (one := self._due.get()) is not None:
            due, port = one
            try:
                self._ask(open_, due, port)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
                open_.pop(port, None)
        for connection in open_.values():
            connection.close()

    def _ask(self, open_: dict[int, http.client.HTTPConnection], due: float, port: int) -> None:
        connection = open_.get(port)
        if connection is None:
            connection = open_[port] = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/", b"{}")
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != http.client.OK:
            self.failures.append(f"status {reply.status}")
            return
        self.biases.append((time.time(), json.loads(body)["bias"]))
        self.waits.append(time.monotonic() - due)


def main() -> int:
    """Measure, print, and return 1 where a goal was missed."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="bezoar-rollback-") as folder:
        os.environ["BEZOAR_HOME"] = f"{folder}/home"
        project = Path(folder) / "project"
        _run(sys.executable, "-c", PREPARE, str(project), str(ROOT / "tests"), str(asked.rounds))
        if asked.registry:
            settings = f'[release]\nregistry = "{asked.registry}"\n'
            (project / "bezoar.toml").write_text(settings)
        rows = _rounds(project, asked)
    if asked.json:
        print(json.dumps(rows))
    else:
        _print(rows)
    return 0 if all(not row["failed"] and row["safe_seconds"] <= GOAL_S for row in rows) else 1


def _rounds(project: Path, asked: argparse.Namespace) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        replicas = [stack.enter_context(_replica(project, n)) for n in range(asked.replicas)]
        try:
            ports = [int(one.stdout.readline()) for one in replicas]  # type: ignore[union-attr]
            return [_round(project, ports, asked.rate) for _ in range(asked.rounds)]
        finally:
            for one in replicas:
                one.terminate()


def _replica(project: Path, number: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", REPLICA, str(project), f"replica-{number}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _round(project: Path, ports: list[int], rate: float) -> dict[str, Any]:
    with Load(ports, rate) as load:
        time.sleep(WARM_UP_S)
        began, wall = time.monotonic(), time.time()
        command = [str(ROOT / ".venv/bin/bezoar"), "rollback", MODEL]
        command += ["--reason", "benchmark", "--format", "json"]
        ran = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        elapsed = time.monotonic() - began
        time.sleep(AFTER_S)
    if ran.returncode:
        sys.exit(ran.stderr)
    told = json.loads(ran.stdout)
    bad = [when - wall for when, bias in load.biases if bias == float(told["from"])]
    return {
        "replicas": len(told["replicas"]),
        "requests": load.sent,
        "failed": load.sent - len(load.waits),
        "failures": load.failures[:3],
        "requests_per_second": round(load.sent / (elapsed + WARM_UP_S + AFTER_S), 1),
        "p99_ms": round(1000 * statistics.quantiles(load.waits, n=100)[98], 1),
        "pointer_seconds": told["pointer_seconds"],
        "safe_seconds": told["safe_seconds"],
        "last_bad_answer_seconds": round(max(bad, default=0.0), 2),
        "command_seconds": round(elapsed, 2),
        "notes": told["notes"],
    }


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _print(rows: list[dict[str, Any]]) -> None:
    heads = [key for key in rows[0] if key not in {"failures", "notes"}]
    print("  ".join(heads))
    for row in rows:
        print("  ".join(str(row[head]).rjust(len(head)) for head in heads))
        for line in (*row["failures"], *row["notes"]):
            print(f"  {line}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--registry", default="", help="as [release] registry")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
