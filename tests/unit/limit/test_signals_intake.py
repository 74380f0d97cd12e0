"""Inputs and labels on every way in: what was acknowledged survives a kill."""

import csv
import json
import os
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from bezoar.core.errors import BezoarError
from bezoar.limit.baseline import known_baseline
from bezoar.limit.inputs import learn_inputs
from bezoar.limit.intake import Intake
from bezoar.limit.journal import Journal
from bezoar.limit.monitor import Monitor
from bezoar.limit.predictions import batch_of
from bezoar.limit.replay import replay
from bezoar.limit.tail import Folder, Tail

KNOWN = learn_inputs(np.random.default_rng(0).normal(size=(3000, 2)))
BASELINE = replace(known_baseline("signs", {"stop": 0.9, "80": 0.1}), inputs=KNOWN, wrong=0.01)
CALM = [{"class": "stop", "features": [0.0, 0.0], "id": f"c{k}"} for k in range(100)]
FAR = [{"class": "stop", "features": [0.0, 99.0], "id": f"f{k}"} for k in range(40)]
LABELS = [{"id": f"f{k}", "label": "80"} for k in range(40)]
ROWS = [*CALM, *FAR, *LABELS]
ALERTS = {"(inputs far from the trusted ones)", "(wrong answers)"}


def rates(told):
    return {one.class_ for one in told if one.rate and one.began}


def test_a_kill_between_a_prediction_and_its_label_loses_neither(tmp_path):
    told = []
    for part in (CALM, FAR, LABELS[:5], LABELS[5:]):
        intake = Intake(BASELINE, tmp_path, told.append)
        (receipt,) = intake.take([intake.parcel(batch_of(0, part, intake.monitor.columns))])
        labels = part[0].get("label") is not None
        assert (receipt.taken, receipt.refused) == (0 if labels else len(part), 0)
        if part is FAR:
            intake.checkpoint()
        os.close(intake._lock)  # it is killed: nothing more is written
        intake._journal.close()
    assert rates(told) == ALERTS
    assert sum(one.rate for one in told) == 2
    after = Intake(BASELINE, tmp_path, told.append)
    assert after.monitor.signals.wrong.evidence.predictions == 40
    assert len(after.monitor.signals.answers.waiting) == 100
    after.close()


def written(folder, form):
    """Write the rows as a file of a form."""
    path = folder / f"stream.{form}"
    if form == "jsonl":
        path.write_text("\n".join(map(json.dumps, ROWS)) + "\n")
    elif form == "csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["class", "features", "id", "label"])
            writer.writeheader()
            for row in ROWS:
                text = {"features": json.dumps(row["features"])} if "features" in row else {}
                writer.writerow(row | text)
    else:
        pl.DataFrame(ROWS, infer_schema_length=None).write_parquet(path)
    return path


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_replay_and_tail_see_what_http_sees(tmp_path, form):
    path = written(tmp_path, form)
    result = replay(path, Monitor(BASELINE))
    assert rates(result.turns) == ALERTS
    assert all(not np.isfinite(one) for one in result.seconds)
    assert result.as_json()["predictions"] == 140
    told = []
    intake = Intake(BASELINE, tmp_path / "state", told.append)
    follower = Folder(tmp_path, intake) if form == "parquet" else Tail(path, intake)
    follower.step()
    assert rates(told) == ALERTS
    assert intake.monitor.evidence.predictions == 140
    intake.close()


def test_a_journal_of_another_version_is_no_crash(tmp_path):
    with Journal(tmp_path / "journal-0") as journal:
        journal.append([b"B" + bytes(20)])
    with pytest.raises(BezoarError, match="another version"):
        Intake(BASELINE, tmp_path, [].append)
