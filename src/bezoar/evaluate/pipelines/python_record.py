"""The calls of a script as commands: those that may mean something, with what each names."""

import builtins
import re
import shlex
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from bezoar.evaluate.pipelines.definition import Command, OnFailure, Reference
from bezoar.evaluate.pipelines.inline_secrets import is_secret
from bezoar.evaluate.pipelines.python_code import literal, shown
from bezoar.evaluate.pipelines.python_data import Named
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.facts.pipeline_tools import pipeline_tools
from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.value import Items, Plain, Symbol, Value, truth

GROWING: Final = frozenset({"append", "extend", "add", "update", "insert", "put", "concat"})
"""Methods that add their arguments to what they are called on."""

_RAISING: Final = frozenset({"check_call", "check_output"})
RUNNERS: Final = frozenset(
    {f"subprocess.{name}" for name in ("run", "call", "Popen", *_RAISING)}
    | {"os.system", "os.popen", "subprocess.getoutput", "get_ipython.system"}
    | {"subprocess.getstatusoutput", "asyncio.create_subprocess_shell"}
)
"""Calls of which the first argument is a command."""
_QUIET: Final = re.compile(
    r"(?:argparse|logging|logger|log|warnings|typing|time|datetime|re|math|random|itertools"
    r"|functools|collections|pprint|tqdm|textwrap|string|rich|click|typer|os\.path|os\.environ|os\.getenv|pathlib|sys"
    r"|matplotlib|plt|seaborn|sns|traceback|uuid|copy|gc|dotenv|dataclasses|enum)(?:\.|$)"
)
_BUILTINS: Final = frozenset(dir(builtins)) - {"open", "eval", "exec", "compile", "__import__"}
_SOURCE: Final = re.compile(
    r"(?:\w+_)?(?:load|read|fetch|query|download|get|retrieve|import|ingest|collect)(?:_\w+)?"
)
_PINNED: Final = re.compile(
    r"@sha256:[0-9a-f]{64}|[0-9a-f]{64}|@[0-9a-f]{40}\b|\bversionId=[\w.-]{8,}", re.IGNORECASE
)
_PLAIN: Final = re.compile(r"[\w./:=@%+,{}\[\]-]+")
_RECEIVED: Final = "checked_output"  # as `facts` calls it, too
_DEEPEST: Final = 4
_LONGEST: Final = 600
_MOST: Final = 5_000
_PYTHON: Final = ("sys.executable", "executable", "python")


@dataclass(slots=True)
class _Made:
    command: Command
    swallowed: bool = False


