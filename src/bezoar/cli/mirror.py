"""`bezoar mirror`: what was approved goes to the team's own store."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    FindingsFormatOption,
    OutputOption,
    Panel,
    exit_code,
    findings_result,
    progress_bar,
    write_result,
)
from bezoar.core.errors import UsageError
from bezoar.core.outcome import findings_in

if TYPE_CHECKING:
    from bezoar.flows.mirror import Mirrored

_Dataset = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Which dataset.")]


def register(app: typer.Typer) -> None:
    """Add `mirror`."""
    app.command("mirror", rich_help_panel=Panel.FORTIFY)(mirror)


def mirror(  # noqa: PLR0917 - one parameter for each option
    dataset: _Dataset,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read all that is there, and put nothing.")
    ] = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="With --verify: put anew what is damaged or gone.")
    ] = False,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Publish an approved dataset to the mirror of `bezoar.toml`: only what is not there yet.

    Each byte is compared with what was approved on its way. Ended half-way, it goes on where it
    was; the version can be pulled when all of it is there. Every revocation goes along.
    """
    from bezoar.flows.mirror import mirror as publish  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    if mend and not verify:
        raise UsageError("--mend needs --verify, which finds what to mend", "bezoar mirror --help")
    project = find_project()
    with progress_bar("Verifying" if verify else "Mirroring") as progress:
        done = publish(project, dataset, progress, verifying=verify, mend=mend)
    findings = findings_in(done.outcomes)
    limit = fail_on or project.settings.fail_on
    subject = done.entry.spec
    text = findings_result(
        form, done.outcomes, subject=subject, fields=_fields(done), fail_on=limit
    )
    if form is FindingsFormat.TEXT:
        text = _text(done, verify=verify) + (f"\n{text}" if findings else "")
    write_result(text, output)
    raise typer.Exit(0 if done.mended else exit_code(findings, limit, exit_zero=exit_zero))


def _fields(done: "Mirrored") -> dict[str, Any]:
    fields: dict[str, Any] = {
        "dataset": done.entry.spec,
        "mirror": done.mirror,
        "complete": done.receipt is not None,
        "mended": done.mended,
        "revocations": done.revocations,
        "seconds": done.seconds,
    }
    if published := done.published:
        fields["new_objects"] = published.new_objects
        fields["new_bytes"] = published.new_bytes
        fields["present"] = published.present
        receipt = published.receipt
        fields["receipt"] = receipt.model_dump(mode="json") if receipt else None
    return fields


def _text(done: "Mirrored", *, verify: bool) -> str:
    spec, published = done.entry.spec, done.published
    if published is None:
        return _looked(done, verify=verify)
    present = f"{published.present:,} already there"
    new = f"{published.new_objects:,} new objects ({published.new_bytes:,} bytes), {present}"
    if done.receipt is None:
        return f"{spec} is not wholly in the mirror {done.mirror}: {new}"
    lines = [f"{spec} is in the mirror {done.mirror}", f"  {new}"]
    if done.mended:
        lines.append("  what is named below was damaged or gone, and is as it should be now")
    if done.revocations:
        lines.append(f"  {done.revocations:,} revocations of this project are there, too")
    lines.append(f"  receipt dbom/records/{done.receipt.name}")
    lines.append(f"Next: commit dbom/; training takes it with: bezoar pull {spec}")
    return "\n".join(lines)


def _looked(done: "Mirrored", *, verify: bool) -> str:
    spec = done.entry.spec
    if done.entry.status == "revoked":
        return f"{spec} is revoked: {done.entry.reason}\n  the mirror {done.mirror} says so now"
    if not verify:
        return f"{spec} was not published: the mirror {done.mirror} is not as it should be"
    return f"{spec} in the mirror {done.mirror}: every byte was read"
