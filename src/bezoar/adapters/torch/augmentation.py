"""Augmentations, applied to a whole batch at once.

`plain` is what an ordinary training run does. `blind` destroys local and high-frequency
triggers, so that the network has to learn the class from its coarse shape: it stays blind to
a sticker, and a stickered sample then disagrees with its label.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Generator, Tensor

Augmentation = Callable[[Tensor, Generator], Tensor]
"""From (n, 3, h, w) in [-1, 1] to the same shape; draws from the generator."""


def plain(x: Tensor, generator: Generator) -> Tensor:
    """Shift each image by up to 2 pixels."""
    return _shift(x, 2, generator)


def blind(x: Tensor, generator: Generator) -> Tensor:
    """Shift, low-pass, cover with grey boxes, take colour away, change light, add noise."""
    x = _shift(x, 3, generator)
    x = _low_pass(x, generator)
    x = _grey(x, 0.2, generator)
    x = _light(x, generator)
    x = _boxes(x, 0.7, generator)
    return x + 0.1 * torch.rand(len(x), 1, 1, 1, generator=generator) * torch.randn(
        x.shape, generator=generator
    )


def _shift(x: Tensor, most: int, generator: Generator) -> Tensor:
    """Shift the images in eight groups, one shift each (a gather per image costs more)."""
    padded = F.pad(x, (most,) * 4, mode="replicate")
    h, w = x.shape[2:]
    parts = []
    for part in padded.chunk(8):
        dy, dx = torch.randint(0, 2 * most + 1, (2,), generator=generator).tolist()
        parts.append(part[:, :, dy : dy + h, dx : dx + w])
    return torch.cat(parts)


def _low_pass(x: Tensor, generator: Generator) -> Tensor:
    """Scale half of the batch down to between a quarter and a half of its size, and up again."""
    half = len(x) // 2
    size = int(torch.randint(x.shape[2] // 4, x.shape[2] // 2 + 1, (1,), generator=generator))
    small = F.interpolate(x[:half], size=(size, size), mode="area")
    low = F.interpolate(small, size=x.shape[2:], mode="bilinear", align_corners=False)
    return torch.cat([low, x[half:]])


def _grey(x: Tensor, share: float, generator: Generator) -> Tensor:
    chosen = torch.rand(len(x), 1, 1, 1, generator=generator) < share
    return torch.where(chosen, x.mean(1, keepdim=True), x)


def _light(x: Tensor, generator: Generator) -> Tensor:
    contrast = 0.7 + 0.6 * torch.rand(len(x), 1, 1, 1, generator=generator)
    brightness = 0.4 * torch.rand(len(x), 1, 1, 1, generator=generator) - 0.2
    return x * contrast + brightness


def _boxes(x: Tensor, share: float, generator: Generator) -> Tensor:
    """Cover a share of the images with one grey box each, a third to five eighths of the side."""
    n, _, h, w = x.shape
    side = h * (0.33 + 0.3 * torch.rand(2, n, 1, generator=generator))
    side *= torch.rand(n, 1, generator=generator) < share
    top = torch.rand(n, 1, generator=generator) * (h + side[0] / 2) - side[0] / 2
    left = torch.rand(n, 1, generator=generator) * (w + side[1] / 2) - side[1] / 2
    rows, columns = torch.arange(h).unsqueeze(0), torch.arange(w).unsqueeze(0)
    in_rows = (rows >= top) & (rows < top + side[0])
    in_columns = (columns >= left) & (columns < left + side[1])
    covered = in_rows.view(n, 1, h, 1) & in_columns.view(n, 1, 1, w)
    return x.masked_fill(covered, 0.0)
