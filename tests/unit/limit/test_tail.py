"""A log that is followed: half lines, rotation, cuts, kills; every line counts once."""

import os

import polars as pl
import pytest

from bezoar.core.errors import UsageError
from bezoar.limit.baseline import known_baseline
from bezoar.limit.intake import Intake
from bezoar.limit.tail import Folder, Tail

BASELINE = known_baseline("signs", {"stop": 0.9, "80": 0.1})
LINE = '{"class": "stop", "confidence": 0.5}\n'


@pytest.fixture
def log(tmp_path):
    return tmp_path / "predictions.jsonl"


@pytest.fixture
def intake(tmp_path):
    intake = Intake(BASELINE, tmp_path / "state", [].append)
    yield intake
    intake.close()


def seen(intake):
    return intake.monitor.evidence.predictions


def append(path, text):
    with path.open("a") as file:
        file.write(text)


def test_half_a_line_waits_for_its_other_half(log, intake):
    tail = Tail(log, intake)
    assert tail.step() == []
    append(log, LINE + LINE[:12])
    tail.step()
    assert seen(intake) == 1
    append(log, LINE[12:])
    tail.step()
    assert seen(intake) == 2
    assert not intake.monitor.refused.total()
    assert tail.step() == []


def test_a_rotated_log_is_read_to_its_end_first(log, intake):
    tail = Tail(log, intake)
    append(log, LINE * 3)
    tail.step()
    append(log, LINE * 2)
    log.rename(log.with_name("predictions.jsonl.1"))
    append(log, LINE * 4)
    tail.step()
    assert seen(intake) == 9
    tail.step()
    assert (seen(intake), tail.restarts) == (9, 0)


def test_a_log_that_was_cut_is_begun_anew_and_counted(log, intake):
    tail = Tail(log, intake)
    append(log, LINE * 5)
    tail.step()
    os.truncate(log, 0)
    append(log, LINE)
    tail.step()
    assert (seen(intake), tail.restarts) == (6, 1)


def test_the_place_and_the_evidence_survive_a_kill_together(log, tmp_path):
    first = Intake(BASELINE, tmp_path / "other", [].append)
    append(log, LINE * 5)
    Tail(log, first).step()
    # As a killed process ends: nothing more is written.
    os.close(first._lock)
    first._journal.close()
    for number in (6, 7):
        append(log, LINE)
        after = Intake(BASELINE, tmp_path / "other", [].append)
        Tail(log, after).step()
        assert seen(after) == number
        after.close()


def test_csv_and_lines_that_are_none(tmp_path, intake):
    log = tmp_path / "p.csv"
    append(log, 'time,class,confidence\n1,stop,0.5\n2,80,\n3,,0.5\n4,stop,x\n5,"st')
    tail = Tail(log, intake)
    tail.step()
    assert seen(intake) == 2
    assert intake.monitor.refused == {"no class": 1, "no confidence": 1}
    append(log, 'op",0.1\n')
    tail.step()
    assert seen(intake) == 3


def test_a_line_longer_than_anybody_writes_is_refused(log, intake):
    append(log, "x" * (3 << 20))
    tail = Tail(log, intake)
    tail.step()
    append(log, "\n" + LINE)
    tail.step()
    assert seen(intake) == 1
    assert intake.monitor.refused["no class"] >= 1


def test_a_folder_of_tables_counts_each_once(tmp_path, intake):
    folder = tmp_path / "tables"
    folder.mkdir()
    frame = pl.DataFrame({"class": ["stop"] * 10, "confidence": [0.5] * 10})
    frame.write_parquet(folder / "a.parquet")
    frame.write_parquet(folder / "b.parquet")
    Folder(folder, intake).step()
    Folder(folder, intake).step()
    assert seen(intake) == 20
    frame.write_parquet(folder / "c.parquet")
    Folder(folder, intake).step()
    assert seen(intake) == 30


def test_what_is_no_log_says_so(tmp_path, intake):
    with pytest.raises(UsageError, match="not a log"):
        Tail(tmp_path / "x.exe", intake)
