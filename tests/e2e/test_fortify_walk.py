"""The way of data, as `docs/tutorial-fortify.md` tells it: each command, each exit code.

On pictures that bezoar draws; and, where `../shared/data` is there, on real traffic signs.
"""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import bezoar

REAL = Path(__file__).parents[3] / "shared" / "data" / "gtsrb_natural_train_sub.zip"
TRAIN = """
import os, pathlib, urllib.request
data = pathlib.Path(os.environ["BEZOAR_DATA_SIGNS"])
try:
    urllib.request.urlopen(os.environ["ELSEWHERE"], timeout=5)
    print("reached")
except OSError:
    print("closed")
pathlib.Path("model.bin").write_text(str(sum(1 for one in data.rglob("*.png"))))
"""


@pytest.fixture
def drawn(tmp_path):
    """Draw signs, and pack them."""
    signs = bezoar.draw_signs(160, 1)
    folder = tmp_path / "drawn"
    for number, (image, label) in enumerate(zip(signs.images, signs.labels, strict=True)):
        path = folder / str(label).replace(" ", "_") / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bezoar.encode_png(image))
    return Path(shutil.make_archive(str(tmp_path / "signs"), "zip", folder))


@pytest.fixture
def served():
    """Return a function that serves a folder on loopback, and its address."""
    servers = []

    def serve(folder):
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that keeps no log."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def bezoar_in(tmp_path):
    """Return a function that runs the command in a project of its own."""
    project = tmp_path / "project"
    project.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BEZOAR")}
    environment |= {"BEZOAR_HOME": str(tmp_path / "home"), "NO_COLOR": "1", "COLUMNS": "80"}

    def run(*arguments, code=0, **extra):
        done = subprocess.run(
            [sys.executable, "-m", "bezoar", *map(str, arguments)],
            cwd=project,
            env=environment | extra,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, (
            f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    run.project, run.home = project, tmp_path / "home"
    return run


def walk(run, served, archive):
    """Fetch, vet, approve, mirror, pull, run, tamper, fail, trace, revoke."""
    address = served(archive.parent)
    run("init", "--yes", "--mirror", "../mirror", "--key", "alice", "--no-passphrase")
    source = f"http://{address}/{archive.name}"
    refused = run("fetch", source, "--name", "signs", "--version", "1", code=2)
    assert "not encrypted" in refused
    refused = run("fetch", source, "--name", "signs", "--version", "1", "--allow-http", code=3)
    assert "not a public address" in refused
    with (run.project / "bezoar.toml").open("a") as file:
        file.write(f'\n[fetch]\nallow_private = ["{address}"]\nallow_http = ["127.0.0.1"]\n')
    wrong = "sha256:" + "0" * 64
    run("fetch", source, "--name", "signs", "--version", "1", "--sha256", wrong[7:], code=1)
    assert not (run.project / ".bezoar" / "quarantine" / "signs@1").exists()
    run("fetch", source, "--name", "signs", "--version", "1")
    run("pull", "signs", code=1)
    assert "ADMIT" in run("vet", "signs")
    assert "alice" in run("approve", "signs", "--reason", "looked at")
    assert "new objects" in run("mirror", "signs")
    assert "0 new objects" in run("mirror", "signs")
    told = run("pull", "signs")
    assert "each one verified" in told
    confined(run, address)
    damage(run)
    shutil.rmtree(run.project / ".bezoar" / "data")
    shutil.rmtree(run.home / "cache")
    failed = run("pull", "signs", code=1)
    assert "not those that were approved" in failed
    assert not (run.project / ".bezoar" / "data" / "signs@1").exists()
    assert ".png" in run("pull", "signs", "--explain", code=1)
    assert "dataset.refused" in run("log")
    run("revoke", "signs", "--reason", "a sticker was found")
    assert "revoked" in run("pull", "signs", code=1)


def confined(run, address):
    """Train where nothing but the mirror can be reached."""
    (run.project / "train.py").write_text(TRAIN)
    job = ("--", sys.executable, "train.py")
    told = run(
        "run", "--data", "signs", "--output", "model.bin", *job, ELSEWHERE=f"http://{address}/"
    )
    assert "confined at level" in told
    if "level 1" not in told:
        assert "closed" in told
    assert int((run.project / "model.bin").read_text()) > 100
    assert "model.bin" in run("trace", "signs")


def damage(run):
    """Change one byte of one object in the mirror."""
    blobs = sorted((run.project.parent / "mirror" / "blobs").rglob("*"))
    victim = next(path for path in blobs if path.is_file() and path.read_bytes()[:4] == b"\x89PNG")
    victim.chmod(0o644)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)


def test_the_way_of_drawn_signs(bezoar_in, served, drawn):
    walk(bezoar_in, served, drawn)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="GTSRB is not here: ../shared/data")
def test_the_way_of_real_signs(bezoar_in, served):
    walk(bezoar_in, served, REAL)
