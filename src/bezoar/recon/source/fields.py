"""Reading answers of strangers: whatever has the wrong type is not there."""

from datetime import UTC, datetime
from typing import Any, Final

_LONGEST_TEXT: Final = 300
_LARGEST_COUNT: Final = 10**15


def at(value: Any, *path: str | int) -> Any:
    """Return what lies at a path of keys and indexes; None where nothing does."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text(value: Any, *path: str | int) -> str | None:
    """Return a text that is not empty, cut to 300 characters."""
    found = at(value, *path)
    return (found.strip()[:_LONGEST_TEXT] or None) if isinstance(found, str) else None


def count(value: Any, *path: str | int) -> int | None:
    """Return a number that counts something."""
    found = at(value, *path)
    whole = isinstance(found, int) and not isinstance(found, bool)
    return found if whole and 0 <= found <= _LARGEST_COUNT else None


def flag(value: Any, *path: str | int) -> bool | None:
    """Return what is true or false."""
    found = at(value, *path)
    return found if isinstance(found, bool) else None


def items(value: Any, *path: str | int) -> list[Any] | None:
    """Return a list."""
    found = at(value, *path)
    return found if isinstance(found, list) else None


def moment(value: Any, *path: str | int) -> datetime | None:
    """Return a point in time; one without a zone is taken for UTC."""
    found = text(value, *path)
    try:
        parsed = datetime.fromisoformat(found) if found else None
        if parsed is None:
            return None
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
