"""`Place`: where a finding points."""

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """What sort of thing a place names."""

    FILE = "file"
    DATASET = "dataset"
    SAMPLE = "sample"
    BATCH = "batch"
    CLASS = "class"
    MODEL = "model"
    WINDOW = "window"
    EVENT = "event"
    HOST = "host"


def printable(text: str) -> str:
    """Escape what a terminal or a log would act on: controls, line ends, bidi marks, surrogates.

    Names and labels are written by the attacker; this is the one way they reach a line of text.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a finding points.

    Law: it prints on one line, whatever its name holds.

    Attributes:
        kind: What the name names.
        name: A path, an id, a class label, a model, a time window.
        line: 1-based line, for files.
    """

    kind: PlaceKind
    name: str
    line: int | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a place has a name")

    def __str__(self) -> str:
        name = printable(self.name)
        if self.kind is PlaceKind.FILE:
            return f"{name}:{self.line}" if self.line is not None else name
        return f"{self.kind} {name}"
