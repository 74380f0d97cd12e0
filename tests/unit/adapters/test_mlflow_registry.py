"""MLflow's registry: a real server with SQLite; its client is mlflow-skinny's."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import release_scene
from release_scene import MODEL

from bezoar.core.errors import BezoarError
from bezoar.flows.release_remote import CHAMPION, PREVIOUS, tell_all, tell_moved
from bezoar.flows.rollback import rollback
from bezoar.project import Project

MLFLOW = shutil.which("mlflow")
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def up(process, uri) -> bool:
    """Wait until a server answers; the program of mlflow-skinny has no server in it."""
    for _ in range(600):
        if process.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=1):  # noqa: S310 - this machine
                return True
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if MLFLOW is None:
        pytest.skip("the program mlflow is not on PATH")
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    uri = f"http://127.0.0.1:{port}"
    command = [MLFLOW, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/m.db"]
    command += ["--default-artifact-root", str(folder / "artifacts")]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, **QUIET},
            start_new_session=True,
        ) as process,
    ):
        try:
            if not up(process, uri):
                last = Path(folder / "log").read_text().strip().split("\n")[-1]
                pytest.skip(f"the program mlflow serves nothing here: {last}")
            yield uri, process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_versions_and_aliases_follow_releases_and_what_was_down_hears_later(server, tmp_path):
    from bezoar.adapters.mlflow_registry import MlflowRegistry  # noqa: PLC0415 - an extra

    uri, process = server
    scene = release_scene.released(
        tmp_path, 1, 2, settings=f'[release]\nregistry = "mlflow:{uri}"\n'
    )
    registry = MlflowRegistry(uri)
    assert (registry.meaning(MODEL, CHAMPION), registry.meaning(MODEL, PREVIOUS)) == ("2", "1")
    result = rollback(MODEL, reason="x", project=scene.project)
    assert not result.notes
    assert registry.meaning(MODEL, CHAMPION) == "1"
    # Somebody with update rights moves the alias: nothing that is served changes.
    registry.alias(MODEL, "2", CHAMPION)
    assert scene.champion() == "1"
    with pytest.raises(BezoarError, match="knows no version 9"):
        registry.alias(MODEL, "9", CHAMPION)
    assert registry.meaning("nothing", CHAMPION) is None
    os.kill(process.pid, signal.SIGSTOP)  # it takes the call, and never answers
    os.killpg(process.pid, signal.SIGSTOP)
    began = time.monotonic()
    release_scene.live(scene, "3")
    assert scene.champion() == "3"
    notes = tell_moved(scene.project, scene.registry, scene.registry.pointer(MODEL))
    assert "bezoar release sync" in notes[0]
    assert time.monotonic() - began < 60
    os.killpg(process.pid, signal.SIGCONT)
    assert tell_all(Project(tmp_path), scene.registry) == []
    assert (registry.meaning(MODEL, CHAMPION), registry.meaning(MODEL, PREVIOUS)) == ("3", "1")


def test_a_server_that_is_not_there_is_a_clean_error():
    from bezoar.adapters.mlflow_registry import MlflowRegistry  # noqa: PLC0415 - an extra

    began = time.monotonic()
    with pytest.raises(BezoarError, match=r"MLflow at http://127\.0\.0\.1:9 did not take it"):
        MlflowRegistry("http://127.0.0.1:9").register(MODEL, "1", {})
    assert time.monotonic() - began < 10
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
