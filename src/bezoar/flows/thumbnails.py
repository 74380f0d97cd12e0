"""Small pictures of bytes that nobody vouches for: decoded in the sandbox, pixels come out."""

import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bezoar.core.errors import BezoarError
from bezoar.datasets.decoding import decode
from bezoar.sandbox import Limits, TaskFailed, run_task

LARGEST_SIDE: Final = 96
_LIMITS: Final = Limits(cpu_seconds=60, wall_seconds=120)
_BYTES_PER_PIXEL: Final = 3

Pixels = NDArray[np.uint8]


def thumbnails(files: Mapping[str, bytes]) -> dict[str, Pixels]:
    """Return a small picture, RGB, shape (height, width, 3), of each file that is one.

    Args:
        files: Bytes by any name.
    """
    with tempfile.TemporaryDirectory(prefix="bezoar-") as folder:
        for number, data in enumerate(files.values()):
            (Path(folder) / str(number)).write_bytes(data)
        arguments = {"folder": folder, "count": len(files)}
        try:
            result = run_task(
                "bezoar.flows.thumbnails:shrink", arguments, reads=[Path(folder)], limits=_LIMITS
            )
        except TaskFailed:
            return {}  # whatever made it fail is no picture to show
    answers = result.value if isinstance(result.value, list) else []
    pairs = ((name, _pixels(answer)) for name, answer in zip(files, answers, strict=False))
    return {name: pixels for name, pixels in pairs if pixels is not None}


def shrink(folder: str, count: int) -> list[dict[str, Any]]:
    """Decode the files `0`, `1`, … of a folder; runs in the sandbox."""
    return [_shrunk(Path(folder) / str(number)) for number in range(count)]


def _shrunk(path: Path) -> dict[str, Any]:
    try:
        image = Image.fromarray(decode(path.read_bytes()))
    except (OSError, ValueError, BezoarError):
        return {}
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.BOX)
    data = base64.b64encode(image.convert("RGB").tobytes()).decode()
    return {"height": image.height, "width": image.width, "pixels": data}


def _pixels(answer: Any) -> Pixels | None:
    """Return what the sandbox answered as pixels, if it makes sense."""
    try:
        height, width = int(answer["height"]), int(answer["width"])
        data = base64.b64decode(answer["pixels"], validate=True)
    except (KeyError, TypeError, ValueError):
        return None
    small = 0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE
    if not small or len(data) != height * width * _BYTES_PER_PIXEL:
        return None
    return np.frombuffer(data, np.uint8).reshape(height, width, _BYTES_PER_PIXEL)
