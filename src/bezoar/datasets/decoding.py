"""From bytes to pixels: the one place that decodes what an attacker wrote."""

import ast
import io
import math
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    WebPImagePlugin,
)

from bezoar.datasets.unreadable import (
    EMPTY_FILE,
    EXTENSION_MISMATCH,
    OVERSIZED_IMAGE,
    UNREADABLE_IMAGE,
    Limits,
    UnreadableImage,
)

__all__ = [
    "EMPTY_FILE",
    "EXTENSION_MISMATCH",
    "OVERSIZED_IMAGE",
    "UNREADABLE_IMAGE",
    "Limits",
    "UnreadableImage",
    "as_rgb",
    "check",
    "decode",
    "disagreement",
    "encode_png",
    "examine",
]

# The plug-in is chosen by the first bytes and called directly: `Image.open` would try others, and
# warns on standard error about large images, which `Limits` judges here.
_READERS: Final[dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PPM": PpmImagePlugin.PpmImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
}
_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x93NUMPY", "NPY"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
)
_EXTENSIONS: Final = {
    "png": "PNG",
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "jpe": "JPEG",
    "ppm": "PPM",
    "pgm": "PPM",
    "pbm": "PPM",
    "pnm": "PPM",
    "webp": "WEBP",
    "bmp": "BMP",
    "dib": "BMP",
    "gif": "GIF",
}
_Read = TypeVar("_Read")
_WIDE_GREY: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N")


def decode(data: bytes, limits: Limits = Limits()) -> NDArray[np.uint8]:  # noqa: B008 - frozen
    """Return the pixels of an encoded image.

    PNG, JPEG, PPM, WebP, BMP, the first frame of a GIF; or one `.npy` array: (h, w), (h, w, 1),
    (h, w, 3) or (3, h, w), integers of 0 to 255 or floats of 0 to 1 or 0 to 255. Alpha is dropped,
    as the usual training loaders drop it.

    Returns:
        Shape (height, width, 3), RGB.

    Raises:
        UnreadableImage: With the rule that the data breaks.
    """
    kind = _known_kind(data, limits)
    if kind == "NPY":
        return _decode_array(data, limits)
    return _decode_picture(data, kind, limits, _pixels)


