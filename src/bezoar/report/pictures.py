"""Pictures for a page: fetched once, kept small, never more than the page has room for."""

import base64
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bezoar.core.errors import BezoarError
from bezoar.report.wording import clipped

Pixels = NDArray[np.uint8]
Fetch = Callable[[str], Pixels]
"""Reads a sample's picture by its id; may raise OSError, ValueError, LookupError, BezoarError."""

LARGEST_SIDE = 96
COARSE = 64  # pictures up to this side are shown with their pixels, larger ones are smoothed
COMMON_SIDE = 64


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture on the page.

    Attributes:
        name: The sample's id, escaped and clipped.
        alt: What to read where the picture is not seen.
        uri: The picture as a data URI; None where there is none to show.
        why_not: Why there is none.
        coarse: True where its pixels are to be seen.
    """

    name: str
    alt: str
    uri: str | None
    why_not: str = ""
    coarse: bool = False


class Album:
    """Fetches pictures and turns them into tiles until the page is full.

    Attributes:
        room: Bytes that are left for data URIs.
        unreadable: Ids of pictures that could not be read, with the reason.
        left_out: Ids of pictures that did not fit.
    """

    def __init__(self, fetch: Fetch, room: int) -> None:
        self._fetch = fetch
        self._kept: dict[str, Pixels] = {}
        self.room = room
        self.unreadable: dict[str, str] = {}
        self.left_out: set[str] = set()

    def pixels(self, sample: str) -> Pixels | None:
        """Return a picture of shape (h, w, 3), no side longer than 96; None if unreadable."""
        if sample not in self._kept and sample not in self.unreadable:
            try:
                self._kept[sample] = _shrunk(self._fetch(sample))
            except (OSError, ValueError, LookupError, BezoarError) as error:
                self.unreadable[sample] = clipped(str(error) or type(error).__name__)
        return self._kept.get(sample)

    def tile(self, sample: str, alt: str) -> Tile:
        """Return a sample's picture, or why there is none."""
        name = clipped(sample)
        pixels = self.pixels(sample)
        if pixels is None:
            return Tile(name, alt, None, "unreadable")
        uri = self.uri(pixels)
        if uri is None:
            self.left_out.add(sample)
            return Tile(name, alt, None, "no room")
        return Tile(name, alt, uri, coarse=max(pixels.shape[:2]) <= COARSE)

    def uri(self, pixels: Pixels) -> str | None:
        """Return pixels of shape (h, w, 3) or (h, w) as a data URI; None where no room is left."""
        uri = _png_uri(pixels)
        if len(uri) > self.room:
            return None
        self.room -= len(uri)
        return uri

    def forget(self) -> None:
        """Drop the pictures that were fetched so far from memory."""
        self._kept.clear()

    def stack(self, samples: Iterable[str]) -> tuple[list[str], Pixels]:
        """Return the readable ones of the samples as one array of shape (n, h, w, 3).

        Pictures of different sizes, or with a side over 64, are brought to 64 x 64.
        """
        found = {sample: self.pixels(sample) for sample in samples}
        readable = {sample: pixels for sample, pixels in found.items() if pixels is not None}
        if not readable:
            return [], np.empty((0, COMMON_SIDE, COMMON_SIDE, 3), np.uint8)
        pictures = list(readable.values())
        shapes = {picture.shape for picture in pictures}
        if len(shapes) > 1 or max(pictures[0].shape) > COMMON_SIDE:
            pictures = [_resized(picture, COMMON_SIDE, COMMON_SIDE) for picture in pictures]
        return list(readable), np.stack(pictures)


def _png_uri(pixels: Pixels) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _shrunk(pixels: Pixels) -> Pixels:
    pixels = np.asarray(pixels)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:  # noqa: PLR2004 - height, width, RGB
        raise ValueError(f"not an RGB picture: {pixels.dtype} of shape {pixels.shape}")
    height, width = pixels.shape[:2]
    shrink = LARGEST_SIDE / max(height, width)
    if shrink >= 1:
        return pixels
    return _resized(pixels, max(1, round(height * shrink)), max(1, round(width * shrink)))


def _resized(pixels: Pixels, height: int, width: int) -> Pixels:
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, np.uint8)
