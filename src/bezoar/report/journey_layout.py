"""Where the boxes and arrows of a journey go: sizes in, coordinates out; a template draws them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bezoar.report.journey_layers import Edge, acyclic, layers
from bezoar.report.journey_rows import Rows, centres, ordered

Size = tuple[float, float]
Point = tuple[float, float]

_GAP: Final = 18.0
_BETWEEN: Final = 34.0  # two rows: room for an arrow's bend and its head
_BESIDE_LABEL: Final = 16.0  # a row of labels alone stands closer
_LANE: Final = 2.0
_BETWEEN_PORTS: Final = 26.0
_MARGIN: Final = 8.0


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node or a label stands: its upper left corner, and its size in CSS pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """Where an edge runs.

    Attributes:
        points: From its tail to its head; between two of them it is a curve that begins and ends
            upright.
        label: Where its words stand; None where it has none.
    """

    points: tuple[Point, ...]
    label: Box | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing: its size in CSS pixels, a box for each node and an arrow for each edge."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass
class _Grid:
    """Nodes, labels and lanes, each in a row, each joined to things of the next row alone."""

    sizes: list[Size]
    row: list[int]
    above: list[list[int]]
    below: list[list[int]]
    chains: list[list[int]]
    labels: dict[int, int]

    def add(self, size: Size, row: int) -> int:
        """Add a thing and return its number."""
        self.sizes.append(size)
        self.row.append(row)
        self.above.append([])
        self.below.append([])
        return len(self.sizes) - 1

    def rows(self) -> Rows:
        """Return the things of each row."""
        found: Rows = [[] for _ in range(max(self.row, default=-1) + 1)]
        for one, row in enumerate(self.row):
            found[row].append(one)
        return found


def layout(
    sizes: Sequence[Size], edges: Sequence[Edge], labels: Sequence[Size | None], across: int
) -> Layout:
    """Lay out a drawing whose arrows lead down.

    Args:
        sizes: Width and height of each node, in CSS pixels.
        edges: From, to; an edge of a node to itself is no arrow, and is left out before.
        labels: Width and height of the words on each edge; None for an edge without.
        across: How many nodes stand beside one another at most.
    """
    turned = acyclic(len(sizes), edges)
    down = [(end, start) if back else (start, end) for (start, end), back in _with(edges, turned)]
    grid = _grid(sizes, down, labels, across)
    rows = ordered(grid.rows(), grid.above, grid.below)
    xs = centres(rows, [width for width, _ in grid.sizes], _GAP, grid.above, grid.below)
    boxes = _boxes(grid, rows, xs, set(grid.labels.values()))
    arrows = []
    for number, chain in enumerate(grid.chains):
        points = _points(grid, boxes, chain)
        label = grid.labels.get(number)
        path = points[::-1] if turned[number] else points
        arrows.append(Arrow(tuple(path), None if label is None else boxes[label]))
    width = max((box.x + box.width for box in boxes), default=0) + _MARGIN
    height = max((box.y + box.height for box in boxes), default=0) + _MARGIN
    return Layout(round(width, 1), round(height, 1), tuple(boxes[: len(sizes)]), tuple(arrows))


def _with(edges: Sequence[Edge], turned: Sequence[bool]) -> list[tuple[Edge, bool]]:
    return list(zip(edges, turned, strict=True))


def _grid(
    sizes: Sequence[Size], edges: Sequence[Edge], labels: Sequence[Size | None], across: int
) -> _Grid:
    lengths = [1 if label is None else 2 for label in labels]
    row = layers(len(sizes), edges, lengths, across)
    grid = _Grid([], [], [], [], [], {})
    for size, one in zip(sizes, row, strict=True):
        grid.add(size, one)
    for number, ((start, end), label) in enumerate(zip(edges, labels, strict=True)):
        chain = [start]
        for between in range(row[start] + 1, row[end]):
            # The words stand right above what the arrow leads to.
            here = label if between == row[end] - 1 else None
            chain.append(grid.add(here or (_LANE, 0.0), between))
            if here:
                grid.labels[number] = chain[-1]
        chain.append(end)
        for one, other in itertools.pairwise(chain):
            grid.below[one].append(other)
            grid.above[other].append(one)
        grid.chains.append(chain)
    return grid


def _boxes(grid: _Grid, rows: Rows, xs: Sequence[float], labels: set[int]) -> list[Box]:
    boxes = [Box(0, 0, 0, 0)] * len(grid.sizes)
    y, quiet = _MARGIN, True
    for row in rows:
        height = max((grid.sizes[one][1] for one in row), default=0.0)
        only_labels = all(one in labels or not grid.sizes[one][1] for one in row)
        if row is not rows[0]:
            y += _BESIDE_LABEL if only_labels or quiet else _BETWEEN
        for one in row:
            width, tall = grid.sizes[one]
            x = xs[one] - width / 2 + _MARGIN
            # A lane runs through the whole row; all else stands in its middle.
            top, tall = (y, height) if not tall else (y + (height - tall) / 2, tall)
            boxes[one] = Box(round(x, 1), round(top, 1), width, tall)
        y, quiet = y + height, only_labels
    return boxes


def _points(grid: _Grid, boxes: Sequence[Box], chain: Sequence[int]) -> list[Point]:
    """Return where an arrow runs: out of one box, through its lanes, into the other."""
    points: list[Point] = [_port(grid, boxes, chain[0], chain[1], out=True)]
    for one in chain[1:-1]:
        box = boxes[one]
        middle = round(box.x + box.width / 2, 1)
        points += [(middle, box.y), (middle, round(box.y + box.height, 1))]
    points.append(_port(grid, boxes, chain[-1], chain[-2], out=False))
    return points


def _port(grid: _Grid, boxes: Sequence[Box], node: int, other: int, *, out: bool) -> Point:
    """Return where an arrow touches a box: side by side with the others, in their order."""
    box = boxes[node]
    beside = (grid.below if out else grid.above)[node]
    order = sorted(beside, key=lambda one: boxes[one].x + boxes[one].width / 2)
    step = min(_BETWEEN_PORTS, 0.8 * box.width / len(order))
    x = box.x + box.width / 2 + (order.index(other) - (len(order) - 1) / 2) * step
    return round(x, 1), round(box.y + box.height if out else box.y, 1)
