"""`bezoar clean`: a new version of a data set, without what was flagged."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import note, progress_bar
from bezoar.core.errors import BezoarError, UsageError

if TYPE_CHECKING:
    from bezoar.core.sample import Dataset, Sample

_COLUMNS = ("path", "label", "flagged")


def clean(
    dataset: Annotated[str, typer.Argument(help="The data set that was inspected.")],
    scores: Annotated[
        Path, typer.Option(metavar="FILE", help="What `bezoar inspect --scores` wrote.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="A new or empty folder.")
    ],
) -> None:
    """Write a new version of a data set, as class folders, without what was flagged."""
    from bezoar.datasets.class_folders import write_class_folder  # noqa: PLC0415
    from bezoar.datasets.opening import open_dataset  # noqa: PLC0415 - late, as all below

    opened = open_dataset(dataset)
    flagged = _read_scores(scores)
    again = f"bezoar inspect {dataset} --scores {scores}"
    _require_match(opened, flagged, again)
    kept = {path for (path, _), bad in flagged.items() if not bad}
    if not kept:
        raise BezoarError(f"every sample of {dataset} is flagged: nothing is left", next=again)
    with progress_bar("Writing") as progress:
        written = write_class_folder(
            _only(opened, kept), output, lambda done: progress(done, len(kept))
        )
    dropped, unreadable = len(flagged) - len(kept), len(opened) - len(flagged)
    unreadable += len(kept) - len(written)
    _record(opened.name, len(written), dropped, unreadable)
    note(f"{len(written):,} samples written to {output}; flagged and dropped: {dropped:,}")
    if unreadable:
        note(f"could not be read and are left out: {unreadable:,}")
    note(f"  next: bezoar inspect {output}")


def _read_scores(path: Path) -> dict[tuple[str, str], bool]:
    """Return whether each sample, by its path and label, is flagged."""
    import pyarrow.parquet as pq  # noqa: PLC0415
    from pyarrow import ArrowException  # noqa: PLC0415

    how = "bezoar inspect DATASET --scores FILE"
    try:
        table = pq.read_table(path)
        columns = [table.column(name).to_pylist() for name in _COLUMNS]
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist", next=how) from None
    except (ArrowException, OSError, KeyError, ValueError) as error:
        raise UsageError(f"{path} holds no scores: {error}", next=how) from error
    rows = list(zip(*columns, strict=True))
    if not all(
        isinstance(p, str) and isinstance(la, str) and bad in {True, False} for p, la, bad in rows
    ):
        raise UsageError(f"{path} holds no scores: a path, label or flag is missing", next=how)
    flagged = {(path, label): bad for path, label, bad in rows}
    if len({path for path, _ in flagged}) < len(rows):
        raise UsageError(f"{path} holds no scores: a path stands twice", next=how)
    return flagged


def _require_match(dataset: "Dataset", flagged: dict[tuple[str, str], bool], again: str) -> None:
    """Refuse scores of other data: each sample has its score, and each score its sample.

    Raises:
        UsageError: If they do not match. A sample that cannot be read has no score.
    """
    unknown = set(flagged)
    for sample in dataset:
        key = (sample.id, sample.label or "")
        if key in unknown:
            unknown.remove(key)
        elif _is_readable(sample):
            why = f"{sample.id} has no score under its label {sample.label}"
            raise UsageError(f"the scores are not of this data: {why}", next=again)
    if unknown:
        why = (
            f"{len(unknown):,} of its {len(flagged):,} samples are not there, as {min(unknown)[0]}"
        )
        raise UsageError(f"the scores are not of this data: {why}", next=again)


def _is_readable(sample: "Sample") -> bool:
    from bezoar.datasets.decoding import decode  # noqa: PLC0415

    try:
        decode(sample.fetch())
    except (OSError, ValueError):
        return False
    return True


def _only(dataset: "Dataset", ids: set[str]) -> Iterator["Sample"]:
    return (sample for sample in dataset if sample.id in ids)


def _record(name: str, written: int, dropped: int, unreadable: int) -> None:
    from bezoar.ledger import open_ledger  # noqa: PLC0415
    from bezoar.project import find_project  # noqa: PLC0415

    detail = {"written": written, "dropped": dropped, "unreadable": unreadable}
    with open_ledger(find_project()) as ledger:
        ledger.append("dataset.cleaned", name, detail)
