"""An alarm stands only if another look raises it again."""

import numpy as np
import pytest

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.signs import draw_signs
from bezoar.expose.detectors.alarm import Alarm, NotApplicableError
from bezoar.expose.examination import Examination, Judge, examine, examine_with
from bezoar.expose.gradients import VIEWS
from bezoar.expose.judge import JudgeKind

RULE = Rule("BZ599", "scripted", "Scripted", Severity.HIGH, "For tests.")
LABELS = np.repeat([0, 1, 2], 40)


class Scripted:
    """Raises one scripted alarm a look."""

    rule = RULE
    threshold = 10.0
    exact = True

    def __init__(self, *looks: Alarm | None) -> None:
        self.looks = list(looks)

    def alarms(self, _evidence: object) -> list[Alarm]:
        alarm = self.looks.pop(0)
        return [alarm] if alarm else []


def alarm(statistic: float, rows: range = range(40, 60), label: int = 1) -> Alarm:
    members = np.zeros(120, bool)
    members[list(rows)] = True
    return Alarm(label, 0, members, np.arange(120.0), statistic)


@pytest.fixture
def looked() -> list[int]:
    """Return the numbers of the looks that were asked for."""
    return []


class Nothing:
    labels = LABELS


def judge(detector: object, looked: list[int], *more: object) -> Judge:
    def gather(number: int, _progress: object) -> type[Nothing]:
        looked.append(number)
        return Nothing

    return Judge(JudgeKind.NETWORKS, gather, 3, [detector, *more])


def look(*looks: Alarm | None, looked: list[int] | None = None) -> Examination:
    return examine_with(judge(Scripted(*looks), [] if looked is None else looked))


def test_without_a_candidate_there_is_no_second_look(looked: list[int]) -> None:
    assert look(None, looked=looked).confirmed == ()
    assert looked == [0]


def test_an_alarm_that_comes_back_stands(looked: list[int]) -> None:
    found = look(alarm(12), alarm(16, range(41, 62)), looked=looked)
    assert looked == [0, 1]
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


def test_where_two_looks_disagree_a_third_decides(looked: list[int]) -> None:
    assert look(alarm(30), None, alarm(9), looked=looked).confirmed
    assert looked == [0, 1, 2]


def test_weak_alarms_that_disagree_are_let_go(looked: list[int]) -> None:
    assert look(alarm(9), None, looked=looked).confirmed == ()
    assert looked == [0, 1]


def test_one_alarm_a_class_and_rule_is_reported() -> None:
    (confirmed,) = look(alarm(11), alarm(2, range(90, 99)), alarm(30)).confirmed
    assert confirmed.statistic == 20.5


def test_a_rough_alarm_flags_nothing_beside_an_exact_one_of_its_class() -> None:
    rough = Scripted(alarm(20, range(45, 70)), alarm(20, range(45, 70)))
    rough.rule, rough.exact = Rule("BZ598", "rough", "Rough", Severity.HIGH, "For tests."), False
    exact = Scripted(alarm(20), alarm(20))
    found = examine_with(judge(exact, [], rough))
    assert {one.rule.code for one in found.confirmed} == {"BZ598", "BZ599"}
    np.testing.assert_array_equal(np.flatnonzero(found.flagged), range(40, 60))


def test_a_candidate_is_enough_where_its_class_is_alarmed() -> None:
    rough = Scripted(alarm(20, range(45, 50)), alarm(20, range(45, 50)))
    rough.rule, rough.exact = Rule("BZ598", "rough", "Rough", Severity.HIGH, "For tests."), False
    weak = Scripted(alarm(4), alarm(4))
    assert examine_with(judge(weak, [], rough)).flagged.sum() == 20
    assert examine_with(judge(Scripted(alarm(4), alarm(4)), [])).flagged.sum() == 0


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("label", "flagged"), [(1, range(40, 60)), (2, range(45, 57))])
def test_one_look_is_enough_to_tell_the_samples_of_an_alarmed_class(
    first: bool, label: int, flagged: range
) -> None:
    rough = Scripted(*[alarm(14, range(45, 57)) for _ in range(3)])
    rough.rule, rough.exact = Rule("BZ598", "rough", "Rough", Severity.HIGH, "For tests."), False
    once = [alarm(11, label=label), None] if first else [None, alarm(11, label=label)]
    found = examine_with(judge(Scripted(*once, None), [], rough))
    np.testing.assert_array_equal(np.flatnonzero(found.flagged), flagged)


def test_a_detector_that_cannot_look_says_why() -> None:
    class Blind(Scripted):
        def alarms(self, _evidence: object) -> list[Alarm]:
            raise NotApplicableError("it needs more")

    found = examine_with(judge(Blind(), []))
    assert found.not_applicable == {"BZ599": "it needs more"}


def test_outlines_judge_where_they_tell_the_classes_apart() -> None:
    signs = draw_signs(400, 5)
    classes, labels = np.unique(signs.labels, return_inverse=True)
    found = examine(signs.images, labels, tuple(classes), seed=0)
    assert found.judge is JudgeKind.SHAPES
    assert found.confirmed == ()


def test_networks_judge_where_outlines_tell_nothing() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (300, 32, 32, 3)).astype(np.uint8)
    found = examine(noise, rng.integers(0, 3, 300), ("a", "b", "c"), seed=0)
    assert found.judge is JudgeKind.NETWORKS


def test_each_look_at_outlines_is_another_one() -> None:
    assert len(set(VIEWS)) == len(VIEWS) == 2
