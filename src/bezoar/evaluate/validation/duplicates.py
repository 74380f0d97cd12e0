"""BZ256, BZ257, BZ260: the same, or nearly the same, under two labels or in two splits."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.validation.subject import SHOWN, Subject, at_samples, not_applicable

NEAR_DUPLICATE_LABELS: Final = Rule(
    code="BZ256",
    name="near-duplicate-labels",
    title="Near-duplicates under two labels",
    severity=Severity.MEDIUM,
    why="One picture, or one text but for case and spaces, stands for two classes: a copy was"
    " labelled anew, by a slip or on purpose.",
    taxonomy=("ATLAS:AML.T0020",),
)
SPLIT_DUPLICATE: Final = Rule(
    code="BZ257",
    name="split-duplicate",
    title="The same sample in two splits",
    severity=Severity.MEDIUM,
    why="What a model is tested on it has seen in training: the test says more than is true.",
)
CONFLICTING_LABELS: Final = Rule(
    code="BZ260",
    name="conflicting-labels",
    title="The same content under two labels",
    severity=Severity.MEDIUM,
    why="One of the labels is wrong. Where the content had another label in the approved version,"
    " somebody changed it.",
    taxonomy=("ATLAS:AML.T0020",),
)

_KEPT: Final = 5


def near_duplicate_labels(subject: Subject) -> Outcome:
    """Find groups of near-duplicates that have several labels, and are not equal (BZ260 is)."""
    if not subject.has("near_dup_group", "label"):
        why = "no two samples are nearly the same" if _knows(subject) else "it has no such column"
        return _none_or(NEAR_DUPLICATE_LABELS, subject, why)
    content = subject.content
    grouped = subject.near.filter(pl.col("label").is_not_null())
    unequal = content if content == "pixel_sha256" else None
    how = "nearly the same as"
    findings = _told(NEAR_DUPLICATE_LABELS, grouped, "near_dup_group", how, "label", also=unequal)
    return Outcome.of(NEAR_DUPLICATE_LABELS, findings)


def split_duplicates(subject: Subject) -> Outcome:
    """Find content that stands in more than one split; near-duplicates there are a mild finding."""
    content = subject.content
    if content is None or not subject.has("split"):
        return not_applicable(SPLIT_DUPLICATE, "nothing says which split a sample is in")
    rows = subject.repeated.filter(pl.col("split").is_not_null())
    findings = _told(SPLIT_DUPLICATE, rows, content, "the same as", "split")
    if subject.has("near_dup_group"):
        near = subject.near.filter(pl.col("split").is_not_null())
        how, mild = "nearly the same as", Severity.LOW
        findings += _told(
            SPLIT_DUPLICATE, near, "near_dup_group", how, "split", also=content, severity=mild
        )
    return Outcome.of(SPLIT_DUPLICATE, findings)


def conflicting_labels(subject: Subject) -> Outcome:
    """Find content under several labels, here or between the version before and this one."""
    if not subject.has("label"):
        return not_applicable(CONFLICTING_LABELS, "there are no labels")
    if subject.tabular:
        return _conflicting_rows(subject)
    content = subject.content
    if content is None:
        return not_applicable(CONFLICTING_LABELS, "its rows have no digest")
    findings = _changed(subject)
    rows = subject.repeated.filter(pl.col("label").is_not_null())
    findings += _told(CONFLICTING_LABELS, rows, content, "the same as", "label")
    return Outcome.of(CONFLICTING_LABELS, findings)


def _conflicting_rows(subject: Subject) -> Outcome:
    """Rows of a table that are equal but for their label: chance makes them, too."""
    plain = [
        name
        for name, kind in subject.table.schema.items()
        if name not in {"path", "label"} and not kind.is_nested()
    ]
    if not plain:
        return not_applicable(CONFLICTING_LABELS, "it has no column beside the label")
    rows = subject.table.select("path", "label", pl.struct(plain).hash().alias("#content"))
    again = rows.filter(pl.col("#content").is_duplicated())
    found = _told(
        CONFLICTING_LABELS, again, "#content", "the same as", "label", severity=Severity.LOW
    )
    return Outcome.of(CONFLICTING_LABELS, found)


def _changed(subject: Subject) -> list[Finding]:
    """Find samples whose bytes had other labels before, and none of those that they have now."""
    before = subject.against
    if before is None or not {"sha256", "label"} <= set(before.columns):
        return []
    rows = subject.table.select("path", "label", "sha256").drop_nulls()
    old = before.select("label", "sha256").drop_nulls()
    # Nearly all are new, or as they were: hashes, looked up, leave the few that are neither.
    known = rows["sha256"].hash().is_in(old["sha256"].hash().implode())
    unlike = rows.filter(known & ~_pairs(rows).is_in(_pairs(old).implode()))
    was = old.filter(pl.col("sha256").is_in(unlike["sha256"].implode()))
    was = was.group_by("sha256").agg(pl.col("label").unique().sort().alias("was"))
    moved = unlike.join(was, on="sha256").select("path", "label", "was").sort("path")
    told = (
        (path, _change(label, was, subject.version), {"label": label, "before": was[:_KEPT]})
        for path, label, was in moved.iter_rows()
    )
    return at_samples(CONFLICTING_LABELS, told, len(moved), Severity.HIGH)


def _pairs(rows: pl.DataFrame) -> pl.Series:
    """Return one number for each digest and its label."""
    return rows["sha256"].hash() ^ rows["label"].hash(seed=1)


def _change(label: str, was: list[str], version: str) -> str:
    before = " or ".join(map(repr, was[:_KEPT]))
    return f"its label is {label!r}, and was {before} in {version}"


def _knows(subject: Subject) -> bool:
    return "near_dup_group" in subject.table.columns


def _none_or(rule: Rule, subject: Subject, why: str) -> Outcome:
    """Return `passed` where the column is there and all alone, else why it does not apply."""
    if _knows(subject) and subject.has("label"):
        return Outcome.of(rule, ())
    return not_applicable(rule, why if subject.has("label") else "there are no labels")


def _told(
    rule: Rule,
    rows: pl.DataFrame,
    column: str,
    how: str,
    by: str,
    *,
    also: str | None = None,
    severity: Severity | None = None,
) -> list[Finding]:
    """Return a finding for each group of rows that differ within, the biggest groups first.

    Args:
        rule: What they break.
        rows: The rows.
        column: Equal values of it make a group.
        how: What the members of a group are to each other.
        by: The column in which they must differ.
        also: One more such column.
        severity: How bad; the rule's unless given.
    """
    differ = pl.all_horizontal([pl.col(name).n_unique() > 1 for name in (by, also) if name])
    groups = (
        rows.lazy()
        .group_by(column)
        .agg(differ.alias("#differ"), pl.len().alias("#count"), pl.col("path").min().alias("#path"))
        .filter("#differ")
        .sort(["#count", "#path"], descending=[True, False])
        .select(column, "#count")
        .collect()
    )
    return at_samples(rule, _written(rows, groups.head(SHOWN), how, by), len(groups), severity)


def _written(
    rows: pl.DataFrame, groups: pl.DataFrame, how: str, by: str
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield what is said of each group; the lists are made for those that are shown alone."""
    lists = [pl.col("path").sort().head(_KEPT), pl.col(by).unique().sort().head(_KEPT)]
    column = groups.columns[0]
    members = rows.lazy().join(groups.lazy(), on=column, how="semi").group_by(column).agg(lists)
    found = groups.lazy().join(members, on=column, how="left", maintain_order="left").collect()
    for row in found.iter_rows(named=True):
        others, values = ", ".join(row["path"][1:3]), ", ".join(map(repr, row[by]))
        why = {"copies": row["#count"], f"{by}s": row[by], "paths": row["path"]}
        yield row["path"][0], f"{how} {others}; {by}s: {values}", why
