"""What flagged pictures share: the mean of what ordinary pictures cannot explain.

Each flagged picture is rebuilt from the ordinary pictures most like it; what is left over is its
residual. The scene averages out over the residuals, a trigger does not.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]

NEIGHBOURS = 8
NULL_DRAWS = 8
# Measured on GTSRB stops: 59 of 60 sets of 13 to 60 with a 3 to 5 pixel square lie above (the
# other at 1.49), one of 60 sets of as many ordinary stops does (1.53).
STANDS_OUT = 1.5
_GRID = 8  # pictures are compared as 8 x 8 thumbnails: smaller than a scene, larger than a trigger
_RIDGE = 0.05
_LOCAL = 0.12  # measured: squares of 3 to 6 pixels in 32 spread over at most .03, blends over .27


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What n flagged pictures share.

    Attributes:
        mean: Shape (h, w, 3), the mean residual, in units of a picture's own contrast.
        consistency: Shape (h, w), 0 to about 1: mean over spread, the same in every picture = high.
        box: (top, left, bottom, right) in pixels, end exclusive: where `mean` is strongest.
        spread: Share of all pixels that are at least half as strong as the strongest.
        ratio: Its strength there over the strongest that equally many ordinary pictures show.
        mark: Shape (h', w', 3): the flagged pictures around the box, shifted onto each other
            and averaged, so that a mark with a jittered place is sharp. None where nothing
            local stands out.
        shifts: Shape (n, 2): by how many rows and columns the mark of each flagged picture lies
            off the box. None where `mark` is None.
        nearest: Shape (n, k): for each flagged picture its most similar ordinary ones.
    """

    mean: Floats
    consistency: Floats
    box: Box
    spread: float
    ratio: float
    mark: Pixels | None
    shifts: NDArray[np.intp] | None
    nearest: NDArray[np.intp]

    @property
    def stands_out(self) -> bool:
        """True where chance does not explain the strength."""
        return self.ratio >= STANDS_OUT

    @property
    def local(self) -> bool:
        """True where the box holds it all: a patch, not a pattern over the whole picture."""
        return self.spread <= _LOCAL


def shared_residual(flagged: Pixels, ordinary: Pixels, rng: np.random.Generator) -> Shared | None:
    """Find what flagged pictures share that ordinary ones do not have.

    Args:
        flagged: Shape (n, h, w, 3).
        ordinary: Shape (m, h, w, 3), of the class or classes that the flagged ones resemble.
        rng: Draws the sets of ordinary pictures that set the scale of chance.

    Returns:
        None where there is too little to compare: fewer than two flagged or four ordinary
        pictures, or pictures smaller than 8 x 8.
    """
    if len(flagged) < 2 or len(ordinary) < 4 or min(flagged.shape[1:3]) < _GRID:  # noqa: PLR2004 - said above
        return None
    own, nearest = _residuals(flagged, ordinary, itself=False)
    null, _ = _residuals(ordinary, ordinary, itself=True)
    size = min(len(own), len(null))
    draws = (rng.choice(len(null), size, replace=False) for _ in range(NULL_DRAWS))
    chance = max(float(_strength(null[draw].mean(0)).max()) for draw in draws)
    mean = own.mean(0)
    strength = _strength(mean)
    shared = Shared(
        mean=mean,
        consistency=_consistency(own),
        box=_box_around_peak(strength),
        spread=float((strength >= strength.max() / 2).mean()),
        ratio=float(strength.max()) / max(chance, 1e-6),
        mark=None,
        shifts=None,
        nearest=nearest,
    )
    if not (shared.stands_out and shared.local):
        return shared
    mark, shifts = _stacked(flagged, own, shared.box)
    return replace(shared, mark=mark, shifts=shifts)


