"""Where the marks of a chart go: numbers in, coordinates out; the templates draw them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 48
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 40


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: its place in the drawing, and what it counts."""

    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its place along the axis, and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of flagged and other samples by score, on a logarithmic axis of counts.

    Attributes:
        width: Of the drawing, in CSS pixels.
        height: Of the drawing.
        plot: (left, top, right, bottom) of the area inside the axes.
        others: Bars of the samples that are not flagged.
        flagged: Bars of the flagged ones.
        xs: Ticks of the scores.
        ys: Ticks of the counts.
    """

    width: int
    height: int
    plot: tuple[float, float, float, float]
    others: tuple[Bar, ...]
    flagged: tuple[Bar, ...]
    xs: tuple[Tick, ...]
    ys: tuple[Tick, ...]


def histogram(others: Floats, flagged: Floats, width: int, height: int) -> Histogram | None:
    """Lay out a histogram of scores; None where there is no finite score.

    Args:
        others: Shape (n,), scores of the samples that are not flagged.
        flagged: Shape (m,), scores of the flagged ones.
        width: Of the drawing, in CSS pixels.
        height: Of the drawing.
    """
    others, flagged = others[np.isfinite(others)], flagged[np.isfinite(flagged)]
    everyone = np.concatenate([others, flagged])
    if not everyone.size:
        return None
    low, high = float(everyone.min()), float(everyone.max())
    if not math.isfinite(high - low):
        return None
    pad = max(0.5, abs(high) * 1e-6) if high - low <= abs(high) * 1e-9 else 0.0
    edges = np.linspace(low - pad, high + pad, (BINS if width > 500 else BINS // 2) + 1)  # noqa: PLR2004 - a phone has half the room
    counts = [np.histogram(part, edges)[0] for part in (others, flagged)]
    plot = (float(_LEFT), float(_TOP), float(width - _RIGHT), float(height - _BOTTOM))
    top = math.log10(max(10, int(max(part.max() for part in counts)))) + 0.1
    bars = [_bars(part, edges, plot, top) for part in counts]
    span = plot[2] - plot[0]
    low, high = float(edges[0]), float(edges[-1])
    return Histogram(
        width=width,
        height=height,
        plot=plot,
        others=bars[0],
        flagged=bars[1],
        xs=tuple(
            Tick(round(plot[0] + span * (value - low) / (high - low), 1), f"{value:g}")
            for value in _round_numbers(low, high, 8 if width > 500 else 4)  # noqa: PLR2004 - see above
        ),
        ys=tuple(
            Tick(_height(10**power, plot, top), f"{10**power:,}") for power in range(int(top) + 1)
        ),
    )


def _bars(
    counts: NDArray[np.int64], edges: Floats, plot: tuple[float, float, float, float], top: float
) -> tuple[Bar, ...]:
    span = (plot[2] - plot[0]) / (len(edges) - 1)
    bars = []
    for i in np.flatnonzero(counts):
        y = _height(int(counts[i]), plot, top)
        x, width = plot[0] + int(i) * span + 0.5, span - 1
        bars.append(Bar(round(x, 2), y, round(width, 2), round(plot[3] - y, 2), int(counts[i])))
    return tuple(bars)


def _height(count: int, plot: tuple[float, float, float, float], top: float) -> float:
    """Return the y of a count; the axis starts below 1, so that a single sample is seen."""
    start = -0.25
    return round(plot[3] - (plot[3] - plot[1]) * (math.log10(count) - start) / (top - start), 2)


def _round_numbers(low: float, high: float, at_most: int) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten between two numbers."""
    raw = (high - low) / at_most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first = math.ceil(low / step)
    return [round(n * step, 10) for n in range(first, math.floor(high / step) + 1)]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value against its line, both as a percentage of the drawing's width."""

    value: float
    line: float


def gauge(value: float, line: float) -> Gauge | None:
    """Lay out a value beside the line that it had to cross; None where one is not finite."""
    if not (math.isfinite(value) and math.isfinite(line)):
        return None
    full = max(value, line, 1e-9) * 1.08
    return Gauge(round(100 * max(value, 0) / full, 1), round(100 * max(line, 0) / full, 1))
