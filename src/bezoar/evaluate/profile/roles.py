"""What a column is good for, and which columns ought not to tell the label."""

from enum import StrEnum
from typing import Final

import polars as pl


class Kind(StrEnum):
    """What a sample table is made of."""

    IMAGES = "images"
    TEXT = "text"
    TABULAR = "tabular"


class Role(StrEnum):
    """How a column is described."""

    NUMBER = "number"
    TIME = "time"
    CATEGORY = "category"
    IDENTITY = "identity"
    NESTED = "nested"


IDENTITIES: Final = frozenset(
    ("path", "sha256", "pixel_sha256", "phash", "text_sha256", "near_dup_group", "outcome_why")
)
"""Columns of a sample table that name a sample, or say what it equals."""

NUISANCES: Final = (
    *("brightness", "contrast", "sharpness", "saturation", "entropy"),
    *("mean_r", "mean_g", "mean_b", "pixels", "aspect_ratio", "bytes", "trailing_bytes"),
    *("mode", "format", "encoder", "outcome", "split"),
    *("exif_software", "exif_make", "exif_model", "exif_orientation", "taken_at"),
    *("source", "uploader", "added_at"),
    *("characters", "words", "language", "script", "scripts", "urls", "control_characters"),
)
"""Columns that say how a sample was made, kept or brought: a label had better not follow them."""

_EXIF_TIME: Final = "%Y:%m:%d %H:%M:%S"


def role_of(kind: pl.DataType) -> Role:
    """Return the role of a column of this Polars type."""
    if kind == pl.Boolean or isinstance(kind, pl.String | pl.Categorical | pl.Enum):
        return Role.CATEGORY
    if kind.is_numeric() or isinstance(kind, pl.Duration | pl.Time):
        return Role.NUMBER
    if isinstance(kind, pl.Date | pl.Datetime):
        return Role.TIME
    return Role.NESTED


def roles_of(schema: pl.Schema, kind: Kind) -> dict[str, Role]:
    """Return the role of each column; in a table of rows no name has a meaning of its own."""
    roles = {name: role_of(dtype) for name, dtype in schema.items()}
    if kind is Kind.TABULAR:
        return roles
    for name in roles:
        if name in IDENTITIES:
            roles[name] = Role.IDENTITY
    if "exif_orientation" in roles:
        roles["exif_orientation"] = Role.CATEGORY
    return roles


def prepared(table: pl.LazyFrame, kind: Kind) -> pl.LazyFrame:
    """Add what follows from the columns of a sample table of images: size, shape, time taken."""
    if kind is not Kind.IMAGES:
        return table
    known = set(table.collect_schema().names())
    added = []
    if {"width", "height"} <= known:
        width, height = pl.col("width").cast(pl.Float64), pl.col("height").cast(pl.Float64)
        added.append((width * height).alias("pixels"))
        ratio = pl.when(height > 0).then(width / height)
        added.append(ratio.alias("aspect_ratio"))
    if "exif_datetime" in known:
        taken = pl.col("exif_datetime").str.to_datetime(_EXIF_TIME, strict=False, time_unit="ms")
        added.append(taken.alias("taken_at"))
    return table.with_columns(added).drop("exif_datetime", strict=False)
