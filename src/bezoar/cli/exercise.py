"""`bezoar drill` and `bezoar demo`: would we notice?"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    Panel,
    Progress,
    as_json,
    note,
    progress_bar,
    require,
    table,
    write_result,
)

if TYPE_CHECKING:
    from bezoar.exercise.drill import Pipeline
    from bezoar.exercise.scenario import Plan

DEMO = "stop-sign"
MISSED = 1

_Seed = Annotated[
    int | None,
    typer.Option(min=0, help="Everything random is drawn from it.", show_default="a fresh one"),
]
_Folder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The drill's own folder, new or empty.",
        show_default=".bezoar/drills/SCENARIO-TIME-SEED",
    ),
]


def register(app: typer.Typer) -> None:
    """Add this stage's commands."""
    drill = typer.Typer(no_args_is_help=True, help="Practise an attack: would we notice?")
    drill.command("run")(run)
    drill.command("list")(list_)
    app.add_typer(drill, name="drill", rich_help_panel=Panel.EXERCISE)
    app.command("demo", rich_help_panel=Panel.EXERCISE)(demo)


def run(  # noqa: PLR0917 - one parameter for each option
    scenario: Annotated[str, typer.Argument(help="What is practised: see `bezoar drill list`.")],
    data: Annotated[
        Path | None, typer.Option(help="Poison a copy of this data set; else signs are drawn.")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="A data set of the same classes to test on; with --data.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="CLASS", help="The class that is attacked.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="CLASS", help="What it is to be taken for.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Share of the set that is poisoned, as 0.003.")
    ] = None,
    seed: _Seed = None,
    folder: _Folder = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Poison a copy of a data set, see whether it is noticed, prove what it would have done.

    Exits 0 if the poison was noticed, 1 if it was missed.
    """
    from bezoar.exercise.scenario import Plan, scenario_named  # noqa: PLC0415 - see the package

    plan = Plan(scenario_named(scenario), _fresh(seed), rate, source, target, data, test)
    carry_out(plan, folder, form, output)


def list_(form: FormatOption = Format.TEXT, output: OutputOption = None) -> None:
    """List what can be practised."""
    from dataclasses import asdict  # noqa: PLC0415 - see the package's docstring

    from bezoar.exercise.scenario import SCENARIOS  # noqa: PLC0415 - the same

    if form is Format.JSON:
        scenarios = [asdict(scenario) for scenario in SCENARIOS.values()]
        write_result(as_json({"schema_version": 1, "scenarios": scenarios}), output)
        return
    rows = [(one.name, f"{one.rate:.1%}", one.story) for one in SCENARIOS.values()]
    write_result(table(("scenario", "poison", "what happens"), rows), output)


def demo(
    seed: _Seed = None,
    folder: _Folder = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Watch the whole story on traffic signs that bezoar draws itself.

    A few stop signs with a sticker are labelled as a speed limit; bezoar takes the data in, finds
    them, cleans the data and proves that the model stops again. Takes a minute or two.
    """
    from bezoar.exercise.scenario import Plan, scenario_named  # noqa: PLC0415 - see the package

    carry_out(Plan(scenario_named(DEMO), _fresh(seed)), folder, form, output)


def carry_out(
    plan: "Plan",
    folder: Path | None,
    form: Format,
    output: Path | None,
    pipeline: "Pipeline | None" = None,
) -> None:
    """Run a drill in this project, tell what came of it, and exit."""
    from bezoar.exercise.workers import share_cores  # noqa: PLC0415 - see the package's docstring

    share_cores()
    require("a drill", "torch", "scipy")
    from bezoar.exercise.drill import Pipeline, run_drill  # noqa: PLC0415 - after sharing the cores
    from bezoar.exercise.record import default_folder  # noqa: PLC0415 - see the package
    from bezoar.exercise.story import story  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - see the package

    project = find_project()
    pipeline = pipeline or Pipeline(policy=project.settings.as_policy())
    folder = folder or _near(default_folder(project.state, plan.scenario.name, plan.seed))
    note(f"{plan.scenario.story} Seed {plan.seed}.")
    result = run_drill(plan, folder, pipeline=pipeline, project=project, steps=_told)
    write_result(as_json(result.as_json()) if form is Format.JSON else story(result), output)
    raise typer.Exit(0 if result.noticed else MISSED)


def _fresh(seed: int | None) -> int:
    import secrets  # noqa: PLC0415 - see the package's docstring

    return secrets.randbelow(1_000_000) if seed is None else seed


def _near(path: Path) -> Path:
    """Return a path as it is shorter to type: relative, where it lies below this folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


@contextmanager
def _told(step: str) -> Iterator[Progress]:
    note(f"  {step} …")
    with progress_bar(step) as progress:
        yield progress
