"""How bad, and how sure."""

from enum import IntEnum


class _Named(IntEnum):
    """An ordered enumeration that prints and parses as a lower-case word."""

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def _missing_(cls, value: object) -> "_Named | None":
        return cls.__members__.get(value.upper()) if isinstance(value, str) else None


class Severity(_Named):
    """How bad a finding is; ordered, mildest first."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Confidence(_Named):
    """How sure the check is; ordered, least sure first."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
