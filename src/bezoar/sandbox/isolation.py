"""How far a task was kept apart, as its own process measured it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

MECHANISMS: Final = (
    "limits",
    "no_new_privileges",
    "files",
    "sockets",
    "processes",
    "namespace",
)
"""What can hold, each measured by trying."""

_LEVELS: Final = (
    ("limits", "no_new_privileges"),
    ("files",),
    ("sockets", "processes"),
    ("namespace",),
)


@dataclass(frozen=True, slots=True)
class Isolation:
    """How far a task was kept apart.

    Levels build on each other: 1 limits and no new privileges, 2 files (Landlock), 3 no sockets and
    no processes (seccomp), 4 a network namespace of its own. 0 is a process and no more.

    Attributes:
        mechanisms: Whether each of `MECHANISMS` holds.
    """

    mechanisms: Mapping[str, bool] = field(hash=False)

    def __post_init__(self) -> None:
        held = {name: self.mechanisms.get(name) is True for name in MECHANISMS}
        object.__setattr__(self, "mechanisms", MappingProxyType(held))

    @property
    def level(self) -> int:
        """The highest level all of whose mechanisms, and of those below it, hold: 0 to 4."""
        level = 0
        while level < len(_LEVELS) and all(self.mechanisms[name] for name in _LEVELS[level]):
            level += 1
        return level

    @property
    def missing(self) -> tuple[str, ...]:
        """The mechanisms that do not hold."""
        return tuple(name for name in MECHANISMS if not self.mechanisms[name])

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"level": self.level, "mechanisms": dict(self.mechanisms)}
