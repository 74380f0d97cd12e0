"""Reading a pickle as what it is, a program, without running it.

A machine of marks, values and names walks the opcodes as the loader would. What is invalid ends the
walk, as it ends the loader; what came before it has been done by then, and counts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from bezoar.fortify.vetting.budget import Budget
from bezoar.fortify.vetting.opcodes import NEWEST_PROTOCOL, OPCODES, Action, Argument, Opcode

_LONGEST_NAME: Final = 512
_PIECE: Final = 1 << 16
_MOST_STACK: Final = 1 << 20
_MOST_NAMES: Final = 50
_DIGITS: Final = 19
_TEXT_SHOWN: Final = 100


class Readable(Protocol):
    """A stream that is read forward only."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes; fewer at the end alone."""
        ...

    def readline(self, size: int, /) -> bytes:
        """Return the bytes up to a line end, at most so many."""
        ...


class _Invalid(Exception):  # noqa: N818 - a loader would stop here
    """What follows is no pickle."""


@dataclass(frozen=True, slots=True)
class _Name:
    """Something that was reached for by name: `module.attribute`."""

    name: str


@dataclass(frozen=True, slots=True)
class _Result:
    """What a call gave."""


@dataclass(slots=True)
class Walk:
    """What a pickle does.

    Attributes:
        steps: Opcodes that were valid.
        size: Bytes that were read.
        names: What it reaches for, in order, each once.
        called: Those names that it calls, and `?` for what it computed.
        odd: Other ways in which it runs code.
        stopped: It came to its end with one value, as a whole pickle does.
        plain: Every name is one that a Python program would write; chance seldom spells one.
        marked: It says its protocol at the start.
        nothing_left: The stream ended with it.
    """

    steps: int = 0
    size: int = 0
    names: dict[str, None] = field(default_factory=dict)
    called: dict[str, None] = field(default_factory=dict)
    odd: dict[str, None] = field(default_factory=dict)
    stopped: bool = False
    plain: bool = True
    marked: bool = False
    nothing_left: bool = False


_MARK: Final = object()
_VALUE: Final = object()
_RESULT: Final = _Result()


def walk(stream: Readable, budget: Budget, memo: dict[int, object] | None = None) -> Walk:
    """Walk one pickle to its STOP, or to where a loader would fail.

    Args:
        stream: Read from where it stands, to just behind the pickle.
        budget: Pays for each step.
        memo: What earlier pickles of the same stream left for later ones.

    Raises:
        SpentError: If the budget is spent.
    """
    machine = _Machine(stream, budget, {} if memo is None else memo)
    machine.run()
    return machine.seen


