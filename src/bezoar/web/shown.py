"""A sample as the page shows it: its picture encoded anew, its text written out."""

import io
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bezoar.recon.spot_check.preview import Fields, Picture, Preview, Text, Unshowable
from bezoar.recon.spot_check.review import Review
from bezoar.report.wording import clipped, figure, quoted

LONGEST_NAME: Final = 200
_PEER_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to see of one sample.

    Attributes:
        content: JSON values: its `kind`, and what belongs to it.
        png: The picture, where it is one. Never the sample's own bytes: a browser has more
            decoders than anybody has checked.
    """

    content: dict[str, Any]
    png: bytes | None = None


def show(seen: Preview, longest: int) -> Shown:
    """Return what there is to see.

    Args:
        seen: A sample.
        longest: Pixels on the longer side that a picture may have; a larger one is scaled down.
    """
    match seen:
        case Picture(pixels):
            height, width = pixels.shape[:2]
            return Shown(
                {"kind": "picture", "width": width, "height": height}, png(pixels, longest)
            )
        case Text(text, more):
            return Shown({"kind": "text", "text": text, "more": more})
        case Fields(fields):
            return Shown({"kind": "fields", "fields": [list(field) for field in fields]})
        case Unshowable(why):
            return Shown({"kind": "nothing", "why": clipped(why, LONGEST_NAME)})


def png(pixels: NDArray[np.uint8], longest: int) -> bytes:
    """Return pixels of shape (height, width, 3) as PNG, scaled down to fit."""
    image = Image.fromarray(pixels)
    if max(image.size) > longest:
        scale = longest / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def card(review: Review, path: str, shown: Shown, source: str | None) -> dict[str, Any]:
    """Return what is said about a sample, as JSON values.

    Args:
        review: The review.
        path: The sample.
        shown: What there is to see of it.
        source: Where the page finds its picture.
    """
    suspicion = review.plan.suspicion
    score = suspicion.scores.get(path) if suspicion else None
    return {
        "name": clipped(path, LONGEST_NAME),
        "label": quoted(review.entry(path).label, LONGEST_NAME),
        "before": clipped(review.draw.before.get(path, ""), LONGEST_NAME),
        "score": None if score is None else _score(score),
        "flagged": bool(suspicion and path in suspicion.flagged),
        "content": {**shown.content, "source": source if shown.png else None},
    }


def _score(score: float) -> str:
    return figure(score) if np.isfinite(score) else "none: it could not be examined"


def peer_card(path: str, shown: Shown, source: str | None) -> dict[str, Any]:
    """Return an ordinary sample of the same class, as JSON values: smaller than a card."""
    content = dict(shown.content)
    if content["kind"] == "text":
        content["text"] = content["text"][:_PEER_CHARACTERS]
    if content["kind"] == "fields":
        content["fields"] = [[n, v[:_PEER_CHARACTERS]] for n, v in content["fields"][:8]]
    content["source"] = source if shown.png else None
    return {"name": clipped(path, LONGEST_NAME), "content": content}
