"""The `bezoar` command: what it is made of, and how each way to end becomes an exit code."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from bezoar.cli import (
    approve,
    audit,
    bundle,
    check,
    dbom,
    egress,
    exercise,
    expose,
    fetch,
    harden,
    init,
    keys,
    log,
    mirror,
    monitor,
    profile,
    pull,
    recon,
    release,
    review,
    rule,
    scan,
    status,
    trace,
    validate,
    vet,
)
from bezoar.cli import run as job
from bezoar.cli.output import note
from bezoar.core.errors import BezoarError, UsageError

STAGES = (
    init,
    scan,
    check,
    dbom,
    recon,
    review,
    audit,
    validate,
    profile,
    fetch,
    vet,
    approve,
    keys,
    mirror,
    pull,
    job,
    egress,
    bundle,
    expose,
    exercise,
    monitor,
    release,
    harden,
    status,
    trace,
    log,
    rule,
)
"""Files of this folder, in the order of their panels in `bezoar --help`."""

WHICH_ONE = """
Which one? **scan**: which lines fetch data? **check**: may this change go in, as CI asks it?
**audit**: is the way of the data into training sound?
**validate**: is this data what we expect? **profile**: what is in it, and what changed?
**verify**: are these the very samples that were registered?
**inspect**: is there poison among them? **log verify**: does the record of it still hold?
"""

INTERRUPTED = 130
"""What a shell reports for a program that ended by SIGINT."""

COULD_NOT_FINISH = BezoarError.exit_code


def build() -> typer.Typer:
    """Return the command with every stage's commands registered."""
    app = typer.Typer(
        name="bezoar",
        add_completion=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True, epilog=WHICH_ONE)(_bezoar)
    for stage in STAGES:
        stage.register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - it imports the email package

        sys.stdout.write(f"bezoar {version('bezoar')}\n")
        raise typer.Exit


def _bezoar(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Keep poison out of machine-learning models: find it, refuse it, practise it."""
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are printed here and nowhere else.

    A bug shows its traceback and counts as "could not finish": exit code 1 would read as
    "findings".
    """
    try:
        result = typer.main.get_command(build())(
            list(arguments), prog_name="bezoar", standalone_mode=False
        )
        sys.stdout.flush()
    except BezoarError as error:
        return _explain(error)
    except typer.TyperException as error:
        # A group without a command has shown its help, and there is nothing to add.
        return _explain(_usage(error)) if error.format_message() else UsageError.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (`bezoar log | head`); nor may the interpreter's last flush complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_FINISH
    except Exception:  # noqa: BLE001 - a bug: shown whole, with the exit code of "could not finish"
        import traceback  # noqa: PLC0415 - needed by bugs alone

        traceback.print_exc()
        return COULD_NOT_FINISH
    return result if isinstance(result, int) else 0


def _usage(error: typer.TyperException) -> UsageError:
    """Return typer's complaint about a call as an error of ours."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "bezoar"
    return UsageError(error.format_message(), next=f"{path} --help")


def _explain(error: BezoarError) -> int:
    note(f"error: {error.message}")
    if error.next:
        note(f"  try: {error.next}")
    return error.exit_code
