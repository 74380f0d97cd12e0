"""What validating a million rows costs: the built-in rules, Great Expectations, pandas.

    python benchmarks/validation.py [--rows N]

All in one run, on one table of pictures drawn at random with some poison in it. `rules` are the
ten built-in rules, reading the Parquet file included, alone and against another version; `GX` a
suite of ten expectations on the same file; `pandas` and `Polars` the same ten written by hand.
Each is a process of its own; what importing costs is not counted. CPU is of all threads.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

ROWS = 1_000_000
CLASSES = 43
TRAINED = 0.9
EVERY = 50
FLIPPED = 2
STRANGE = 7
TIMED = """
import sys, time, resource, warnings
import numpy as np
warnings.simplefilter("ignore")
path, other = sys.argv[1:3]
{setup}
def run():
    {work}
before, began = time.process_time(), time.perf_counter()
found = run()
wall, cpu = time.perf_counter() - began, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print(f"{{wall:8.2f}} {{cpu:8.2f}} {{memory:8.0f}}  {{found}}")
"""
RULES = """
import polars as pl
from bezoar.evaluate.validation.running import validate
from bezoar.evaluate.validation.subject import Subject, rows_before, rows_of
"""
ALONE = (
    "return [o.rule.code for o in validate(Subject(rows_of(pl.scan_parquet(path), compared=False)))"
    " if o.findings]"
)
AGAINST = (
    "return [o.rule.code for o in validate(Subject(rows_of(pl.scan_parquet(path)),"
    " rows_before(pl.scan_parquet(other)), 'before')) if o.findings]"
)
SUITE = """
import polars as pl
from bezoar.adapters.great_expectations import run_on_table
import great_expectations
def one(kind, **kwargs):
    return {"type": "expect_" + kind, "kwargs": kwargs}
labels = [str(n) for n in range(43)]
suite = {"name": "ten", "expectations": [
    one("table_row_count_to_be_between", min_value=10),
    one("column_values_to_be_in_set", column="label", value_set=labels),
    one("column_values_to_not_be_null", column="label"),
    one("column_values_to_be_in_set", column="outcome", value_set=["decoded"]),
    one("column_values_to_be_in_set", column="format", value_set=["PNG"]),
    one("column_values_to_be_in_set", column="mode", value_set=["RGB"]),
    one("column_values_to_be_between", column="width", min_value=8, max_value=2000),
    one("column_values_to_be_between", column="height", min_value=8, max_value=2000),
    one("column_values_to_be_unique", column="sha256"),
    one("column_mean_to_be_between", column="brightness", min_value=90, max_value=130),
]}
"""
GX = "return sum(not one.success for one in run_on_table(suite, pl.scan_parquet(path)))"
NAMES = ["label", "outcome", "format", "mode", "width", "height", "sha256", "brightness"]
PANDAS = """
import pandas as pd
labels = [str(n) for n in range(43)]
"""
BY_PANDAS = f"""t = pd.read_parquet(path, columns={NAMES})
    checks = [len(t) >= 10, t.label.isin(labels).all(), t.label.notna().all(),
        (t.outcome == "decoded").all(), (t.format == "PNG").all(), (t["mode"] == "RGB").all(),
        t.width.between(8, 2000).all(), t.height.between(8, 2000).all(), t.sha256.is_unique,
        90 <= t.brightness.mean() <= 130]
    return sum(not c for c in checks)"""
POLARS = """
import polars as pl
labels = [str(n) for n in range(43)]
c = pl.col
"""
BY_POLARS = """checks = pl.scan_parquet(path).select(pl.len() >= 10, c("label").is_in(labels).all(),
        c("label").is_not_null().all().alias("b"), (c("outcome") == "decoded").all(),
        (c("format") == "PNG").all(), (c("mode") == "RGB").all(),
        c("width").is_between(8, 2000).all(), c("height").is_between(8, 2000).all(),
        c("sha256").n_unique() == pl.len(), c("brightness").mean().is_between(90, 130)).collect()
    return sum(not ok for ok in checks.row(0))"""

CASES = (
    ("rules, alone", RULES, ALONE),
    ("rules, against", RULES, AGAINST),
    ("GX, ten", SUITE, GX),
    ("pandas, ten", PANDAS, BY_PANDAS),
    ("Polars, ten", POLARS, BY_POLARS),
)


def draw(rows: int, seed: int) -> pl.DataFrame:
    """Draw the sample table of a set of pictures."""
    from bezoar.datasets.sample_table.columns import IMAGE_COLUMNS, schema  # noqa: PLC0415 - late

    chance = np.random.default_rng(seed)
    label = chance.integers(0, CLASSES, rows)
    side = np.exp(chance.normal(3.9, 0.3, rows)).astype(np.int32) + 8
    raw = np.frombuffer(chance.bytes(64 * rows), np.uint8).reshape(2, rows, 32)
    digests = [[one.tobytes() for one in half] for half in raw]
    columns = {
        "path": pl.Series(label.astype(str))
        + "/"
        + pl.Series(np.arange(rows).astype(str))
        + ".png",
        "label": label.astype(str),
        "split": np.where(chance.random(rows) < TRAINED, "train", "test"),
        "bytes": side.astype(np.int64) ** 2 * 2,
        "sha256": digests[0],
        "pixel_sha256": digests[1],
        "outcome": ["decoded"] * rows,
        "width": side,
        "height": side,
        "mode": ["RGB"] * rows,
        "format": ["PNG"] * rows,
        "encoder": ["png 0123"] * rows,
        "brightness": chance.normal(110, 25, rows),
        "contrast": chance.normal(50, 8, rows),
        "saturation": chance.normal(90, 15, rows),
        "sharpness": np.exp(chance.normal(6, 0.7, rows)),
        "near_dup_group": pl.Series(
            np.where(np.arange(rows) % EVERY < FLIPPED, np.arange(rows) // EVERY, -1)
        ),
        "position": np.arange(rows),
    }
    kinds, row = schema(IMAGE_COLUMNS), pl.int_range(pl.len())
    table = pl.DataFrame(columns).with_columns(
        pl.when(pl.col("near_dup_group") >= 0).then(pl.col("near_dup_group")),
        # The poison: two flipped labels of equal bytes, one label that nobody knows.
        pl.when(row == STRANGE).then(pl.lit("stopp")).otherwise("label").alias("label"),
        pl.when(row < FLIPPED)
        .then(pl.col("pixel_sha256").first())
        .otherwise("pixel_sha256")
        .alias("pixel_sha256"),
    )
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in columns
    ]
    return table.with_columns(missing).select(kinds.names()).cast(kinds)


def main() -> None:
    """Print one line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("now.parquet", "before.parquet")]
        for seed, path in enumerate(paths):
            draw(rows, seed).write_parquet(path, compression="zstd")
        print(f"{rows:,} rows; wall s, CPU s, MB, what failed")
        for name, setup, work in CASES:
            code = TIMED.format(setup=setup, work=work)
            call = [sys.executable, "-c", code, *map(str, paths)]
            job = subprocess.run(call, capture_output=True, text=True, check=True)
            print(f"{name:>16} {job.stdout.rstrip()}", flush=True)


if __name__ == "__main__":
    main()
