"""In which order the things of a layer stand, and where: few crossings, straight arrows."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Final

_SWEEPS: Final = 8

Rows = list[list[int]]
Neighbours = Sequence[Sequence[int]]


def ordered(rows: Rows, above: Neighbours, below: Neighbours) -> Rows:
    """Return rows in an order with few crossings (barycentres, Sugiyama et al. 1981).

    Args:
        rows: The things of each layer, from the top.
        above: What each is joined to in the row above it.
        below: The same for the row below.
    """
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downward = sweep % 2 == 0
        rows = _swept(rows, above if downward else below, downward=downward)
        if (crossings := _crossings(rows, below)) < fewest:
            best, fewest = rows, crossings
    return best


def _swept(rows: Rows, towards: Neighbours, *, downward: bool) -> Rows:
    place: dict[int, int] = {}
    result: Rows = []
    for row in rows if downward else reversed(rows):
        middle = {one: _mean([place[n] for n in towards[one]]) for one in row}
        at = {one: index for index, one in enumerate(row)}
        # What is joined to nothing keeps its place.
        key = {one: at[one] if (m := middle[one]) is None else m for one in row}
        result.append(sorted(row, key=lambda one: (key[one], at[one])))
        place |= {one: index for index, one in enumerate(result[-1])}
    return result if downward else result[::-1]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _crossings(rows: Rows, below: Neighbours) -> int:
    place = {one: index for row in rows for index, one in enumerate(row)}
    total = 0
    for row in rows:
        seen: list[int] = []
        for one in row:
            ends = sorted(place[end] for end in below[one])
            total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def centres(
    rows: Rows, widths: Sequence[float], gap: float, above: Neighbours, below: Neighbours
) -> list[float]:
    """Return the x of each thing's centre: near those that it is joined to, nothing overlapping.

    No row needs more room than the widest.

    Args:
        rows: The things of each layer, in their order.
        widths: Of each thing.
        gap: Between two things of a row.
        above: What each is joined to in the row above it.
        below: The same for the row below.
    """
    room = max((_packed(row, widths, gap) for row in rows), default=0.0)
    xs = [0.0] * len(widths)
    for row in rows:
        left = (room - _packed(row, widths, gap)) / 2
        for one in row:
            xs[one] = left + widths[one] / 2
            left += widths[one] + gap
    for sweep in range(_SWEEPS):
        downward = sweep % 2 == 0
        for row in rows if downward else rows[::-1]:
            wanted = []
            for one in row:
                mean = _mean([xs[n] for n in (above if downward else below)[one]])
                wanted.append(xs[one] if mean is None else mean)
            for one, x in zip(
                row, _apart(wanted, [widths[n] for n in row], gap, room), strict=True
            ):
                xs[one] = x
    return xs


def _packed(row: Sequence[int], widths: Sequence[float], gap: float) -> float:
    return sum(widths[one] for one in row) + gap * max(0, len(row) - 1)


def _apart(
    wanted: Sequence[float], widths: Sequence[float], gap: float, room: float
) -> list[float]:
    """Return the places nearest to those wanted (least squares) at which nothing overlaps.

    Once what stands to the left of a thing is taken off, its place may not be left of its
    neighbour's: an isotonic regression, solved by pooling adjacent violators. One within bounds is
    that, clipped.
    """
    offsets, x = [], 0.0
    for index, width in enumerate(widths):
        x += (widths[index - 1] + width) / 2 + gap if index else 0.0
        offsets.append(x)
    pools: list[tuple[float, int]] = []  # (sum, number) of the places in a pool
    for one, offset in zip(wanted, offsets, strict=True):
        total, number = one - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / number:
            before, many = pools.pop()
            total, number = total + before, number + many
        pools.append((total, number))
    first, last = widths[0] / 2, room - widths[-1] / 2 - offsets[-1]
    flat = [min(max(total / number, first), last) for total, number in pools for _ in range(number)]
    return [place + offset for place, offset in zip(flat, offsets, strict=True)]
