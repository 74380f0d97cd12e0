"""Reads what `bezoar inspect --scores` wrote, for the samples at hand."""

import math
from pathlib import Path
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.core.manifest import Manifest
from bezoar.core.place import printable
from bezoar.recon.spot_check.drawing import Suspicion

_COLUMNS: Final = ("path", "label", "score", "flagged")
_MOST_BYTES: Final = 1 << 31


def read_scores(path: Path, manifest: Manifest, again: str) -> Suspicion:
    """Read a file of scores and hold it against the data.

    Args:
        path: A Parquet file.
        manifest: The data that it must be about.
        again: The command that makes such a file.

    Raises:
        UsageError: If it is no such file, or is about other data.
    """
    rows, digest = _read(path, again)
    known = {entry.path: entry.label or "" for entry in manifest.entries}
    scores, flagged = dict[str, float](), set[str]()
    for name, label, score, bad in rows:
        if not isinstance(name, str) or not isinstance(score, int | float) or name in scores:
            raise UsageError(f"{path} holds no scores: a path is missing or stands twice", again)
        if known.get(name) != (label or ""):
            why = f"{printable(name)} is not in it under this label"
            raise UsageError(f"{path} is not about this data: {why}", again)
        scores[name] = math.inf if math.isnan(score) else float(score)
        if bad:
            flagged.add(name)
    # What has no score could not be examined: it comes first, because nothing looked at it.
    scores |= {name: math.inf for name in known if name not in scores}
    return Suspicion(digest, scores, frozenset(flagged))


def _read(path: Path, again: str) -> tuple[list[tuple[Any, ...]], Digest]:
    import pyarrow as pa  # noqa: PLC0415 - most reviews go without
    import pyarrow.parquet as pq  # noqa: PLC0415 - the same

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        with pq.ParquetFile(pa.BufferReader(data)) as table:
            columns = table.read(columns=list(_COLUMNS), use_threads=False)
        rows = list(zip(*(columns.column(name).to_pylist() for name in _COLUMNS), strict=True))
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist", next=again) from None
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        why = printable(str(error).partition("\n")[0])
        raise UsageError(f"{path} holds no scores: {why}", next=again) from error
    return rows, Digest.of(data)
