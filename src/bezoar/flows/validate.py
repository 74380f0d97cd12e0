"""`validate`: is this data what we expect? Built-in checks, and the team's own suite."""

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from bezoar.adapters.great_expectations import run_on_sql, run_on_table
from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status, findings_in, tally
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.entry import Status as EntryStatus
from bezoar.datasets.sample_table.data_files import label_column, reading
from bezoar.datasets.sample_table.rows import TABULAR
from bezoar.evaluate.validation.expectations import (
    expectation_outcome,
    expected_labels,
    read_suite,
)
from bezoar.evaluate.validation.running import validate as run_checks
from bezoar.evaluate.validation.subject import Subject, rows_before, rows_of, tabular_rows
from bezoar.evaluate.validation.suggesting import suggest as suggest_suite
from bezoar.flows.events import record_event
from bezoar.flows.sample_tables import (
    SampleTable,
    Stages,
    approved_version,
    table_of,
    table_of_version,
)
from bezoar.ledger import open_ledger
from bezoar.project import Project

VALIDATED: Final = "dataset.validated"
SUITES: Final = "expectations"
"""The folder of a project where a suite is looked for by a dataset's name."""


@dataclass(frozen=True, slots=True)
class Validated:
    """What came of a validation.

    Attributes:
        name: `NAME@VERSION`, a path, or a database's table.
        kind: `images`, `text`, `tabular` or `sql`.
        rows: How many were looked at; None where the database counted.
        root: The root of the data; empty for a database's table.
        against: The version that it was compared with; empty where with none.
        suite: The suite that was run; None where there was none.
        outcomes: Of every rule.
        seconds: Wall-clock time.
    """

    name: str
    kind: str
    rows: int | None
    root: str
    against: str
    suite: Path | None
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found."""
        return tuple(findings_in(self.outcomes))


@dataclass(frozen=True, slots=True)
class Wanted:
    """How data is to be validated.

    Attributes:
        suite: The suite; None: `expectations/NAME.json`, where there is one.
        against: A version to compare with; None: the newest approved one, where there is another.
        label: The column of a tabular set that is its class; None: one of the usual names.
        provenance: See `sample_tables.table_of`.
        data_docs: A folder for the pages of Great Expectations.
    """

    suite: Path | None = None
    against: str | None = None
    label: str | None = None
    provenance: Path | None = None
    data_docs: Path | None = None


def validate(
    text: str,
    project: Project,
    wanted: Wanted = Wanted(),
    stages: Stages = lambda _label: nullcontext(lambda _done, _total: None),
) -> Validated:
    """Check a registered version, or what lies at a path, and leave an event.

    Args:
        text: `NAME`, `NAME@VERSION` or a path.
        project: Whose DBOM, suites and ledger.
        wanted: How.
        stages: Shows progress.

    Raises:
        UsageError: If there is no such data, version, column or suite.
        NothingToInspectError: If there is nothing in it.
        BezoarError: If something cannot be read, or Great Expectations is missing.
    """
    began = time.monotonic()
    found = table_of(text, project, provenance=wanted.provenance, stages=stages)
    before = _version(found, wanted.against, project, stages)
    path = wanted.suite or _own_suite(found.entry, project)
    suite = read_suite(path) if path is not None else None
    with stages("Checking"):
        label = _label(found, wanted.label)
        subject = Subject(
            table=_rows(found, label, compared=before is not None),
            against=_rows_before(before, label) if before else None,
            version=before.name if before else "",
            expected=expected_labels(suite) if suite is not None else None,
            tabular=found.kind == TABULAR,
        )
        if subject.table.is_empty() and not findings_in(found.listing):
            raise NothingToInspectError(f"{found.name} has no row", next="bezoar validate --help")
        outcomes = (*found.listing, *run_checks(subject))
        if suite is not None:
            outcomes += (_of_suite(suite, found, subject, wanted.data_docs),)
    result = Validated(
        name=found.name,
        kind=found.kind,
        rows=len(subject.table),
        root=str(found.root),
        against=subject.version,
        suite=path,
        outcomes=outcomes,
        seconds=round(time.monotonic() - began, 3),
    )
    _note(result, found.entry, project)
    return result


def validate_sql(
    url: str, table: str, suite: Path, project: Project, *, key: str | None, data_docs: Path | None
) -> Validated:
    """Check a table where it lives, by a suite alone, and leave an event.

    Args:
        url: SQLAlchemy's URL of the database.
        table: `TABLE` or `SCHEMA.TABLE`.
        suite: The suite.
        project: Whose ledger.
        key: The column that names a row.
        data_docs: A folder for the pages of Great Expectations.

    Raises:
        UsageError: If the suite is none.
        BezoarError: If the database does not answer, or Great Expectations is missing.
    """
    began = time.monotonic()
    results = run_on_sql(read_suite(suite), url, table, key=key, data_docs=data_docs)
    outcomes = (expectation_outcome(results, table),)
    seconds = round(time.monotonic() - began, 3)
    found = Validated(table, "sql", None, "", "", suite, outcomes, seconds)
    _note(found, None, project)
    return found


def suggest(
    text: str,
    project: Project,
    *,
    label: str | None = None,
    stages: Stages = lambda _label: nullcontext(lambda _done, _total: None),
) -> tuple[dict[str, Any], bool]:
    """Return a suite that data meets, and whether a sign-off stands behind that data.

    Raises:
        UsageError: If there is no such data.
        BezoarError: If it cannot be read.
    """
    found = table_of(text, project, stages=stages)
    with reading(found.path):
        named = _label(found, label)
        tabular = found.kind == TABULAR
        table = tabular_rows(found.scan(), named) if tabular else found.scan().collect()
    about = {"dataset": found.name, "root": str(found.root), "samples": len(table)}
    name = found.entry.name if found.entry else Path(text).stem or "data"
    approved = found.entry is not None and found.entry.status is EntryStatus.APPROVED
    return suggest_suite(table, found.kind, name, about), approved


def _rows(found: SampleTable, label: str | None, *, compared: bool = True) -> pl.DataFrame:
    with reading(found.path):
        if found.kind == TABULAR:
            return tabular_rows(found.scan(), label)
        return rows_of(found.scan(), compared=compared)


def _rows_before(found: SampleTable, label: str | None) -> pl.DataFrame:
    with reading(found.path):
        if found.kind == TABULAR:
            return tabular_rows(found.scan(), label)
        return rows_before(found.scan())


def _label(found: SampleTable, given: str | None) -> str | None:
    """Return the column that is a tabular set's class."""
    if found.kind != TABULAR:
        return None
    kinds = found.scan().collect_schema()
    if given is not None and given not in kinds:
        raise UsageError(f"{found.name} has no column {given!r}", next="bezoar validate --help")
    return given or label_column(kinds)


