"""What a part of a shell script is, told from its words alone."""

from dataclasses import replace
from typing import Final

from bezoar.syntax.shell_tree import AndOr, Element, Script
from bezoar.syntax.shell_words import Command as Simple

_TESTS: Final = frozenset(
    {"[", "[[", "test", "grep", "egrep", "command", "which", "hash", "type", "cmp", "diff", "let"}
)


def handlers(joints: list[str]) -> list[int]:
    """Return which pipe runs where one fails: the next behind an `||`; 0 for none."""
    found, following = [0] * len(joints), 0
    for index in range(len(joints) - 1, -1, -1):
        found[index] = following
        if joints[index] == "||":
            following = index
    return found


def is_test(element: Element) -> bool:
    """Say whether a command only asks something."""
    if not isinstance(element, Simple):
        return False
    words = [word.raw for word in element.words]
    if words[:1] == ["git"]:
        return "diff" in words[:3]
    return not words or words[0] in _TESTS


def negated(condition: Script) -> bool:
    """Say whether a condition is one command with its status turned round."""
    if len(condition) != 1 or len(condition[0].pipes) != 1:
        return False
    first = condition[0].pipes[0][0]
    return isinstance(first, Simple) and first.negated


def plain(condition: Script) -> Script:
    """Return a condition with the negation taken off: the branch has dealt with it."""
    if negated(condition):
        first = condition[0].pipes[0][0]
        if isinstance(first, Simple):
            return [AndOr([[replace(first, negated=False), *condition[0].pipes[0][1:]]], [""])]
    return condition


def leaves(one: AndOr) -> bool:
    """Say whether a list of a function's body calls `exit` with a failure."""
    element = one.pipes[-1][-1]
    if not isinstance(element, Simple) or not element.words:
        return False
    return element.words[0].raw == "exit" and [w.raw for w in element.words[1:2]] != ["0"]
