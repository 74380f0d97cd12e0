"""Archives with bytes changed at random: a finding, or what another program reads as well."""

import io
import tarfile
import zipfile
from contextlib import suppress
from random import Random

import pyarrow as pa
import pytest
from ordinary_archives import COMPRESS, below, tarred, zipped

from bezoar.datasets.unpack import UnpackLimits, archive_kind, unpack

GIVEN = {"a/b.txt": b"hello" * 9, "a/c.bin": bytes(range(256)), "d/\u00e9.txt": b"x" * 700}
SEEDS = [
    *(zipped(GIVEN, method) for method in (0, 8, 12, 14)),
    zipped(GIVEN, 8, pipe=True),
    zipped(GIVEN, large=True),
    *(tarred(GIVEN, form) for form in (0, 1, 2)),
    *(compress(tarred(GIVEN, 2)) for codec, compress in COMPRESS.items() if codec),
]
LIMITS = UnpackLimits(entries=100, total_bytes=1 << 20, file_bytes=1 << 20, free_bytes=1 << 18)
TELLING = (0, 1, 0xFF, ord("/"), ord("."), ord("\\"))


def mutated(chance):
    data = bytearray(chance.choice(SEEDS))
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at, other = chance.randrange(len(data)), chance.randrange(len(data))
        length = chance.randrange(1, 50)
        match chance.randrange(6):
            case 0 | 1:
                data[at] = chance.choice((*TELLING, chance.randrange(256)))
            case 2:
                data[at] ^= 1 << chance.randrange(8)
            case 3:
                del data[at : at + length]
            case 4:
                data[at:at] = data[at : at + 12 * length]
            case 5:
                data[at : at + length] = data[other : other + length]
    return bytes(data)


def read_by_others(path):
    """Return the files that `zipfile` or `tarfile` read; None where they read nothing."""
    data, kind = path.read_bytes(), archive_kind(path)
    with suppress(Exception):
        if kind == "zip":
            with zipfile.ZipFile(path) as file:
                return {one.filename: file.read(one) for one in file.infolist() if not one.is_dir()}
        if kind == "zstd":
            data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
        with tarfile.open(fileobj=io.BytesIO(data)) as file:
            return {one.name: file.extractfile(one).read() for one in file if one.isfile()}
    return None


@pytest.mark.parametrize("seed", range(8))
def test_it_is_refused_or_read_as_others_read_it(seed, tmp_path):
    chance, archive, into = Random(seed), tmp_path / "archive", tmp_path / "data"  # noqa: S311 - repeatable
    accepted = 0
    for number in range(60):
        archive.write_bytes(mutated(chance))
        unpacked = unpack(archive, into, LIMITS)
        assert unpacked.refused is not into.exists()
        if into.exists():
            others, found = read_by_others(archive), below(into)
            if others is not None and set(found) != {"archive"}:
                accepted += 1
                names = {name.removeprefix("./"): data for name, data in others.items()}
                assert names == found, number
            into.rename(tmp_path / f"{number}")
    assert accepted
