"""BZ327: EXIF that says too much, or what cannot be."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from PIL import Image, JpegImagePlugin

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.decoding import decode
from bezoar.datasets.exif import DATES, MAKER_NOTE, Exif, exif_block, read_exif
from bezoar.datasets.unreadable import Limits, UnreadableImage
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ327",
    name="exif-anomaly",
    title="EXIF that says too much, or what cannot be",
    severity=Severity.LOW,
    why="A position is personal data. A thumbnail of another picture, a date to come, or a large"
    " note of the maker show that somebody changed the file, or hid something in it.",
)

_LARGE_NOTE: Final = 1 << 16
_DATE: Final = re.compile(rb"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_SIDE: Final = 8
_UNLIKE: Final = 0.5
"""Correlation of brightness below which two pictures are not the same."""
_MOST_THUMBNAIL: Final = Limits(max_pixels=1 << 20, max_bytes=1 << 17)


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what is odd about the EXIF of a picture."""
    if specimen.kind not in ("jpeg", "png", "webp"):
        return
    block = exif_block(specimen.head, specimen.kind)
    if not block:
        return
    exif = read_exif(block)
    if exif.damaged:
        yield Seen("EXIF with entries that point outside of it")
    if exif.gps:
        yield Seen("EXIF that says where it was taken")
    if len(exif.fields.get(MAKER_NOTE, b"")) > _LARGE_NOTE:
        yield Seen(f"a maker's note of {len(exif.fields[MAKER_NOTE]):,} bytes")
    if _from_the_future(exif):
        yield Seen("EXIF with a date to come")
    if exif.thumbnail and specimen.complete and _is_another(exif.thumbnail, specimen):
        yield Seen("a thumbnail that shows another picture")


def _from_the_future(exif: Exif) -> bool:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for tag in DATES & exif.fields.keys():
        match = _DATE.match(exif.fields[tag])
        try:
            if match and datetime(*map(int, match.groups()), tzinfo=UTC) > tomorrow:  # type: ignore[misc,arg-type]
                return True
        except ValueError:
            continue
    return False


def _is_another(thumbnail: bytes, specimen: Specimen) -> bool:
    try:
        small = Image.fromarray(decode(thumbnail, _MOST_THUMBNAIL))
        large = _coarse(specimen)
    except (UnreadableImage, OSError, ValueError, SyntaxError):
        return False
    # Cameras put bars above and below a thumbnail of another shape.
    middle = small.crop(
        (small.width // 6, small.height // 6, -(-small.width * 5 // 6), -(-small.height * 5 // 6))
    )
    centre = large.crop(
        (large.width // 6, large.height // 6, -(-large.width * 5 // 6), -(-large.height * 5 // 6))
    )
    one, other = (_brightness(image) for image in (middle, centre))
    if one.std() < 1 or other.std() < 1:
        return False
    return bool(np.corrcoef(one, other)[0, 1] < _UNLIKE)


def _coarse(specimen: Specimen) -> Image.Image:
    """Decode the picture, a JPEG at an eighth of its size, which takes next to no memory."""
    if specimen.kind != "jpeg":
        return Image.fromarray(decode(specimen.head))
    with JpegImagePlugin.JpegImageFile(io.BytesIO(specimen.head)) as image:
        image.draft("RGB", (image.width // 8 or 1, image.height // 8 or 1))
        image.load()
        return image.convert("RGB")


def _brightness(image: Image.Image) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float64).ravel()
