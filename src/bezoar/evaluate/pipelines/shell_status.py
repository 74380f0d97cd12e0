"""`Status`: what a failure comes to in a shell script: who looks at it, and who leaves with it."""

import re
from dataclasses import dataclass
from typing import Final

from bezoar.evaluate.pipelines.shell_parts import leaves
from bezoar.evaluate.pipelines.shell_variables import Variables
from bezoar.syntax.shell_tree import AndOr, Branch, Element, Group, Script
from bezoar.syntax.shell_words import Command as Simple

_ENDING: Final = frozenset({"exit", "return", "die", "fail", "abort", "error_exit", "err_exit"})
_STATUS: Final = re.compile(
    r"\$\?|\$\{?(?:\w*(?:rc|status|code|result|ret|exit)\w*)\}?", re.IGNORECASE
)
_KEPT_STATUS: Final = re.compile(r"\w+=\"?\$\?\"?$|\w+=\"?\$\{PIPESTATUS\[[0-9]\]\}\"?$")
DEEPEST: Final = 8
"""Functions and shells within one another that are followed."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a command stands.

    Attributes:
        stops: Whether a script that ends with a failure stops the step.
        dies: Whether leaving the shell that it runs in does.
        tested: Whether somebody tests its status, so that `set -e` is off.
        condition: What has to hold for it to run.
        chain: See `Command.chain`.
        within: See `Command.within`.
    """

    stops: bool = True
    dies: bool = True
    tested: bool = False
    condition: str = ""
    chain: int = 0
    within: tuple[int, ...] = ()


class Status:
    """Says what becomes of a failure; knows the functions and variables that a script set."""

    def __init__(self, variables: Variables) -> None:
        """Begin with no function.

        Args:
            variables: Literal values of the environment.
        """
        self.variables = variables
        self.functions: dict[str, Script] = {}
        self.depth = 0

    def checked_after(self, following: Script, context: Context) -> bool:
        """Say whether the lists after a command look at its status and leave where it failed."""
        for one in following:
            if self._keeps_status(one):
                continue
            branch = one.pipes[0][0]
            if isinstance(branch, Branch):
                said = " ".join(self.said(pipe) for part in branch.condition for pipe in part.pipes)
                bodies = [*branch.then, *branch.other]
            else:
                said = self.said(one.pipes[0])
                bodies = [AndOr([pipe], [""]) for pipe in one.pipes]
            return bool(_STATUS.search(said)) and any(
                self.list_ends(body, stops=False, context=context) for body in bodies
            )
        return False

    def _keeps_status(self, one: AndOr) -> bool:
        """Say whether a list only puts the status into a variable, or switches `set -e`."""
        element = one.pipes[0][0]
        if len(one.pipes) > 1 or not isinstance(element, Simple) or not element.words:
            return False
        words = [word.raw for word in element.words]
        return words[0] == "set" or _KEPT_STATUS.match(words[-1]) is not None

    def list_ends(self, one: AndOr, *, stops: bool, context: Context) -> bool:
        """Say whether a list leaves the step with a failure."""
        return len(one.pipes) == 1 and self.ends(one.pipes[0][-1], stops=stops, context=context)

    def ends(self, element: Element, *, stops: bool, context: Context) -> bool:
        """Say whether an element leaves the step with a failure, or fails where that stops it."""
        if isinstance(element, Group):
            inner = (self.list_ends(one, stops=False, context=context) for one in element.body)
            return any(inner) and (stops or not element.subshell)
        if not isinstance(element, Simple) or not element.words:
            return False
        words = [word.raw for word in element.words]
        if words[0] == "false":
            return stops
        if words[0] in self.functions:
            body = self.functions[words[0]]
            return self.depth < DEEPEST and any(leaves(one) for one in body)
        return words[0] in _ENDING and words[1:2] != ["0"] and context.dies

    def said(self, pipe: list[Element]) -> str:
        """Return a pipe as text, for a person and for comparing."""
        return " | ".join(self.text(one) for one in pipe if isinstance(one, Simple))

    def text(self, command: Simple) -> str:
        """Return a command as text, with the values of variables that are known."""
        words = [self.variables.fold(word.raw) for word in command.words]
        targets = [f"{sign} {self.variables.fold(target)}" for sign, target in command.redirects]
        return ("! " if command.negated else "") + " ".join([*words, *targets])
