"""Faults on the way of a pull: each is refused, and would not be if nobody asked."""

import os
import tempfile
from pathlib import Path

import pull_faults
import pytest
from pull_faults import KINDS
from pull_scene import Unverified

PLACES = 50


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        # A thousand ledgers would wait for the disk each time.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            yield pull_faults.Stage(Path(folder))


@pytest.fixture(autouse=True)
def _home(stage, monkeypatch):
    monkeypatch.setenv("BEZOAR_HOME", str(stage.root.parent / "home"))


def check(stage, name, number):
    place = stage.place(name, number)
    assert pull_faults.pull(place) is not None, f"{name}, place {number}: not refused"
    assert pull_faults.unverified(place) == []


def test_without_a_fault_nothing_is_refused(stage, monkeypatch):
    for state in ("fresh", "warm", "present"):
        monkeypatch.setitem(KINDS, "none", (state, lambda _place: None))
        assert pull_faults.pull(stage.place("none", 0)) is None


def test_there_are_enough_kinds():
    assert len(KINDS) >= 20
    assert len(KINDS) * PLACES >= 1000


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_refused(stage, name):
    check(stage, name, 0)
    check(stage, name, 1)


@pytest.mark.parametrize("name", KINDS)
def test_without_verification_none_is(stage, name):
    place = stage.place(name, 0)
    assert pull_faults.pull(place, Unverified()) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_refused_at_every_place(stage, name):
    for number in range(PLACES):
        check(stage, name, number)