class _Machine:
    """The stack, the memo, and what was seen."""

    def __init__(self, stream: Readable, budget: Budget, memo: dict[int, object]) -> None:
        self.stream, self.budget, self.memo = stream, budget, memo
        self.stack: list[object] = []
        self.seen = Walk()

    def run(self) -> None:
        seen, read = self.seen, self.stream.read
        try:
            while not seen.stopped:
                byte = read(1)
                if not byte:
                    seen.nothing_left = True
                    return
                seen.size += 1
                opcode = OPCODES.get(byte[0])
                if opcode is None:
                    return
                self.budget.step()
                self.do(opcode)
                seen.steps += 1
                if len(self.stack) > _MOST_STACK:
                    self.budget.step(self.budget.steps + 1)
        except _Invalid:
            return

    def do(self, opcode: Opcode) -> None:
        """Do what an opcode does."""
        argument = self.argument(opcode) if opcode.argument is not Argument.NONE else b""
        if opcode.action is Action.PUSH:
            self.stack.append(_VALUE)
        else:
            _DOES[opcode.action](self, opcode, argument)

    def text(self, _opcode: Opcode, argument: bytes) -> None:
        self.stack.append(_as_text(argument))

    def mark(self, _opcode: Opcode, _argument: bytes) -> None:
        self.stack.append(_MARK)

    def pop(self, _opcode: Opcode, _argument: bytes) -> None:
        self.below(0, marks=True)
        self.stack.pop()

    def pop_mark(self, _opcode: Opcode, _argument: bytes) -> None:
        self.to_mark()

    def duplicate(self, _opcode: Opcode, _argument: bytes) -> None:
        self.below(0)
        self.stack.append(self.stack[-1])

    def replace(self, opcode: Opcode, _argument: bytes) -> None:
        self.take(opcode.takes)
        self.stack.append(_VALUE)

    def collect(self, _opcode: Opcode, _argument: bytes) -> None:
        self.to_mark()
        self.stack.append(_VALUE)

    def extend(self, _opcode: Opcode, _argument: bytes) -> None:
        self.to_mark()
        self.below(0)

    def shorten(self, opcode: Opcode, _argument: bytes) -> None:
        self.take(opcode.takes)
        self.below(0)

    def put(self, opcode: Opcode, argument: bytes) -> None:
        self.below(0)
        self.memo[_as_index(opcode, argument)] = self.stack[-1]

    def memoize(self, _opcode: Opcode, _argument: bytes) -> None:
        self.below(0)
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, opcode: Opcode, argument: bytes) -> None:
        index = _as_index(opcode, argument)
        if index not in self.memo:
            raise _Invalid
        self.stack.append(self.memo[index])

    def stop(self, _opcode: Opcode, _argument: bytes) -> None:
        self.below(0)
        if len(self.stack) > 1:
            raise _Invalid
        self.seen.stopped = True

    def protocol(self, _opcode: Opcode, argument: bytes) -> None:
        if argument[0] > NEWEST_PROTOCOL:
            raise _Invalid
        self.seen.marked = self.seen.marked or not self.seen.steps

    def persistent(self, opcode: Opcode, _argument: bytes) -> None:
        self.take(opcode.takes)
        self.stack.append(_RESULT)

    def nothing(self, _opcode: Opcode, _argument: bytes) -> None:
        """Frames and buffers change nothing here."""

    def reach(self, _opcode: Opcode, argument: bytes) -> None:
        self.stack.append(self.named(*argument.split(b"\n", 1)))

    def reach_by_stack(self, _opcode: Opcode, _argument: bytes) -> None:
        module, name = self.take(2)
        self.stack.append(self.named(module, name))

    def extension(self, opcode: Opcode, argument: bytes) -> None:
        self.seen.plain = False
        self.stack.append(self.name(f"copyreg extension {_as_index(opcode, argument)}"))

    def instance(self, _opcode: Opcode, argument: bytes) -> None:
        self.to_mark()
        self.call(self.named(*argument.split(b"\n", 1)))

    def object_(self, _opcode: Opcode, _argument: bytes) -> None:
        items = self.to_mark()
        if not items:
            raise _Invalid
        self.call(items[0])

    def reduce(self, opcode: Opcode, _argument: bytes) -> None:
        self.call(self.take(opcode.takes + 1)[0])

    def build(self, _opcode: Opcode, _argument: bytes) -> None:
        self.take(1)
        self.below(0)
        if isinstance(built := self.stack[-1], _Name):
            self.note(self.seen.odd, f"changes {built.name} itself")

    def call(self, called: object) -> None:
        """Note a call and push its result; what is a plain value cannot be called."""
        if isinstance(called, _Name):
            self.note(self.seen.called, called.name)
        elif isinstance(called, _Result):
            self.note(self.seen.called, "?")
        else:
            raise _Invalid
        self.stack.append(_RESULT)

    def named(self, module: object, name: object) -> _Name:
        """Return what is reached for by two texts; a text that was computed is not known."""
        parts = []
        for part in (module, name):
            text = part.decode("utf-8", "replace") if isinstance(part, bytes) else part
            text = text[:_TEXT_SHOWN] if isinstance(text, str) else "?"
            words = all(word.isidentifier() for word in text.split("."))
            self.seen.plain &= words and len(text) > 1
            parts.append(text)
        return self.name(".".join(parts))

    def name(self, name: str) -> _Name:
        self.note(self.seen.names, name)
        return _Name(name)

    @staticmethod
    def note(names: dict[str, None], name: str) -> None:
        if len(names) < _MOST_NAMES:
            names[name] = None

    def below(self, count: int, *, marks: bool = False) -> None:
        """Make sure that a value lies below the `count` topmost."""
        if len(self.stack) <= count or (not marks and self.stack[-count - 1] is _MARK):
            raise _Invalid

    def take(self, count: int) -> list[object]:
        """Take so many values, lowest first."""
        if not count:
            return []
        taken = self.stack[-count:]
        if len(taken) < count or _MARK in taken:
            raise _Invalid
        del self.stack[-count:]
        return taken

    def to_mark(self) -> list[object]:
        """Take everything down to the mark, and the mark."""
        stack, start = self.stack, len(self.stack) - 1
        while start >= 0 and stack[start] is not _MARK:
            start -= 1
        if start < 0:
            raise _Invalid
        items = stack[start + 1 :]
        del stack[start:]
        return items

    def argument(self, opcode: Opcode) -> bytes:
        """Read an opcode's argument; of a long text nothing but its length."""
        match opcode.argument:
            case Argument.NONE:
                return b""
            case Argument.FIXED | Argument.INDEX:
                return self.exactly(opcode.width)
            case Argument.COUNTED:
                return self.counted(int.from_bytes(self.exactly(opcode.width), "little"))
            case Argument.TWO_LINES:
                return self.line() + b"\n" + self.line()
            case Argument.LINE | Argument.INDEX_LINE:
                return self.line()

    def exactly(self, count: int) -> bytes:
        data = self.stream.read(count)
        self.seen.size += len(data)
        if len(data) < count:
            self.seen.nothing_left = True
            raise _Invalid
        return data

    def counted(self, count: int) -> bytes:
        if count <= _LONGEST_NAME:
            return self.exactly(count)
        left = count
        while left:
            piece = self.stream.read(min(left, _PIECE))
            if not piece:
                self.seen.nothing_left = True
                raise _Invalid
            left -= len(piece)
            self.seen.size += len(piece)
        return b"\0"  # too long for a name

    def line(self) -> bytes:
        line = self.stream.readline(_LONGEST_NAME)
        self.seen.size += len(line)
        if line.endswith(b"\n"):
            return line[:-1]
        while line and not line.endswith(b"\n"):
            self.budget.step()
            line = self.stream.readline(_PIECE)
            self.seen.size += len(line)
        if not line:
            self.seen.nothing_left = True
            raise _Invalid
        return b"\0"  # too long for a name


