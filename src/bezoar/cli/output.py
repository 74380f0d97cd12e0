"""What every command shares: results to stdout or a file, all else to stderr, exit codes."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.place import printable
from bezoar.core.policy import Decision, Verdict
from bezoar.core.severity import Severity

if TYPE_CHECKING:
    from rich.console import Console

Progress = Callable[[int, int], None]
"""Called with (done, total); total 0 = not known."""

_REDRAW_S = 0.1
_WIDTH = 80


class Panel(StrEnum):
    """The panels of `bezoar --help`, named after the stages."""

    RECON = "Reconnaissance: what feeds my models?"
    EVALUATE = "Evaluation: is the way in sound?"
    FORTIFY = "Fortify: does anything unvetted get in?"
    LIMIT = "Limit: how fast are we back?"
    EXPOSE = "Expose: what in this data is not as it should be?"
    EXERCISE = "Exercise: would we notice?"
    ALL = "All stages"


class Format(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"


class FindingsFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"


def severity(text: str) -> Severity:
    """Read a severity from the command line.

    Raises:
        UsageError: If there is no such severity.
    """
    try:
        return Severity(text)  # type: ignore[arg-type]  # looks up by name as well
    except ValueError:
        names = ", ".join(str(one) for one in Severity)
        raise UsageError(f"not a severity: {text!r} (want one of {names})") from None


FormatOption = Annotated[Format, typer.Option("--format", help="How to write the result.")]
FindingsFormatOption = Annotated[
    FindingsFormat, typer.Option("--format", help="How to write the findings.")
]
OutputOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all."),
]
FailOnOption = Annotated[
    Severity | None,
    typer.Option(
        "--fail-on",
        parser=severity,
        metavar="SEVERITY",
        help="Exit 1 from this severity on (info, low, medium, high, critical).",
        show_default="medium",
    ),
]
ExitZeroOption = Annotated[
    bool, typer.Option("--exit-zero", help="Exit 0 where findings alone would make it 1.")
]


def console(*, stderr: bool = False) -> "Console":
    """Return a rich console: no colour off a terminal or with NO_COLOR, and no markup.

    Text from data reaches a terminal through `printable` only.
    """
    from rich.console import Console  # noqa: PLC0415 - `verify` does without rich

    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)


def note(text: str) -> None:
    """Write lines for a person to stderr, each made safe for a terminal."""
    lines = "\n".join(printable(line) for line in text.split("\n"))
    sys.stderr.write(lines.encode(_encoding(), "backslashreplace").decode(_encoding()) + "\n")


def _encoding() -> str:
    return sys.stderr.encoding or "utf-8"


def as_json(value: Any) -> str:
    """Return JSON text for a result; NaN and infinity are refused, as JSON has neither."""
    return json.dumps(value, indent=2, allow_nan=False)


def write_result(text: str, output: Path | None = None) -> None:
    """Write a result to stdout, or to a file whole or not at all; `-` is stdout.

    Raises:
        BezoarError: If the file cannot be written.
    """
    text = text if text.endswith("\n") else text + "\n"
    if output is None or str(output) == "-":
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
        return
    with whole_file(output) as draft:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as wide as the terminal, 80 columns off one; cells are made safe for it."""
    from rich.console import Console  # noqa: PLC0415 - only what prints a table pays for it
    from rich.table import Table  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    grid = Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for column in grid.columns:
        column.overflow = "fold"
    for row in rows:
        grid.add_row(*(Text(printable(cell)) for cell in row))
    page = StringIO()
    Console(file=page, width=width(), color_system=None).print(grid)
    return "\n".join(line.rstrip() for line in page.getvalue().split("\n"))


