"""What a task's process says: lines of JSON, of which only the first is known to be its own.

`isolation` comes before the task sees a byte of what it was given. All later lines may have been
written by whoever took the process over, and are read as such.
"""

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Never


class Kind(StrEnum):
    """What a line says."""

    ISOLATION = "isolation"
    ITEM = "item"
    VALUE = "value"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One line.

    Attributes:
        kind: What it says.
        content: JSON values; finite numbers only.
    """

    kind: Kind
    content: Any

    def line(self) -> bytes:
        """Return it as a line.

        Raises:
            TypeError: If it holds anything but JSON values.
            ValueError: If it holds a number that is not finite, or itself.
        """
        return json.dumps({str(self.kind): self.content}, allow_nan=False).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> "Message":
        """Read a line.

        Raises:
            ValueError: If it is none.
        """
        try:
            said = json.loads(line, parse_constant=_refuse, parse_float=_finite)
        except RecursionError as error:
            raise ValueError("values within values without end") from error
        if not isinstance(said, dict) or len(said) != 1:
            raise ValueError("not one thing on a line")
        ((kind, content),) = said.items()
        return cls(Kind(kind), content)


def _refuse(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number without end")
    return number
