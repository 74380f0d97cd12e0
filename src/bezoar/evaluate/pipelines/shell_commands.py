"""Shell text as commands in order, each with what its failure comes to.

Whether a check can stop a training run is decided by small things: `set -e`, `|| true`, a pipe
without `pipefail`, a branch. Bash's rules for them are followed here (Bash Reference Manual, "The
Set Builtin" and "Lists of Commands"), by reading only.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bezoar.evaluate.pipelines.definition import Command, OnFailure
from bezoar.evaluate.pipelines.docker_run import contained
from bezoar.evaluate.pipelines.shell_parts import handlers, is_test, leaves, negated, plain
from bezoar.evaluate.pipelines.shell_variables import Variables
from bezoar.syntax import shell_tree
from bezoar.syntax.shell_tree import AndOr, Branch, Case, Element, Function, Group, Loop, Script
from bezoar.syntax.shell_words import Command as Simple

_SILENT: Final = frozenset(
    {"", "exit", "return", "set", "shopt", "true", ":", "break", "continue", "local", "declare"}
    | {"readonly", "export", "unset", "typeset", "trap", "wait", "fi", "shift"}
)
_ENDING: Final = frozenset({"exit", "return", "die", "fail", "abort", "error_exit", "err_exit"})
_SHELLS: Final = re.compile(r"(?:\S*/)?(?:ba|da|z|k|a)?sh")
_PYTHON: Final = re.compile(r"(?:\S*/)?python[0-9.]*")
_STATUS: Final = re.compile(
    r"\$\?|\$\{?(?:\w*(?:rc|status|code|result|ret|exit)\w*)\}?", re.IGNORECASE
)
_KEPT_STATUS: Final = re.compile(r"\w+=\"?\$\?\"?$|\w+=\"?\$\{PIPESTATUS\[[0-9]\]\}\"?$")
_SUBSTITUTED: Final = re.compile(r"\w+=\"?\$\((?!\()(.*)\)\"?", re.DOTALL)
_INLINED: Final = 2000  # Commands of functions that are followed where they are called.
_DEEPEST: Final = 8
_LONGEST_CONDITION: Final = 1000


@dataclass(frozen=True, slots=True)
class _Context:
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
    walk = _Walk(Variables(variables or {}), errexit=errexit, pipefail=pipefail)
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


class _Walk:
    """Follows one script; `set` changes what holds from there on."""

    def __init__(self, variables: Variables, *, errexit: bool, pipefail: bool) -> None:
        self.variables = variables
        self.errexit = errexit
        self.pipefail = pipefail
        self.chains = 0
        self.functions: dict[str, Script] = {}
        self.called: set[str] = set()
        self.left = _INLINED
        self.depth = 0

    def whole(self, text: str, line: int) -> Iterator[Command]:
        """Yield all commands, then those of functions that nothing calls by name."""
        yield from self.script(shell_tree.parse(text, line), _Context())
        for name in list(self.functions):
            if name not in self.called:
                yield from self.script(self.functions[name], _Context())

    def script(self, script: Script, context: _Context) -> Iterator[Command]:
        """Follow lists one after the other."""
        for index, one in enumerate(script):
            last = index == len(script) - 1
            dies = self.errexit and context.dies and not context.tested
            stops = dies or (last and context.stops)
            if not stops and not last:
                stops = self._checked_after(script[index + 1 : index + 4], context)
            here = context if last else replace(context, chain=0)
            yield from self._list(one, stops=stops, last=last and context.stops, context=here)

    def _new_chain(self) -> int:
        self.chains += 1
        return self.chains

    def _list(self, one: AndOr, *, stops: bool, last: bool, context: _Context) -> Iterator[Command]:
        """Follow one list: `stops` is what the failure of its last pipe comes to."""
        condition = context.condition
        chain = context.chain if context.chain and "||" not in one.joints else self._new_chain()
        handler_of = handlers(one.joints)
        for index, pipe in enumerate(one.pipes):
            following = one.joints[index + 1] if index + 1 < len(one.pipes) else ""
            ends = stops
            if handler_of[index]:
                handler = one.pipes[handler_of[index]]
                ends = self._ends(handler[-1], stops=stops, context=context)
            elif following:
                ends = last  # `set -e` looks at the last one of a list only.
            joined = one.joints[index] == "||"
            if joined:
                chain = self._new_chain()
            guards = following == "&&" or (chain == context.chain and not following)
            here = replace(
                context,
                stops=ends,
                tested=context.tested or bool(following),
                condition=condition,
                chain=chain if guards and not joined else 0,
                within=(*context.within, chain) if one.joints[index] == "&&" else context.within,
            )
            if joined:
                before = self._said(one.pipes[index - 1])
                here = replace(here, condition=_both(condition, f"not {before}".strip()))
            yield from self._pipe(pipe, here)
            if following == "&&" and all(map(is_test, pipe)):
                condition = _both(condition, self._said(pipe))

    def _pipe(self, pipe: list[Element], context: _Context) -> Iterator[Command]:
        before = ""
        for index, element in enumerate(pipe):
            here = context
            if index < len(pipe) - 1:
                here = replace(context, stops=context.stops and self.pipefail)
            if len(pipe) > 1:
                here = replace(here, dies=here.stops)
            for command in self._element(element, here):
                yield replace(command, stdin=command.stdin or before)
            before = self._text(element) if isinstance(element, Simple) else ""

    def _element(self, element: Element, context: _Context) -> Iterator[Command]:
        if isinstance(element, Group):
            inner = replace(context, dies=context.stops) if element.subshell else context
            yield from self.script(element.body, inner)
        elif isinstance(element, Branch):
            yield from self._branch(element, context)
        elif isinstance(element, Loop):
            tested = replace(context, stops=element.until, tested=True, chain=0)
            yield from self.script(element.head, tested)
            yield from self.script(element.body, replace(context, stops=False, chain=0))
        elif isinstance(element, Case):
            head = _both(context.condition, self._text(element.head))
            for body in element.bodies:
                yield from self.script(body[1:], replace(context, condition=head, chain=0))
        elif isinstance(element, Function):
            self.functions[element.name] = element.body
        else:
            yield from self._simple(element, context)

    def _branch(self, branch: Branch, context: _Context) -> Iterator[Command]:
        turned = negated(branch.condition)
        escape = branch.then if turned else branch.other
        ends = any(self._list_ends(one, stops=False, context=context) for one in escape)
        real = not all(is_test(pipe[-1]) for one in branch.condition for pipe in one.pipes)
        chain = self._new_chain() if real else 0
        tested = replace(context, stops=ends, tested=True, chain=chain, condition=context.condition)
        yield from self.script(plain(branch.condition), tested)
        said = " && ".join(self._said(pipe) for one in branch.condition for pipe in one.pipes)
        leaves = ends and real
        for body, holds in ((branch.then, True), (branch.other, False)):
            guarded = holds is not turned
            text = said if holds else f"not {said}"
            yield from self.script(
                body,
                replace(
                    context,
                    condition=context.condition
                    if leaves and guarded
                    else _both(context.condition, text),
                    chain=0,
                    within=(*context.within, chain) if guarded and chain else context.within,
                ),
            )

    def _simple(self, command: Simple, context: _Context) -> Iterator[Command]:
        words = [word.raw for word in command.words]
        if self.variables.assign(words, certain=not context.condition):
            yield from self._substituted(words, command.line, context)
            return
        name = self.variables.fold(words[0]) if words else ""
        if name in _SILENT and not any("$(" in word for word in words):
            self._set(words)
            return
        stops = context.stops and not command.background and not command.negated
        if name in self.functions and self.depth < _DEEPEST and self.left > 0:
            self.called.add(name)
            yield from self._called(name, replace(context, stops=stops))
            return
        yield from self._run(command, words, replace(context, stops=stops))

    def _substituted(self, words: list[str], line: int, context: _Context) -> Iterator[Command]:
        """Follow the commands whose output is put into variables: their status counts.

        Not so behind `export` and the like, which succeed whatever the command does.
        """
        masked = words[0] in _SILENT
        for word in words:
            found = _SUBSTITUTED.fullmatch(word)
            if found and self.depth < _DEEPEST:
                self.depth += 1
                inner = replace(context, stops=context.stops and not masked, tested=True)
                yield from self.script(shell_tree.parse(found[1], line), inner)
                self.depth -= 1

    def _called(self, name: str, context: _Context) -> Iterator[Command]:
        """Follow a function's body where it is called."""
        self.depth += 1
        body = self.functions[name]
        for one in self.script(body, context):
            self.left -= 1
            yield one
            if self.left <= 0:
                break
        self.depth -= 1

    def _run(self, command: Simple, words: list[str], context: _Context) -> Iterator[Command]:
        """Yield a command; code and scripts within it for themselves."""
        failure = OnFailure.STOPS if context.stops else OnFailure.IGNORED
        made = Command(
            self._text(command),
            command.line,
            on_failure=failure,
            condition=context.condition,
            chain=context.chain,
            within=context.within,
            stdin=self.variables.fold(command.document or ""),
        )
        program = words[0] if words else ""
        code = _option(words, "c")
        if _PYTHON.fullmatch(program) and code:
            yield replace(made, text=_unquoted(self.variables.fold(code)), language="python")
        elif _PYTHON.fullmatch(program) and command.document and len(words) < 3:  # noqa: PLR2004 - `python -`
            text = self.variables.fold(command.document)
            yield replace(made, text=text, line=command.document_line, language="python", stdin="")
        elif _SHELLS.fullmatch(program) and code and self.depth < _DEEPEST:
            yield from self._inner(_unquoted(code), command.line, words, context)
        elif _SHELLS.fullmatch(program) and command.document and len(words) == 1:
            yield from self._inner(command.document, command.document_line, words, context)
        else:
            yield made
            within = contained([self.variables.fold(word) for word in words])
            if within is not None and within[1] and self.depth < _DEEPEST:
                yield from self._within(within[1], made)

    def _within(self, words: list[str], outer: Command) -> Iterator[Command]:
        """Follow the command that a container runs: its status is that of `docker run`."""
        code = _option(words, "c")
        if _SHELLS.fullmatch(words[0]) and code:
            context = _Context(
                stops=outer.on_failure is OnFailure.STOPS,
                condition=outer.condition,
                within=outer.within,
            )
            yield from self._inner(_unquoted(code), outer.line, words, context)
        else:
            yield replace(outer, text=" ".join(words), stdin="")

    def _inner(
        self, text: str, line: int, words: list[str], context: _Context
    ) -> Iterator[Command]:
        """Follow a script that another shell runs: its flags count, not ours."""
        outer = self.errexit, self.pipefail
        options = [word for word in words[1:] if word[:1] in "-+"]
        self.errexit = any(re.fullmatch(r"-[a-z]*e[a-z]*", word) for word in options)
        self.pipefail = any("pipefail" in word for word in words)
        self.depth += 1
        inner = replace(context, dies=context.stops, tested=False)
        yield from self.script(shell_tree.parse(text, line), inner)
        self.depth -= 1
        self.errexit, self.pipefail = outer

    def _set(self, words: list[str]) -> None:
        """Follow `set` and `trap`."""
        text = " ".join(words)
        if words and words[0] == "set":
            if re.search(r"\s-[a-zA-Z]*e|-o errexit", text):
                self.errexit = True
            if re.search(r"\s\+[a-zA-Z]*e|\+o errexit", text):
                self.errexit = False
            if "pipefail" in text:
                self.pipefail = "+o pipefail" not in text
        elif words and words[0] == "trap" and words[-1] == "ERR" and "exit" in text:
            self.errexit = True

    def _checked_after(self, following: Script, context: _Context) -> bool:
        """Say whether the lists after a command look at its status and leave where it failed."""
        for one in following:
            if self._keeps_status(one):
                continue
            branch = one.pipes[0][0]
            if isinstance(branch, Branch):
                said = " ".join(
                    self._said(pipe) for part in branch.condition for pipe in part.pipes
                )
                bodies = [*branch.then, *branch.other]
            else:
                said = self._said(one.pipes[0])
                bodies = [AndOr([pipe], [""]) for pipe in one.pipes]
            return bool(_STATUS.search(said)) and any(
                self._list_ends(body, stops=False, context=context) for body in bodies
            )
        return False

    def _keeps_status(self, one: AndOr) -> bool:
        """Say whether a list only puts the status into a variable, or switches `set -e`."""
        element = one.pipes[0][0]
        if len(one.pipes) > 1 or not isinstance(element, Simple) or not element.words:
            return False
        words = [word.raw for word in element.words]
        return words[0] == "set" or _KEPT_STATUS.match(words[-1]) is not None

    def _list_ends(self, one: AndOr, *, stops: bool, context: _Context) -> bool:
        """Say whether a list leaves the step with a failure."""
        return len(one.pipes) == 1 and self._ends(one.pipes[0][-1], stops=stops, context=context)

    def _ends(self, element: Element, *, stops: bool, context: _Context) -> bool:
        """Say whether an element leaves the step with a failure, or fails where that stops it."""
        if isinstance(element, Group):
            inner = (self._list_ends(one, stops=False, context=context) for one in element.body)
            return any(inner) and (stops or not element.subshell)
        if not isinstance(element, Simple) or not element.words:
            return False
        words = [word.raw for word in element.words]
        if words[0] == "false":
            return stops
        if words[0] in self.functions:
            body = self.functions[words[0]]
            return self.depth < _DEEPEST and any(leaves(one) for one in body)
        return words[0] in _ENDING and words[1:2] != ["0"] and context.dies

    def _said(self, pipe: list[Element]) -> str:
        """Return a pipe as text, for a person and for comparing."""
        return " | ".join(self._text(one) for one in pipe if isinstance(one, Simple))

    def _text(self, command: Simple) -> str:
        words = [self.variables.fold(word.raw) for word in command.words]
        targets = [f"{sign} {self.variables.fold(target)}" for sign, target in command.redirects]
        return ("! " if command.negated else "") + " ".join([*words, *targets])


def _both(first: str, second: str) -> str:
    joined = f"{first} && {second}" if first and second else first or second
    return joined[:_LONGEST_CONDITION]


def _option(words: list[str], letter: str) -> str:
    """Return the word behind `-c`, alone or at the end of other letters."""
    for index, word in enumerate(words[1:-1], 1):
        if not word.startswith("-"):
            break
        if re.fullmatch(rf"-[a-z]*{letter}", word):
            return words[index + 1]
    return ""


def _unquoted(word: str) -> str:
    """Take the quotes off a word that holds code."""
    if len(word) > 1 and word[0] == word[-1] == "'":
        return word[1:-1]
    if len(word) > 1 and word[0] == word[-1] == '"':
        return re.sub(r'\\(["$`\\])', r"\1", word[1:-1])
    return word
