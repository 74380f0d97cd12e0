"""What a sample table holds: the columns' names, types and meaning, for images and for text.

A tabular data set is its own sample table: its columns are its author's, and `tabular` says what
bezoar makes of them. Where a value is not known it is null; a sample that could not be read is a
row all the same, with its `outcome`.
"""

from typing import Final, NamedTuple

import polars as pl

PIXEL_DIGEST: Final = "pixels-sha256-v1"
"""SHA-256 over width and height (4 bytes each, big-endian), then the RGB bytes, row by row."""

PERCEPTUAL_HASH: Final = "phash-dct32-8-v1"
"""64 signs of the 8x8 lowest frequencies (DCT-II of 32x32 grey) against their median."""

SCHEMA_VERSION: Final = 1

DECODED: Final = "decoded"
"""The outcome of a sample that was read; any other is the name of the rule that it broke."""


class Column(NamedTuple):
    """One column.

    Attributes:
        name: As in the Parquet file.
        kind: Its Polars type.
        meaning: What a value says, with its unit.
    """

    name: str
    kind: pl.DataType | type[pl.DataType]
    meaning: str


_IDENTITY: Final = (
    Column("path", pl.String, "the sample's id: its path relative to the root, or its digest"),
    Column("label", pl.String, "its class as written in the data; null where there is none"),
    Column("split", pl.String, "train, validation or test, by its folder; null where none says so"),
    Column("bytes", pl.Int64, "size of the sample as stored; null where it could not be fetched"),
    Column("sha256", pl.Binary, "32 raw bytes: SHA-256 of the sample as stored"),
    Column("outcome", pl.String, "`decoded`, or the name of the rule that reading it broke"),
    Column("outcome_why", pl.String, "why it could not be read; null where it was"),
)

_PROVENANCE: Final = (
    Column("source", pl.String, "where it comes from, as a provenance table says"),
    Column("uploader", pl.String, "who added it, as a provenance table says"),
    Column("added_at", pl.Datetime("ms", "UTC"), "when it was added; else its time of change"),
    Column("position", pl.Int64, "its place in the container's own order; null in a folder"),
)

_ORIGIN_OF_IMAGES: Final = (
    Column("width", pl.Int32, "pixels"),
    Column("height", pl.Int32, "pixels"),
    Column("mode", pl.String, "pixel mode in the file, in Pillow's words: RGB, L, P, RGBA, I;16 …"),
    Column("format", pl.String, "by its first bytes: PNG, JPEG, PPM, WEBP, BMP, GIF, NPY"),
    Column("encoder", pl.String, "digest of what an encoder leaves: quantisation tables, chunks …"),
    Column("trailing_bytes", pl.Int64, "bytes behind its end; null where nothing marks it"),
    Column("exif_software", pl.String, "EXIF Software"),
    Column("exif_make", pl.String, "EXIF Make"),
    Column("exif_model", pl.String, "EXIF Model"),
    Column("exif_orientation", pl.Int16, "EXIF Orientation, 1 to 8 where it is sound"),
    Column("exif_datetime", pl.String, "EXIF DateTimeOriginal, else DateTime, as written"),
)

_PIXELS: Final = (
    Column("pixel_sha256", pl.Binary, f"32 raw bytes: `{PIXEL_DIGEST}`"),
    Column("phash", pl.UInt64, f"`{PERCEPTUAL_HASH}`; near pictures differ in few bits"),
    Column("mean_r", pl.Float32, "mean of red, 0 to 255"),
    Column("mean_g", pl.Float32, "mean of green, 0 to 255"),
    Column("mean_b", pl.Float32, "mean of blue, 0 to 255"),
    Column("std_r", pl.Float32, "standard deviation of red"),
    Column("std_g", pl.Float32, "standard deviation of green"),
    Column("std_b", pl.Float32, "standard deviation of blue"),
    Column("brightness", pl.Float32, "mean of luma (ITU-R 601), 0 to 255"),
    Column("contrast", pl.Float32, "standard deviation of luma"),
    Column("sharpness", pl.Float32, "mean square of the Laplacian of luma (4 neighbours)"),
    Column("saturation", pl.Float32, "mean of HSV saturation, 0 to 255"),
    Column("entropy", pl.Float32, "Shannon entropy of the luma histogram, bits, 0 to 8"),
    Column("near_dup_group", pl.Int64, "number of its group of near-duplicates; null if alone"),
)

IMAGE_COLUMNS: Final = (*_IDENTITY, *_ORIGIN_OF_IMAGES, *_PIXELS, *_PROVENANCE)
"""One row for each picture."""

TEXT_COLUMNS: Final = (
    *_IDENTITY,
    Column("characters", pl.Int64, "length in Unicode code points"),
    Column("words", pl.Int64, "runs of characters between white space"),
    Column("language", pl.String, "ISO 639-1 code by its commonest words; null where unsure"),
    Column("script", pl.String, "the script of most of its letters, as Latin, Cyrillic, Han"),
    Column("scripts", pl.Int16, "how many scripts its letters come from"),
    Column("entropy", pl.Float32, "Shannon entropy of its UTF-8 bytes, bits, 0 to 8"),
    Column("urls", pl.Int32, "web addresses in it"),
    Column("control_characters", pl.Int32, "controls, bidi marks and zero-width characters in it"),
    Column("text_sha256", pl.Binary, "32 raw bytes: SHA-256 of the text in lower case, one space"),
    Column("near_dup_group", pl.Int64, "number of its group of equal `text_sha256`; null if alone"),
    *_PROVENANCE,
)
"""One row for each text."""


def schema(columns: tuple[Column, ...]) -> pl.Schema:
    """Return the Polars schema of a table of these columns."""
    return pl.Schema({column.name: column.kind for column in columns})
