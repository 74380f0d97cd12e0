"""Pipelines in twins that differ in one property: the unsafe one is found, the safe one is not.

The folder says which rule: `FORMAT/RULE-NAME/{safe,unsafe}/…`.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bezoar.evaluate.journey import build
from bezoar.evaluate.pipelines.registry import parsers
from bezoar.evaluate.rules import outcomes_of
from bezoar.flows.audit_arrivals import arrivals, looked_at, outsiders
from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.tree import Folder

CORPUS = Path(__file__).parents[2] / "corpus" / "pipelines"
TWINS = sorted(path.relative_to(CORPUS) for path in CORPUS.glob("*/*") if path.is_dir())


@dataclass(frozen=True)
class File:
    """A file of a tree."""

    path: str
    text: str


def findings(root):
    files = {
        path.relative_to(root).as_posix(): File(path.relative_to(root).as_posix(), path.read_text())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    pipelines = [
        pipeline
        for file in files.values()
        for parser in parsers()
        if parser.claims(file)
        for pipeline in parser.parse(file, files)
    ]
    seen = scan(Folder(str(root)))
    journey = build(
        pipelines,
        arrivals(seen.fetches, ()),
        files,
        looked_at=looked_at(seen.fetches),
        is_public=outsiders(()),
    )
    return [finding for outcome in outcomes_of(journey) for finding in outcome.findings]


def told(found):
    return [f"{one.rule.name} {one.place}: {one.message}" for one in found]


def test_there_is_a_corpus():
    assert len(TWINS) >= 40


@pytest.mark.parametrize("twin", TWINS, ids=str)
def test_the_unsafe_one_is_found_by_its_rule(twin):
    found = findings(CORPUS / twin / "unsafe")
    assert {one.rule.name for one in found} == {twin.name}, told(found)


@pytest.mark.parametrize("twin", TWINS, ids=str)
def test_the_safe_one_is_clean(twin):
    found = findings(CORPUS / twin / "safe")
    assert found == [], told(found)