def _residuals(
    pictures: Pixels, ordinary: Pixels, *, itself: bool
) -> tuple[Floats, NDArray[np.intp]]:
    """Subtract from each picture its best mix of similar ordinary pictures.

    The weights are those of locally linear embedding (Saul and Roweis, JMLR 4, 2003, eq. 2),
    found on thumbnails with brightness and contrast taken out.

    Args:
        pictures: Shape (n, h, w, 3).
        ordinary: Shape (m, h, w, 3).
        itself: True where `pictures` are `ordinary`, so that none explains itself.

    Returns:
        Residuals of shape (n, h, w, 3) and neighbour indices of shape (n, k).
    """
    small, shift, scale = _standardised(pictures)
    other, other_shift, other_scale = _standardised(ordinary)
    k = min(NEIGHBOURS, len(ordinary) - itself)
    residuals = np.empty(pictures.shape, np.float32)
    nearest = np.empty((len(pictures), k), np.intp)
    for i, thumbnail in enumerate(small):
        distance = ((other - thumbnail) ** 2).sum(1)
        if itself:
            distance[i] = np.inf
        chosen = np.argsort(distance, kind="stable")[:k]
        gap = other[chosen] - thumbnail
        gram = gap @ gap.T
        gram += np.eye(k, dtype=np.float32) * (_RIDGE * np.trace(gram) + 1e-6)
        weights = np.linalg.solve(gram, np.ones(k, np.float32))
        mix = (weights / weights.sum() / other_scale[chosen]).astype(np.float32)
        rebuilt = np.tensordot(mix, ordinary[chosen].astype(np.float32), 1)
        rebuilt -= mix @ other_shift[chosen]
        residuals[i] = (pictures[i] - shift[i]) / scale[i] - rebuilt
        nearest[i] = chosen
    return residuals, nearest


def _standardised(pictures: Pixels) -> tuple[Floats, Floats, Floats]:
    """Return thumbnails of shape (n, 192) with mean 0 and spread 1, and what was taken out."""
    n, height, width, _ = pictures.shape
    rows, columns = height // _GRID, width // _GRID
    cut = pictures[:, : _GRID * rows, : _GRID * columns].astype(np.float32)
    small = cut.reshape(n, _GRID, rows, _GRID, columns, 3).mean((2, 4)).reshape(n, -1)
    shift = small.mean(1)
    scale = small.std(1) + 4  # a flat picture must not have its noise blown up
    return (small - shift[:, None]) / scale[:, None], shift, scale


def _strength(mean: Floats) -> Floats:
    """Return the length of the mean residual, smoothed over 3 x 3 pixels; shape (h, w)."""
    length = np.pad(np.sqrt((mean**2).sum(-1)), 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(length, (3, 3))
    return np.asarray(windows.mean((2, 3)), np.float32)


def _consistency(residuals: Floats) -> Floats:
    """Return mean over spread; the median spread is added so that flat corners do not win."""
    spread = np.sqrt((residuals.std(0) ** 2).sum(-1))
    length = np.sqrt((residuals.mean(0) ** 2).sum(-1))
    return np.asarray(length / (spread + np.median(spread) + 1e-6), np.float32)


def _box_around_peak(strength: Floats) -> Box:
    """Return the bounding box of what is connected to the peak and at least half as strong."""
    strong = strength >= strength.max() / 2
    region = np.zeros_like(strong)
    region[np.unravel_index(strength.argmax(), strength.shape)] = True
    while True:
        edge = np.pad(region, 1)
        cross = edge[:-2, 1:-1] | edge[2:, 1:-1] | edge[1:-1, :-2] | edge[1:-1, 2:]
        grown = (region | cross) & strong
        if (grown == region).all():
            break
        region = grown
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _stacked(pictures: Pixels, residuals: Floats, box: Box) -> tuple[Pixels, NDArray[np.intp]]:
    """Shift the pictures onto each other inside the box; return their mean, and the shifts.

    Each shift is the one under which a picture's residual agrees best with the mean of all.
    """
    reach = max(1, round(max(pictures.shape[1:3]) / 10))
    pad = ((0, 0), (reach + 2, reach + 2), (reach + 2, reach + 2), (0, 0))
    padded, scene = np.pad(residuals, pad, mode="edge"), np.pad(pictures, pad, mode="edge")
    top, left = box[0], box[1]  # the padding makes this two pixels outside the box, minus reach
    height, width = box[2] - box[0] + 4, box[3] - box[1] + 4
    offsets = [(y, x) for y in range(2 * reach + 1) for x in range(2 * reach + 1)]
    offsets.sort(key=lambda offset: (abs(offset[0] - reach) + abs(offset[1] - reach), offset))
    windows = [
        padded[:, top + y : top + y + height, left + x : left + x + width] for y, x in offsets
    ]
    chosen = np.zeros(len(pictures), np.intp)  # the first offset is no shift at all
    for _ in range(5):
        template = np.mean([windows[c][i] for i, c in enumerate(chosen)], axis=0)
        agreement = np.stack([np.tensordot(window, template, 3) for window in windows])
        chosen = agreement.argmax(0)
    cuts = [
        scene[i, top + y : top + y + height, left + x : left + x + width]
        for i, (y, x) in enumerate(offsets[c] for c in chosen)
    ]
    shifts = np.array([offsets[c] for c in chosen], np.intp) - reach
    return np.asarray(np.mean(cuts, axis=0).round(), np.uint8), shifts
