"""What keeps a definition from being read: said in a finding, never passed over."""

import shlex
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind, printable
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

UNREADABLE_DEFINITION = Rule(
    code="BZ240",
    name="unreadable-definition",
    title="A pipeline's definition cannot be read",
    severity=Severity.MEDIUM,
    why="What nobody can read nobody has checked: the pipeline may do anything to its data.",
)

CYCLIC_DEFINITION = Rule(
    code="BZ241",
    name="cyclic-definition",
    title="A pipeline's definition refers to itself",
    severity=Severity.MEDIUM,
    why="Steps that wait for one another have no order, so that no check comes before training.",
)

MISSING_INCLUDE = Rule(
    code="BZ242",
    name="missing-include",
    title="Part of a pipeline is defined elsewhere, and not here to be read",
    severity=Severity.LOW,
    why="What is included from elsewhere may add steps, and its owner decides what they do.",
)

_LONGEST: Final = 200


def unreadable(path: str, why: str, line: int | None = None) -> Finding:
    """Say that a definition, or a part of it, could not be read."""
    return Finding(
        UNREADABLE_DEFINITION,
        _place(path, line),
        f"this definition could not be read: {_short(why)}",
        next=shlex.join(["bezoar", "audit", path]),
    )


def cyclic(path: str, names: str, line: int | None = None) -> Finding:
    """Say that parts of a definition wait for, or include, one another."""
    return Finding(
        CYCLIC_DEFINITION,
        _place(path, line),
        f"{_short(names)} refers to itself, directly or through others",
    )


def missing(path: str, what: str, line: int | None = None) -> Finding:
    """Say that what a definition includes is not in this tree."""
    return Finding(
        MISSING_INCLUDE,
        _place(path, line),
        f"{_short(what)} is included and not in this tree: what it adds was not looked at",
    )


def _place(path: str, line: int | None) -> Place:
    return Place(PlaceKind.FILE, path, line)


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
