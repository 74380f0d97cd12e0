"""Weights & Biases: windows on a fake of its public client, and its own client off the line."""

import inspect
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from bezoar.adapters import wandb_sink
from bezoar.adapters.predictions import Window
from bezoar.adapters.wandb_sink import WandbSink
from bezoar.core.errors import BezoarError, UsageError

CLASSES = ("80", "stop", "(unknown)")


def window(**changes):
    fields = {
        "first": 0,
        "classes": ["80", "stop", "stop", "80"],
        "confidences": np.array([0.9, np.nan, np.nan, 0.5]),
        "seconds": np.array([10.0, 40.0, 20.0, 30.0]),
    }
    return Window(**(fields | changes))


class FakeRun:
    """As wandb.Run, as far as it is used."""

    def __init__(self):
        self.logged, self.ended, self.fault = [], False, None

    def log(self, data, step=None, commit=None):  # noqa: ARG002 - the client's own
        if self.fault is not None:
            raise self.fault
        self.logged.append(data)

    def finish(self, exit_code=None):  # noqa: ARG002 - the same
        self.ended = True


class FakeSettings(SimpleNamespace):
    """As wandb.Settings of a version that does not know all of ours."""

    model_fields = dict.fromkeys(("console", "silent", "x_disable_meta", "init_timeout"))


class FakeWandb:
    """As the module wandb, as far as it is used."""

    Settings = FakeSettings

    def __init__(self):
        self.run, self.begun, self.fault = FakeRun(), [], None

    def init(self, **options):
        if self.fault is not None:
            raise self.fault
        self.begun.append(options)
        return self.run

    @staticmethod
    def Table(columns, data):  # noqa: N802 - the client's own name
        return SimpleNamespace(columns=columns, data=data)


def test_a_window_becomes_shares_and_mean_confidences_of_each_class():
    wandb = FakeWandb()
    sink = WandbSink("team/signs", "signs", CLASSES, client=wandb)
    assert wandb.begun == [], "nothing is asked before the first window"
    sink.send(window())
    assert wandb.run.logged == [
        {
            "predictions": 4,
            "time": 40.0,
            "share/80": 0.5,
            "share/stop": 0.5,
            "share/(unknown)": 0.0,
            "confidence/80": 0.7,
        }
    ]
    sink.send(window())
    assert len(wandb.begun) == 1
    sink.close()
    assert wandb.run.ended


def test_strata_become_a_table_of_counts():
    wandb = FakeWandb()
    sink = WandbSink("team/signs", "signs", CLASSES, client=wandb)
    sink.send(window(columns={"camera": ["a", "a", "a", "b"]}))
    table = wandb.run.logged[0]["strata"]
    assert table.columns == ["stratum camera", "class", "predictions"]
    assert table.data == [["a", "80", 1], ["a", "stop", 2], ["b", "80", 1]]


def test_the_run_is_one_of_its_own_and_tells_nothing_of_the_machine(tmp_path):
    wandb = FakeWandb()
    sink = WandbSink("team/signs", "signs", CLASSES, folder=tmp_path / "w", client=wandb)
    sink.send(window())
    (options,) = wandb.begun
    assert (options["entity"], options["project"]) == ("team", "signs")
    assert options["reinit"] == "create_new"
    assert options["save_code"] is False
    assert options["dir"] == str(tmp_path / "w")
    assert (tmp_path / "w").is_dir()
    assert vars(options["settings"]) == {
        "console": "off",
        "silent": True,
        "x_disable_meta": True,
        "init_timeout": 15.0,
    }, "a setting that a version does not know would be refused"


def test_a_run_that_cannot_begin_is_begun_with_the_next_window():
    wandb = FakeWandb()
    sink = WandbSink("team/signs", "signs", CLASSES, client=wandb)
    wandb.fault = ConnectionError("no route")
    with pytest.raises(ConnectionError):
        sink.send(window())
    sink.close()
    wandb.fault = None
    sink.send(window())
    assert len(wandb.run.logged) == 1


def test_a_run_whose_process_is_gone_is_followed_by_another():
    wandb = FakeWandb()
    sink = WandbSink("team/signs", "signs", CLASSES, client=wandb)
    sink.send(window())
    wandb.run.fault = BrokenPipeError()
    with pytest.raises(BrokenPipeError):
        sink.send(window())
    wandb.run = FakeRun()
    sink.send(window())
    assert len(wandb.begun) == 2
    assert len(wandb.run.logged) == 1


def test_what_is_missing_is_said_with_what_mends_it(monkeypatch, tmp_path):
    for place in ("", "team", "/signs", "team/"):
        with pytest.raises(UsageError, match="ENTITY/PROJECT"):
            WandbSink(place, "signs", CLASSES)
    monkeypatch.setitem(sys.modules, "wandb", FakeWandb())
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    keys = tmp_path / "keys"
    monkeypatch.setenv("NETRC", str(keys))
    with pytest.raises(BezoarError, match="nobody has logged in") as caught:
        WandbSink("team/signs", "signs", CLASSES)
    assert caught.value.next == "wandb login"
    keys.write_text("machine api.wandb.ai login user password k\n")
    keys.chmod(0o600)
    WandbSink("team/signs", "signs", CLASSES)
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.team.example")
    with pytest.raises(BezoarError, match="nobody has logged in"):
        WandbSink("team/signs", "signs", CLASSES)
    monkeypatch.setenv("WANDB_API_KEY", "k")
    WandbSink("team/signs", "signs", CLASSES)
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(BezoarError, match="not installed") as caught:
        WandbSink("team/signs", "signs", CLASSES)
    assert caught.value.next == "pip install 'bezoar[wandb]'"


def test_the_fakes_are_called_as_the_real_ones_are():
    wandb = pytest.importorskip("wandb")
    for mine, real in ((FakeRun.log, wandb.Run.log), (FakeRun.finish, wandb.Run.finish)):
        assert list(inspect.signature(mine).parameters) == list(inspect.signature(real).parameters)
    fake = FakeWandb()
    WandbSink("team/signs", "signs", CLASSES, client=fake).send(window())
    assert set(fake.begun[0]) <= set(inspect.signature(wandb.init).parameters)
    assert set(wandb_sink._SILENT) <= set(wandb.Settings.model_fields), "or it is not silent"
    assert {"columns", "data"} <= set(inspect.signature(wandb.Table).parameters)


def test_the_real_client_keeps_a_run_off_the_line(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    sink = WandbSink("team/signs", "signs", CLASSES, folder=tmp_path)
    sink.send(window(columns={"camera": ["a", "a", "a", "b"]}))
    sink.close()
    (run,) = tmp_path.rglob("*.wandb")
    wanted = (b"share/80", b"share/stop", b"confidence/80", b"bezoar-monitor")
    end = time.monotonic() + 20  # its own process writes the end of the file
    while not all(text in run.read_bytes() for text in wanted):
        assert time.monotonic() < end
        time.sleep(0.05)
    names = {path.name for path in (run.parent / "files").rglob("*") if path.is_file()}
    assert all(name.startswith("strata") for name in names), "no code, no list of packages"
