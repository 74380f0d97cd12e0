"""Debian's docker-registry, started on a free port."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

PROGRAM = "docker-registry"
CONFIGURATION = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {folder}}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
{more}
"""


@contextmanager
def registry(folder: Path, more: str = "") -> Iterator[str]:
    """Yield the `host:port` of a registry that keeps everything in a folder."""
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = folder / "registry.yml"
    file.write_text(CONFIGURATION.format(folder=folder / "registry", port=port, more=more))
    with subprocess.Popen([PROGRAM, "serve", file], stdout=-3, stderr=-3) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/")
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def collect_garbage(folder: Path) -> None:
    """Sweep away what no manifest names."""
    command = [PROGRAM, "garbage-collect", "--delete-untagged=true", folder / "registry.yml"]
    subprocess.run(command, check=True, capture_output=True)


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            with urlopen(url):  # noqa: S310 - the server that was just started
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")
