"""`bezoar approve`: a person's word about a dataset, signed."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.keys import KeyOption, ask_passphrase
from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    note,
    progress_bar,
    write_result,
)
from bezoar.cli.revoke import revoke

if TYPE_CHECKING:
    from bezoar.flows.approve import Approved

SCHEMA_VERSION = 1

_Dataset = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Which dataset.")]


def register(app: typer.Typer) -> None:
    """Add `approve` and `revoke`."""
    app.command("approve", rich_help_panel=Panel.FORTIFY)(approve)
    app.command("revoke", rich_help_panel=Panel.FORTIFY)(revoke)


def approve(  # noqa: PLR0917 - one parameter for each option
    dataset: _Dataset,
    reason: Annotated[str, typer.Option(help="Why it may be used; it is signed along.")],
    override: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE", help="What decided against it and does not count; repeatable."
        ),
    ] = None,
    key: KeyOption = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin again where a sign-off says something else.")
    ] = False,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Sign a dataset that was vetted: its bytes, its entry, its vet record.

    The data is read once more. Where the keyring wants more than one signature, each person types
    the same, and it is approved with the last of them.
    """
    from bezoar.flows.approve import approve as sign  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    with progress_bar("Verifying") as progress:
        result = sign(
            project,
            dataset,
            reason,
            ask_passphrase,
            override=override or (),
            key=key,
            anew=anew,
            progress=progress,
        )
    write_result(as_json(_json(result)) if form is Format.JSON else _text(result), output)
    if result.review is None:
        note(f"nobody has spot-checked it\n  see: bezoar review {result.entry.spec}")


def _json(result: "Approved") -> dict[str, Any]:
    signed = result.signed
    return {
        "schema_version": SCHEMA_VERSION,
        "dataset": result.entry.spec,
        "approved": result.in_force,
        "signers": list(signed.signers),
        "lacking": signed.lacking,
        "statement": signed.statement.model_dump(mode="json"),
    }


def _text(result: "Approved") -> str:
    signed, spec = result.signed, result.entry.spec
    by = ", ".join(signed.signers)
    lines = [f"{spec} is approved" if result.in_force else f"{spec} is signed, not yet approved"]
    lines += [f"  root     {signed.statement.root}", f"  signers  {by}"]
    if signed.statement.override:
        lines.append(f"  override {', '.join(signed.statement.override)}")
    if signed.lacking:
        lines.append(f"  lacking  {signed.lacking}")
        lines.append(f"Next: commit dbom/; the next signer types: bezoar approve {spec} --reason …")
    else:
        lines.append(f"Next: commit dbom/; then bezoar mirror {spec}")
    return "\n".join(lines)
