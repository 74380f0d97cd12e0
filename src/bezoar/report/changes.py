"""One HTML page: what of a dataset is not as it was approved, and how it looked then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bezoar.core.finding import Finding
from bezoar.report.page import page
from bezoar.report.pictures import Album, Tile
from bezoar.report.wording import Step, clipped, counted

ROOM_FOR_PICTURES = 3_500_000
"""Bytes; see `bezoar.report.html`."""
PAIRS_SHOWN = 60
LINES_SHOWN = 300
STEPS_SHOWN = 10
_LONGEST = 400

Pixels = NDArray[np.uint8]
Pair = tuple[Pixels | None, Pixels | None]
"""How a file looked when it was approved, and how it looks now; None where that is no picture."""


@dataclass(frozen=True, slots=True)
class PairShown:
    """A picture as it was approved, and as it is now."""

    name: str
    messages: tuple[str, ...]
    before: Tile
    after: Tile


def changes_html(
    subject: str,
    findings: Sequence[Finding],
    history: Sequence[tuple[str, str]],
    pictures: Mapping[str, Pair],
) -> str:
    """Write an explanation as one HTML page.

    Args:
        subject: `NAME@VERSION`.
        findings: What is not as it was approved; the places of files are their paths.
        history: When, and what happened.
        pictures: Shape (height, width, 3), by the file's path.

    Returns:
        The file's text.
    """
    shown = dict(list(pictures.items())[:PAIRS_SHOWN])
    others = [finding for finding in findings if finding.place.name not in shown]
    commands = dict.fromkeys(finding.next for finding in findings if finding.next)
    return page(
        "changes.html.j2",
        title=f"What changed in {subject}",
        dataset=subject,
        headline=f"{counted(len(findings), 'difference')} from what was approved",
        pairs=_pairs(shown, findings),
        more_pairs=len(pictures) - len(shown),
        lines=[
            (one.code, clipped(one.place.name), clipped(one.message, _LONGEST))
            for one in others[:LINES_SHOWN]
        ],
        more_lines=max(0, len(others) - LINES_SHOWN),
        steps=[Step("", command) for command in list(commands)[:STEPS_SHOWN]],
        history=[(clipped(time), clipped(what, _LONGEST)) for time, what in history],
    )


def _pairs(shown: Mapping[str, Pair], findings: Sequence[Finding]) -> list[PairShown]:
    sides = {
        f"{number} {path}": pixels
        for path, pair in shown.items()
        for number, pixels in enumerate(pair)
        if pixels is not None
    }
    album = Album(sides.__getitem__, ROOM_FOR_PICTURES)
    pairs = []
    for path in shown:
        name = clipped(path)
        before = album.tile(f"0 {path}", f"As it was approved: {name}")
        after = album.tile(f"1 {path}", f"As it is now: {name}")
        messages = [clipped(f.message, _LONGEST) for f in findings if f.place.name == path]
        pairs.append(
            PairShown(name, tuple(messages), replace(before, name=name), replace(after, name=name))
        )
    return pairs
