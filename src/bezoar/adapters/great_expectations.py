"""Great Expectations 1.x as an engine: a suite, run on a table in memory or in a database.

The library is imported here alone, in an ephemeral context that reads no project of its own and
writes nothing; analytics are off by each way that it knows. A suite is JSON. What in it would be
run as code (conditions that pandas evaluates) is refused.
"""

import logging
import os
import re
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bezoar.core.errors import BezoarError, UsageError

if TYPE_CHECKING:
    import polars as pl

SHOWN: Final = 20
"""Rows behind a failure that are kept."""

_NAME: Final = "data"
_OFF: Final = {"GX_ANALYTICS_ENABLED": "false", "GX_POSTHOG_DEBUG": "false"}
_CODE: Final = re.compile(r"@|\(|__|`")
_LONGEST: Final = 300
_KEY_OF_ALL: Final = "expect_table_column"


@dataclass(frozen=True, slots=True)
class Expected:
    """How one expectation ended.

    Attributes:
        kind: Its type, as `expect_column_values_to_be_in_set`.
        arguments: What it was given.
        severity: `critical`, `warning` or `info`, as the suite says.
        success: Whether it was met.
        observed: What was there instead, in a few words.
        unexpected: How many rows are behind a failure; None where it is not about rows.
        rows: The first of them: the row's key, the value.
        error: Why it could not be evaluated; empty where it was.
        note: What the suite says about it (`meta.bezoar`); may be empty.
    """

    kind: str
    arguments: Mapping[str, Any]
    severity: str
    success: bool
    observed: str = ""
    unexpected: int | None = None
    rows: tuple[tuple[str, str], ...] = ()
    error: str = ""
    note: str = ""


def run_on_table(
    suite: Mapping[str, Any],
    table: "pl.DataFrame | pl.LazyFrame",
    *,
    key: str | None = None,
    data_docs: Path | None = None,
) -> list[Expected]:
    """Run a suite on rows in memory.

    Args:
        suite: The suite's JSON.
        table: The rows; only the columns that the suite names are read.
        key: The column that names a row.
        data_docs: A folder for the library's own pages.

    Raises:
        UsageError: If the suite is none, or holds what would be run as code.
        BezoarError: If the library is missing, or fails.
    """
    expectations = _checked(suite)
    frame = _needed(table, expectations, key)
    with _context() as context:
        asset = context.data_sources.add_pandas(_NAME).add_dataframe_asset(_NAME)
        batch = asset.add_batch_definition_whole_dataframe(_NAME)
        parameters = {"dataframe": frame}
        return _results(_Run(context, batch, parameters), suite, key, data_docs)


def run_on_sql(
    suite: Mapping[str, Any],
    url: str,
    table: str,
    *,
    key: str | None = None,
    data_docs: Path | None = None,
) -> list[Expected]:
    """Run a suite on a table where it lives: SQLite, PostgreSQL, whatever SQLAlchemy reaches.

    Args:
        suite: The suite's JSON.
        url: SQLAlchemy's URL of the database; it is never repeated in an error.
        table: `TABLE` or `SCHEMA.TABLE`.
        key: The column that names a row.
        data_docs: A folder for the library's own pages.

    Raises:
        UsageError: If the suite is none, or there is no such file.
        BezoarError: If the library is missing, or the database does not answer.
    """
    _checked(suite)
    _require_file(url)
    schema, _, name = table.rpartition(".")
    # The driver that the `postgres` extra brings; SQLAlchemy's own choice is another one.
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    with _context() as context:
        source = context.data_sources.add_sql(_NAME, connection_string=url, create_temp_table=False)
        asset = source.add_table_asset(_NAME, table_name=name, schema_name=schema or None)
        batch = asset.add_batch_definition_whole_table(_NAME)
        return _results(_Run(context, batch), suite, key, data_docs)


def _require_file(url: str) -> None:
    """Refuse a SQLite file that is not there: connecting would make an empty one."""
    path = url.partition("///")[2].partition("?")[0]
    if url.startswith("sqlite") and not Path(path).is_file():
        raise UsageError(f"{path or url} is no SQLite file", next=f"ls -l {path}")


def _checked(suite: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a suite's expectations."""
    expectations = suite.get("expectations")
    sound = isinstance(expectations, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("type"), str)
        and isinstance(one.get("kwargs", {}), dict)
        for one in expectations
    )
    if not sound:
        raise UsageError("it is no suite: want {name, expectations: [{type, kwargs}]}")
    for one in expectations or ():
        kwargs = one.get("kwargs", {})
        condition = kwargs.get("row_condition")
        parsed_by = str(kwargs.get("condition_parser", "pandas"))
        if (
            isinstance(condition, str)
            and parsed_by != "great_expectations"
            and _CODE.search(condition)
        ):
            raise UsageError(
                f"{one['type']}: its row_condition would be run as code: {condition[:80]!r};"
                ' write it for "condition_parser": "great_expectations"'
            )
    return list(expectations or ())


def _needed(
    table: "pl.DataFrame | pl.LazyFrame", expectations: Sequence[Mapping[str, Any]], key: str | None
) -> Any:
    """Return the columns that a suite names, for pandas; digests as hexadecimal text."""
    import polars.selectors as cs  # noqa: PLC0415 - the same

    rows = table.lazy()
    names = rows.collect_schema().names()
    if not any(one["type"].startswith(_KEY_OF_ALL) for one in expectations):
        # A condition names columns inside of its text: any that it could mean is kept.
        said = repr([one.get("kwargs", {}) for one in expectations])
        names = [name for name in names if name == key or name in said] or names[:1]
    return rows.select(names).with_columns(cs.binary().bin.encode("hex")).collect().to_pandas()