@dataclass(slots=True)
class Recorder:
    """Keeps the commands of one step.

    Attributes:
        made: Those recorded so far.
        outputs: Names of what the step hands on: a call that writes there reads nothing of it.
        secrets: Where a secret stands as plain text: (name, line).
    """

    made: list[_Made] = field(default_factory=list)
    outputs: frozenset[str] = frozenset()
    secrets: list[tuple[str, int]] = field(default_factory=list)
    _checked: set[int] = field(default_factory=set)
    _chains: dict[int, int] = field(default_factory=dict)

    def record(
        self,
        *,
        name: str,
        given: Given,
        named: Named,
        line: int,
        condition: str,
        chain: int,
        swallowed: bool,
        path: str = "",
    ) -> int | None:
        """Record a call; return its number, None where it means nothing to data."""
        if name in RUNNERS:
            return self._shell(
                name,
                given,
                named,
                line=line,
                condition=condition,
                chain=chain,
                swallowed=swallowed,
                path=path,
            )
        quiet = name in _BUILTINS or _QUIET.match(name) is not None
        if (quiet and not named.reads and not named.writes) or len(self.made) >= _MOST:
            return None
        if quiet and name != "open":
            return None
        if not given.positional and not given.named and not named.writes and _asks(name):
            return None  # `result.describe()` says what the validator saw, and does nothing.
        command = Command(
            text=f"{name}({self._arguments(given, line)})"[:_LONGEST],
            line=line,
            language="call",
            condition=condition,
            chain=chain,
            reads=tuple(reference(one, line) for one in named.reads),
            writes=tuple(reference(one, line) for one in named.writes),
            path=path,
        )
        self.made.append(_Made(command, swallowed))
        return len(self.made) - 1

    def received(self, name: str, line: int) -> int:
        """Record that a step is handed what another one made; return the number of that."""
        self.made.append(_Made(Command(f"{_RECEIVED}({name})", line, "call")))
        return len(self.made) - 1

    def check(self, numbers: frozenset[int], *, loud: bool) -> None:
        """Note that the results of calls decide whether the script goes on."""
        if loud:
            self._checked |= numbers

    def chained(self, numbers: frozenset[int], chain: int) -> int:
        """Let calls stand in a chain with what their results decide; return its number."""
        for number in numbers:
            chain = self._chains.get(number, chain)
        for number in numbers:
            self._chains[number] = chain
        return chain

    @staticmethod
    def is_source(last: str) -> bool:
        """Say whether a function's name tells that it brings data."""
        return _SOURCE.fullmatch(last) is not None

    def commands(self) -> tuple[Command, ...]:
        """Return what was recorded, in order."""
        return tuple(self._finished(number, one) for number, one in enumerate(self.made))

    def _finished(self, number: int, made: _Made) -> Command:
        one, checked = made.command, number in self._checked
        ignored = one.on_failure is OnFailure.IGNORED or made.swallowed
        return Command(
            text=one.text,
            line=one.line,
            language=one.language,
            on_failure=OnFailure.IGNORED if ignored and not checked else OnFailure.STOPS,
            condition=one.condition,
            chain=one.chain or self._chains.get(number, 0),
            stdin=one.stdin,
            reads=one.reads,
            writes=one.writes,
            checked=checked,
            path=one.path,
        )

    def _arguments(self, given: Given, line: int) -> str:
        words = [shown(one) for one in given.positional[:16]]
        for name, value in list(given.named.items())[:32]:
            if not isinstance(value, Symbol) and is_secret(name, literal(value)):
                self.secrets.append((name, line))
                words.append(f"{name}='***'")
            else:
                words.append(f"{name}={shown(value)}")
        return ", ".join(words)

    def _shell(
        self,
        name: str,
        given: Given,
        named: Named,
        *,
        line: int,
        condition: str,
        chain: int,
        swallowed: bool,
        path: str,
    ) -> int | None:
        check = given.named.get("check")
        raising = name.rpartition(".")[2] in _RAISING or (check is not None and truth(check))
        text = command_line(given.get(0, ("args", "command", "cmd")))
        found = commands_of(text, line, errexit=True) if text else ()
        for one in found[:64]:
            stops = raising and one.on_failure is OnFailure.STOPS
            made = Command(
                text=one.text,
                line=line,
                language=one.language,
                on_failure=OnFailure.STOPS if stops else OnFailure.IGNORED,
                condition=" and ".join(filter(None, (condition, one.condition))),
                chain=chain,
                stdin=one.stdin,
                reads=tuple(reference(each, line) for each in named.reads),
                writes=tuple(reference(each, line) for each in named.writes),
                path=path,
            )
            self.made.append(_Made(made, swallowed))
        return len(self.made) - 1 if found else None


@lru_cache(maxsize=4096)
def _asks(name: str) -> bool:
    """Say whether a call is a method of what a validator returned."""
    validators = pipeline_tools()["validate"]
    if validators.calls_one(name):
        return False
    owner = name.rpartition(".")[0]
    for _ in range(_DEEPEST):
        if validators.calls_one(owner):
            return True
        owner = owner.rpartition(".")[0]
    return False


def is_received(command: Command) -> bool:
    """Say whether a command only tells what a step is handed."""
    return command.language == "call" and command.text.startswith(f"{_RECEIVED}(")


def command_line(value: Value | None) -> str:
    """Return a command, given as a text or as a list of words, as the shell would write it."""
    if value is None or isinstance(value, Plain):
        return ""
    if isinstance(value, Items):
        words = [literal(one) for one in value.items]
        if words and words[0].strip("{}") in _PYTHON:
            words[0] = "python"
        return " ".join(one if _PLAIN.fullmatch(one) else shlex.quote(one) for one in words)
    return literal(value)


def reference(name: str, line: int) -> Reference:
    """Return a name as a reference; a digest or a full commit in it pins it."""
    return Reference(name, line, pinned=_PINNED.search(name) is not None)