def check(data: bytes, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
    """Make sure that an image can be decoded, in half the memory that `decode` takes.

    Raises:
        UnreadableImage: With the rule that the data breaks.
    """
    kind = _known_kind(data, limits)
    if kind == "NPY":
        _decode_array(data, limits)
    else:
        _decode_picture(data, kind, limits, _loaded)


def examine(
    data: bytes,
    read: Callable[[str, Image.Image], _Read],
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> _Read:
    """Return what `read` makes of an image: its format, and the picture, decoded once.

    Pixels are those that `decode` returns; the picture's mode is that of the file.

    Raises:
        UnreadableImage: With the rule that the data breaks.
    """
    kind = _known_kind(data, limits)
    if kind == "NPY":
        return read(kind, Image.fromarray(_decode_array(data, limits)))
    return _decode_picture(data, kind, limits, lambda image: read(kind, image))


def as_rgb(image: Image.Image) -> Image.Image:
    """Return a picture as RGB, as `decode` does."""
    return image if image.mode == "RGB" else Image.fromarray(_pixels(image))


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Return an image of shape (height, width, 3) as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def disagreement(name: str, data: bytes) -> str | None:
    """Say how a sample's extension disagrees with its content; None where it does not.

    A row of an array (`.npy` content) has whatever name its author gave it: no disagreement.
    """
    said = _EXTENSIONS.get(name.rpartition(".")[2].lower())
    kind = _kind(data)
    if said is None or kind in (None, "NPY", said):
        return None
    return f"named as {said}, but its content is {kind}"


def _known_kind(data: bytes, limits: Limits) -> str:
    if not data:
        raise UnreadableImage(EMPTY_FILE, "the file is empty")
    if len(data) > limits.max_bytes:
        message = f"{len(data):,} bytes; the limit is {limits.max_bytes:,}"
        raise UnreadableImage(OVERSIZED_IMAGE, message)
    kind = _kind(data)
    if kind is None:
        raise UnreadableImage(UNREADABLE_IMAGE, "not an image of a known format")
    return kind


def _kind(data: bytes) -> str | None:
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace():
        return "PPM"
    return None


def _decode_picture(
    data: bytes, kind: str, limits: Limits, read: Callable[[ImageFile.ImageFile], _Read]
) -> _Read:
    if not _has_end(data, kind):
        raise UnreadableImage(UNREADABLE_IMAGE, f"truncated {kind}: its end is missing")
    try:
        with _READERS[kind](io.BytesIO(data)) as image:
            _check_pixels(*image.size, limits)
            return read(image)
    except UnreadableImage:
        raise
    # Decoders of hostile bytes raise nearly anything: each of them means "cannot be read".
    except Exception as error:
        raise UnreadableImage(UNREADABLE_IMAGE, f"{kind}: {_one_line(error)}") from error


def _has_end(data: bytes, kind: str) -> bool:
    """Tell whether the file's last mark is there: decoders stop at the last pixel, before it."""
    if kind == "PNG":
        return b"IEND\xaeB`\x82" in data
    if kind == "JPEG":
        return b"\xff\xd9" in data
    if kind == "GIF":
        return data.rstrip(b"\0\r\n ").endswith(b";")
    if kind == "BMP":
        return len(data) >= int.from_bytes(data[2:6], "little")
    return True


def _loaded(image: ImageFile.ImageFile) -> None:
    """Decode all of an image, a JPEG at an eighth of its size: each of its bytes is read."""
    image.draft(None, (image.width // 8 or 1, image.height // 8 or 1))
    image.load()


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in _WIDE_GREY:
        # 16 bits per pixel: Pillow's own conversion clips at 255 instead of scaling.
        grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    # Alpha is dropped; Pillow would say so on standard error for each palette image.
    image.info.pop("transparency", None)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _check_pixels(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.max_pixels:
        message = f"{width} x {height} pixels; the limit is {limits.max_pixels:,} in all"
        raise UnreadableImage(OVERSIZED_IMAGE, message)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _decode_array(data: bytes, limits: Limits) -> NDArray[np.uint8]:
    start, dtype, shape = _array_header(data)
    if len(shape) not in (2, 3) or 0 in shape:
        raise UnreadableImage(UNREADABLE_IMAGE, f"an array of shape {shape} is no image")
    if dtype.itemsize * math.prod(shape) != len(data) - start:
        raise UnreadableImage(UNREADABLE_IMAGE, "the array is longer or shorter than it says")
    array = np.frombuffer(data, dtype, offset=start).reshape(shape)
    if len(shape) == 2:  # noqa: PLR2004 - (height, width)
        array = array[:, :, None]
    elif shape[2] not in (1, 3):
        array = array.transpose(1, 2, 0)
    if array.shape[2] not in (1, 3):
        raise UnreadableImage(UNREADABLE_IMAGE, f"an array of shape {shape} is no image")
    _check_pixels(array.shape[1], array.shape[0], limits)
    return np.ascontiguousarray(np.broadcast_to(_as_bytes(array), (*array.shape[:2], 3)))


def _as_bytes(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False)
    values = array.astype(np.float64)
    top = float(values.max())
    # The comparison also refuses NaN.
    if not (float(values.min()) >= 0 and top <= 255):  # noqa: PLR2004 - a byte's largest value
        raise UnreadableImage(UNREADABLE_IMAGE, "array values outside 0 to 255")
    scale = 255 if array.dtype.kind == "f" and top <= 1 else 1
    return np.rint(values * scale).astype(np.uint8)


def _array_header(data: bytes) -> tuple[int, np.dtype[np.generic], tuple[int, ...]]:
    """Return where the values start, their type and their shape (format 1.0, NEP 1)."""
    if data[6:8] != b"\x01\x00" or len(data) < 10:  # noqa: PLR2004 - the fixed part's length
        raise UnreadableImage(UNREADABLE_IMAGE, "an array of another version than 1.0")
    start = 10 + struct.unpack("<H", data[8:10])[0]
    try:
        dtype, shape = _parse_header(data[10:start])
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise UnreadableImage(UNREADABLE_IMAGE, "an array with a damaged header") from error
    return start, dtype, shape


@lru_cache(maxsize=16)
def _parse_header(text: bytes) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    header = ast.literal_eval(text.decode("latin-1").strip())
    dtype, shape = np.dtype(header["descr"]), tuple(int(n) for n in header["shape"])
    if dtype.kind not in "uif" or header["fortran_order"] or min(shape, default=0) < 0:
        raise ValueError("only plain numbers in C order")
    return dtype, shape
