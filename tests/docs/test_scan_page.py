"""The page on scanning shows each of its rules before and after."""

import re
from pathlib import Path

import pytest

from bezoar.recon.judging import judge
from bezoar.recon.scan.inventory import Inventory

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "scan.md"
SECTION = re.compile(r"^### (BZ\d{3})\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
RULES = [outcome.rule for outcome in judge(Inventory()).outcomes]


@pytest.fixture(scope="module")
def sections():
    return dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))


def test_each_rule_has_a_section_and_there_is_no_other(sections):
    assert list(sections) == [rule.code for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_section_has_the_title_and_an_example_before_and_after(sections, rule):
    text = sections[rule.code]
    assert f"**{rule.title}.**" in text
    before, after = text.partition("\nAfter")[::2]
    assert "Before" in before
    assert before.count("```") == 2
    assert after.count("```") == 2
