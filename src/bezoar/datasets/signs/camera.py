"""What a cheap camera on a moving car makes of a view."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bezoar.datasets.signs.chance import happens
from bezoar.datasets.signs.scenery import Picture

_REFERENCE = 64
"""Side of the view for which lengths in pixels are given here."""


def photographed(view: Picture, rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    """Return what the camera stores: the view, blurred, sampled, noisy and compressed.

    Args:
        view: Shape (side, side, 3), 0 to 255.
        rng: Draws the camera's faults.
        size: Side of the stored picture.

    Returns:
        Shape (size, size, 3).
    """
    picture = Image.fromarray(np.clip(view, 0, 255).astype(np.uint8))
    radius = picture.width / _REFERENCE * min(2.0, rng.gamma(1.5, 0.42))
    picture = picture.filter(ImageFilter.GaussianBlur(radius))
    if happens(rng, 0.15):
        picture = _smeared(picture, rng)
    if happens(rng, 0.2):  # it was far away
        far = int(size * rng.uniform(0.45, 0.9))
        picture = picture.resize((far, far), Image.Resampling.BOX)
        picture = picture.resize((size, size), Image.Resampling.BICUBIC)
    picture = picture.resize((size, size), Image.Resampling.BOX)
    return _compressed(_noisy(picture, rng), quality=int(rng.integers(55, 96)))


def _smeared(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the mean of the views along a short straight drive."""
    side, pixels = picture.width, np.asarray(picture)
    length, angle = rng.uniform(2, 7) * side / _REFERENCE, rng.uniform(0, np.pi)
    total = np.zeros(pixels.shape, np.float32)
    moments = np.linspace(-length / 2, length / 2, 1 + int(length))
    for moment in moments:
        rows, columns = (
            np.clip(np.arange(side) + round(moment * step), 0, side - 1)
            for step in (np.sin(angle), np.cos(angle))
        )
        total += pixels[rows][:, columns]
    return Image.fromarray((total / len(moments)).astype(np.uint8))


def _noisy(picture: Image.Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    strength = np.float32(rng.gamma(2, 2.2))
    grain = rng.standard_normal((picture.height, picture.width, 3), np.float32)
    noisy: NDArray[np.uint8] = np.clip(np.asarray(picture) + strength * grain, 0, 255).astype(
        np.uint8
    )
    return noisy


def _compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    stored = io.BytesIO()
    Image.fromarray(picture).save(stored, "JPEG", quality=quality)
    return np.asarray(Image.open(stored))
