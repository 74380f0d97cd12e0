"""The rules on bytes: each hostile file is told by its rule, no ordinary one at medium or above."""

import pytest
from vet_corpus import HOSTILE, MILD, ORDINARY

from bezoar.core.severity import Severity
from bezoar.fortify.vetting import looking
from bezoar.fortify.vetting.budget import Budget, SpentError
from bezoar.fortify.vetting.rules import unexamined
from bezoar.fortify.vetting.specimen import held


def told(name, data):
    """Return code and severity of whatever is seen in a file."""
    seen = []
    try:
        for _, rule, one in looking._limited(held(name, data, Budget(len(data)))):
            seen.append((rule.code, rule.severity if one.severity is None else one.severity))
    except SpentError:
        seen.append((unexamined.RULE.code, unexamined.RULE.severity))
    return seen


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_told_by_its_rule(case):
    code, name, data = case
    worst = {c: s for c, s in sorted(told(name, data))}  # noqa: C416 - the last one is the worst
    assert worst.get(code, Severity.INFO) >= Severity.MEDIUM, worst


@pytest.mark.parametrize("case", MILD.values(), ids=MILD)
def test_what_is_odd_and_no_danger_is_low(case):
    code, name, data = case
    seen = told(name, data)
    assert (code, Severity.LOW) in seen
    assert max(severity for _, severity in seen) is Severity.LOW


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_file_is_left_alone(name):
    assert [one for one in told(name, ORDINARY[name]) if one[1] >= Severity.MEDIUM] == []


def test_the_corpora_are_as_large_as_they_say():
    assert len(HOSTILE) >= 60
    assert len(ORDINARY) >= 100


@pytest.mark.parametrize("name", ORDINARY)
def test_a_file_that_ends_early_is_no_error(name):
    data = ORDINARY[name]
    for share in (1, 3, 7):
        told(name, data[: len(data) * share // 8])


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_that_ends_early_is_no_error(case):
    _, name, data = case
    for cut in range(1, len(data), max(len(data) // 12, 1)):
        told(name, data[:cut])
