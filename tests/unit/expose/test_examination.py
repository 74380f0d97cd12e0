"""An alarm stands only if another look raises it again."""

import numpy as np
import pytest

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.expose import examination as room
from bezoar.expose.detectors.alarm import Alarm, NotApplicableError
from bezoar.expose.examination import examine

RULE = Rule("BZ599", "scripted", "Scripted", Severity.HIGH, "For tests.")
LABELS = np.repeat([0, 1, 2], 40)
IMAGES = np.random.default_rng(0).integers(0, 256, (120, 32, 32, 3)).astype(np.uint8)
CLASSES = ("a", "b", "c")


class Scripted:
    """Raises one scripted alarm a look."""

    rule = RULE
    threshold = 10.0

    def __init__(self, *looks: Alarm | None) -> None:
        self.looks = list(looks)

    def alarms(self, _evidence: object) -> list[Alarm]:
        alarm = self.looks.pop(0)
        return [alarm] if alarm else []


def alarm(statistic: float, rows: range = range(40, 60), label: int = 1) -> Alarm:
    members = np.zeros(120, bool)
    members[list(rows)] = True
    return Alarm(label, 0, members, np.arange(120.0), statistic)


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gather no evidence: only the seeds that were asked for."""
    seeds: list[int] = []

    class Nothing:
        labels = LABELS

    def gather(*arguments: object) -> type[Nothing]:
        seeds.append(arguments[3])
        return Nothing

    monkeypatch.setattr(room, "gather", gather)
    return seeds


def look(*looks: Alarm | None) -> room.Examination:
    return examine(IMAGES, LABELS, CLASSES, seed=7, detectors=[Scripted(*looks)])


def test_without_a_candidate_there_is_no_second_look(no_training: list[int]) -> None:
    assert look(None).confirmed == ()
    assert no_training == [7]


def test_an_alarm_that_comes_back_stands(no_training: list[int]) -> None:
    found = look(alarm(12), alarm(16, range(41, 62)))
    assert no_training == [7, 8]
    assert found.confirmed[0].statistic == 14
    assert found.flagged.sum() == 22  # those of either look


def test_a_weak_first_look_is_made_up_for_by_the_second() -> None:
    assert look(alarm(8), alarm(13)).confirmed


@pytest.mark.parametrize(
    "other",
    [None, alarm(9, label=2), alarm(9, range(50, 90)), alarm(7)],
    ids=["gone", "other class", "other samples", "too weak"],
)
def test_an_alarm_that_does_not_come_back_falls(other: Alarm | None) -> None:
    assert look(alarm(11), other, other).confirmed == ()


def test_where_two_looks_disagree_a_third_decides(no_training: list[int]) -> None:
    assert look(alarm(30), None, alarm(9)).confirmed
    assert no_training == [7, 8, 9]


def test_weak_alarms_that_disagree_are_let_go(no_training: list[int]) -> None:
    assert look(alarm(9), None).confirmed == ()
    assert no_training == [7, 8]


def test_one_alarm_a_class_and_rule_is_reported() -> None:
    (confirmed,) = look(alarm(11), alarm(2, range(90, 99)), alarm(30)).confirmed
    assert confirmed.statistic == 20.5


def test_a_detector_that_cannot_look_says_why() -> None:
    class Blind(Scripted):
        def alarms(self, _evidence: object) -> list[Alarm]:
            raise NotApplicableError("it needs more")

    found = examine(IMAGES, LABELS, CLASSES, seed=7, detectors=[Blind()])
    assert found.not_applicable == {"BZ599": "it needs more"}
