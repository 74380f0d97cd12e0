"""The rows of pictures: each sample is fetched, hashed and decoded once; each failure is a row."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

import polars as pl
from PIL import Image

from bezoar.datasets.containers import readable
from bezoar.datasets.decoding import as_rgb, examine
from bezoar.datasets.encoder import end_of_picture, signature
from bezoar.datasets.exif import exif_block, read_exif
from bezoar.datasets.sample_table.columns import DECODED, IMAGE_COLUMNS, schema
from bezoar.datasets.sample_table.pixels import Pixels
from bezoar.datasets.unreadable import UNREADABLE_IMAGE, UnreadableImage

_LONGEST: Final = 200
_TEXTS: Final = {"exif_make": 0x010F, "exif_model": 0x0110, "exif_software": 0x0131}
_ORIENTATION: Final = 0x0112
_DATES: Final = (0x9003, 0x0132)
_SCHEMA: Final = schema(IMAGE_COLUMNS)

Fetch = tuple[str, str | None, Callable[[], bytes]]
"""Id, label, and what reads the bytes."""


def picture_rows(samples: Iterable[Fetch]) -> pl.DataFrame:
    """Return the rows of some samples, in their order.

    What is known only of the whole table, or of where it lies (`split`, `near_dup_group`, the
    provenance), is null.
    """
    pixels, rows = Pixels(), list[dict[str, Any]]()
    for path, label, fetch in samples:
        row = {"path": readable(path), "label": label if label is None else readable(label)}
        rows.append(row | _row(fetch, pixels))
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    counted = pl.DataFrame(pixels.columns())
    if counted.is_empty():
        return table
    places = pl.Series([i for i, row in enumerate(rows) if row["outcome"] == DECODED])
    counted = counted.with_columns(places.cast(pl.UInt32).alias("#"))
    names = [name for name in counted.columns if name != "#"]
    joined = table.drop(names).with_row_index("#").join(counted, on="#", how="left")
    return joined.sort("#").select(_SCHEMA.names()).cast(_SCHEMA)


def _row(fetch: Callable[[], bytes], pixels: Pixels) -> dict[str, Any]:
    row: dict[str, Any] = {"outcome": DECODED}
    try:
        data = fetch()
        row |= {"bytes": len(data), "sha256": hashlib.sha256(data).digest()}
        image = examine(data, lambda kind, image: _opened(kind, image, row))
        pixels.count(image)
    except UnreadableImage as error:
        row |= _failure(error.rule.name, str(error))
    except (OSError, ValueError, MemoryError) as error:
        row |= _failure(UNREADABLE_IMAGE.name, str(error) or type(error).__name__)
    else:
        row |= _written(data, str(row["format"]).lower())
    return row


def _opened(kind: str, image: Image.Image, row: dict[str, Any]) -> Image.Image:
    width, height, mode = image.width, image.height, image.mode
    image.load()
    picture = as_rgb(image)
    row |= {"format": kind, "mode": mode, "width": width, "height": height}
    return picture


def _failure(outcome: str, why: str) -> dict[str, Any]:
    return {"outcome": outcome, "outcome_why": readable(why[:_LONGEST])}


def _written(data: bytes, kind: str) -> dict[str, Any]:
    """Return what an encoder and a camera left in a file."""
    row: dict[str, Any] = {"encoder": signature(data, kind) or None}
    end = end_of_picture(data, kind)
    if end is not None:
        row["trailing_bytes"] = max(0, len(data) - end)
    if block := exif_block(data, kind):
        fields = read_exif(block).fields
        row |= {name: _text(fields.get(tag)) for name, tag in _TEXTS.items()}
        row["exif_datetime"] = next(filter(None, (_text(fields.get(tag)) for tag in _DATES)), None)
        if raw := fields.get(_ORIENTATION):
            order = "little" if block[:2] == b"II" else "big"
            row["exif_orientation"] = int.from_bytes(raw[:2], order, signed=True)  # type: ignore[arg-type]
    return row


def _text(raw: bytes | None) -> str | None:
    if raw is None:
        return None
    text = raw.partition(b"\0")[0].decode("utf-8", "replace").strip()
    return readable(text[:_LONGEST]) or None
