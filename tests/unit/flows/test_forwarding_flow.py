"""Where a project's predictions go on to: places, and the version that answers."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.flows import forwarding
from bezoar.flows.forwarding import forwarded, open_sink
from bezoar.limit.baseline import known_baseline
from bezoar.limit.monitor import Monitor
from bezoar.limit.predictions import batch_of
from bezoar.limit.watching import watch
from bezoar.project import Project
from bezoar.project.settings import read_settings

KNOWN = known_baseline("signs", {"stop": 0.9, "80": 0.1})


class FakeSettings:
    """As wandb.Settings, of which nothing is known here."""

    model_fields = ()


class FakeWandb(SimpleNamespace):
    """As the module wandb: keeps what is logged."""

    Settings = FakeSettings

    def __init__(self):
        super().__init__(logged=[], ended=0)

    def init(self, **options):
        self.options = options
        return self

    def log(self, data):
        self.logged.append(data)

    def finish(self):
        self.ended += 1


@pytest.fixture
def wandb(monkeypatch):
    fake = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", fake)
    monkeypatch.setenv("WANDB_API_KEY", "k")
    return fake


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def batch(*names):
    return batch_of(0, [{"class": name} for name in names], ())


def test_what_waits_is_sent_when_the_project_is_done(project, wandb):
    said = []
    with forwarded(project, KNOWN, ["wandb:team/signs"], said.append) as put:
        put(batch("stop", "80", "evil"))
        put(batch("80"))
    (logged,) = wandb.logged
    assert (logged["predictions"], logged["share/80"], logged["share/(unknown)"]) == (4, 0.5, 0.25)
    assert wandb.ended == 1
    assert wandb.options["dir"] == str(project.state / "sinks")
    assert not said


def test_nothing_is_passed_on_without_a_place(project):
    with forwarded(project, KNOWN, [], print) as put:
        assert put is None


def test_a_tool_that_is_down_is_told_and_stops_nothing(project, wandb, monkeypatch):
    def down(**_):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(wandb, "init", down)
    said = []
    with forwarded(project, KNOWN, ["wandb:team/signs"], said.append) as put:
        put(batch("stop"))
    assert said == ["wandb:team/signs: 1 predictions did not reach it (no route to host)"]


def test_a_live_model_gives_its_answers_to_sinks_too(project, wandb):
    linear = pytest.importorskip("sklearn.linear_model")
    inputs = np.array([[-1.0], [1.0], [2.0]])
    model = linear.LogisticRegression().fit(inputs, ["stop", "80", "80"])
    sink = open_sink("wandb:team/signs", KNOWN, project=project)
    monitor = Monitor(KNOWN)
    watch(model, monitor, sinks=[sink]).predict(inputs)
    sink.close()
    assert monitor.evidence.predictions == 3
    assert wandb.logged[0]["predictions"] == sink.sent == 3


@pytest.mark.parametrize("place", ["", "arize", "whylabs:x", "wandb:team"])
def test_a_place_that_is_none_says_what_is_one(project, wandb, place, monkeypatch):  # noqa: ARG001
    monkeypatch.setenv("ARIZE_API_KEY", "k")
    with pytest.raises((UsageError, BezoarError)) as caught:
        open_sink(place, KNOWN, project=project)
    assert caught.value.next


def test_settings_name_places():
    found = read_settings("bezoar.toml", {"monitor": {"sinks": ["arize:S", "wandb:e/p"]}}, {})
    assert found.monitor.sinks == ("arize:S", "wandb:e/p")
    for wrong in (["whylabs:x"], ["arize:"], "arize:S"):
        with pytest.raises(UsageError, match=r"monitor\.sinks"):
            read_settings("bezoar.toml", {"monitor": {"sinks": wrong}}, {})


def test_the_version_is_that_in_production(project, monkeypatch):
    registry = SimpleNamespace(pointer=lambda _: SimpleNamespace(champion=None))
    monkeypatch.setattr(forwarding, "open_registry", lambda _: registry)
    assert forwarding._in_production(project, "signs") == ""
    registry.pointer = lambda _: SimpleNamespace(champion=SimpleNamespace(version="7"))
    assert forwarding._in_production(project, "signs") == "7"

    def gone(_):
        raise BezoarError("the registry is gone")

    registry.pointer = gone
    assert forwarding._in_production(project, "signs") == ""
