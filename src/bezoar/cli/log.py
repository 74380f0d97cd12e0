"""`bezoar log`: what happened, by whom, when, and whether that record still holds."""

import typer

from bezoar.cli.output import Panel


def register(app: typer.Typer) -> None:
    """Add `log`."""
    log = typer.Typer(name="log", help="What happened: show, verify, export, import.")
    log.callback(invoke_without_command=True)(show)
    app.add_typer(log, rich_help_panel=Panel.ALL)


def show() -> None:
    """Show the events, oldest first."""
