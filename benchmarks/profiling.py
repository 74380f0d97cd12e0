"""How long `bezoar profile` takes, as a person runs it.

    python benchmarks/profiling.py [--rows N]
    python benchmarks/profiling.py --pictures ZIP [--variants N]

The first writes a Parquet file of N rows (1,000,000 by default), 15 columns of numbers, 5 of
categories and a label. The second makes a folder of classes from the pictures in an archive of
class folders: N variants (nine by default) of each, shifted, brighter or darker, and cropped, so
that 4,440 pictures become 39,960 that differ. Either is profiled twice in processes of their own:
with an empty cache, and again. Printed are wall and CPU seconds, the most memory of one process,
and the size of the page.
"""

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl
from PIL import Image

ROWS = 1_000_000
VARIANTS = 9
SHIFT = 0.08
"""At most this share of a side is moved, and cut."""
DIMMEST, BRIGHTEST = 0.7, 1.3


def main() -> None:
    """Print one line for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--pictures", type=Path, metavar="ZIP")
    parser.add_argument("--variants", type=int, default=VARIANTS)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bezoar.toml").touch()
        if said.pictures:
            count = draw_pictures(said.pictures, folder / "pictures", said.variants)
            profile(folder, "./pictures", f"{count:,} pictures")
        else:
            draw_rows(folder / "rows.parquet", said.rows)
            profile(folder, "./rows.parquet", f"{said.rows:,} rows")


def profile(folder: Path, data: str, what: str) -> None:
    """Profile data with an empty cache, and again."""
    for run in ("built", "kept"):
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        call = [sys.executable, "-m", "bezoar", "profile", data, "--format", "html"]
        subprocess.run([*call, "-o", "page.html"], cwd=folder, check=True)
        seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        size = (folder / "page.html").stat().st_size
        print(
            f"{what}, table {run}: {seconds:.1f} s, CPU {cpu:.1f} s,"
            f" {after.ru_maxrss / 1e3:,.0f} MB, page {size / 1e6:.2f} MB",
            flush=True,
        )


def draw_rows(path: Path, rows: int) -> None:
    """Write a table of rows."""
    random = np.random.default_rng(0)
    numbers = {f"x{i}": random.normal(size=rows) for i in range(15)}
    words = {f"c{i}": pl.Series(random.integers(0, 50, rows)).cast(pl.String) for i in range(5)}
    table = pl.DataFrame({**numbers, **words, "label": random.integers(0, 10, rows)})
    table.write_parquet(path)


def draw_pictures(archive: Path, folder: Path, variants: int) -> int:
    """Write the variants of each picture of an archive, and return how many there are."""
    with zipfile.ZipFile(archive) as file:
        names = [one for one in file.namelist() if one.lower().endswith((".png", ".jpg", ".ppm"))]
    for name in names:
        (folder / PurePosixPath(name).parent.name).mkdir(parents=True, exist_ok=True)
    pieces = 4 * (os.cpu_count() or 1)
    with ProcessPoolExecutor() as pool:
        rest = (repeat(archive), repeat(folder), repeat(variants))
        return sum(pool.map(_draw_part, (names[one::pieces] for one in range(pieces)), *rest))


def _draw_part(names: list[str], archive: Path, folder: Path, variants: int) -> int:
    with zipfile.ZipFile(archive) as file:
        for name in names:
            stem = PurePosixPath(name)
            with Image.open(io.BytesIO(file.read(name))) as picture:
                pixels = np.asarray(picture.convert("RGB"), np.float32)
            random = np.random.default_rng(list(name.encode()))
            for number in range(variants):
                target = folder / stem.parent.name / f"{stem.stem}-{number}.png"
                Image.fromarray(_varied(pixels, random)).save(target, compress_level=1)
    return variants * len(names)


def _varied(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a picture moved within its frame, cropped, and brighter or darker."""
    height, width = pixels.shape[:2]
    most_y, most_x = max(1, int(height * SHIFT)), max(1, int(width * SHIFT))
    by = random.integers(-most_y, most_y + 1), random.integers(-most_x, most_x + 1)
    moved = np.roll(pixels, by, (0, 1))
    top, left = random.integers(0, most_y + 1), random.integers(0, most_x + 1)
    bottom, right = random.integers(0, most_y + 1), random.integers(0, most_x + 1)
    cropped = moved[top : height - bottom, left : width - right]
    return np.clip(cropped * random.uniform(DIMMEST, BRIGHTEST), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
