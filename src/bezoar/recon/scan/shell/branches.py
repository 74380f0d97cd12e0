"""Where the branches of conditions and the bodies of loops and functions begin and end."""

from typing import Final

from bezoar.recon.scan.shell.value import Scope
from bezoar.syntax.shell_words import Command, Mark

LOOPS: Final = frozenset({"while", "until"})


class Conditions:
    """Tells a scope where branches begin and end."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.open: list[list[bool]] = []  # for each: is it a `case`, was one branch surely taken

    def mark(self, sign: str) -> None:
        """Take a word of the grammar."""
        if sign in ("if", *LOOPS):
            self._enter(case=False)
        elif sign in ("elif", "else", ";;") and self.open:
            self.open[-1][1] |= sign == "else"
            self.scope.alternative()
        elif sign in ("fi", "esac", "done") and self.open:
            self.scope.leave(complete=self.open.pop()[1])

    def pattern(self, command: Command) -> bool:
        """Take `case WORD in`, and the patterns of its branches; say whether it was one."""
        words = command.words
        if not words:
            return False
        if words[0].raw == "case":
            self._enter(case=True)
            self.open[-1][1] = words[-1].raw == "*"
            return True
        if self.open and self.open[-1][0] and len(words) == 1 and words[0].raw == "*":
            self.open[-1][1] = True
            return True
        return False

    def _enter(self, *, case: bool) -> None:
        self.open.append([case, False])
        self.scope.enter()


def matching(items: list[Command | Mark], at: int, opens: str, closes: str) -> int:
    """Return the index of the mark that closes the one at `at`, or the end."""
    level = 0
    for index in range(at, len(items)):
        if isinstance(item := items[index], Mark):
            level += (item.sign == opens) - (item.sign == closes)
            if not level:
                return index
    return len(items)
