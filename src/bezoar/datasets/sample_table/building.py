"""`build_table`: a dataset's sample table, built by processes, shard by shard, resumed if killed.

Each shard becomes a Parquet file of its own, written whole; where a build was ended, the next one
goes on behind what is there. At the end the shards are joined, and what can be known of the whole
alone (near-duplicates, provenance) is added. No more than some shards are held in memory.
"""

import io
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import polars as pl

from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.opening import open_dataset
from bezoar.datasets.sample_table.joining import join_parts
from bezoar.datasets.sample_table.pictures import picture_rows
from bezoar.datasets.sample_table.places import Places
from bezoar.datasets.writing import write_whole

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

SHARD: Final = 512
"""Samples of one part."""
# Below this, starting processes takes longer than they save.
_WORTH_PROCESSES: Final = 3000


def build_table(
    path: Path,
    target: Path,
    *,
    provenance: pl.DataFrame | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Build the sample table of a set of pictures.

    Parts lie in `<target>.parts` until they are joined: `target` must name the content (as its
    root does), or a resumed build would mix two of them.

    Args:
        path: What `open_dataset` opens.
        target: The Parquet file to write, whole or not at all.
        provenance: Columns `path` and any of `source`, `uploader`, `added_at`, `split`.
        workers: Processes; by default one a core where that pays. `joblib.parallel_config` may
            choose another backend.
        progress: Called now and then with (done, total).

    Returns:
        `target`.

    Raises:
        UsageError: If it is no dataset.
        BezoarError: If it cannot be read or written.
    """
    dataset = open_dataset(path)
    parts = target.with_name(f"{target.name}.parts")
    names = [parts / f"{start // SHARD:06d}.parquet" for start in range(0, len(dataset), SHARD)]
    missing = [number for number, name in enumerate(names) if not name.is_file()]
    done = len(names) - len(missing)
    if workers is None:
        enough = len(missing) * SHARD >= _WORTH_PROCESSES
        workers = len(os.sched_getaffinity(0)) if enough else 1
    for _ in _written(dataset, path, names, missing, workers):
        done += 1
        if progress is not None:
            progress(min(done * SHARD, len(dataset)), len(dataset))
    join_parts(names, target, provenance)
    shutil.rmtree(parts, ignore_errors=True)
    return target


def _written(
    dataset: IndexedDataset, path: Path, names: Sequence[Path], missing: list[int], workers: int
) -> Iterator[None]:
    """Write the parts that are missing; yield after each."""
    if workers == 1:
        found = Places(dataset, path)
        for number in missing:
            _write_part(dataset, found, number, names[number])
            yield
        return
    from joblib import Parallel, delayed  # noqa: PLC0415 - only a large table needs it

    run = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)
    job, me = delayed(_write_in_process), os.getpid()
    jobs = (job(path, number, names[number], me) for number in missing)
    with closing(run(jobs)) as results:
        yield from results


def _write_in_process(path: Path, number: int, name: Path, builder: int) -> None:
    _end_with(builder)
    _write_part(*_opened(path), number, name)


@lru_cache(maxsize=1)
def _end_with(builder: int) -> None:
    """End a process that the builder started when the builder is gone: it would wait minutes."""

    def watch() -> None:
        while os.getppid() == builder:
            time.sleep(1)
        os._exit(1)

    if os.getppid() == builder:
        threading.Thread(target=watch, daemon=True).start()


@lru_cache(maxsize=1)
def _opened(path: Path) -> tuple[IndexedDataset, Places]:
    """Open a dataset once in each process: handles do not travel between them."""
    dataset = open_dataset(path)
    return dataset, Places(dataset, path)


def _write_part(dataset: IndexedDataset, found: Places, number: int, name: Path) -> None:
    rows = range(number * SHARD, min((number + 1) * SHARD, len(dataset)))
    table = picture_rows(
        (dataset.ids[row], dataset.labels[row], partial(dataset.read, dataset.keys[row]))
        for row in rows
    )
    positions, times = zip(*found.of(rows), strict=True)
    table = table.with_columns(
        pl.Series("position", positions, pl.Int64),
        pl.Series("added_at", times, pl.Datetime("ms", "UTC")),
    )
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    write_whole(name, buffer.getvalue())
