"""Sample tables that nobody poisoned, drawn at random, for the tests of validation."""

import numpy as np
import polars as pl

from bezoar.datasets.sample_table.columns import IMAGE_COLUMNS, schema


def clean_table(rows: int = 2000, classes: int = 8, seed: int = 0) -> pl.DataFrame:
    """Draw the table of a set of pictures: classes of unlike shares, sizes log-normal."""
    draw = np.random.default_rng(seed)
    shares = np.arange(1, classes + 1) / (classes * (classes + 1) / 2)
    label = draw.choice(classes, rows, p=shares)
    side = np.exp(draw.normal(3.9, 0.35, rows)).astype(np.int32) + 8
    columns = {
        "path": [f"{name:02d}/{number:06d}.png" for number, name in enumerate(label)],
        "label": label.astype(str),
        "bytes": side.astype(np.int64) ** 2 * 2,
        "sha256": [draw.bytes(32) for _ in range(rows)],
        "outcome": ["decoded"] * rows,
        "width": side,
        "height": side,
        "mode": ["RGB"] * rows,
        "format": ["PNG"] * rows,
        "encoder": ["png 0123"] * rows,
        "pixel_sha256": [draw.bytes(32) for _ in range(rows)],
        "brightness": draw.normal(110, 25, rows),
        "contrast": draw.normal(50, 8, rows),
        "saturation": draw.normal(90, 15, rows),
        "sharpness": np.exp(draw.normal(6, 0.7, rows)),
        "position": np.arange(rows),
    }
    kinds = schema(IMAGE_COLUMNS)
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in columns
    ]
    return pl.DataFrame(columns).with_columns(missing).select(kinds.names()).cast(kinds)
