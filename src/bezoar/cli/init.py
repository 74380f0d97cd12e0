"""`bezoar init`: sets a repository up, question by question."""

import getpass
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.keys import ask_passphrase, new_passphrase
from bezoar.cli.output import Panel, note, write_result
from bezoar.core.errors import UsageError
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.flows.ci_files import Ci
    from bezoar.flows.setting_up import Wishes
    from bezoar.project import Project

_CHOICES = "github, gitlab or none"


def register(app: typer.Typer) -> None:
    """Add `init`."""
    app.command("init", rich_help_panel=Panel.RECON)(init)


def init(
    mirror: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Where the team keeps its own copies: a path, s3://…"),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make the first key, with this name.")
    ] = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Keep the private half unencrypted.")
    ] = False,
    ci: Annotated[
        str | None, typer.Option(metavar="WHERE", help="Write a job: github, gitlab or none.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: what no option says is left out.")
    ] = False,
) -> None:
    """Set a repository up: settings, mirror, the first key, a CI job. Nothing is overwritten."""
    from bezoar.flows.setting_up import Wishes, set_up  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    where = _ci(ci)
    if yes:
        wishes = Wishes(mirror or "", key or "", where or _guess(project))
    else:
        wishes = _asked(project, mirror, key, where)
    word = (lambda _: None) if no_passphrase else new_passphrase
    todo = []
    for done in set_up(project, wishes, word, ask_passphrase):
        write_result(f"{done.what}: {done.how}")
        todo += [done.todo] if done.todo else []
    note("\n".join(["", *todo, "Next: commit what was written, then\n  bezoar scan"]))


def _asked(project: "Project", mirror: str | None, key: str | None, where: "Ci | None") -> "Wishes":
    """Ask for each thing that no option says."""
    from bezoar.flows.setting_up import Wishes  # noqa: PLC0415 - see the package

    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask", next="bezoar init --yes --mirror URI --key NAME"
        )
    note(f"project: {project.root}")
    if mirror is None and project.settings.mirror.uri is None:
        mirror = _ask("Where does the team keep its own copies? (path, s3://…; empty: later)", "")
    if key is None and not (project.dbom / "keys").is_dir():
        key = _ask("Whose is the first key? (empty: none yet)", _login())
    where = where or _ci(_ask(f"Which CI? ({_CHOICES})", str(_guess(project))))
    return Wishes(mirror or "", key or "", where or _guess(project))


def _ask(question: str, default: str) -> str:
    answer: str = typer.prompt(question, default=default, err=True, show_default=bool(default))
    return answer.strip()


def _guess(project: "Project") -> "Ci":
    from bezoar.flows.ci_files import guessed_ci  # noqa: PLC0415 - see the package

    return guessed_ci(project.root)


def _ci(text: str | None) -> "Ci | None":
    from bezoar.flows.ci_files import Ci  # noqa: PLC0415 - see the package

    try:
        return Ci(text) if text is not None else None
    except ValueError:
        raise UsageError(
            f"not a place for CI: {printable(str(text))!r} (want {_CHOICES})", "bezoar init --help"
        ) from None


def _login() -> str:
    """Return the login name as the name of a key; empty where it cannot be one."""
    try:
        name = getpass.getuser().lower()
    except (OSError, KeyError):
        return ""
    return re.sub(r"[^a-z0-9._@+-]+", "-", name).strip("-.")[:80]
