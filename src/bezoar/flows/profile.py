"""`profile`: a version's sample table described, and compared with another version's."""

import difflib
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from bezoar.core.errors import UsageError
from bezoar.datasets.dbom import Dbom, means_path, split_spec
from bezoar.datasets.sample_table.data_files import label_column, reading
from bezoar.evaluate.profile.comparison import Comparison, compare
from bezoar.evaluate.profile.profiling import Profile, profile_table
from bezoar.evaluate.profile.reading import Columns
from bezoar.evaluate.profile.roles import Kind
from bezoar.flows.sample_tables import SampleTable, Stages, table_of, table_of_version
from bezoar.project import Project


@dataclass(frozen=True)
class Profiled:
    """What came of profiling some data.

    Attributes:
        table: Its sample table.
        profile: What is in it.
        comparison: What changed since another version.
        location: Where its bytes lie.
        seconds: How long it took.
    """

    table: SampleTable
    profile: Profile
    comparison: Comparison | None
    location: Path
    seconds: float


def profile(
    text: str,
    project: Project,
    *,
    against: str | None = None,
    label: str | None = None,
    provenance: Path | None = None,
    stages: Stages = lambda _label: nullcontext(lambda _done, _total: None),
) -> Profiled:
    """Describe what is in a data set, and what changed.

    Args:
        text: `NAME`, `NAME@VERSION` or a path.
        project: Whose DBOM and state folder.
        against: What to compare it with: a version of the same name, `NAME@VERSION` or a path.
        label: The column that holds the class, for rows of a table; else the usual names are tried.
        provenance: See `table_of`.
        stages: Shows progress.

    Raises:
        UsageError: If there is no such name, path, version or column.
        NothingToInspectError: If there is nothing in it.
        BezoarError: If it cannot be read, or is not what was registered.
    """
    began = time.monotonic()
    other = _other(text, against) if against is not None else None
    table = table_of(text, project, provenance=provenance, stages=stages)
    entry = table.entry
    location = Dbom(project).locate(entry) if entry else Path(text).expanduser()
    with reading(table.path), stages("Profiling") as progress:
        columns = _columns(table, label)
        found = profile_table(columns, progress)
    comparison = None
    if other is not None:
        before = _table_before(other, project, stages)
        with reading(before.path):
            old = _columns(before, columns.label if columns.kind is Kind.TABULAR else None)
            comparison = compare(old, columns, before.name, whole=before.whole)
    return Profiled(table, found, comparison, location, time.monotonic() - began)


def _other(text: str, against: str) -> str:
    """Return what `--against` means: a version is one of the same name."""
    if means_path(against) or "@" in against:
        return against
    if means_path(text):
        return split_spec(against)[0]
    return f"{split_spec(text)[0]}@{against}"


def _table_before(other: str, project: Project, stages: Stages) -> SampleTable:
    if means_path(other):
        return table_of(other, project, stages=stages)
    return table_of_version(other, project, stages)


def _columns(table: SampleTable, label: str | None) -> Columns:
    """Return the columns of a table with the one that holds the class."""
    frame, kind = table.scan(), Kind(table.kind)
    if kind is not Kind.TABULAR:
        if label is not None:
            raise UsageError(
                f"--label is for rows of a table, and {table.name} is of {kind}",
                next="bezoar profile --help",
            )
        return Columns(frame, kind, "label")
    schema = frame.collect_schema()
    if label is None:
        return Columns(frame, kind, label_column(schema))
    if label not in schema:
        near = difflib.get_close_matches(label, schema.names(), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"no column {label!r}{hint}", next="bezoar profile --help")
    return Columns(frame, kind, label)
