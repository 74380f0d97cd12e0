"""The list of rules against the source: nothing is missing, nothing is there twice."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from bezoar import rules
from bezoar.attacks import ATTACKS
from bezoar.core.rule import Rule
from bezoar.expose.detectors import NETWORK_DETECTORS, SHAPE_DETECTORS

SOURCE = Path(__file__).parents[2] / "src"


def made(source: Path) -> Counter[str]:
    """Count the `Rule(...)` of each module under a folder."""
    return Counter(
        ".".join(path.relative_to(source).with_suffix("").parts)
        for path in source.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rule"
    )


def test_every_rule_in_the_source_is_listed():
    assert Counter(name.partition(":")[0] for name in rules.RULES.values()) == made(SOURCE)


def test_a_rule_that_is_not_listed_is_seen(tmp_path):
    (tmp_path / "room.py").write_text("def f():\n    return Rule('BZ101')\n")
    assert made(tmp_path) == {"room": 1}


def test_each_code_is_that_of_its_rule():
    for code, rule in zip(rules.RULES, rules.all_rules(), strict=True):
        assert isinstance(rule, Rule)
        assert rule.code == code
        assert rules.rule(code) is rule


def test_codes_names_and_rules_are_there_once_and_in_order():
    assert list(rules.RULES) == sorted(rules.RULES)
    assert len(set(rules.RULES.values())) == len(rules.RULES)
    names = [rule.name for rule in rules.all_rules()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", rules.all_rules(), ids=lambda rule: rule.code)
def test_a_rule_reads_well(rule):
    assert rule.name == rule.name.lower().replace(" ", "-")
    assert 0 < len(rule.title) <= 72
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")


def test_every_detector_and_attack_is_listed():
    listed = [rules.resolve(name) for name in rules.DETECTORS]
    assert set(listed) == {type(one) for one in (*SHAPE_DETECTORS, *NETWORK_DETECTORS)}
    assert len(set(listed)) == len(listed)
    assert [rules.resolve(name) for name in rules.ATTACKS] == list(ATTACKS.values())


def test_no_rule_has_a_code_that_is_unknown():
    with pytest.raises(KeyError):
        rules.rule("BZ999")