def _version(
    found: SampleTable, given: str | None, project: Project, stages: Stages
) -> SampleTable | None:
    """Return what to compare with; by default the newest approved version of that name."""
    if given is None and found.entry is not None:
        approved = approved_version(found.entry, project)
        given = approved.spec if approved is not None else None
    if given is None:
        return None
    before = table_of_version(given, project, stages)
    if before.kind != found.kind:
        raise UsageError(
            f"{found.name} is {found.kind}, and {before.name} is {before.kind}",
            next="bezoar dbom list",
        )
    return before


def _own_suite(entry: DbomEntry | None, project: Project) -> Path | None:
    path = project.root / SUITES / f"{entry.name}.json" if entry is not None else None
    return path if path is not None and path.is_file() else None


def _of_suite(
    suite: Mapping[str, Any], found: SampleTable, subject: Subject, data_docs: Path | None
) -> Outcome:
    """Run a suite on all columns; a tabular set's rows are named by their number."""
    rows = subject.table if subject.tabular else found.scan()
    results = run_on_table(suite, rows, key="path", data_docs=data_docs)
    return expectation_outcome(results, found.name)


def _note(result: Validated, entry: DbomEntry | None, project: Project) -> None:
    counts = tally(result.outcomes)
    detail = {
        "kind": result.kind,
        "rows": result.rows,
        "against": result.against or None,
        "suite": result.suite.name if result.suite else None,
        "found": sorted({finding.code for finding in result.findings}),
        "passed": counts[Status.PASSED],
        "findings": len(result.findings),
        "seconds": result.seconds,
    }
    if entry is not None:
        record_event(project, VALIDATED, entry, detail)
        return
    with open_ledger(project) as ledger:
        ledger.append(VALIDATED, result.root or result.name, {"dataset": result.name, **detail})
