"""`bezoar review`: people look at a few samples, and learn what that says about the rest."""

import getpass
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    Format,
    FormatOption,
    OutputOption,
    Panel,
    note,
    progress_bar,
    write_result,
)
from bezoar.core.errors import BezoarError, UsageError
from bezoar.recon.spot_check.sampling import Sampling

if TYPE_CHECKING:
    from bezoar.project import Project
    from bezoar.recon.spot_check.answers import Answer
    from bezoar.recon.spot_check.review import Review
    from bezoar.recon.spot_check.subject import Subject

_HOW = {
    Sampling.UNIFORM: "picked by chance",
    Sampling.PER_CLASS: "picked evenly from each class",
    Sampling.CHANGED: "picked by chance from what changed",
    Sampling.SUSPICIOUS: "the most suspicious first",
}


def register(app: typer.Typer) -> None:
    """Add this stage's commands."""
    app.command("review", rich_help_panel=Panel.RECON)(review)


def review(  # noqa: PLR0917 - one parameter for each option
    dataset: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="NAME, NAME@VERSION, or a path: ./x, x.npz.")
    ],
    samples: Annotated[int, typer.Option(min=1, help="How many to look at.")] = 100,
    sampling: Annotated[
        Sampling | None, typer.Option(help="How they are picked.", show_default="uniform")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Only what changed since this version.")
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What `bezoar inspect --scores` wrote: worst first."),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option(metavar="WHO", help="Who looks.", show_default="login name")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Draw what this seed drew; without one, nobody can know it."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0 takes a free one.")
    ] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="SHEET", help="Write one offline HTML file instead.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read what such a file came back with.")
    ] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Spot check: look at some samples on a local page, keyboard first.

    Answers are saved at once; the same command goes on where it was left. It ends with what the
    sample says about the whole, and exits 1 if a sample was marked as bad.
    """
    how = _sampling(sampling, since, scores, dataset)
    from bezoar.datasets.dbom import Dbom  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same
    from bezoar.recon.spot_check.answers import check_reviewer  # noqa: PLC0415 - the same
    from bezoar.recon.spot_check.subject import find_subject  # noqa: PLC0415 - the same

    who = check_reviewer(reviewer or _login())
    if answers is None:
        _require_web()
    project = find_project()
    with progress_bar("Hashing") as progress:
        subject = find_subject(dataset, Dbom(project), project.state / "reviews", progress)
    if subject.problems:
        note(f"what cannot be read is not among the samples; problems: {subject.problems:,}")
        note(f"  see: bezoar verify {quote(dataset)}")
    if answers is not None:
        found, who, said = _read_back(subject, answers, project)
    else:
        plan = subject.plan(how, samples, since=since, scores=scores)
        found = subject.review(plan, who, seed)
        if export is not None:
            _write_sheet(found, who, export, dataset)
            return
        said = _sit_down(subject, found, who, project, port=port, browser=not no_browser)
    detail = _detail(subject, found, who, said)
    write_result(_written(form, found, detail, said), output)
    raise typer.Exit(1 if detail["bad"] and not exit_zero else 0)


def _sampling(
    sampling: Sampling | None, since: str | None, scores: Path | None, dataset: str
) -> Sampling:
    """Return how samples are picked; an option that needs another one says so.

    Raises:
        UsageError: If the options contradict each other.
    """
    if sampling is None:
        implied = Sampling.SUSPICIOUS if scores else Sampling.UNIFORM
        sampling = Sampling.CHANGED if since else implied
    command = f"bezoar review {quote(dataset)}"
    if sampling is Sampling.CHANGED and since is None:
        raise UsageError("what changed since which version?", f"{command} --since VERSION")
    if sampling is Sampling.SUSPICIOUS and scores is None:
        raise UsageError("suspicious by which scores?", f"{command} --scores FILE")
    if since is not None and sampling is not Sampling.CHANGED:
        raise UsageError("--since goes with --sampling changed", f"{command} --since {since}")
    return sampling


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        return "unknown"


def _require_web() -> None:
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise BezoarError(
            f"review needs packages that are not installed: {', '.join(missing)}",
            next="pip install 'bezoar[web]'",
        )


def _sit_down(
    subject: "Subject", found: "Review", who: str, project: "Project", *, port: int, browser: bool
) -> dict[str, "Answer"]:
    """Serve the page until the reviewer is through, and return what was said."""
    from bezoar.recon.spot_check.answers import AnswerBook  # noqa: PLC0415 - see the package
    from bezoar.web.desk import Desk  # noqa: PLC0415 - the same
    from bezoar.web.serving import open_browser, serve  # noqa: PLC0415 - the same

    again = f"bezoar review {quote(subject.text)}"

    def opened(address: str) -> None:
        count, seed = len(found.draw.paths), found.plan.seed
        how = _HOW[found.plan.sampling]
        note(f"{subject.name}: {count:,} of {found.draw.population:,} samples, {how}, seed {seed}")
        note(f"open, once: {address}")
        note("Every answer is saved at once. Ctrl-C stops; the same command goes on.")
        if browser:
            open_browser(address)

    with AnswerBook(found.book(who)) as book:
        desk = Desk(found, who, book, lambda: _record(subject, found, who, book.answers, project))
        try:
            serve(desk, port, opened)
        finally:
            if not desk.finished:
                note(f"{len(book.answers):,} of {len(found.draw.paths):,} answered, not finished")
                note(f"  next: {again}")
        if not desk.finished:
            raise BezoarError("the page was stopped before the review was finished", next=again)
        return dict(book.answers)


def _read_back(
    subject: "Subject", path: Path, project: "Project"
) -> tuple["Review", str, dict[str, "Answer"]]:
    """Take over what a sheet came back with."""
    from bezoar.recon.spot_check.answers import AnswerBook  # noqa: PLC0415 - see the package

    found, who, said = subject.filled_in(path)
    if not said:
        raise UsageError(f"{path} holds no answer", next="fill in the sheet and download again")
    with AnswerBook(found.book(who)) as book:
        for sample, answer in said.items():
            if book.answers.get(sample) != answer:
                book.answer(sample, answer)
        _record(subject, found, who, book.answers, project)
        return found, who, dict(book.answers)


def _write_sheet(found: "Review", who: str, path: Path, dataset: str) -> None:
    from bezoar.web.sheet import sheet  # noqa: PLC0415 - see the package's docstring

    write_result(sheet(found, who), path)
    note(f"{len(found.draw.paths):,} samples of {found.subject}, seed {found.plan.seed}: {path}")
    note(f"  next: bezoar review {quote(dataset)} --answers FILE")


def _detail(
    subject: "Subject", found: "Review", who: str, said: Mapping[str, "Answer"]
) -> dict[str, Any]:
    from bezoar.recon.spot_check.record import review_detail  # noqa: PLC0415 - see the package

    return review_detail(found, who, said, problems=subject.problems, root=subject.root)


def _record(
    subject: "Subject", found: "Review", who: str, said: Mapping[str, "Answer"], project: "Project"
) -> None:
    """Leave an event in the project's ledger, and remember that this reviewer is through."""
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - see the package's docstring
    from bezoar.recon.spot_check.record import REVIEWED  # noqa: PLC0415 - the same

    with open_ledger(project) as ledger:
        ledger.append(REVIEWED, subject.name, _detail(subject, found, who, said))
    found.finish(who)


def _written(
    form: Format, found: "Review", detail: dict[str, Any], said: Mapping[str, "Answer"]
) -> str:
    from bezoar.cli.review_text import review_json, review_text  # noqa: PLC0415 - see the package

    how = review_json if form is Format.JSON else review_text
    return how(found, detail, said)
