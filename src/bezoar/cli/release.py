"""`bezoar release` and `bezoar rollback`: which model is in production, and the way back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.keys import KeyOption, ask_passphrase
from bezoar.cli.output import (
    ExitZeroOption,
    FindingsFormat,
    FindingsFormatOption,
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    exit_code,
    findings_result,
    note,
    progress_bar,
    table,
    write_result,
)
from bezoar.core.errors import BezoarError, UsageError

if TYPE_CHECKING:
    from bezoar.flows.release import Standing
    from bezoar.flows.rollback import RolledBack
    from bezoar.limit.releases.record import ReleaseRecord

SCHEMA_VERSION = 1
_DIGITS = 19
_COLUMNS = ("VERSION", "STATE", "VERDICT", "MODEL", "DATA")

_Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
_Release = Annotated[
    str, typer.Argument(metavar="MODEL[@VERSION]", help="Which release; the newest by default.")
]


def register(app: typer.Typer) -> None:
    """Add this stage's commands."""
    release = typer.Typer(
        no_args_is_help=True, help="Which model, made of which data, is in production."
    )
    release.command("register")(add)
    release.command("gate")(gate)
    release.command("promote")(promote)
    release.command("list")(list_)
    release.command("diff")(diff)
    release.command("sync")(sync)
    app.add_typer(release, name="release", rich_help_panel=Panel.LIMIT)
    app.command("rollback", rich_help_panel=Panel.LIMIT)(rollback)


def add(  # noqa: PLR0917 - one parameter for each option
    model: _Model,
    path: Annotated[Path, typer.Argument(help="The model: a file, or a folder of files.")],
    version: Annotated[str, typer.Option(help="This release's name.")],
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[@VERSION]", help="What it was trained on; repeatable."),
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="RUN", help="The run that made it; its data counts.")
    ] = None,
    card: Annotated[Path | None, typer.Option(help="The model card, a file.")] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Keep a model, and what it was made of, as a release in staging."""
    from bezoar.flows.release import register as keep  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    record, notes = keep(find_project(), model, path, version, data=data or (), run=run, card=card)
    if form is Format.JSON:
        text = as_json({"schema_version": SCHEMA_VERSION, **record.binding(), "notes": notes})
    else:
        size = sum(one.size for one in record.files)
        text = "\n".join(
            [
                f"{record.spec} is registered, in staging",
                f"  model  {record.model}",
                f"  files  {len(record.files):,}, {size:,} bytes",
                *(f"  data   {one.dataset}" for one in record.data),
                f"Next: bezoar release gate {record.spec}",
            ]
        )
    write_result(text, output)
    for line in notes:
        note(line)


def gate(
    release: _Release,
    key: KeyOption = None,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Judge a release by what stands behind its data, and sign the verdict.

    Each dataset has to be approved, verified and inspected, and none may be revoked. Exits 0 if
    the release is admitted, 1 if not, 3 if undecided.
    """
    from bezoar.flows.release import find_release  # noqa: PLC0415 - see the package's docstring
    from bezoar.flows.release_gate import gate as judge  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    result = judge(project, find_release(project, release), ask_passphrase, key=key)
    record, verdict = result.record, result.verdict
    text = findings_result(
        form,
        result.outcomes,
        subject=record.spec,
        verdict=verdict,
        fields={"release": record.binding(), "signer": result.signer},
    )
    write_result(text, output)
    note(f"signed by {result.signer}" if result.signer else "nobody has a key: it is not signed")
    if verdict.admits:
        note(f"next: bezoar release promote {record.spec}")
    raise typer.Exit(exit_code((), verdict=verdict, exit_zero=exit_zero))


