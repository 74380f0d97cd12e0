"""From a number to a level: the same yardstick for every host."""

from datetime import datetime
from typing import Any, Final

from bezoar.recon.source.signal import Aspect, Level, Signal, unknown

_DAY_S: Final = 86_400
_YEAR_DAYS: Final = 365
_FRESH_DAYS: Final = 7
_STALE_DAYS: Final = 3 * _YEAR_DAYS
_YOUNG_DAYS: Final = 90
_ESTABLISHED_DAYS: Final = 2 * _YEAR_DAYS
_CROWD: Final = 100
_FEW: Final = 2
_NO_LICENCE: Final = frozenset({"", "none", "unknown", "noassertion"})
_VAGUE: Final = frozenset({"other", "other (specified in description)", "custom", "various"})


def last_update(when: datetime | None, now: datetime, url: str, field: str) -> Signal:
    """Judge when a source last changed: too young to be looked at, or left alone."""
    days = _days(when, now)
    if when is None or days is None:
        return unknown(Aspect.UPDATE, "when it last changed is not said", url, field)
    value = when.isoformat()
    if days < _FRESH_DAYS:
        says = f"changed {_ago(days)}: few have looked at it since"
        return Signal(Aspect.UPDATE, Level.FAIR, says, url, field, value)
    if days > _STALE_DAYS:
        says = f"changed {_ago(days)}: who would notice that an account was taken over?"
        return Signal(Aspect.UPDATE, Level.FAIR, says, url, field, value)
    return Signal(Aspect.UPDATE, Level.GOOD, f"changed {_ago(days)}", url, field, value)


def account_age(when: datetime | None, now: datetime, url: str, field: str) -> Signal:
    """Judge how long a maintainer's account exists."""
    days = _days(when, now)
    if when is None or days is None:
        return unknown(Aspect.AGE, "how old the account is, is not said", url, field)
    level = Level.POOR if days < _YOUNG_DAYS else Level.FAIR
    level = Level.GOOD if days >= _ESTABLISHED_DAYS else level
    says = f"the account was made {_ago(days)}"
    return Signal(Aspect.AGE, level, says, url, field, when.isoformat())


def maintainers(number: int | None, what: str, url: str, field: str) -> Signal:
    """Judge how many people can change a source."""
    if number is None:
        return unknown(Aspect.MAINTAINERS, f"the number of {what} is not said", url, field)
    if number <= 1:
        level, why = Level.POOR, ": one stolen account is enough"
    elif number <= _FEW:
        level, why = Level.FAIR, ": few to notice"
    elif number > _CROWD:
        level, why = Level.FAIR, ": each of them is a way in"
    else:
        level, why = Level.GOOD, ""
    return Signal(Aspect.MAINTAINERS, level, f"{number:,} {what}{why}", url, field, number)


def popularity(
    number: int | None, what: str, marks: tuple[int, int], url: str, field: str
) -> Signal:
    """Judge how many would notice.

    Args:
        number: How many.
        what: Of what.
        marks: From how many on it is fair, and good.
        url: What was asked.
        field: What was read.
    """
    if number is None:
        return unknown(Aspect.POPULARITY, f"the number of {what} is not said", url, field)
    level = Level.POOR if number < marks[0] else Level.FAIR if number < marks[1] else Level.GOOD
    return Signal(Aspect.POPULARITY, level, f"{number:,} {what}", url, field, number)


def licence(name: str | None, url: str, field: str) -> Signal:
    """Judge whether a licence is named."""
    if name is None or name.lower() in _NO_LICENCE:
        return Signal(Aspect.LICENCE, Level.POOR, "no licence is named", url, field, name)
    if name.lower() in _VAGUE:
        says = f"the licence is {name!r}, which names none"
        return Signal(Aspect.LICENCE, Level.FAIR, says, url, field, name)
    return Signal(Aspect.LICENCE, Level.GOOD, f"licence {name}", url, field, name)


def flagged(level: Level, says: str, url: str, field: str, value: Any) -> Signal:
    """Return what a host itself says against a source."""
    return Signal(Aspect.KNOWN_BAD, level, says, url, field, value)


def _days(when: datetime | None, now: datetime) -> int | None:
    """Return the days since; None for what lies in the future, which nobody can have done."""
    seconds = (now - when).total_seconds() if when else -_DAY_S
    return int(seconds // _DAY_S) if seconds > -_DAY_S / 2 else None


def _ago(days: int) -> str:
    if days >= 2 * _YEAR_DAYS:
        return f"{days // _YEAR_DAYS} years ago"
    return "today" if days < 1 else f"{days} day{'s' if days != 1 else ''} ago"
