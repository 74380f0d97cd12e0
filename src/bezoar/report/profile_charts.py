"""Small drawings of a profile: histograms, one over another, as coordinates for the template."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bezoar.evaluate.profile.column_profile import as_time
from bezoar.evaluate.profile.roles import Role
from bezoar.report.charts import Bar
from bezoar.report.wording import figure

if TYPE_CHECKING:
    from bezoar.evaluate.profile.column_profile import Histogram

WIDTH, HEIGHT = 320, 96
_BASE = 78
_TOP = 4
_DAY = len("2026-11-25")
_MOST_WHOLE = 1e15


@dataclass(frozen=True, slots=True)
class Small:
    """A small histogram.

    Attributes:
        bars: Of this version.
        outline: Points of a line around the version before; empty where there is none.
        low: Text at the left end of the axis.
        high: Text at the right end.
        alt: What to read where the drawing is not seen.
        outside: What lies outside of the axis; empty where nothing does.
    """

    bars: tuple[Bar, ...]
    outline: str
    low: str
    high: str
    alt: str
    outside: str

    @property
    def size(self) -> tuple[int, int, int]:
        """Width and height of the drawing, and where its axis is."""
        return WIDTH, HEIGHT, _BASE


def small_histogram(after: "Histogram", role: Role, before: "Histogram | None" = None) -> Small:
    """Lay out a histogram; the version before as shares of the same edges, drawn as a line.

    Args:
        after: Counts of this version.
        role: Of the column: times are written as such.
        before: Counts of the version before, between the same edges.
    """
    parts = [_shares(one) for one in (after, before) if one is not None]
    most = max(max(part, default=0.0) for part in parts) or 1.0
    step = WIDTH / max(1, len(after.counts))
    bars = tuple(
        Bar(
            round(number * step + 0.4, 2),
            round(_y(part, most), 2),
            round(step - 0.8, 2),
            round(_BASE - _y(part, most), 2),
            count,
        )
        for number, (count, part) in enumerate(zip(after.counts, parts[0], strict=True))
        if count
    )
    ends = after.edges[0], after.edges[-1]
    low, high = _moments(*ends) if role is Role.TIME else map(amount, ends)
    outside = ", ".join(
        f"{count:,} {where}"
        for count, where in ((after.below, "below"), (after.above, "above"))
        if count
    )
    alt = f"Histogram from {low} to {high}"
    return Small(
        bars=bars,
        outline=_outline(parts[1], most, step) if before is not None else "",
        low=low,
        high=high,
        alt=alt + (f"; {outside}" if outside else ""),
        outside=outside,
    )


def _shares(histogram: "Histogram") -> list[float]:
    total = sum(histogram.counts) + histogram.below + histogram.above
    return [count / total for count in histogram.counts] if total else [0.0] * len(histogram.counts)


def _y(part: float, most: float) -> float:
    """Return the height of a share; what is there at all is at least a pixel high."""
    height = (_BASE - _TOP) * part / most
    return _BASE - (max(1.0, height) if part else 0.0)


def _outline(parts: list[float], most: float, step: float) -> str:
    points = [f"0,{_BASE}"]
    for number, part in enumerate(parts):
        y = round(_y(part, most), 2)
        points += [f"{number * step:.2f},{y}", f"{(number + 1) * step:.2f},{y}"]
    return " ".join([*points, f"{WIDTH},{_BASE}"])


def amount(value: float) -> str:
    """Return a number as it is read: a whole one without a fraction."""
    return f"{value:,.0f}" if value.is_integer() and abs(value) < _MOST_WHOLE else figure(value)


def _moments(low: float, high: float) -> tuple[str, str]:
    """Return two times as days, or as times of the day where that is the same."""
    first, last = moment(low), moment(high)
    day, next_day = first[:_DAY], last[:_DAY]
    if len(first) < _DAY or day != next_day:
        return day, next_day
    return first[_DAY:].strip(), last[_DAY:].strip()


def moment(seconds: float) -> str:
    """Return a time in UTC that a line may break between day and time."""
    return as_time(seconds).replace("T", " ").replace("Z", "")
