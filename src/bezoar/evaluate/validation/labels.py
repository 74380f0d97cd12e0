"""BZ251 to BZ253: labels that should not be there, that are new, or that are gone."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.validation.subject import (
    NO_VERSION,
    Subject,
    at_class,
    counted,
    examples,
    not_applicable,
)

UNEXPECTED_LABEL: Final = Rule(
    code="BZ251",
    name="unexpected-label",
    title="Label that nobody expects",
    severity=Severity.MEDIUM,
    why="A label outside the agreed set, or one that only looks like another, makes a class of its"
    " own: training learns it without a word, and per-class checks never see it.",
    taxonomy=("ATLAS:AML.T0020",),
)
NEW_CLASS: Final = Rule(
    code="BZ252",
    name="new-class",
    title="Class that the approved version does not have",
    severity=Severity.HIGH,
    why="A class that nobody approved is either a change that should have been announced or the"
    " target of an attack.",
    taxonomy=("ATLAS:AML.T0020",),
)
VANISHED_CLASS: Final = Rule(
    code="BZ253",
    name="vanished-class",
    title="Class of the approved version that is gone",
    severity=Severity.MEDIUM,
    why="A model that never sees a class takes its members for something else.",
)

_LOOKALIKES: Final = str.maketrans(
    "авекмнорстухіјѕԁɡοαερτυνικ",
    "abekmhopctyxijsdgoaeptuvik",
)
"""Letters of other scripts that look like a Latin one, in lower case (Unicode UTS 39)."""


def unexpected_labels(subject: Subject) -> Outcome:
    """Find labels outside the expected set; where nobody said one, labels that look alike."""
    counts = subject.counts
    if not counts:
        return not_applicable(UNEXPECTED_LABEL, "there are no labels")
    findings = list(_unlabelled(subject))
    if subject.expected is None:
        findings += _alike(subject, counts)
    else:
        findings += [
            _at(subject, UNEXPECTED_LABEL, label, counts[label], "it is none of those expected")
            for label in sorted(counts.keys() - subject.expected)
        ]
    return Outcome.of(UNEXPECTED_LABEL, findings)


def new_classes(subject: Subject) -> Outcome:
    """Find classes that the version compared with does not have."""
    before = subject.before
    if not before:
        return not_applicable(NEW_CLASS, NO_VERSION)
    counts = subject.counts
    return Outcome.of(
        NEW_CLASS,
        [
            _at(subject, NEW_CLASS, label, counts[label], f"{subject.version} does not have it")
            for label in sorted(counts.keys() - before.keys())
        ],
    )


def vanished_classes(subject: Subject) -> Outcome:
    """Find classes of the version compared with that are gone."""
    before = subject.before
    if not before:
        return not_applicable(VANISHED_CLASS, NO_VERSION)
    gone = sorted(before.keys() - subject.counts.keys())
    return Outcome.of(
        VANISHED_CLASS,
        [
            at_class(
                VANISHED_CLASS,
                label,
                f"{subject.version} has {counted(before[label])} of it, and here are none",
                {"before": before[label]},
            )
            for label in gone
        ],
    )


def _at(subject: Subject, rule: Rule, label: str, count: int, why: str) -> Finding:
    paths = examples(subject.table, label)
    message = f"{why}: {counted(count)}, the first is {paths[0]}"
    return at_class(rule, label, message, {"samples": count, "examples": paths})


def _unlabelled(subject: Subject) -> Iterator[Finding]:
    missing = subject.table.filter(pl.col("label").is_null())
    if len(missing):
        paths = missing.head(3)["path"].to_list()
        yield Finding(
            UNEXPECTED_LABEL,
            Place(PlaceKind.DATASET, "all"),
            f"{counted(len(missing))} without a label, the first is {paths[0]}",
            evidence={"samples": len(missing), "examples": paths},
        )


def _alike(subject: Subject, counts: dict[str, int]) -> Iterator[Finding]:
    """Yield each label that looks like one with more samples."""
    for spellings in _spellings(counts):
        ordered = sorted(spellings, key=lambda label: (-counts[label], label))
        for label in ordered[1:]:
            why = f"it looks like {ordered[0]!r}, and is another label"
            yield _at(subject, UNEXPECTED_LABEL, label, counts[label], why)


def _spellings(labels: Iterable[str]) -> Iterator[list[str]]:
    known: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        known[_skeleton(label)].append(label)
    yield from (spellings for spellings in known.values() if len(spellings) > 1)


def _skeleton(label: str) -> str:
    """Return what two labels that look alike have in common."""
    text = unicodedata.normalize("NFKC", label).casefold().translate(_LOOKALIKES)
    text = "".join(c for c in text if c.isalnum() or c in "+-.")
    return text.lstrip("0") or "0" if text.isdecimal() else text or label