@contextmanager
def _context() -> Iterator[Any]:
    """Yield an ephemeral context; what the library raises becomes a clean error."""
    os.environ.update(_OFF)
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import great_expectations as gx  # noqa: PLC0415 - seconds, and an extra
        except ImportError as error:
            raise BezoarError(
                "a suite needs great-expectations", next="pip install 'bezoar[gx]'"
            ) from error
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(enable=False)
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        try:
            yield context
        except BezoarError:
            raise
        # It raises errors of many libraries; each of them means that it could not be done.
        except Exception as error:  # noqa: BLE001
            why = _one_line(error)
            raise BezoarError(f"great_expectations could not finish: {why}") from None


@dataclass(frozen=True, slots=True)
class _Run:
    """What a suite is run in, and on."""

    context: Any
    batch: Any
    parameters: dict[str, Any] | None = None


def _results(
    on: _Run, suite: Mapping[str, Any], key: str | None, data_docs: Path | None
) -> list[Expected]:
    """Run once for the outcome, and what failed again for the rows, which cost much more."""
    all_of_it = _run(on, suite, {"result_format": "BASIC"})
    if data_docs is not None:
        _write_docs(on.context, data_docs)
    results = [_expected(one) for one in all_of_it]
    failed = [
        one["expectation_config"]
        for one, result in zip(all_of_it, results, strict=True)
        if result.unexpected and not result.success
    ]
    if not failed or key is None:
        return results
    wanted = {
        "result_format": "SUMMARY",
        "unexpected_index_column_names": [key],
        "partial_unexpected_count": SHOWN,
        "return_unexpected_index_query": False,
    }
    again = _run(on, {**suite, "expectations": failed}, wanted)
    rows = {_identity(one): _expected(one, key) for one in again}
    return [
        rows.get(_identity(one), result) for one, result in zip(all_of_it, results, strict=True)
    ]


def _run(on: _Run, suite: Mapping[str, Any], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    import great_expectations as gx  # noqa: PLC0415 - see `_context`

    name = str(suite.get("name") or "suite")
    listed = [
        {name: one[name] for name in ("type", "kwargs", "meta", "severity") if name in one}
        for one in suite["expectations"]
    ]
    try:
        made = gx.ExpectationSuite(name=f"{name} {uuid.uuid4().hex[:6]}", expectations=listed)
    except Exception as error:  # noqa: BLE001 - as above
        raise UsageError(f"the suite {name!r} is off: {_one_line(error)}") from None
    if len(made.expectations) < len(listed):
        # It logs what it does not know, and goes on without it: that would pass.
        known = {one.expectation_type for one in made.expectations}
        strange = next((one["type"] for one in listed if one["type"] not in known), "one of them")
        raise UsageError(f"the suite {name!r}: {strange} is unknown, or its arguments are off")
    made = on.context.suites.add(made)
    definition = gx.ValidationDefinition(name=made.name, data=on.batch, suite=made)
    definition = on.context.validation_definitions.add(definition)
    result = definition.run(batch_parameters=on.parameters, result_format=wanted)
    found: list[dict[str, Any]] = result.to_json_dict()["results"]
    if len(found) < len(listed):
        raise BezoarError(f"{len(found)} of {len(listed)} expectations were evaluated")
    return found


def _identity(one: Mapping[str, Any]) -> str:
    config = one["expectation_config"]
    return repr((config["type"], sorted(config["kwargs"].items(), key=lambda item: item[0])))


def _expected(one: Mapping[str, Any], key: str | None = None) -> Expected:
    config, result = one["expectation_config"], one.get("result") or {}
    kwargs = {name: value for name, value in config["kwargs"].items() if name != "batch_id"}
    column = kwargs.get("column")
    rows = tuple(
        (str(row.get(key)), str(row.get(column) if column else _others(row, key))[:_LONGEST])
        for row in (result.get("partial_unexpected_index_list") or ())[:SHOWN]
        if isinstance(row, dict)
    )
    observed = result.get("observed_value")
    if observed is None and result.get("partial_unexpected_list"):
        observed = result["partial_unexpected_list"][:5]
    return Expected(
        kind=config["type"],
        arguments=kwargs,
        severity=str(config.get("severity") or "critical"),
        success=bool(one["success"]),
        observed="" if observed is None else str(observed)[:_LONGEST],
        unexpected=result.get("unexpected_count"),
        rows=rows,
        error=_error(one.get("exception_info") or {}),
        note=str((config.get("meta") or {}).get("bezoar") or "")[:_LONGEST],
    )


def _others(row: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


def _error(info: Mapping[str, Any]) -> str:
    """Return why an expectation could not be evaluated, whichever way it is told."""
    told = [info] if "raised_exception" in info else [one for one in info.values() if one]
    messages = [
        str(one.get("exception_message") or "it raised an error")
        for one in told
        if isinstance(one, dict) and one.get("raised_exception")
    ]
    return " ".join(messages[0].split())[:_LONGEST] if messages else ""


def _write_docs(context: Any, folder: Path) -> None:
    """Write the library's own pages about what was run."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BezoarError(
            f"cannot write {folder}: {error.strerror}", next=f"ls -ld {folder.parent}"
        ) from error
    context.add_data_docs_site(
        site_name="bezoar",
        site_config={
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder.absolute()),
            },
        },
    )
    context.build_data_docs(site_names=["bezoar"])


def _one_line(error: Exception) -> str:
    """Return an error in one line, without what a database URL says of a password."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.sub(r"://[^\s@/]*@", "://…@", text)[:_LONGEST]