def width() -> int:
    """Return the columns of the terminal, 80 off one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH


def findings_result(
    form: FindingsFormat,
    outcomes: Sequence[Outcome],
    *,
    subject: str,
    verdict: Verdict | None = None,
    fields: Mapping[str, Any] | None = None,
    fail_on: Severity = Severity.MEDIUM,
) -> str:
    """Return outcomes in the format asked for.

    Args:
        form: The format.
        outcomes: One per rule asked for.
        subject: What was looked at.
        verdict: What the policy made of them, where one was asked.
        fields: More top-level fields of the JSON.
        fail_on: Mildest severity that fails a JUnit case, or is an error on GitHub.
    """
    from bezoar.report.github import github_annotations  # noqa: PLC0415 - see the docstring
    from bezoar.report.json import outcomes_json  # noqa: PLC0415 - see the package's docstring
    from bezoar.report.junit import junit_xml  # noqa: PLC0415 - the same
    from bezoar.report.sarif import sarif_json  # noqa: PLC0415 - the same
    from bezoar.report.text import findings_text  # noqa: PLC0415 - the same

    match form:
        case FindingsFormat.TEXT:
            return findings_text(outcomes, verdict=verdict, subject=subject, width=width())
        case FindingsFormat.JSON:
            return outcomes_json(outcomes, verdict=verdict, fields=fields)
        case FindingsFormat.SARIF:
            return sarif_json(outcomes)
        case FindingsFormat.JUNIT:
            return junit_xml(outcomes, name=subject, fail_on=fail_on)
        case FindingsFormat.GITHUB:
            return github_annotations(outcomes, fail_on=fail_on)


@contextmanager
def whole_file(output: Path) -> Iterator[Path]:
    """Yield a draft to write to; it takes the place of `output` when the block ends well.

    Raises:
        BezoarError: If the draft cannot be written or put in place.
    """
    target = Path(os.path.realpath(output))
    draft = target.with_name(f".bezoar-{os.getpid()}.part")
    try:
        if target.exists() and not target.is_file():
            # A pipe or a device is written as it is; replacing /dev/null would break the machine.
            yield target
            return
        yield draft
        draft.replace(target)
    except OSError as error:
        why = error.strerror or str(error)
        raise BezoarError(
            f"cannot write {output}: {why}", next=f"ls -ld {target.parent}"
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def progress_bar(label: str, *, of_bytes: bool = False) -> Iterator[Progress]:
    """Yield a callable that draws a bar on stderr; off a terminal it draws nothing.

    Args:
        label: What is being done.
        of_bytes: What is counted is bytes: show how many, how fast, and how long it still takes.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import (  # noqa: PLC0415 - rich is for terminals
        BarColumn,
        DownloadColumn,
        Progress,
        ProgressColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    rate = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(compact=True))
    columns: tuple[ProgressColumn, ...] = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20 if of_bytes else 40),
        TaskProgressColumn(),
        *(rate if of_bytes else (TimeElapsedColumn(),)),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(printable(label), total=None)
        drawn = 0.0

        def step(done: int, total: int) -> None:
            nonlocal drawn
            if (now := time.monotonic()) - drawn >= _REDRAW_S or done >= total:
                drawn = now
                bar.update(task, completed=done, total=total or None)

        yield step


def require(command: str, *packages: str) -> None:
    """Make sure that optional packages are there.

    Args:
        command: What needs them, for the message.
        packages: Their import names; the `expose` extra installs them.

    Raises:
        BezoarError: If one is missing; the message says what installs it.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise BezoarError(
            f"{command} needs packages that are not installed: {', '.join(missing)}",
            next="pip install 'bezoar[expose]'",
        )


def exit_code(
    findings: Iterable[Finding],
    fail_on: Severity = Severity.MEDIUM,
    verdict: Verdict | None = None,
    *,
    exit_zero: bool = False,
) -> int:
    """Return 3 for `undecided`, 1 for findings or a verdict that does not admit, else 0.

    Args:
        findings: What was found.
        fail_on: Mildest severity that counts.
        verdict: The policy's verdict, where there is one.
        exit_zero: Return 0 in place of 1, and of nothing else.
    """
    if verdict is not None and verdict.decision is Decision.UNDECIDED:
        return BezoarError.exit_code
    refused = verdict is not None and not verdict.admits
    if refused or any(finding.severity >= fail_on for finding in findings):
        return 0 if exit_zero else 1
    return 0
