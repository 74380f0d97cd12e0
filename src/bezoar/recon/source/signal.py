"""`Signal`: one thing that public metadata says about a source, and where it says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any


class Aspect(StrEnum):
    """What an attacker looks at before an attack."""

    CONTRIBUTORS = "contributors"
    REVIEW = "review"
    UPDATE = "last-update"
    MAINTAINERS = "maintainers"
    AGE = "maintainer-age"
    VERSIONS = "versions"
    POPULARITY = "popularity"
    LICENCE = "licence"
    KNOWN_BAD = "known-bad"


class Level(IntEnum):
    """How good a signal is; ordered, best first.

    What nobody knows is never good, and no better than `FAIR`: who hides something must not gain.
    """

    GOOD = 0
    FAIR = 1
    UNKNOWN = 2
    POOR = 3
    BAD = 4

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that public metadata says about a source.

    Attributes:
        aspect: What it speaks of.
        level: How good it is.
        says: One sentence. Names in it are the attacker's: escape them.
        url: The address that was asked, or that documents it; may be empty.
        field: What was read there: a JSON field or a header.
        value: What stood there, a JSON value; None where nothing did.
    """

    aspect: Aspect
    level: Level
    says: str
    url: str = ""
    field: str = ""
    value: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return the signal as JSON values."""
        return {
            "aspect": str(self.aspect),
            "level": str(self.level),
            "says": self.says,
            "evidence": {"url": self.url, "field": self.field, "value": self.value},
        }


def unknown(aspect: Aspect, why: str, url: str = "", field: str = "") -> Signal:
    """Return the signal that something could not be learned."""
    return Signal(aspect, Level.UNKNOWN, why, url, field)


def completed(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Return the signals in the order of the aspects; what no signal speaks of is unknown."""
    known = list(signals)
    silent = set(Aspect) - {signal.aspect for signal in known}
    known += [unknown(aspect, "this host does not say") for aspect in silent]
    order = list(Aspect)
    return tuple(sorted(known, key=lambda signal: order.index(signal.aspect)))
