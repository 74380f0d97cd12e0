"""Statistics of pixels: each picture gives counts, a shard of them becomes columns at once.

Counting is Pillow's, in C, and arithmetic on the counts is NumPy's, over all pictures of a shard;
nothing here walks over pixels. Means and deviations are exact: they come from whole histograms.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bezoar.core.arrays import Floats

_SIDE: Final = 32
_LOW: Final = 8
_LEVELS: Final = np.arange(256, dtype=np.float64)
_ROUNDING: Final = 1e-2
"""Sums of many terms are off by it; what is not above it is no frequency."""
_STRIP: Final = 1 << 20
"""Pixels that are worked on at once: memory stays bounded for the largest picture."""

_Counts = NDArray[np.int64]
_COLUMNS: Final = ("mean_r", "mean_g", "mean_b", "std_r", "std_g", "std_b")


@dataclass
class Pixels:
    """What was counted in the pictures of a shard.

    Attributes:
        colours: Of each picture 3 x 256 counts: red, green, blue.
        luma: Of each picture 256 counts.
        small: Of each picture 32x32 bytes of luma.
        saturation: Mean of each picture.
        sharpness: Of each picture.
        digests: Of each picture.
    """

    colours: list[_Counts] = field(default_factory=list)
    luma: list[list[int]] = field(default_factory=list)
    small: list[bytes] = field(default_factory=list)
    saturation: list[float] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)

    def count(self, image: Image.Image) -> None:
        """Count the pixels of an RGB picture."""
        grey = image.convert("L")
        small = grey.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR).tobytes()
        sharpness = _sharpness(grey)
        digest, saturation = hashlib.sha256(_size_header(image)), 0.0
        colours = np.zeros((3, 256), np.int64)
        for strip in _strips(image):
            data = strip.tobytes()
            digest.update(data)
            # One colour after the other lies in memory as processors like it.
            planes = np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(-1, 3).T)
            saturation += _saturation(planes)
            colours += np.stack([np.bincount(plane, minlength=256) for plane in planes])
        # All at once, so that what could not be counted leaves no half of a row.
        self.colours.append(colours)
        self.luma.append(grey.histogram())
        self.small.append(small)
        self.sharpness.append(sharpness)
        self.digests.append(digest.digest())
        self.saturation.append(saturation / (image.width * image.height))

    def columns(self) -> dict[str, Any]:
        """Return the columns of the pictures counted, in their order, by name."""
        if not self.digests:
            return {}
        colours = np.stack(self.colours)
        luma = np.array(self.luma, np.int64)
        means, deviations = _moments(colours)
        brightness, contrast = _moments(luma)
        stacked = np.hstack([means, deviations]).astype(np.float32)
        return {
            **{name: stacked[:, i] for i, name in enumerate(_COLUMNS)},
            "brightness": brightness.astype(np.float32),
            "contrast": contrast.astype(np.float32),
            "entropy": entropy(luma).astype(np.float32),
            "sharpness": np.array(self.sharpness, np.float32),
            "saturation": np.array(self.saturation, np.float32),
            "phash": perceptual_hashes(np.frombuffer(b"".join(self.small), np.uint8)),
            "pixel_sha256": self.digests,
        }


def entropy(counts: _Counts) -> Floats:
    """Return the Shannon entropy of each row of counts, in bits; 0 for a row without any."""
    shares = counts / np.maximum(counts.sum(-1, keepdims=True), 1)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    bits: Floats = -(shares * logs).sum(-1)
    return np.abs(bits)  # no minus zero


def perceptual_hashes(small: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the perceptual hash of each 32x32 grey picture (`columns.PERCEPTUAL_HASH`).

    A bit is set where a frequency of the 8x8 lowest is above the median of them, the mean left
    out. A flat picture has no frequencies, and the hash 0.

    Args:
        small: n * 1024 bytes.
    """
    pictures = small.reshape(-1, _SIDE, _SIDE).astype(np.float32)
    low = (_DCT @ pictures @ _DCT.T).reshape(-1, _LOW * _LOW)
    low[np.abs(low) < _ROUNDING] = 0
    middle = np.median(low[:, 1:], axis=1, keepdims=True)
    bits = low > middle
    bits[:, 0] = False
    return np.packbits(bits, axis=1).view(">u8")[:, 0].astype(np.uint64)


def _dct() -> NDArray[np.float32]:
    """Return the 8 lowest rows of the orthonormal DCT-II of 32 values."""
    rows, places = np.arange(_LOW)[:, None], np.arange(_SIDE)[None, :]
    waves = np.cos(np.pi * rows * (2 * places + 1) / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
    waves[0] /= np.sqrt(2)
    rows_of_waves: NDArray[np.float32] = waves.astype(np.float32)
    return rows_of_waves


_DCT: Final = _dct()


def _moments(counts: _Counts) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of levels, given how often each occurs."""
    total = counts.sum(-1)
    mean = counts @ _LEVELS / total
    square = counts @ _LEVELS**2 / total
    return mean, np.sqrt(np.maximum(square - mean**2, 0))


def _size_header(image: Image.Image) -> bytes:
    return image.width.to_bytes(4, "big") + image.height.to_bytes(4, "big")


def _strips(image: Image.Image) -> Iterator[Image.Image]:
    """Yield a picture in strips, one at a time: all of them would be the picture again."""
    rows = max(1, _STRIP // image.width)
    if rows >= image.height:
        yield image
        return
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _saturation(pixels: NDArray[np.uint8]) -> float:
    """Return the sum of 255 * (max - min) / max over pixels, shape (3, n); black counts 0."""
    red, green, blue = pixels
    high = np.maximum(np.maximum(red, green), blue)
    range_ = high - np.minimum(np.minimum(red, green), blue)
    return float(np.divide(range_, np.maximum(high, 1), dtype=np.float32).sum()) * 255


def _sharpness(grey: Image.Image) -> float:
    """Return the mean square of the Laplacian inside; 0 for what is too small to have an inside."""
    width, height = grey.size
    if min(height, width) < 3:  # noqa: PLR2004 - a pixel and its neighbours
        return 0.0
    rows, total = max(1, _STRIP // width), 0.0
    for top in range(1, height - 1, rows):
        bottom = min(top + rows, height - 1)
        strip = grey.crop((0, top - 1, width, bottom + 1)) if rows < height else grey
        data = np.frombuffer(strip.tobytes(), np.uint8).reshape(-1, width)
        part = data.astype(np.int16)
        inner = 4 * part[1:-1, 1:-1]
        inner -= part[:-2, 1:-1] + part[2:, 1:-1] + part[1:-1, :-2] + part[1:-1, 2:]
        values = inner.ravel().astype(np.float32)
        total += float((values * values).sum(dtype=np.float64))
    return float(total / ((height - 2) * (width - 2)))
