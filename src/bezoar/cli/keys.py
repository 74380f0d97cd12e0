"""`bezoar keys`: whose signatures count, and how many it takes."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    note,
    table,
    write_result,
)
from bezoar.core.errors import UsageError

if TYPE_CHECKING:
    from bezoar.fortify.signing.administration import Change
    from bezoar.fortify.signing.keyring import Role
    from bezoar.fortify.signing.standing import Standing
    from bezoar.project import Project

SCHEMA_VERSION = 1

KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="NAME", help="Which of your keys signs, if several may."),
]
RoleOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ROLE",
        help="admin (changes keys), approver, reviewer; repeatable.",
        show_default="approver; of the first key admin and approver",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Sign without being asked.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose key; lower case.")]


def register(app: typer.Typer) -> None:
    """Add `keys` and its subcommands."""
    keys = typer.Typer(no_args_is_help=True, help="Signers: whose signatures count.")
    keys.command("new")(new)
    keys.command("list")(list_)
    keys.command("admit")(admit)
    keys.command("remove")(remove)
    keys.command("threshold")(threshold)
    keys.command("sign")(sign)
    keys.command("trust")(trust)
    app.add_typer(keys, name="keys", rich_help_panel=Panel.FORTIFY)


def new(
    name: _Name,
    role: RoleOption = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Keep the private half unencrypted.")
    ] = False,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Take the key of that name that lies here already.")
    ] = False,
) -> None:
    """Make a key: the private half stays under BEZOAR_HOME, the public half goes into dbom/keys.

    The first key of a project is pinned on this machine. Each later one is a request, which
    somebody with the role admin admits.
    """
    from bezoar.fortify.signing.administration import new_key  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    word = (lambda _: None) if no_passphrase else new_passphrase
    project = find_project()
    made = new_key(project, name, _roles(role), word, ask_passphrase, reuse=reuse)
    write_result(f"{name}  {made.key.public.id}")
    if made.first:
        note(
            f"it is the first key, and pinned on this machine. For CI, outside the repository:\n"
            f"  BEZOAR_TRUST={made.key.public.id}\n"
            f"for each colleague, told by you and not by the repository:\n"
            f"  bezoar keys trust {made.key.public.id}"
        )
    else:
        note(
            f"it counts once somebody with the role admin admits it: commit\n"
            f"  {made.path.relative_to(project.root).as_posix()}\n"
            f"tell them the fingerprint above, and they type\n"
            f"  bezoar keys admit {name}"
        )


def list_(form: FormatOption = Format.TEXT, output: OutputOption = None) -> None:
    """List the keys, what each may do, and whether they lead to the pinned one."""
    from bezoar.fortify.signing.standing import standing  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    found = standing(find_project())
    if form is Format.JSON:
        write_result(as_json({"schema_version": SCHEMA_VERSION, **found.as_json()}), output)
    elif found.keyring is not None:
        write_result(_listed(found), output)
    if found.fault is not None:
        raise found.fault


def admit(name: _Name, key: KeyOption = None, yes: YesOption = False) -> None:
    """Admit a key that was asked for; signed by as many admins as the keyring wants."""
    from bezoar.fortify.signing.administration import admitting  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    _sign(project, admitting(project, name), key, yes=yes)


def remove(name: _Name, key: KeyOption = None, yes: YesOption = False) -> None:
    """Take a key out: from then on, nothing that it signed counts."""
    from bezoar.fortify.signing.administration import removing  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    _sign(project, removing(project, name), key, yes=yes)


def threshold(
    number: Annotated[
        int | None, typer.Argument(min=1, metavar="[N]", help="Of approvers, to approve.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=N", help="Of another role; repeatable.")
    ] = None,
    key: KeyOption = None,
    yes: YesOption = False,
) -> None:
    """Say how many signatures it takes: of approvers, of reviewers, of admins."""
    from bezoar.fortify.signing.administration import thresholds  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    wanted = dict(_threshold(text) for text in role or ())
    if number is not None:
        wanted["approver"] = number
    if not wanted:
        raise UsageError("say how many", next="bezoar keys threshold 2 --role reviewer=1")
    project = find_project()
    _sign(project, thresholds(project, wanted), key, yes=yes)


def sign(key: KeyOption = None, yes: YesOption = False) -> None:
    """Add a signature to a change of the keys that waits for more."""
    from bezoar.fortify.signing.administration import waiting  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    _sign(project, waiting(project), key, yes=yes)


def trust(
    fingerprint: Annotated[str, typer.Argument(help="Of the first key; VERSION:… of a keyring.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="In place of another one; forget what was seen before."),
    ] = False,
) -> None:
    """Pin the first key of this project on this machine: the one thing no repository can bring."""
    from bezoar.fortify.signing.administration import trust as pin  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    keyring = pin(find_project(), fingerprint, replace=replace)
    note(f"pinned; the keys lead to it, version {keyring.version} of the keyring is in force")


def ask_passphrase(name: str) -> bytes:
    """Return a key's passphrase: from `BEZOAR_PASSPHRASE`, or from the terminal.

    Raises:
        UsageError: If there is neither.
    """
    import getpass  # noqa: PLC0415 - only what signs asks

    if (given := os.environ.get("BEZOAR_PASSPHRASE")) is not None:
        return given.encode()
    if not sys.stdin.isatty():
        raise UsageError(
            f"the key {name} has a passphrase, and there is no terminal to ask",
            next="BEZOAR_PASSPHRASE=… bezoar …",
        )
    return getpass.getpass(f"passphrase of the key {name}: ").encode()


def new_passphrase(name: str) -> bytes:
    """Return the passphrase of a new key, asked twice on a terminal.

    Raises:
        UsageError: If it is empty, the two differ, or there is nobody to ask.
    """
    import getpass  # noqa: PLC0415 - only what signs asks

    if "BEZOAR_PASSPHRASE" not in os.environ and not sys.stdin.isatty():
        raise UsageError(
            "a key has a passphrase, and there is no terminal to ask",
            next=f"BEZOAR_PASSPHRASE=… bezoar keys new {name}, or --no-passphrase",
        )
    first = ask_passphrase(name)
    if not first:
        raise UsageError("the passphrase is empty", next="--no-passphrase")
    if "BEZOAR_PASSPHRASE" not in os.environ and getpass.getpass("again: ").encode() != first:
        raise UsageError("the two passphrases differ", next=f"bezoar keys new {name}")
    return first


def _roles(texts: list[str] | None) -> "tuple[Role, ...] | None":
    from bezoar.fortify.signing.keyring import Role  # noqa: PLC0415 - see the package

    try:
        return tuple(Role(text) for text in texts) if texts else None
    except ValueError as error:
        raise UsageError(f"{error} (want {', '.join(Role)})", "bezoar keys new --help") from None


def _threshold(text: str) -> tuple[str, int]:
    role, _, number = text.partition("=")
    if not (number.isascii() and number.isdecimal() and len(number) <= 3):  # noqa: PLR2004
        raise UsageError(f"not ROLE=N: {text!r}", next="bezoar keys threshold --role reviewer=1")
    return role, int(number)


def _listed(found: "Standing") -> str:
    rows = [(one["name"], ", ".join(one["roles"]), one["fingerprint"]) for one in found.rows()]
    return table(("name", "roles", "fingerprint"), rows) + "\n".join(_below(found))


def _below(found: "Standing") -> Iterator[str]:
    """Yield what is worth knowing beside the keys themselves."""
    keyring = found.keyring
    if keyring is None:
        return
    wanted = ", ".join(f"{number} {role}" for role, number in keyring.thresholds.items() if number)
    yield f"\nversion {keyring.version}; it takes {wanted}"
    if found.fault is None:
        yield f"the keys lead to {found.pin}, which is pinned outside the repository"
        yield f"this very version, for CI: BEZOAR_TRUST={keyring.version}:{keyring.digest}"
    if found.waiting:
        yield "a change waits for signatures: bezoar keys sign"
        yield from (f"  {line}" for line in found.waiting)
    yield from (f"{name} asks to be admitted: bezoar keys admit {name}" for name in found.asked)


def _sign(project: "Project", change: "Change", key: str | None, *, yes: bool) -> None:
    """Show a change, ask, and sign it."""
    from bezoar.fortify.signing.administration import sign_change  # noqa: PLC0415 - see the package

    for line in change.lines():
        note(line)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody is here to be asked", next="--yes, if that is meant")
        typer.confirm("Sign this change?", abort=True, err=True)
    lack = sign_change(project, change, ask_passphrase, key)
    if lack:
        note(f"it is not in force yet: {lack}\n  commit dbom/keys; another admin: bezoar keys sign")
    else:
        note(f"version {change.after.version} of the keyring is in force; commit dbom/keys")
