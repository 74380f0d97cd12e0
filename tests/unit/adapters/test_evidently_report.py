"""Evidently's report: itself where it is installed, else what stands for it."""

import os
import socket
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from bezoar.adapters.evidently import Drift, drift_report
from bezoar.adapters.predictions import Window
from bezoar.core.errors import BezoarError

pytest.importorskip("pandas")
EVIL = "</script><script>alert(1)</script>"


def window(size, risen, seed=0, **changes):
    rng = np.random.default_rng(seed)
    fields = {
        "first": 0,
        "classes": rng.choice(["stop", EVIL, "80"], size, p=[0.9 - risen, 0.09, risen + 0.01]),
        "confidences": rng.random(size),
        "seconds": np.full(size, 1e9),
        "columns": {"camera": rng.choice(["a", "<b>"], size).tolist(), "class": ["x"] * size},
    }
    fields["classes"] = fields["classes"].tolist()
    return Window(**(fields | changes))


class FakeReport:
    """As evidently.Report, and what its run returns."""

    seen = None

    def __init__(self, metrics, include_tests=False):
        assert include_tests
        assert len(metrics) == 1

    def run(self, current, reference):
        type(self).seen = (current, reference)
        return self

    def dict(self):
        asked = {"column": "class", "method": "Jensen-Shannon distance", "threshold": 0.1}
        return {
            "metrics": [
                {"config": {"drift_share": 0.5}, "value": {"count": 1.0}},
                {"config": asked, "value": np.float64(0.25)},
            ],
            "tests": [
                {"metric_config": {"params": {"drift_share": 0.5}}, "status": "SUCCESS"},
                {"metric_config": {"params": asked}, "status": SimpleNamespace(value="FAIL")},
            ],
        }

    def save_html(self, path):
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - as it does
            file.write("<html>é</html>")


@pytest.fixture
def fake(monkeypatch):
    library, presets = ModuleType("evidently"), ModuleType("evidently.presets")
    library.__version__ = "0.0"
    library.Report = FakeReport
    library.DataDefinition = lambda **columns: columns
    library.Dataset = SimpleNamespace(
        from_pandas=lambda table, data_definition: (table, data_definition)
    )
    presets.DataDriftPreset = object
    monkeypatch.setitem(sys.modules, "evidently", library)
    monkeypatch.setitem(sys.modules, "evidently.presets", presets)
    for name in ("DO_NOT_TRACK", "ITERATIVE_DO_NOT_TRACK"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("fake")
def test_it_is_given_the_predictions_with_names_that_are_no_markup():
    found = drift_report(window(50, 0.0), window(20, 0.1))
    assert found.columns == (Drift("class", "Jensen-Shannon distance", 0.25, 0.1, drifted=True),)
    assert (found.version, found.page) == ("0.0", "<html>é</html>")
    (table, definition), (trusted, same) = FakeReport.seen
    assert (len(table), len(trusted)) == (20, 50)
    assert definition == same
    assert definition == {
        "numerical_columns": ["confidence"],
        "categorical_columns": ["class", "camera"],
    }
    assert not table.astype(str).apply(lambda column: column.str.contains("<")).any().any()
    assert table["class"].isin(["stop", "80", EVIL.translate({60: "‹", 62: "›"})]).all()  # noqa: RUF001
    assert os.environ["DO_NOT_TRACK"], "its telemetry is off before it is read"


@pytest.mark.usefixtures("fake")
def test_confidences_that_one_side_lacks_are_left_out():
    drift_report(window(5, 0.0, confidences=np.full(5, np.nan)), window(5, 0.0))
    (table, definition), _ = FakeReport.seen
    assert definition["numerical_columns"] == []
    assert list(table) == ["class", "camera"]


@pytest.mark.usefixtures("fake")
def test_what_it_cannot_do_is_an_error_that_says_why(monkeypatch):
    def failing(*_):
        raise ValueError("An empty column\nand more")

    monkeypatch.setattr(FakeReport, "run", failing)
    with pytest.raises(BezoarError, match=r"cannot compare them: An empty column$"):
        drift_report(window(5, 0.0), window(5, 0.0))


def test_an_absent_library_is_an_error_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "evidently", None)
    with pytest.raises(BezoarError, match="not installed") as caught:
        drift_report(window(5, 0.0), window(5, 0.0))
    assert caught.value.next == "pip install 'bezoar[evidently]'"


def test_a_library_that_does_not_load_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "evidently.py").write_text("from builtins import nothing_like_it\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "evidently", raising=False)
    with pytest.raises(BezoarError, match="it wants pandas < 3") as caught:
        drift_report(window(5, 0.0), window(5, 0.0))
    assert caught.value.next == "pip install 'bezoar[evidently]'"


def test_evidently_itself_reports_and_asks_nobody(monkeypatch):
    pytest.importorskip("evidently", reason="evidently is not installed (it wants pandas < 3)")
    asked = []

    def connect(_, address):
        asked.append(address)
        raise OSError("no")

    monkeypatch.setattr(socket.socket, "connect", connect)
    found = drift_report(window(20_000, 0.0), window(2_000, 0.1))
    verdicts = {one.column: one for one in found.columns}
    assert verdicts["class"].drifted
    assert verdicts["class"].score >= verdicts["class"].threshold == 0.1
    assert not verdicts["camera"].drifted
    assert not verdicts["confidence"].drifted
    assert len(found.page) > 1_000_000
    assert EVIL not in found.page
    assert "src=" not in found.page.partition("<body")[0], "it opens without a network"
    assert not asked
    one = drift_report(window(500, 0.0), window(1, 0.0))
    assert {drift.column for drift in one.columns} == {"class", "camera", "confidence"}
    with pytest.raises(BezoarError, match="cannot compare"):
        drift_report(window(500, 0.0), window(0, 0.0))
