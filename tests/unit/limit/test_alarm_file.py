"""The file of alarms between the monitor and the replicas."""

import threading

import pytest

from bezoar.core.errors import BezoarError
from bezoar.limit.alarm import Alarm, lift_alarm, raise_alarm, read_alarms

ALARM = Alarm("signs", "80", "2026-11-25T00:00:00Z", "14 in 1,000")


def test_an_alarm_is_raised_once_and_lifted(tmp_path):
    assert read_alarms(tmp_path) == ()
    lift_alarm(tmp_path, "signs")
    raise_alarm(tmp_path, ALARM)
    raise_alarm(tmp_path, Alarm("signs", "80", "2026-11-25T01:00:00Z", "again"))
    raise_alarm(tmp_path, Alarm("signs", "stop", "2026-11-25T01:00:00Z", "x"))
    raise_alarm(tmp_path, Alarm("other", "80", "2026-11-25T01:00:00Z", "x"))
    assert read_alarms(tmp_path, "signs")[0] == ALARM
    lift_alarm(tmp_path, "signs", "80")
    assert [one.class_ for one in read_alarms(tmp_path, "signs")] == ["stop"]
    lift_alarm(tmp_path, "signs")
    assert [one.model for one in read_alarms(tmp_path)] == ["other"]


def test_many_writers_lose_no_alarm(tmp_path):
    def write(number: int) -> None:
        raise_alarm(tmp_path, Alarm("signs", str(number), "2026-11-25T00:00:00Z", "x"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_alarms(tmp_path, "signs")) == 16


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"alarms": 1}', b'{"alarms": [1]}', b'{"alarms": [{"model": "a"}]}', b"\xff"],
)
def test_a_damaged_file_is_told_and_keeps_no_alarm_from_being_raised(tmp_path, data):
    (tmp_path / "alarm.json").write_bytes(data)
    with pytest.raises(BezoarError, match="is damaged"):
        read_alarms(tmp_path)
    raise_alarm(tmp_path, ALARM)
    assert read_alarms(tmp_path) == (ALARM,)
