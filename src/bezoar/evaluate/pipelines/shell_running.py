"""`Running`: one simple command: what runs in it, be it code, another shell or a container."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.definition import Command, OnFailure
from bezoar.evaluate.pipelines.docker_run import contained
from bezoar.evaluate.pipelines.shell_status import DEEPEST, Context, Status
from bezoar.evaluate.pipelines.shell_variables import Variables
from bezoar.syntax import shell_tree
from bezoar.syntax.shell_tree import Script
from bezoar.syntax.shell_words import Command as Simple

_SILENT: Final = frozenset(
    {"", "exit", "return", "set", "shopt", "true", ":", "break", "continue", "local", "declare"}
    | {"readonly", "export", "unset", "typeset", "trap", "wait", "fi", "shift"}
)
_SHELLS: Final = re.compile(r"(?:\S*/)?(?:ba|da|z|k|a)?sh")
_PYTHON: Final = re.compile(r"(?:\S*/)?python[0-9.]*")
_SUBSTITUTED: Final = re.compile(r"\w+=\"?\$\((?!\()(.*)\)\"?", re.DOTALL)
_INLINED: Final = 2000  # Commands of functions that are followed where they are called.


class Running(Status, ABC):
    """Follows simple commands; `set` changes what holds from there on."""

    def __init__(self, variables: Variables, *, errexit: bool, pipefail: bool) -> None:
        """Begin as a shell is started.

        Args:
            variables: Literal values of the environment.
            errexit: Whether it starts with `set -e`.
            pipefail: Whether it starts with `set -o pipefail`.
        """
        super().__init__(variables)
        self.errexit = errexit
        self.pipefail = pipefail
        self.called: set[str] = set()
        self.left = _INLINED

    @abstractmethod
    def script(self, script: Script, context: Context) -> Iterator[Command]:
        """Follow lists one after the other."""

    def simple(self, command: Simple, context: Context) -> Iterator[Command]:
        """Follow one simple command."""
        words = [word.raw for word in command.words]
        if self.variables.assign(words, certain=not context.condition):
            yield from self._substituted(words, command.line, context)
            return
        name = self.variables.fold(words[0]) if words else ""
        if name in _SILENT and not any("$(" in word for word in words):
            self._set(words)
            return
        stops = context.stops and not command.background and not command.negated
        if name in self.functions and self.depth < DEEPEST and self.left > 0:
            self.called.add(name)
            yield from self._called(name, replace(context, stops=stops))
            return
        yield from self._run(command, words, replace(context, stops=stops))

    def _substituted(self, words: list[str], line: int, context: Context) -> Iterator[Command]:
        """Follow the commands whose output is put into variables: their status counts.

        Not so behind `export` and the like, which succeed whatever the command does.
        """
        masked = words[0] in _SILENT
        for word in words:
            found = _SUBSTITUTED.fullmatch(word)
            if found and self.depth < DEEPEST:
                self.depth += 1
                inner = replace(context, stops=context.stops and not masked, tested=True)
                yield from self.script(shell_tree.parse(found[1], line), inner)
                self.depth -= 1

    def _called(self, name: str, context: Context) -> Iterator[Command]:
        """Follow a function's body where it is called."""
        self.depth += 1
        body = self.functions[name]
        for one in self.script(body, context):
            self.left -= 1
            yield one
            if self.left <= 0:
                break
        self.depth -= 1

    def _run(self, command: Simple, words: list[str], context: Context) -> Iterator[Command]:
        """Yield a command; code and scripts within it for themselves."""
        failure = OnFailure.STOPS if context.stops else OnFailure.IGNORED
        made = Command(
            self.text(command),
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
        elif _SHELLS.fullmatch(program) and code and self.depth < DEEPEST:
            yield from self._inner(_unquoted(code), command.line, words, context)
        elif _SHELLS.fullmatch(program) and command.document and len(words) == 1:
            yield from self._inner(command.document, command.document_line, words, context)
        else:
            yield made
            within = contained([self.variables.fold(word) for word in words])
            if within is not None and within[1] and self.depth < DEEPEST:
                yield from self._within(within[1], made)

    def _within(self, words: list[str], outer: Command) -> Iterator[Command]:
        """Follow the command that a container runs: its status is that of `docker run`."""
        code = _option(words, "c")
        if _SHELLS.fullmatch(words[0]) and code:
            context = Context(
                stops=outer.on_failure is OnFailure.STOPS,
                condition=outer.condition,
                within=outer.within,
            )
            yield from self._inner(_unquoted(code), outer.line, words, context)
        else:
            yield replace(outer, text=" ".join(words), stdin="")

    def _inner(self, text: str, line: int, words: list[str], context: Context) -> Iterator[Command]:
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
