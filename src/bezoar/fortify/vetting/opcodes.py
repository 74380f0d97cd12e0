"""The opcodes of pickle, protocols 0 to 5, as far as a reader that runs nothing has to know them.

Source: Lib/pickletools.py of CPython. An argument is told by how many bytes it takes, and what an
opcode does to the stack by one of a few actions; what a value is never matters, but whether it is a
name.
"""

from enum import Enum, auto
from typing import Final, NamedTuple


class Argument(Enum):
    """How many bytes an argument takes."""

    NONE = auto()
    FIXED = auto()
    COUNTED = auto()
    """A little-endian length of `width` bytes, then so many bytes."""
    LINE = auto()
    TWO_LINES = auto()
    INDEX_LINE = auto()
    """A decimal number on a line."""
    INDEX = auto()
    """A little-endian number of `width` bytes, which matters."""


class Action(Enum):
    """What an opcode does."""

    PUSH = auto()
    TEXT = auto()
    MARK = auto()
    POP = auto()
    POP_MARK = auto()
    DUPLICATE = auto()
    REPLACE = auto()
    """Take `takes` values, push one."""
    COLLECT = auto()
    """Take everything down to the mark, push one value."""
    EXTEND = auto()
    """Take everything down to the mark; one value must lie below it."""
    TAKE = auto()
    """Take `takes` values; one must lie below them."""
    PUT = auto()
    MEMOIZE = auto()
    GET = auto()
    GLOBAL = auto()
    STACK_GLOBAL = auto()
    EXTENSION = auto()
    INSTANCE = auto()
    OBJECT = auto()
    CALL = auto()
    """Call what lies below `takes` values with them."""
    BUILD = auto()
    PERSISTENT = auto()
    NOTHING = auto()
    PROTOCOL = auto()
    STOP = auto()


class Opcode(NamedTuple):
    """One opcode.

    Attributes:
        action: What it does.
        argument: What follows it.
        width: Bytes of the argument, or of its length.
        takes: How many values it takes.
    """

    action: Action
    argument: Argument = Argument.NONE
    width: int = 0
    takes: int = 0


_A, _F = Argument, Action
_PLAIN: Final = Opcode(_F.PUSH)

OPCODES: Final[dict[int, Opcode]] = {
    # Values
    **dict.fromkeys(b"N)]}\x88\x89\x8f\x97", _PLAIN),
    ord("I"): Opcode(_F.PUSH, _A.LINE),
    ord("L"): Opcode(_F.PUSH, _A.LINE),
    ord("F"): Opcode(_F.PUSH, _A.LINE),
    ord("J"): Opcode(_F.PUSH, _A.FIXED, 4),
    ord("K"): Opcode(_F.PUSH, _A.FIXED, 1),
    ord("M"): Opcode(_F.PUSH, _A.FIXED, 2),
    ord("G"): Opcode(_F.PUSH, _A.FIXED, 8),
    0x8A: Opcode(_F.PUSH, _A.COUNTED, 1),
    0x8B: Opcode(_F.PUSH, _A.COUNTED, 4),
    # Texts and bytes: any of them may be a name
    ord("S"): Opcode(_F.TEXT, _A.LINE),
    ord("V"): Opcode(_F.TEXT, _A.LINE),
    ord("U"): Opcode(_F.TEXT, _A.COUNTED, 1),
    ord("T"): Opcode(_F.TEXT, _A.COUNTED, 4),
    0x8C: Opcode(_F.TEXT, _A.COUNTED, 1),
    ord("X"): Opcode(_F.TEXT, _A.COUNTED, 4),
    0x8D: Opcode(_F.TEXT, _A.COUNTED, 8),
    ord("C"): Opcode(_F.PUSH, _A.COUNTED, 1),
    ord("B"): Opcode(_F.PUSH, _A.COUNTED, 4),
    0x8E: Opcode(_F.PUSH, _A.COUNTED, 8),
    0x96: Opcode(_F.PUSH, _A.COUNTED, 8),
    # The stack
    ord("("): Opcode(_F.MARK),
    ord("0"): Opcode(_F.POP),
    ord("1"): Opcode(_F.POP_MARK),
    ord("2"): Opcode(_F.DUPLICATE),
    # Collections
    ord("t"): Opcode(_F.COLLECT),
    ord("l"): Opcode(_F.COLLECT),
    ord("d"): Opcode(_F.COLLECT),
    0x91: Opcode(_F.COLLECT),
    0x85: Opcode(_F.REPLACE, takes=1),
    0x86: Opcode(_F.REPLACE, takes=2),
    0x87: Opcode(_F.REPLACE, takes=3),
    ord("a"): Opcode(_F.TAKE, takes=1),
    ord("s"): Opcode(_F.TAKE, takes=2),
    ord("e"): Opcode(_F.EXTEND),
    ord("u"): Opcode(_F.EXTEND),
    0x90: Opcode(_F.EXTEND),
    # The memo
    ord("p"): Opcode(_F.PUT, _A.INDEX_LINE),
    ord("q"): Opcode(_F.PUT, _A.INDEX, 1),
    ord("r"): Opcode(_F.PUT, _A.INDEX, 4),
    0x94: Opcode(_F.MEMOIZE),
    ord("g"): Opcode(_F.GET, _A.INDEX_LINE),
    ord("h"): Opcode(_F.GET, _A.INDEX, 1),
    ord("j"): Opcode(_F.GET, _A.INDEX, 4),
    # What reaches for code
    ord("c"): Opcode(_F.GLOBAL, _A.TWO_LINES),
    0x93: Opcode(_F.STACK_GLOBAL),
    0x82: Opcode(_F.EXTENSION, _A.INDEX, 1),
    0x83: Opcode(_F.EXTENSION, _A.INDEX, 2),
    0x84: Opcode(_F.EXTENSION, _A.INDEX, 4),
    ord("i"): Opcode(_F.INSTANCE, _A.TWO_LINES),
    ord("o"): Opcode(_F.OBJECT),
    ord("R"): Opcode(_F.CALL, takes=1),
    0x81: Opcode(_F.CALL, takes=1),
    0x92: Opcode(_F.CALL, takes=2),
    ord("b"): Opcode(_F.BUILD),
    ord("P"): Opcode(_F.PERSISTENT, _A.LINE),
    ord("Q"): Opcode(_F.PERSISTENT, takes=1),
    # The rest
    0x80: Opcode(_F.PROTOCOL, _A.INDEX, 1),
    0x95: Opcode(_F.NOTHING, _A.FIXED, 8),
    0x98: Opcode(_F.NOTHING),
    ord("."): Opcode(_F.STOP),
}
"""Each opcode, by its byte."""

NEWEST_PROTOCOL: Final = 5
