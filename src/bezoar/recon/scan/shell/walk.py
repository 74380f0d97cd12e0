"""Following a script without running it: which programs it would start, with which arguments.

Every branch is followed. A loop over literals is followed once for each, a function once for each
call, as long as the script is not made to choke its reader.
"""

import re
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import TYPE_CHECKING, Final

from bezoar.recon.scan.shell.branches import Conditions, matching
from bezoar.recon.scan.shell.folding import Folding
from bezoar.recon.scan.shell.run import Place, Run
from bezoar.recon.scan.shell.value import MOST, Scope, Value, dynamic
from bezoar.recon.scan.shell.variables import BUILTINS, Variables
from bezoar.recon.scan.shell.wrapping import SHELLS, Inner, unwrapped, watched
from bezoar.syntax.shell_words import Command, Mark, Word, cut

if TYPE_CHECKING:
    from bezoar.recon.scan.scripts import Scripts

_PLAIN: Final = re.compile(r"[\w./+-]+")
_SOURCING: Final = frozenset({"source", "."})
_TESTS: Final = frozenset({"[", "[[", "test"})
_DEEPEST: Final = 12
_MOST_SOURCES: Final = 16
_STEPS: Final = 8000  # Commands that are followed more than once, all in all.


@dataclass(frozen=True, slots=True)
class Body:
    """What a call runs.

    Attributes:
        items: Commands and marks.
        path: The script in which they stand, "" for the one that is followed.
    """

    items: list[Command | Mark]
    path: str


