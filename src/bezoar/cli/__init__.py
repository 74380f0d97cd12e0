"""The command line: one thin file per stage.

How a stage file joins in: it stands in this folder, is named in `app.STAGES`, and has

    def register(app: typer.Typer) -> None:
        app.command("inspect", rich_help_panel=Panel.EXPOSE)(inspect)

Each command sits in the panel of its stage (`output.Panel`). At its top a stage file imports
the standard library, typer, `bezoar.core` and `bezoar.cli.output`, nothing else: what a command
needs it imports in its own body, so that `bezoar --help` stays under 0.3 s.

A command raises `BezoarError` for what a person can mend and `typer.Exit(code)` to end with an
exit code; `app.run` is the one place that turns either into an exit status. Docstrings and
option texts are Markdown.
"""


def main() -> None:
    """Run `bezoar` and exit: the console-script entry point."""
    import os  # noqa: PLC0415 - importing this package costs nothing
    import sys  # noqa: PLC0415 - the same

    # Pydantic would look for plug-ins in every installed package, and run what it finds.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from bezoar.cli.app import run  # noqa: PLC0415 - the same

    sys.exit(run(sys.argv[1:]))
