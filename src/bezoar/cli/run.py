"""`bezoar run`: a training job that reaches its data and the mirror, and nothing else."""

from typing import Annotated

import typer

from bezoar.cli.output import Panel, note
from bezoar.core.errors import UsageError

_HELP = "bezoar run --data NAME -- python train.py"


def register(app: typer.Typer) -> None:
    """Add `run`."""
    settings = {"ignore_unknown_options": True, "allow_interspersed_args": False}
    app.command("run", rich_help_panel=Panel.FORTIFY, context_settings=settings)(run)


def run(  # noqa: PLR0917 - one parameter for each option
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- CMD...", help="The job and its arguments.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[@VERSION]", help="What it trains on; pulled, repeatable."),
    ] = None,
    made: Annotated[
        list[str] | None,
        typer.Option(
            "--output", metavar="PATH", help="A file that it makes, as a model; repeatable."
        ),
    ] = None,
    require_level: Annotated[
        int | None,
        typer.Option(min=1, max=3, metavar="N", help="Do not start it if confined less than this."),
    ] = None,
    level: Annotated[
        int, typer.Option(min=1, max=3, metavar="N", help="Confine it no further than this.")
    ] = 3,
    repeat: Annotated[
        str | None, typer.Option(metavar="RUN", help="Run that run's command again.")
    ] = None,
    present: Annotated[
        bool, typer.Option("--present", help="With --repeat: on the code here, not its commit's.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=60, help="Seconds to wait for an answer at the way out.")
    ] = 3.0,
) -> None:
    """Run a job on pulled data, where nothing but the mirror can be reached.

    Its data lies where `BEZOAR_DATA_NAME` says. Before it begins its own process tries to get out,
    and if it does, or nothing proves that it does not, the job is not started. Levels: 3 a network
    of its own with one way out, to the mirror; 2 no network sockets; 1 nothing but variables, where
    the network's own policy must hold it. Exits with the job's own code.
    """
    from bezoar.flows import run as flow  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    order = flow.Order(
        command=tuple(command or ()),
        data=tuple(data or ()),
        outputs=tuple(made or ()),
        require=require_level,
        most=level,
        timeout=timeout,
    )
    project = find_project()
    if repeat is None:
        if present:
            raise UsageError("--present belongs to --repeat", next="bezoar run --help")
        raise typer.Exit(flow.run(project, order, note))
    if order.command:
        raise UsageError("--repeat knows its command: give no other", next=_HELP)
    raise typer.Exit(flow.repeat(project, repeat, order, note, present=present))
