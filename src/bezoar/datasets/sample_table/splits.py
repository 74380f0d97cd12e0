"""Which split a sample belongs to, as a folder on its path says."""

from typing import Final

import polars as pl

_WORDS: Final = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
_FOLDER: Final = rf"(?i)(?:^|/)({'|'.join(_WORDS)})/"


def split_of(column: str) -> pl.Expr:
    """Return the split that a path names, as column `split`; null where it names none."""
    word = pl.col(column).str.extract(_FOLDER).str.to_lowercase()
    return word.replace_strict(_WORDS, default=None, return_dtype=pl.String).alias("split")
