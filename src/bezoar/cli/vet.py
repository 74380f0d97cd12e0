"""`bezoar vet`: every check on a dataset, before anybody trains on it."""

from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FindingsFormat,
    FindingsFormatOption,
    OutputOption,
    Panel,
    exit_code,
    findings_result,
    progress_bar,
    width,
    write_result,
)

if TYPE_CHECKING:
    from bezoar.flows.vet import Vetted

_POISON = "BZ5"


def register(app: typer.Typer) -> None:
    """Add `vet`."""
    app.command("vet", rich_help_panel=Panel.FORTIFY)(vet)


def vet(  # noqa: PLR0917 - one parameter for each option
    dataset: Annotated[
        str, typer.Argument(metavar="NAME[@VERSION]", help="What was fetched or registered.")
    ],
    no_inspect: Annotated[
        bool, typer.Option("--no-inspect", help="Do not look for poison, which can take minutes.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Vet what is approved, which ends its approval.")
    ] = False,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Run every check on a dataset in a sandbox, and record the verdict.

    What was fetched is unpacked and registered first. Exits 0 if the data is admitted, 1 if it is
    quarantined or rejected, 3 if undecided, 4 if there is no file.
    """
    from bezoar.flows.vet import vet as run  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    vetted = run(dataset, project, inspect=not no_inspect, again=again, stages=progress_bar)
    write_result(_written(form, vetted), output)
    raise typer.Exit(exit_code((), verdict=vetted.verdict, exit_zero=exit_zero))


def _written(form: FindingsFormat, vetted: "Vetted") -> str:
    from bezoar.report.text import findings_text  # noqa: PLC0415 - see the package's docstring
    from bezoar.report.wording import Step  # noqa: PLC0415 - the same

    spec = vetted.entry.spec
    if form is not FindingsFormat.TEXT:
        return findings_result(
            form, vetted.outcomes, subject=spec, verdict=vetted.verdict, fields=_fields(vetted)
        )
    steps = [Step("Go on", command) for command in _commands(vetted)]
    text = findings_text(
        vetted.outcomes, verdict=vetted.verdict, subject=spec, width=width(), shown=5, steps=steps
    )
    return f"{text}\n{_summary(vetted)}"


def _fields(vetted: "Vetted") -> dict[str, Any]:
    record = vetted.record
    return {
        "dataset": vetted.entry.spec,
        "status": str(vetted.entry.status),
        "record": str(record.digest) if record else None,
        "root": record.root if record else None,
        "manifest": record.manifest if record else None,
        "files": record.files if record else None,
        "isolation": vetted.isolation.as_json() if vetted.isolation else None,
        "checked_files": vetted.files,
        "checked_bytes": vetted.bytes,
        "seconds": vetted.seconds,
    }


def _summary(vetted: "Vetted") -> str:
    level = vetted.isolation.level if vetted.isolation else 0
    missing = ", ".join(vetted.isolation.missing) if vetted.isolation else "nothing was started"
    from bezoar.report.wording import counted  # noqa: PLC0415 - see the package's docstring

    amount = f"{counted(vetted.files, 'file')}, {vetted.bytes / 1e6:,.1f} MB"
    lines = [
        f"looked at  {amount}, in {vetted.seconds:,.1f} s",
        f"isolation  level {level} of 4" + (f" (missing: {missing})" if missing else ""),
    ]
    if vetted.record is not None:
        lines.append(f"record     dbom/records/{vetted.path.name}")
    else:
        lines.append("record     none: the data could not be registered")
    return "\n".join(lines)


def _commands(vetted: "Vetted") -> list[str]:
    """Return what to type next: the sign-off, or the override that says what one lives with."""
    spec = quote(vetted.entry.spec)
    if vetted.record is None:
        return [f"bezoar vet {spec}"]
    if vetted.verdict.admits:
        return [f"bezoar approve {spec} --reason 'WHY'"]
    deciding = vetted.record.deciding()
    codes = " ".join(f"--override {code}" for code in deciding)
    explain = [f"bezoar rule {code}" for code in deciding[:1]]
    if any(code.startswith(_POISON) for code in deciding):
        # The pictures say more than a code does.
        explain = [f"bezoar inspect {spec} --report report.html"]
    return [*explain, f"bezoar approve {spec} {codes} --reason 'WHY'"]
