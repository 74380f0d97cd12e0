"""What is to be rewritten, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class NotRewritableError(Exception):
    """A call, or a file, cannot be rewritten safely; the message says why."""


@dataclass(frozen=True, slots=True)
class Where:
    """An argument of a call.

    Attributes:
        index: Its place without a name; None: it must be named.
        names: What it is called.
    """

    index: int | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One call to rewrite.

    Attributes:
        line: The call's first line.
        end_line: Its last line.
        callee: The last part of the function's name, as its library has it.
        value: The expression that takes the place of the argument, or of the whole call.
        argument: Which argument; None: the whole call.
        source: The argument that decides what is fetched, and must be a constant; None: the
            function alone does.
        target: In place of the whole call: an argument that `value` takes as `{target}`.
        settings: Arguments that get another literal where they are given.
        dropped: Named arguments that are taken out.
        known: Named arguments that may be there; None: any.
        most: How many arguments without a name may be there; None: any number.
        alike: Whether other calls of the function with the same argument get the same one: they
            read what this one fetched.
        imports: Modules that the new code needs.
    """

    line: int
    end_line: int
    callee: str
    value: str
    argument: Where | None = None
    source: Where | None = None
    target: Where | None = None
    settings: Mapping[Where, str] = field(default_factory=dict, hash=False)
    dropped: frozenset[str] = frozenset()
    known: frozenset[str] | None = None
    most: int | None = None
    alike: bool = False
    imports: tuple[str, ...] = ("bezoar",)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What came of a file.

    Attributes:
        data: Its new bytes.
        refused: The edits that were not made, each with the reason.
    """

    data: bytes
    refused: Mapping[Edit, str]