_DOES: Final[dict[Action, Callable[[_Machine, Opcode, bytes], None]]] = {
    Action.TEXT: _Machine.text,
    Action.MARK: _Machine.mark,
    Action.POP: _Machine.pop,
    Action.POP_MARK: _Machine.pop_mark,
    Action.DUPLICATE: _Machine.duplicate,
    Action.REPLACE: _Machine.replace,
    Action.COLLECT: _Machine.collect,
    Action.EXTEND: _Machine.extend,
    Action.TAKE: _Machine.shorten,
    Action.PUT: _Machine.put,
    Action.MEMOIZE: _Machine.memoize,
    Action.GET: _Machine.get,
    Action.STOP: _Machine.stop,
    Action.PROTOCOL: _Machine.protocol,
    Action.PERSISTENT: _Machine.persistent,
    Action.NOTHING: _Machine.nothing,
    Action.GLOBAL: _Machine.reach,
    Action.STACK_GLOBAL: _Machine.reach_by_stack,
    Action.EXTENSION: _Machine.extension,
    Action.INSTANCE: _Machine.instance,
    Action.OBJECT: _Machine.object_,
    Action.CALL: _Machine.reduce,
    Action.BUILD: _Machine.build,
}


def _as_text(argument: bytes) -> object:
    """Return a text that may be a name, without the quotation marks of protocol 0."""
    if argument[:1] in (b"'", b'"') and argument[-1:] == argument[:1]:
        argument = argument[1:-1]
    if b"\\" in argument:  # the loader decodes escapes: no name that can be read here
        return _VALUE
    try:
        return argument.decode("utf-8")
    except UnicodeDecodeError:
        return _VALUE


def _as_index(opcode: Opcode, argument: bytes) -> int:
    if opcode.argument is Argument.INDEX:
        return int.from_bytes(argument, "little")
    if not argument.isdigit() or len(argument) > _DIGITS:
        raise _Invalid
    return int(argument)
