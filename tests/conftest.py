"""What every test needs: nobody's home, no colour, one thread."""

import os

import pytest
from hypothesis import settings

# Pipelines that are read and never run, tests of their data among them.
collect_ignore = ["corpus"]

# How long one example takes says more about the machine's other work than about the code.
settings.register_profile("bezoar", deadline=None)
settings.load_profile("bezoar")

# Before any library reads them: two threads on two busy cores are slower than one.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ["POLARS_MAX_THREADS"] = "1"


@pytest.fixture(autouse=True)
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    """Give each test a fresh home, and none of the caller's settings."""
    for name in [name for name in os.environ if name.startswith("BEZOAR_")]:
        if not name.startswith("BEZOAR_TEST_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("BEZOAR_HOME", str(home / "bezoar"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
