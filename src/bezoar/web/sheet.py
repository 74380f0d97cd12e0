"""The offline sheet: a whole review in one file."""

import base64
import json
from typing import Any, Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.recon.spot_check.preview import Picture, Preview
from bezoar.recon.spot_check.review import Review
from bezoar.web.pages import sheet_page
from bezoar.web.shown import Shown, card, peer_card, show

MOST_BYTES: Final = 5_000_000
_ROOM: Final = 4_700_000
_FOR_SAMPLES: Final = 0.75
_SIDES: Final = (512, 384, 256, 192, 128, 96, 64)
_PEER_SIDES: Final = (64, 32)
_CHARACTERS: Final = 4_000


def sheet(review: Review, reviewer: str) -> str:
    """Return a review as one HTML file of at most 5 MB, to be filled in anywhere.

    Pictures are scaled down as far as the file needs it, never below 64 pixels.

    Raises:
        UsageError: If so many samples do not fit.
    """
    cards, numbers = _cards(review), dict[str, int]()
    for path, each in zip(review.draw.paths, cards, strict=True):
        each["peers"] = [numbers.setdefault(peer, len(numbers)) for peer in review.peers(path)]
    room = _ROOM - len(json.dumps(cards))
    state = {"dataset": review.subject, "reviewer": reviewer}
    data = {
        "review": str(review.draw.digest),
        "reviewer": reviewer,
        "sampling": str(review.plan.sampling),
        "samples": review.plan.samples,
        "seed": review.plan.seed,
        "population": review.draw.population,
        "whole": len(review.manifest),
        "cards": cards,
        "peers": _peers(review, list(numbers), room),
    }
    page = sheet_page(state, data)
    if len(page.encode()) > MOST_BYTES:
        raise _too_many(review)
    return page


def _cards(review: Review) -> list[dict[str, Any]]:
    share = int(_ROOM * _FOR_SAMPLES / max(1, len(review.draw.paths)))
    cards = []
    for path in review.draw.paths:
        shown = _fitting(review.look(path), share)
        if shown is None:
            raise _too_many(review)
        cards.append(card(review, path, shown, _uri(shown.png)))
    return cards


def _fitting(seen: Preview, room: int) -> Shown | None:
    """Return a sample with the largest picture that fits, or as much of its text as does."""
    longest = max(seen.pixels.shape[:2]) if isinstance(seen, Picture) else 0
    for side in (_SIDES[0], *(side for side in _SIDES[1:] if side < longest)):
        shown = show(seen, side)
        if "text" in shown.content:
            text = shown.content["text"]
            shown.content.update(text=text[:_CHARACTERS])
            shown.content["more"] |= len(text) > _CHARACTERS
        if "fields" in shown.content:
            shown.content.update(fields=_clipped(shown.content["fields"]))
        size = len(json.dumps(shown.content)) + 4 * len(shown.png or b"") // 3
        if size <= max(room, 2 * _CHARACTERS):
            return shown
    return None


def _clipped(fields: list[list[str]]) -> list[list[str]]:
    """Return fields with as much of their values as the sheet has room for."""
    most = _CHARACTERS // max(1, len(fields))
    return [[name, value if len(value) <= most else f"{value[:most]}…"] for name, value in fields]


def _peers(review: Review, paths: list[str], room: int) -> list[dict[str, Any] | None]:
    """Return each peer once; those that do not fit are left out."""
    share, found = room // max(1, len(paths)), list[dict[str, Any] | None]()
    for path in paths:
        seen = review.look(path)
        shown = (show(seen, side) for side in _PEER_SIDES)
        cards = (peer_card(path, one, _uri(one.png)) for one in shown)
        found.append(next((one for one in cards if len(json.dumps(one)) <= share), None))
    return found


def _uri(png: bytes | None) -> str | None:
    if png is None:
        return None
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _too_many(review: Review) -> BezoarError:
    count = len(review.draw.paths)
    return UsageError(
        f"{count:,} samples do not fit into a sheet of 5 MB", next=f"--samples {max(1, count // 2)}"
    )
