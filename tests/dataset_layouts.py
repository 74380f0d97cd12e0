"""Small data sets in every layout, for the readers' tests."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bezoar.datasets.decoding import encode_png


def picture(number: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 255, (side, side, 3), dtype=np.uint8)


def png(number: int) -> bytes:
    return encode_png(picture(number))


def write_files(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_tar(path: Path, files: dict[str, bytes], kind=tarfile.PAX_FORMAT) -> Path:
    mode = {".gz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}.get(path.suffix, "w")
    with tarfile.open(path, mode, format=kind) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def four_files() -> dict[str, bytes]:
    """Two classes, two pictures each."""
    names = ("go/0.png", "go/1.png", "stop/0.png", "stop/1.png")
    return {name: png(number) for number, name in enumerate(names)}


def write_npz(path: Path, **arrays: object) -> Path:
    np.savez_compressed(path, **arrays)
    return path


def write_parquet(path: Path, rows: list[dict[str, object]], metadata=None) -> Path:
    table = pa.Table.from_pylist(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=3)
    return path


def codes(dataset) -> list[str]:
    return sorted(problem.code for problem in dataset.problems)


def labels(dataset) -> dict[str, str | None]:
    return {sample.id: sample.label for sample in dataset}
