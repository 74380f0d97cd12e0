"""`bezoar egress`: write the policies that close the way out, and ask whether it is closed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import (
    FindingsFormat,
    FindingsFormatOption,
    OutputOption,
    Panel,
    findings_result,
    table,
    write_result,
)
from bezoar.core.errors import BezoarError

if TYPE_CHECKING:
    from bezoar.fortify.egress.attempts import Targets
    from bezoar.fortify.egress.probe import Probed
    from bezoar.project import Project


def register(app: typer.Typer) -> None:
    """Add `egress`."""
    egress = typer.Typer(
        no_args_is_help=True, help="Close the way out of training jobs, and ask if it is closed."
    )
    egress.command("emit")(emit)
    egress.command("probe")(probe)
    app.add_typer(egress, name="egress", rich_help_panel=Panel.FORTIFY)


def emit(  # noqa: PLR0917 - one parameter for each option
    target: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="TARGET",
            help="kubernetes, cilium, aws, gcp, squid, nftables, github-actions or env.",
        ),
    ],
    address: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST=ADDRESS",
            help="Take this address, or network, of a host; repeatable. Else it is looked up.",
        ),
    ] = None,
    namespace: Annotated[str, typer.Option(help="Of Kubernetes: its pods are meant.")] = "training",
    user: Annotated[
        str | None, typer.Option(help="nftables: whose packets; by default everybody's.")
    ] = None,
    cgroup: Annotated[
        str | None, typer.Option(help="nftables: the control group whose packets, as a path.")
    ] = None,
    dns: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="nftables: a resolver that may be asked."),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Write a policy that lets jobs reach the mirror of `bezoar.toml`, and nothing else.

    Its first lines say what it enforces and what it does not. Whether it holds says
    `bezoar egress probe`, run where the jobs run.
    """
    from bezoar.fortify.egress.emit import emit as policy  # noqa: PLC0415 - see the package
    from bezoar.fortify.egress.emit.wanted import Wanted  # noqa: PLC0415 - the same
    from bezoar.fortify.egress.endpoints import destinations  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    settings = find_project().settings
    found = destinations(settings.mirror, settings.egress.also)
    wanted = Wanted(found, tuple(address or ()), namespace, user, cgroup, tuple(dns or ()))
    write_result(policy(target, wanted), output)


def probe(
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT", help="Knock here, not at known hosts; repeatable."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=60, help="Seconds to wait for an answer.")
    ] = 3.0,
    allow_dns: Annotated[
        bool, typer.Option("--allow-dns", help="Names of public hosts may be resolved.")
    ] = False,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Try to get out, from where jobs run: exit 1 if anything does, 0 if only the mirror answers.

    Knocks at three public data hosts (TCP, TLS, and every proxy of the environment), at resolvers
    by UDP, at DNS, at the metadata service and at container engines. Nothing is sent but the
    beginning of a connection, and one question for the root of all names. Where not even the
    mirror answers, nothing is proven: exit 3.
    """
    import socket  # noqa: PLC0415 - see the package's docstring

    from bezoar.fortify.egress.probe import probe as knock  # noqa: PLC0415 - see the package
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    found = knock(_targets(project, host), timeout, allow_dns=allow_dns)
    with open_ledger(project) as ledger:
        ledger.append("egress.probed", socket.gethostname() or "host", found.as_json())
    text = findings_result(form, found.outcomes(), subject="the way out", fields=found.as_json())
    write_result(_summary(found) + text if form is FindingsFormat.TEXT else text, output)
    raise typer.Exit({True: 0, False: 1, None: BezoarError.exit_code}[found.closed])


def _targets(project: "Project", hosts: list[str] | None) -> "Targets":
    from bezoar.fortify.egress.endpoints import Endpoint, destinations  # noqa: PLC0415 - the same
    from bezoar.fortify.egress.probe import targets_of  # noqa: PLC0415 - the same

    settings = project.settings
    found = destinations(settings.mirror, settings.egress.also)
    folder = str(project.root / Path(found.folder).expanduser()) if found.folder else ""
    named = None if hosts is None else [str(Endpoint.parse(host)) for host in hosts]
    return targets_of(found, folder, named)


def _summary(found: "Probed") -> str:
    """Say in a sentence what came of it, and how each knock went."""
    silent = sum(one.answer == "silent" for one in found.outside)
    match found.closed:
        case True:
            head = "Closed: the mirror answers, and nothing else does."
        case False:
            head = "OPEN: something gets out of here."
        case _:
            head = "Could not probe: nothing answers, and the mirror does not either."
    if found.closed and any(one.way == "mirror" and "/" in one.target for one in found.attempts):
        head += "\nThe mirror is a folder: a network that is down today looks just the same."
    if silent and found.closed:
        head += f"\n{silent} of {len(found.outside)} were not refused but gave no answer in time."
    rows = [(str(one.way), one.target, str(one.answer), one.detail) for one in found.attempts]
    return f"{head}\n\n{table(('way', 'to', 'answer', 'how'), rows)}\n"
