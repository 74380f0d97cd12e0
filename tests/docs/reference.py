"""Write the reference pages from the code: `python tests/docs/reference.py [FOLDER]`.

`make docs` runs it; a test runs it into another folder and compares.
"""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

# Typer reads these once, when it is imported.
os.environ.update(TERMINAL_WIDTH="80", COLUMNS="80", NO_COLOR="1", PYTHONIOENCODING="utf-8")
for _forces_colour in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
    os.environ.pop(_forces_colour, None)

import typer  # noqa: E402 - see above

from bezoar.cli.app import build, run  # noqa: E402 - the same
from bezoar.core.rule import Rule  # noqa: E402 - the same
from bezoar.rules import all_rules  # noqa: E402 - the same

MADE = "<!-- Made by `make docs` from the code: change it there. -->"


def rules_page() -> str:
    """Return the page that explains every rule."""
    parts = [
        "# Rules",
        MADE,
        "What bezoar looks for; `bezoar rule CODE` explains one. The first digit is the stage.",
    ]
    for stage, rules in groupby(all_rules(), key=lambda rule: rule.stage):
        parts.append(f"## {stage.name.capitalize()}")
        parts += [_rule(rule) for rule in rules]
    return "\n\n".join(parts) + "\n"


def _rule(rule: Rule) -> str:
    known = f"\n\nKnown as {', '.join(rule.taxonomy)}." if rule.taxonomy else ""
    return (
        f"### {rule.code}\n\n**{rule.title}** (`{rule.name}`, {rule.severity})\n\n{rule.why}{known}"
    )


def commands_page() -> str:
    """Return the page that shows the help of every command."""
    parts = ["# Commands", MADE]
    for path in _commands(typer.main.get_command(build()), ()):
        name = " ".join(("bezoar", *path))
        parts.append(f"{'#' * (2 if len(path) < 2 else 3)} {name}\n\n```text\n{_help(path)}\n```")
    return "\n\n".join(parts) + "\n"


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, the group before its commands."""
    yield path
    for name, sub in getattr(command, "commands", {}).items():
        yield from _commands(sub, (*path, name))


def _help(path: tuple[str, ...]) -> str:
    page = io.StringIO()
    with contextlib.redirect_stdout(page):
        code = run([*path, "--help"])
    if code:
        raise SystemExit(f"no help for {path}")
    return "\n".join(line.rstrip() for line in page.getvalue().strip("\n").splitlines())


PAGES = {"rules.md": rules_page, "commands.md": commands_page}

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/reference")
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")
