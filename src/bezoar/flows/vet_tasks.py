"""What `vet` lets the sandbox do with a dataset as one: list its samples, judge them together.

These run in the child and return JSON; `vet_reading` is what believes it.
"""

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.core.outcome import Outcome
from bezoar.datasets.files import FILES, open_files
from bezoar.datasets.images import load_images
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.opening import open_dataset
from bezoar.datasets.reading_rules import listing_outcomes
from bezoar.datasets.survey import survey

_ROWS: Final = 500
_SIDE: Final = 8
_NEEDS: Final = ("scipy",)


def list_samples(root: str, scratch: str, layout: str | None) -> Iterator[dict[str, Any]]:
    """Hash each sample of a dataset.

    Args:
        root: The folder, or the one file.
        scratch: A folder to unpack into what is looked up often.
        layout: `files`, `images`, or None: images where there are any.

    Yields:
        Once the `layout` and whether samples are files (`rooted`), then `rows` of path, size,
        SHA-256 and label, then what was `unreadable` and the `outcomes`.
    """
    tempfile.tempdir = scratch
    dataset = _opened(Path(root), layout)
    rooted = dataset.root is not None
    yield {"layout": dataset.layout, "rooted": rooted}
    found = survey(dataset)
    rows = [
        [entry.path, entry.size, entry.sha256.hex(), entry.label]
        for entry in found.manifest.entries
    ]
    for start in range(0, len(rows), _ROWS):
        yield {"rows": rows[start : start + _ROWS]}
    outcomes = listing_outcomes(dataset)
    if not rooted:
        # Files are decoded one by one by `looking`; what lies in a table is decoded here.
        outcomes = load_images(dataset, _SIDE).outcomes
    yield {
        "unreadable": [finding.as_json() for finding in found.unreadable],
        "outcomes": [told(outcome) for outcome in outcomes],
    }


def judge_samples(root: str, scratch: str, seed: int) -> dict[str, Any]:
    """Look for poison among the samples, as `bezoar inspect` does.

    Returns:
        The `outcomes` of its detectors.
    """
    from bezoar.expose.inspect import inspect  # noqa: PLC0415 - it needs an extra

    tempfile.tempdir = scratch
    inspection = inspect(open_dataset(Path(root)), seed=seed)
    return {"outcomes": [told(outcome) for outcome in inspection.outcomes]}


def check_samples(root: str, scratch: str, before: str | None, version: str) -> dict[str, Any]:
    """Check the sample table, as `bezoar validate` does without a suite.

    Args:
        root: The folder, or the one file.
        scratch: A folder for the table, and to unpack into.
        before: The sample table of the version to compare with; None where there is none.
        version: What that version is called.

    Returns:
        The `outcomes` of the built-in checks.
    """
    import polars as pl  # noqa: PLC0415 - a set without images needs none of it

    from bezoar.datasets.sample_table.building import build_table  # noqa: PLC0415 - the same
    from bezoar.evaluate.validation.running import validate  # noqa: PLC0415 - the same
    from bezoar.evaluate.validation.subject import Subject, rows_before, rows_of  # noqa: PLC0415 - the same

    tempfile.tempdir = scratch
    table = build_table(Path(root), Path(scratch) / "samples.parquet", workers=1)
    old = rows_before(pl.scan_parquet(before, glob=False)) if before else None
    # Times of files are those of unpacking: a second vetting would see another order.
    rows = rows_of(pl.scan_parquet(table, glob=False).drop("added_at"))
    subject = Subject(rows, old, version)
    return {"outcomes": [told(outcome) for outcome in validate(subject)]}


def can_judge() -> str:
    """Say which package `judge_samples` lacks; empty where none."""
    return ", ".join(name for name in _NEEDS if find_spec(name) is None)


def told(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome with its findings as JSON values."""
    findings = [finding.as_json() for finding in outcome.findings]
    return outcome.as_json() | {"findings": findings}


def _opened(root: Path, layout: str | None) -> IndexedDataset:
    if layout == FILES:
        return open_files(root)
    try:
        return open_dataset(root)
    except (NothingToInspectError, UsageError):
        if layout is not None:
            raise
    return open_files(root)
