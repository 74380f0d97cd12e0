"""What flagged pictures share, as large pictures and in a sentence."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bezoar.report.pictures import Album, Pixels
from bezoar.report.residual import Box, Shared
from bezoar.report.wording import counted, quoted

if TYPE_CHECKING:
    from bezoar.expose.inspection import Group


@dataclass(frozen=True, slots=True)
class Panel:
    """One large picture that explains, with a box where to look."""

    title: str
    alt: str
    caption: str
    uri: str
    width: int
    height: int
    box: Box | None


def shared_panels(shared: Shared, flagged: Pixels, album: Album) -> tuple[Panel, ...]:
    """Draw what they share; the box only where it tells something.

    Args:
        shared: What was found.
        flagged: Shape (n, h, w, 3), the most suspicious first.
        album: Has room for so many more pictures.
    """
    box = None if shared.mark is None else shared.box
    drawn = [
        (
            "Mean residual",
            "What ordinary pictures do not explain, averaged and amplified. Grey is nothing.",
            _amplified(shared),
            box,
        ),
        (
            "Consistency",
            "Bright where every flagged picture departs in the same way.",
            _scaled(shared),
            box,
        ),
        ("One of them", "The most suspicious picture, as it is in the set.", flagged[0], box),
    ]
    if shared.mark is not None and shared.shifts is not None:
        count = counted(len(flagged), "flagged picture")
        what = f"{count} shifted onto each other around the box, and averaged."
        drawn.insert(0, ("The mark", what, shared.mark, None))
        drawn[-1] = (*drawn[-1][:3], _moved(shared.box, *shared.shifts[0].tolist()))
    panels = []
    for title, caption, pixels, where in drawn:
        uri = album.uri(pixels)
        height, width = pixels.shape[:2]
        if uri is not None:
            panels.append(Panel(title, f"{title}. {caption}", caption, uri, width, height, where))
    return tuple(panels)


def _amplified(shared: Shared) -> Pixels:
    full = max(float(np.quantile(np.abs(shared.mean), 0.999)), 1e-6)
    return np.asarray(np.clip(128 + shared.mean * (127 / full), 0, 255), np.uint8)


def _scaled(shared: Shared) -> Pixels:
    full = max(float(shared.consistency.max()), 1e-6)
    return np.asarray(np.clip(shared.consistency * (255 / full), 0, 255), np.uint8)


def _moved(box: Box, rows: int, columns: int) -> Box:
    top, left, bottom, right = box
    return top + rows, left + columns, bottom + rows, right + columns


def shared_sentence(shared: Shared | None, group: "Group") -> str:
    """Say what the flagged pictures share."""
    if shared is None:
        return "There are too few pictures to say what they share."
    alike = f"ordinary samples of {quoted(group.resembles)}" if group.resembles else "ordinary ones"
    than = f"{shared.ratio:.1f} times as strong as the most that as many {alike} share by chance"
    if not shared.stands_out:
        return (
            f"They share nothing that stands out in the picture ({than}): "
            "look for wrong labels rather than for a mark."
        )
    if not shared.local:
        return f"They share a pattern that lies over the whole picture, {than}."
    top, left, bottom, right = shared.box
    height, width = shared.consistency.shape
    row = ("top", "middle", "bottom")[min(2, 3 * (top + bottom) // (2 * height))]
    column = ("left", "centre", "right")[min(2, 3 * (left + right) // (2 * width))]
    where = "in the centre" if (row, column) == ("middle", "centre") else f"at the {row} {column}"
    return (
        f"They share a mark {where}, about {right - left} by {bottom - top} of "
        f"{width} by {height} pixels, {than}."
    )
