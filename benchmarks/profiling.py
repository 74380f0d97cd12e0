"""How long `bezoar profile` takes for a table of rows, as a person runs it.

    python benchmarks/profiling.py [ROWS]

Writes a Parquet file of ROWS rows (1,000,000 by default), 15 columns of numbers, 5 of categories
and a label, and profiles it twice in processes of their own: with an empty cache, and again.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl


def main() -> None:
    """Print the wall time of each run in seconds."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    random = np.random.default_rng(0)
    numbers = {f"x{i}": random.normal(size=rows) for i in range(15)}
    words = {f"c{i}": pl.Series(random.integers(0, 50, rows)).cast(pl.String) for i in range(5)}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bezoar.toml").touch()
        table = pl.DataFrame({**numbers, **words, "label": random.integers(0, 10, rows)})
        table.write_parquet(Path(folder, "rows.parquet"))
        for run in ("built", "kept"):
            began = time.perf_counter()
            call = [sys.executable, "-m", "bezoar", "profile", "./rows.parquet", "--format", "html"]
            subprocess.run([*call, "-o", "page.html"], cwd=folder, check=True)
            size = Path(folder, "page.html").stat().st_size
            print(
                f"{rows:,} rows, table {run}: {time.perf_counter() - began:.1f} s, {size:,} bytes"
            )


if __name__ == "__main__":
    main()
