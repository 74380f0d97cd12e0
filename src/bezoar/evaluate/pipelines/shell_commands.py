"""Shell text as commands in order, each with what its failure comes to.

Whether a check can stop a training run is decided by small things: `set -e`, `|| true`, a pipe
without `pipefail`, a branch. Bash's rules for them are followed here (Bash Reference Manual, "The
Set Builtin" and "Lists of Commands"), by reading only.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bezoar.evaluate.pipelines.definition import Command
from bezoar.evaluate.pipelines.shell_variables import Variables
from bezoar.evaluate.pipelines.shell_walk import Walk


def commands_of(
    text: str,
    line: int = 1,
    *,
    errexit: bool = True,
    pipefail: bool = False,
    variables: Mapping[str, str] | None = None,
) -> tuple[Command, ...]:
    """Return a script's commands in their order.

    Args:
        text: The script.
        line: Of its first line in the definition.
        errexit: Whether it starts with `set -e`.
        pipefail: Whether it starts with `set -o pipefail`.
        variables: Literal values of its environment.

    Raises:
        UnreadableError: It has more commands than a person writes, or is nested too deeply.
    """
    walk = Walk(Variables(variables or {}), errexit=errexit, pipefail=pipefail)
    return tuple(walk.whole(text, line))


def commands_of_parts(
    parts: Sequence[tuple[str, int]],
    *,
    errexit: bool = True,
    pipefail: bool = False,
    variables: Mapping[str, str] | None = None,
) -> tuple[Command, ...]:
    """Return the commands of texts that one shell runs one after the other.

    Args:
        parts: Each text with its first line in the definition.
        errexit: See `commands_of`.
        pipefail: See `commands_of`.
        variables: See `commands_of`.

    Raises:
        UnreadableError: They have more commands than a person writes.
    """
    starts, lines, at = [], [], 1
    for text, line in parts:
        starts.append(at)
        lines.append(line)
        at += text.count("\n") + 1
    whole = "\n".join(text for text, _ in parts)
    found = commands_of(whole, errexit=errexit, pipefail=pipefail, variables=variables)
    moved: list[Command] = []
    for one in found:
        index = bisect_right(starts, one.line) - 1
        moved.append(replace(one, line=one.line - starts[index] + lines[index]))
    return tuple(moved)


def shifted(commands: Iterable[Command], others: Iterable[Command]) -> tuple[Command, ...]:
    """Return commands whose chains have other numbers than those of `others`."""
    by = max((max((one.chain, *one.within)) for one in others), default=0)
    return tuple(
        replace(
            one,
            chain=one.chain and one.chain + by,
            within=tuple(number + by for number in one.within),
        )
        for one in commands
    )
