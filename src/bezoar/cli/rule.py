"""`bezoar rule`: what a rule looks for, and why."""

import difflib
import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import Panel, table, write_result
from bezoar.core.errors import UsageError

if TYPE_CHECKING:
    from bezoar.core.rule import Rule


def register(app: typer.Typer) -> None:
    """Add `rule`."""
    app.command("rule", rich_help_panel=Panel.ALL)(rule)


def rule(
    code: Annotated[
        str | None, typer.Argument(help="As BZ501; without it every rule is listed.")
    ] = None,
) -> None:
    """Explain a rule: what it looks for, how bad a finding is, and why it matters."""
    from bezoar import rules  # noqa: PLC0415 - see the package's docstring

    if code is None:
        rows = [(one.code, str(one.severity), one.title) for one in rules.all_rules()]
        write_result(table(("code", "severity", "what is wrong"), rows))
    elif code.upper() in rules.RULES:
        write_result(explanation(rules.rule(code.upper())))
    else:
        # A code that begins so is nearer than one that only looks like it.
        begun = [known for known in rules.RULES if known.startswith(code.upper())]
        near = difflib.get_close_matches(code.upper(), begun or rules.RULES, n=1, cutoff=0)
        raise UsageError(f"there is no rule {code!r}", next=f"bezoar rule {near[0]}")


def explanation(rule: "Rule") -> str:
    """Return what a person reads about a rule, in 80 columns."""
    lines = [
        f"{rule.code} {rule.name}",
        rule.title,
        "",
        *textwrap.wrap(rule.why, 80),
        "",
        f"stage     {rule.stage.name.lower()}",
        f"severity  {rule.severity}",
    ]
    if rule.taxonomy:
        lines.append(f"known as  {', '.join(rule.taxonomy)}")
    return "\n".join([*lines, f"read      {rule.page}"])
