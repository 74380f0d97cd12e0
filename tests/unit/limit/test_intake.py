"""The intake: batches count once, over retries, kills and full disks."""

import os

import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.limit.baseline import known_baseline
from bezoar.limit.intake import Intake
from bezoar.limit.journal import Journal
from bezoar.limit.predictions import batch_of

BASELINE = known_baseline("signs", {"stop": 0.99, "80": 0.01})


def batch(*classes):
    return batch_of(0, [{"class": name, "confidence": 0.5} for name in classes], ())


def opened(folder, told=None, **options):
    return Intake(BASELINE, folder, (told if told is not None else []).append, **options)


def abandoned(intake):
    """End as a killed process does: nothing more is written."""
    os.close(intake._lock)
    intake._journal.close()


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path):
    told = []
    intake = opened(tmp_path, told)
    for number in range(40):
        intake.take([intake.parcel(batch("stop", "80", None), f"b{number}")])
        if number == 20:
            intake.checkpoint()
    want, alarms = intake.monitor.state(), list(told)
    assert alarms
    abandoned(intake)
    after = opened(tmp_path, told)
    assert after.monitor.state() == want
    assert told == alarms, "nobody is told twice"
    (receipt,) = after.take([after.parcel(batch("stop", "80", None), "b3")])
    assert (receipt.again, receipt.taken, receipt.refused) == (True, 2, 1)
    assert after.monitor.state() == want
    after.close()


def test_a_retry_within_one_turn_counts_once(tmp_path):
    intake = opened(tmp_path)
    one = intake.parcel(batch("stop"), "a")
    assert [r.again for r in intake.take([one, one])] == [False, True]
    assert intake.monitor.evidence.predictions == 1
    intake.close()


def test_half_a_record_is_cut_off(tmp_path):
    with Journal(tmp_path / "j") as journal:
        journal.append([b"one", b"two"])
    whole = (tmp_path / "j").read_bytes()
    for cut in range(len(whole)):
        (tmp_path / "j").write_bytes(whole[:cut])
        with Journal(tmp_path / "j") as journal:
            assert list(journal.records()) == ([b"one"] if cut >= 11 else [])
            journal.append([b"three"])
            assert list(journal.records())[-1] == b"three"


def test_a_disk_that_is_full_counts_nothing(tmp_path, monkeypatch):
    intake = opened(tmp_path)
    before = intake.monitor.state()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        with pytest.raises(BezoarError, match="No space"):
            intake.take([intake.parcel(batch("stop"), "a")])
    assert intake.monitor.state() == before
    (receipt,) = intake.take([intake.parcel(batch("stop"), "a")])
    assert not receipt.again
    intake.close()


def test_an_alarm_that_cannot_be_told_waits_over_a_kill(tmp_path):
    def nobody(_):
        raise BezoarError("the outbox is full", next="df")

    intake = Intake(BASELINE, tmp_path, nobody)
    for _ in range(40):
        intake.take([intake.parcel(batch("80"))])
    assert intake.untold == 1
    abandoned(intake)
    told = []
    after = opened(tmp_path, told)
    after.tell()
    assert [alert.class_ for alert in told] == ["80"]
    after.close()


def test_one_process_at_a_time_and_one_promise(tmp_path):
    intake = opened(tmp_path)
    with pytest.raises(UsageError, match="another monitor"):
        opened(tmp_path)
    intake.take([intake.parcel(batch("stop"))])
    intake.close()
    with pytest.raises(UsageError, match="promises one false alarm"):
        opened(tmp_path, per_false_alarm=1e4)
    (tmp_path / "state").write_bytes(b"{}\n")
    with pytest.raises(BezoarError, match="damaged"):
        opened(tmp_path)


def test_ids_that_nobody_needs_are_refused(tmp_path):
    intake = opened(tmp_path)
    for name in ("x" * 201, "a\nb"):
        with pytest.raises(UsageError):
            intake.parcel(batch("stop"), name)
    intake.close()