@dataclass
class Walk:
    """Follows one script.

    Attributes:
        scope: The variables.
        path: The script's file.
        scripts: The other scripts of the project, where they are known.
        runs: The programs started so far.
    """

    scope: Scope = field(default_factory=Scope)
    path: str = ""
    scripts: "Scripts | None" = None
    runs: list[Run] = field(default_factory=list)
    _functions: dict[str, Body] = field(default_factory=dict)
    _sources: set[str] = field(default_factory=set)
    _extra: int = _STEPS
    _repeating: bool = False
    _depth: int = 0
    _calls: tuple[Place, ...] = ()
    _elsewhere: str = ""
    _body: bool = False
    _inside: bool = False

    def script(self, text: str, first_line: int = 1) -> list[Run]:
        """Follow a whole script, then the bodies of its functions for themselves."""
        items = cut(text, first_line)
        self._follow(items)
        for body in list(self._functions.values()):
            if not body.path:  # What others hold is read with them.
                self._in_body(body.items)
        return self.runs

    def _in_body(self, body: list[Command | Mark]) -> None:
        self._body, parameters = True, self.scope.parameters
        self.scope.parameters, self.scope.shifted = None, 0
        self._follow(body)
        self.scope.parameters, self._body = parameters, False

    def _follow(self, items: list[Command | Mark]) -> None:
        """Follow a list of commands and marks."""
        if self._depth > _DEEPEST:
            return
        self._depth += 1
        base = self.scope.depth
        whole = Conditions(self.scope)
        at, last = 0, None
        while at < len(items) and (self._extra > 0 or not self._repeating):
            item = items[at]
            self._extra -= self._repeating
            if isinstance(item, Mark):
                at = self._mark(item, items, at, whole)
            elif item.words and item.words[0].raw == "for":
                at = self._loop(item, items, at)
            else:
                last = self._command(item, last, whole)
                at += 1
        while self.scope.depth > base:
            self.scope.leave()
        self._depth -= 1

    def _mark(self, mark: Mark, items: list[Command | Mark], at: int, whole: "Conditions") -> int:
        if mark.sign == "function" and at + 1 < len(items):
            opened = items[at + 1]
            if isinstance(opened, Mark) and opened.sign == "{":
                end = matching(items, at + 1, "{", "}")
                self._functions[mark.name] = Body(items[at + 2 : end], self._elsewhere)
                return end + 1
        whole.mark(mark.sign)
        return at + 1

    def _loop(self, head: Command, items: list[Command | Mark], at: int) -> int:
        """Follow `for NAME in WORD...; do BODY; done`."""
        start = next(
            (
                index
                for index in range(at + 1, min(at + 4, len(items)))
                if isinstance(mark := items[index], Mark) and mark.sign == "do"
            ),
            None,
        )
        if start is None:
            return at + 1
        end = matching(items, start, "do", "done")
        body = items[start + 1 : end]
        name = head.words[1].raw if len(head.words) > 1 else "_"
        values = self._values(head.words[3:], head.line)
        if not values or len(values) > MOST or not self._unrolled(name, values, body):
            self.scope.enter()
            self.scope.set(name, dynamic(name))
            self._follow(body)
            self.scope.leave()
        return end + 1

    def _unrolled(self, name: str, values: list[str], body: list[Command | Mark]) -> bool:
        """Follow a loop's body for each value; say whether that came to its end."""
        if self._extra < len(values) * (len(body) + 1):
            return False
        for value in values:
            self._extra -= 1
            if self._extra <= 0:
                return False
            self.scope.set(name, Value((value,)))
            self._again(body)
        return self._extra > 0

    def _again(self, body: list[Command | Mark]) -> None:
        """Follow what may be followed more than once."""
        repeating, self._repeating = self._repeating, True
        self._follow(body)
        self._repeating = repeating

    def _values(self, words: list[Word], line: int) -> list[str]:
        """Return what a loop goes over, empty where that is not known."""
        folded = [self._folding(line).word(word.raw) for word in words]
        texts = [text for value in folded for text in value.texts]
        return [] if any("{" in text or "*" in text for text in texts) else texts

    def _command(self, command: Command, last: Run | None, whole: "Conditions") -> Run | None:
        """Follow one simple command; return its run."""
        words = command.words
        if whole.pattern(command):
            return None
        optional = command.after == "||" or (
            command.after == "&&" and last is not None and last.program in _TESTS
        )
        if optional:
            self.scope.enter()
        words = self._variables.assign(words, command.line)
        run = self._start(words, command, last) if words or command.document is not None else None
        if optional:
            self.scope.leave()
        return run

    def _start(self, words: list[Word], command: Command, last: Run | None) -> Run | None:
        folding = self._folding(command.line)
        argv = _argv([folding.word(word.raw) for word in self._watched(words)])
        name = argv[0].text if argv else ""
        if name in BUILTINS:
            self._variables.builtin(name, words[1:], command.line)
            return None
        if name in _SOURCING and len(argv) > 1:
            self._source(argv[1].text)
            return None
        if name in self._functions:
            self._called(self._functions[name], argv[1:], command.line)
            return None
        run = Run(
            argv,
            command.line,
            command.end_line,
            written=self._written(command, folding),
            inside=self._inside,
            calls=self._calls,
            path=self._elsewhere,
            body=self._body,
        )
        if command.document is not None:
            literal = command.literal_document
            run.document = command.document if literal else folding.document(command.document)
            run.document_line = command.document_line
        if command.after == "|" and last is not None:
            run.before, last.after = last, run
        return self._unwrapped(run)

    def _watched(self, words: list[Word]) -> list[Word]:
        """Leave the arguments of programs out that nobody asks about."""
        name = words[0].raw if words else ""
        asked = watched(name) or name in _SOURCING or name in self._functions
        asked = asked or (self.scripts is not None and self.scripts.calls(name))
        if asked or not _PLAIN.fullmatch(name):
            return words
        return [word for word in words if word is words[0] or "$(" in word.raw or "`" in word.raw]

    def _unwrapped(self, run: Run) -> Run:
        """Take `sudo`, `bash -c` and the like off a run, and note what is left."""
        inner = unwrapped(run.argv, run.document, run.before.argv if run.before else None)
        # Nobody asks what else a script starts, and that is most of it.
        if run.document is not None or watched(run.argv[0].text if run.argv else ""):
            self.runs.append(run)
        if isinstance(inner, Inner):
            line = run.document_line if inner.is_document else run.line
            self._nested(inner.script, line or run.line)
        else:
            run.argv = inner
            if inner and inner[0].text in self._functions:
                self._called(self._functions[inner[0].text], inner[1:], run.line)
            elif inner:
                self._script(inner, run.line)
        return run

    def _nested(self, script: str, line: int) -> None:
        """Follow a script within the script, such as that of `bash -c`."""
        if self._depth <= _DEEPEST:
            self._follow(cut(script, line))

    def _inside_of(self, script: str, line: int) -> None:
        inside, self._inside = self._inside, True
        self._nested(script, line)
        self._inside = inside

    def _source(self, path: str) -> None:
        """Follow a script that runs in this one's place: its variables and functions stay.

        What it fetches is found where it is written.
        """
        if path in self._sources or len(self._sources) >= _MOST_SOURCES or not self.scripts:
            return
        self._sources.add(path)
        found = self.scripts.sourced(self.path, path)
        if found is None or self._depth > _DEEPEST:
            return
        runs, elsewhere, self._elsewhere = len(self.runs), self._elsewhere, found.path
        self._again(found.items)
        del self.runs[runs:]
        self._elsewhere = elsewhere

    def _script(self, argv: list[Value], line: int) -> None:
        """Follow another script of the project with the arguments of one call; one level of it."""
        if self.scripts is None or self._elsewhere:
            return
        if argv[0].text.rpartition("/")[2] in SHELLS:
            argv = list(dropwhile(lambda value: value.text.startswith("-"), argv[1:]))
        found = self.scripts.called(self.path, argv[0].text) if argv else None
        if found is None:
            return
        scope, functions, sources = self.scope, self._functions, self._sources
        self.scope, self._functions, self._sources = Scope(), {}, set()
        self._called(Body(found.items, found.path), argv[1:], line)
        self.scope, self._functions, self._sources = scope, functions, sources

    @property
    def _variables(self) -> Variables:
        return Variables(self.scope, self._folding)

    def _written(self, command: Command, folding: Folding) -> str:
        for operator, target in command.redirects:
            if operator.lstrip("1&") in (">", ">>", ">|"):
                return folding.text(target)
        return ""

    def _folding(self, line: int) -> Folding:
        return Folding(self.scope, lambda script: self._inside_of(script, line))

    def _called(self, body: Body, argv: list[Value], line: int) -> None:
        """Follow a function or a script with the arguments of one call."""
        if self._extra < len(body.items) + 1 or self._depth > _DEEPEST:
            return
        scope, calls, elsewhere = self.scope, self._calls, self._elsewhere
        before = scope.parameters, scope.shifted, scope.floor
        scope.parameters = tuple(value.text for value in argv[: MOST * 4])
        scope.shifted, scope.floor = 0, scope.depth
        self._calls, self._elsewhere = (*calls, (elsewhere, line)), body.path
        functions = self._functions
        self._functions = {name: one for name, one in functions.items() if one is not body}
        self._again(body.items)
        self._functions = {**self._functions, **functions}
        self._calls, self._elsewhere = calls, elsewhere
        scope.parameters, scope.shifted, scope.floor = before


def _argv(values: list[Value]) -> list[Value]:
    """Let each text of an array be a word of its own; empty variables leave none."""
    argv: list[Value] = []
    for value in values:
        argv += [Value((text,)) for text in value.texts] if value.several else [value]
    return argv
