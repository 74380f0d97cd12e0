"""A profile for programs."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from bezoar.evaluate.profile.column_profile import QUANTILES
from bezoar.report.profile_words import headline

if TYPE_CHECKING:
    from bezoar.evaluate.profile.column_profile import ColumnProfile
    from bezoar.evaluate.profile.comparison import Comparison
    from bezoar.evaluate.profile.profiling import Profile

SCHEMA_VERSION: Final = 1
IDS: Final = 1000
"""Ids of samples in one list; the count beside it says how many there are."""


def profile_json(
    profile: "Profile", comparison: "Comparison | None", subject: str, **more: Any
) -> str:
    """Write a profile as JSON; what changed comes first.

    Args:
        profile: What is in it.
        comparison: What changed since another version.
        subject: What it is called.
        **more: Further fields.
    """
    fields: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "dataset": subject}
    if comparison is not None:
        fields["difference"] = comparison_json(comparison)
    fields |= {
        "kind": profile.kind,
        "samples": profile.samples,
        "label": profile.label,
        "classes_total": profile.classes.total if profile.classes else 0,
        "classes": [asdict(one) for one in profile.classes.listed] if profile.classes else [],
        "unread": dict(profile.unread),
        "associations": [asdict(one) for one in profile.associations],
        "correlations": [asdict(one) for one in profile.correlations],
        "correlated_every": profile.correlated_every,
        "duplicates": [asdict(one) for one in profile.duplicates],
        "outliers": [asdict(one) for one in profile.outliers],
        "columns_total": profile.columns_total,
        "columns": [_column(one) for one in profile.columns],
    }
    return json.dumps(fields | more, indent=2, allow_nan=False)


def _column(column: "ColumnProfile") -> dict[str, Any]:
    fields = asdict(column) | {"remark": column.remark}
    if column.numbers is not None:
        pairs = zip(QUANTILES, column.numbers.quantiles, strict=True)
        fields["numbers"]["quantiles"] = {f"{q:g}": value for q, value in pairs}
    return fields


def comparison_json(comparison: "Comparison") -> dict[str, Any]:
    """Return what changed as JSON values."""
    samples = comparison.samples
    fields: dict[str, Any] = {
        "against": comparison.against,
        "whole": comparison.whole,
        "headline": headline(comparison),
        "samples_before": comparison.samples_before,
        "new_labels": [one.label for one in comparison.new_labels],
        "vanished_labels": [one.label for one in comparison.vanished_labels],
    }
    if samples is not None:
        lists = {"added": samples.added, "removed": samples.removed, "changed": samples.changed}
        fields |= {name: {"count": len(ids), "ids": ids[:IDS]} for name, ids in lists.items()}
        flipped = [asdict(one) for one in samples.flipped[:IDS]]
        fields["flipped"] = {"count": len(samples.flipped), "samples": flipped}
        fields["renamed"] = samples.renamed
    return fields | {
        "flips": [
            {"before": before, "after": after, "samples": count}
            for before, after, count in comparison.flips
        ],
        "brought": asdict(comparison.brought) if comparison.brought else None,
        "classes": [asdict(one) | {"growth": one.growth} for one in comparison.classes],
        "new_columns": comparison.new_columns,
        "vanished_columns": comparison.vanished_columns,
        "retyped_columns": comparison.retyped_columns,
        "drifts": [asdict(one) | {"moved": one.moved} for one in comparison.drifts],
    }
