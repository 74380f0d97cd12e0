"""The intake: batches count once, over retries, kills and full disks."""

import multiprocessing
import os
import signal
import time

import numpy as np
import pytest

import bezoar.limit.intake as intake_module
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


ROWS = [{"class": "80", "confidence": 0.5, "input": f"frame-{number}"} for number in range(40)]
WITH_INPUT = batch_of(0, ROWS, ("input",))


def down(_):
    raise BezoarError("the ledger cannot be reached", next="bezoar log verify")


def flap(intake, times):
    """Let the class 80 come up too often and cease to, again and again."""
    for _ in range(times):
        intake.take([intake.parcel(batch(*["80"] * 40))])
        while "80" in intake.incidents.on:
            intake.take([intake.parcel(batch(*["stop"] * 300, "80"))])


def test_days_of_untold_alarms_take_little_room(tmp_path, monkeypatch):
    monkeypatch.setattr(intake_module, "_CHECKPOINT_BYTES", 1 << 18)
    intake = Intake(BASELINE, tmp_path, down)
    flap(intake, 12)
    assert intake.untold <= 5
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size < 1 << 19, "the journal is cut though nobody could be told"
    flap(intake, 12)
    want = intake.monitor.state()
    abandoned(intake)
    told = []
    after = opened(tmp_path, told)
    assert after.monitor.state() == want
    after.tell()
    assert [(turn.began, turn.between) for turn in told[:1]] == [(True, 0)]
    assert (told[-2].began, told[-2].between, told[-1].began) == (True, 22, False)
    assert told[0].alert.index < 40 < told[-2].alert.index
    assert after.untold == 0
    abandoned(after)
    assert opened(tmp_path, told).untold == 0


def test_who_cannot_be_told_is_not_asked_at_each_batch(tmp_path):
    asked = []

    def count(turn):
        asked.append(turn)
        down(turn)

    intake = Intake(BASELINE, tmp_path, count)
    for _ in range(50):
        intake.take([intake.parcel(batch(*["80"] * 10))])
    assert 1 <= len(asked) <= 5
    intake.close()


def test_the_inputs_of_an_alarm_survive_a_kill(tmp_path):
    intake = Intake(BASELINE, tmp_path, down, keep_inputs=3)
    intake.take([intake.parcel(WITH_INPUT)])
    intake.checkpoint()
    intake.take([intake.parcel(WITH_INPUT)])
    abandoned(intake)
    told = []
    after = opened(tmp_path, told, keep_inputs=3)
    after.tell()
    assert [turn.samples for turn in told] == [("frame-37", "frame-38", "frame-39")]
    assert after.incidents.on["80"].samples == told[0].samples
    after.close()


def test_nothing_is_kept_unless_somebody_asked(tmp_path):
    told = []
    intake = opened(tmp_path, told)
    assert "input" not in intake.columns
    intake.take([intake.parcel(WITH_INPUT)])
    assert told[0].samples == ()
    intake.close()
    assert b"frame-" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_suspect_that_is_clear_later_is_told_once_under_the_same_alarm(tmp_path):
    shares = {f"sign {n}": 0.02 for n in range(46)} | {"stop": 0.06, "80": 0.01, "b": 0.01}
    baseline, found = known_baseline("signs", shares), 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        told = []
        intake = Intake(baseline, tmp_path / str(seed), told.append)
        names = rng.choice(list(shares), 2_000, p=list(shares.values()))
        names[(names == "stop") & (rng.random(2_000) < 0.8)] = "80"
        for part in np.split(names, 100):
            intake.take([intake.parcel(batch(*part.tolist()))])
        mine = [turn for turn in told if turn.class_ == "80" and turn.began]
        assert [turn.again for turn in mine] in ([False], [False, True])
        assert mine[-1].suspect.class_ == "stop"
        found += mine[-1].again
        assert intake.incidents.on["80"].suspect == mine[-1].suspect
        abandoned(intake)
        assert opened_again(baseline, tmp_path / str(seed)) == 0, "nobody is told twice"
    assert found, "in none of them was it clear only later"


def opened_again(baseline, folder):
    intake = Intake(baseline, folder, down)
    intake.close()
    return intake.untold


def _flap_until_killed(folder, ready):
    intake = Intake(BASELINE, folder, down)
    while True:
        flap(intake, 1)
        ready.value += 1


def test_kill_9_while_nobody_can_be_told_keeps_first_and_latest(tmp_path, monkeypatch):
    monkeypatch.setattr(intake_module, "_CHECKPOINT_BYTES", 1 << 18)
    ready = multiprocessing.Value("i", 0)
    for _ in range(3):
        begun = ready.value
        process = multiprocessing.get_context("fork").Process(
            target=_flap_until_killed, args=(tmp_path, ready)
        )
        process.start()
        while ready.value < begun + 5:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 1 << 20
    told = []
    after = opened(tmp_path, told)
    after.tell()
    began = [turn for turn in told if turn.began]
    assert began[0].alert.index < 40
    assert len(began) <= 3
    assert sum(1 + turn.between for turn in began) >= ready.value >= 15
    after.close()
