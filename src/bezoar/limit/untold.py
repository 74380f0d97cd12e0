"""`Untold`: alarms that nobody could be told of yet, bounded however long that lasts."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any, Final

from bezoar.core.alert import Alert
from bezoar.core.place import Place, PlaceKind
from bezoar.limit.monitor import ClassAlert
from bezoar.limit.suspect import Suspect

_MOST: Final = 5
"""Turns of one class: the end of an alarm that was told, its first alarm, and its latest."""


class Untold:
    """Alarms that begin and end, in order, until each of them was told.

    Law: of each class the first beginning and the latest turn are there, and no more than five.
    """

    def __init__(self, rows: list[dict[str, Any]] | None = None) -> None:
        """Begin with what `as_json` returned, or with none.

        Raises:
            ValueError: If that cannot be read; so do KeyError and TypeError.
        """
        self._turns = [parse_alert(row) for row in rows or []]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._turns)

    def __iter__(self) -> Iterator[ClassAlert]:
        """Yield them in the order in which they happened."""
        return iter(self._turns)

    def add(self, turn: ClassAlert) -> None:
        """Add what happened last; what a class did between its first alarm and this one may go."""
        if turn.again and self._told_with(turn):
            return
        self._turns.append(turn)
        mine = [at for at, one in enumerate(self._turns) if one.class_ == turn.class_]
        if len(mine) < _MOST or not turn.began:
            return
        first = next(number for number, at in enumerate(mine) if self._turns[at].began)
        dropped = [self._turns[at] for at in mine[first + 1 : -1]]
        # An alarm's end stays: the first alarm has one, whichever it was.
        ends = [one for one in dropped if not one.began][-1:]
        gone = sum(one.began and not one.again for one in dropped)
        gone += sum(one.between for one in dropped)
        keep = {id(one) for one in ends}
        latest = replace(turn, between=turn.between + gone)
        drop = {id(one) for one in dropped} - keep
        self._turns = [one for one in self._turns[:-1] if id(one) not in drop] + [latest]

    def told(self) -> None:
        """Forget the first one: it was told."""
        del self._turns[:1]

    def as_json(self) -> list[dict[str, Any]]:
        """Return them as JSON values."""
        return [as_json(turn) for turn in self._turns]

    def _told_with(self, turn: ClassAlert) -> bool:
        """Let an alarm that still waits be told with what is known by now."""
        for at in reversed(range(len(self._turns))):
            if self._turns[at].class_ == turn.class_:
                waits = self._turns[at]
                if waits.began:  # its first evidence stays, and the suspect comes to it
                    self._turns[at] = replace(
                        waits, suspect=turn.suspect, samples=turn.samples or waits.samples
                    )
                return waits.began
        return False


def as_json(turn: ClassAlert) -> dict[str, Any]:
    """Return an alarm's beginning or end as JSON values."""
    fields = asdict(turn)
    fields["class"] = fields.pop("class_")
    alert = turn.alert
    fields["alert"] = [
        alert.statistic,
        alert.value,
        alert.line,
        alert.false_alarm_rate,
        alert.index,
    ]
    fields["suspect"] = turn.suspect and [*asdict(turn.suspect).values()]
    return fields


def parse_alert(fields: dict[str, Any]) -> ClassAlert:
    """Read it back.

    Raises:
        ValueError: If it cannot be read; so do KeyError and TypeError.
    """
    rest = dict(fields)
    class_ = str(rest.pop("class"))
    statistic, value, line, rate, index = rest.pop("alert")
    place = Place(PlaceKind.CLASS, class_ or "(unknown)")
    alert = Alert(str(statistic), float(value), float(line), float(rate), place, int(index))
    suspect = rest.pop("suspect")
    samples = tuple(map(str, rest.pop("samples")))
    found = Suspect(*suspect) if suspect else None
    return ClassAlert(alert, class_, **rest, suspect=found, samples=samples)