def promote(  # noqa: PLR0917 - one parameter for each option
    release: _Release,
    override: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="What decided against it; repeatable."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why that does not count; signed along.")] = "",
    key: KeyOption = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Put a release into production, if the gate's signed verdict admits it.

    Its bytes are compared and it has to answer first. What was in production before is what a
    rollback brings back.
    """
    from bezoar.flows.release import find_release  # noqa: PLC0415 - see the package's docstring
    from bezoar.flows.release_promote import promote as go  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    record = find_release(project, release)
    result = go(project, record, ask_passphrase, override=override or (), reason=reason, key=key)
    if form is Format.JSON:
        fields = {
            **record.binding(),
            "from": result.before,
            "override": list(result.override),
            "answered": result.answered,
            "notes": list(result.notes),
        }
        write_result(as_json({"schema_version": SCHEMA_VERSION, **fields}), output)
    else:
        lines = [f"{record.spec} is in production", f"  model     {record.model}"]
        lines += [f"  before    {result.before or 'nothing'}", f"  answered  {result.answered}"]
        if result.override:
            lines.append(f"  override  {', '.join(result.override)}")
        write_result("\n".join(lines), output)
    for line in result.notes:
        note(line)


def list_(
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="Of one model; else of all.")
    ] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """List the releases, and where each stands."""
    from bezoar.flows.release import standings  # noqa: PLC0415 - see the package's docstring
    from bezoar.flows.release_trust import open_registry  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    names = [model] if model is not None else open_registry(project).names()
    found = {name: standings(project, name) for name in names}
    if form is Format.JSON:
        rows = [one.as_json() for listed in found.values() for one in listed]
        write_result(as_json({"schema_version": SCHEMA_VERSION, "releases": rows}), output)
        return
    if not found:
        note("there is no release\n  try: bezoar release register --help")
        return
    parts = [f"{name}\n{table(_COLUMNS, map(_row, listed))}" for name, listed in found.items()]
    write_result("\n".join(parts), output)


def diff(
    old: Annotated[str, typer.Argument(metavar="A", help="MODEL@VERSION.")],
    new: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Show what differs between two releases: bytes, data, card."""
    from bezoar.flows.release import differences, find_release  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    one, other = find_release(project, old), find_release(project, new)
    found = differences(one, other)
    if form is Format.JSON:
        fields = {"old": one.spec, "new": other.spec, **found}
        write_result(as_json({"schema_version": SCHEMA_VERSION, **fields}), output)
        return
    write_result("\n".join(_differences(one, other, found)), output)


def sync() -> None:
    """Tell the other registry, as MLflow, of all releases: after it was down."""
    from bezoar.flows.release_remote import tell_all  # noqa: PLC0415 - see the package's docstring
    from bezoar.flows.release_trust import open_registry  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    where = project.settings.release.registry
    if where is None:
        message = "there is no other registry"
        raise UsageError(message, next='write into bezoar.toml: [release] registry = "mlflow:URL"')
    if notes := tell_all(project, open_registry(project)):
        raise BezoarError("; ".join(notes), next="bezoar release sync")
    note(f"{where} knows every release, and what is in production")


def rollback(  # noqa: PLR0917 - one parameter for each option
    model: _Model,
    reason: Annotated[str, typer.Option(help="Why; the ledger keeps it.")] = "",
    to: Annotated[
        str | None, typer.Option(metavar="VERSION", help="To this one; else the one before.")
    ] = None,
    auto: Annotated[
        str | None,
        typer.Option(metavar="ALERT", help="Because of this alarm, if the policy lets it."),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Seconds to wait for the replicas.")
    ] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Bring back the last good model, and wait until each replica serves it.

    It is verified and has to answer before anything moves. Works with the registry down. Exits 0
    when all replicas are safe, 1 if it was refused, 3 if a replica is late.
    """
    from bezoar.flows.rollback import rollback as back  # noqa: PLC0415 - see the package
    from bezoar.flows.rollback_auto import rollback_on_alarm  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    if auto is not None and (reason or to):
        raise UsageError("--auto takes its reason from the alarm", "bezoar rollback --help")
    project = find_project()
    with progress_bar("Waiting for replicas") as progress:
        if auto is not None:
            result = rollback_on_alarm(project, model, auto, progress=progress)
        else:
            result = back(
                model,
                reason=reason,
                to=to,
                project=project,
                timeout_s=timeout,
                progress=progress,
            )
    if form is Format.JSON:
        write_result(as_json({"schema_version": SCHEMA_VERSION, **result.as_json()}), output)
    else:
        write_result("\n".join(_rolled_back(result)), output)
    for line in result.notes:
        note(line)
    if not result.safe:
        raise typer.Exit(BezoarError.exit_code)


def _rolled_back(result: "RolledBack") -> list[str]:
    arrival = result.arrival
    lines = [
        f"{result.model}: {result.before} -> {result.after}",
        f"  reason    {result.reason}",
        f"  model     {result.digest}",
        f"  answered  {result.answered}",
        f"  pointer   moved after {result.moved_s:.2f} s",
    ]
    if arrival.safe:
        count = len(arrival.safe)
        lines.append(f"  replicas  {count:,} safe, {arrival.seconds:.2f} s after the pointer moved")
    elif not arrival.late:
        lines.append("  replicas  none has reported: nobody knows what is served")
    lines += [f"  LATE      {name}: {why}" for name, why in arrival.late.items()]
    return [*lines, f"  elapsed   {result.seconds:.2f} s"]


def _row(one: "Standing") -> tuple[str, ...]:
    state = f"{one.state}, previous" if one.previous else str(one.state)
    verdict = str(one.gated.decision) if one.gated else "none"
    if one.gated and one.gated.override:
        verdict = f"{verdict}, overridden"
    elif one.fault:
        verdict = f"{verdict}: {one.fault}" if one.gated is None else verdict
    data = ", ".join(data.dataset for data in one.record.data)
    return (one.record.version, state, verdict, one.record.model[:_DIGITS], data or "none named")


def _differences(one: "ReleaseRecord", other: "ReleaseRecord", found: dict[str, Any]) -> list[str]:
    lines = [f"{one.spec} -> {other.spec}"]
    for what in ("model", "card"):
        old, new = found[what]
        lines.append(
            f"  {what}  " + ("the same" if old == new else f"{old or 'none'} -> {new or 'none'}")
        )
    for what in ("files", "data"):
        for row in found[what]:
            old, new = (str(row[side] or "none")[:_DIGITS] for side in ("old", "new"))
            lines.append(f"  {what}  {row['name']}: {old} -> {new}")
    return lines
