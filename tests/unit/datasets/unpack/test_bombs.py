"""Bombs of each codec, with the limits that users have: what they cost the machine."""

import bz2
import gzip
import json
import lzma
import random
import subprocess
import sys
import zipfile
import zlib

import pyarrow as pa
import pytest
from archive_parts import Member, zip_of

MIB = 1 << 20
MOST_MEMORY = 300 * MIB

# A small process of its own: what a child had at most includes what its parent had when it began.
MEASURED = """
import json, resource, sys
from pathlib import Path
from bezoar.datasets.unpack import UnpackLimits, unpack_in_sandbox
limits = UnpackLimits(**json.loads(sys.argv[3]))
unpacked = unpack_in_sandbox(Path(sys.argv[1]), Path(sys.argv[2]), limits)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps([unpacked.files, [found.code for found in unpacked.findings], most]))
"""


def streams(compress):
    return lambda _: compress(bytes(16 * MIB)) * 64


def deflated(_):
    """One entry of 70 MiB, whose headers say so."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    crc, packed = 0, b""
    for _ in range(70):
        crc, packed = zlib.crc32(bytes(MIB), crc), packed + stream.compress(bytes(MIB))
    honest = {"size": 70 * MIB, "crc": crc}
    member = Member(method=8, packed=packed + stream.flush(), local=honest, central=honest)
    return zip_of(member)


def zipped(method):
    def make(folder):
        with zipfile.ZipFile(folder / "made.zip", "w", method) as file, file.open("x", "w") as one:
            one.writelines(bytes(MIB) for _ in range(70))
        return (folder / "made.zip").read_bytes()

    return make


BOMBS = {
    "gzip": streams(gzip.compress),
    "bzip2": streams(bz2.compress),
    "xz": streams(lzma.compress),
    "zstd": streams(lambda data: pa.compress(data, "zstd", asbytes=True)),
    "xz, a large window": lambda _: lzma.compress(bytes(70 * MIB), preset=9),
    "zip": deflated,
    "zip, bzip2": zipped(zipfile.ZIP_BZIP2),
    "zip, lzma": zipped(zipfile.ZIP_LZMA),
}


def measured(archive, into, **limits):
    command = [sys.executable, "-c", MEASURED, archive, into, json.dumps(limits)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=into.parent)
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_costs_little(what, tmp_path):
    archive, into = tmp_path / "bomb", tmp_path / "data"
    archive.write_bytes(BOMBS[what](tmp_path))
    files, codes, memory = measured(archive, into)
    assert (files, codes) == (0, ["BZ304"])
    assert memory < MOST_MEMORY
    assert not into.exists()


NAMES = """
import re
from pathlib import Path
from bezoar.datasets.unpack.names import Names
names, above = Names(), ("d" * 200,) * 9
for number in range(200_000):
    names.add((str(number // 2), *above, str(number)), folder=False)
print(re.search("VmHWM:\\s*([0-9]+) kB", Path("/proc/self/status").read_text())[1])
"""


def test_many_long_names_cost_little():
    """Names of two kilobytes, each in folders of its own: kept whole they would be gigabytes."""
    done = subprocess.run([sys.executable, "-c", NAMES], capture_output=True, check=True)
    assert int(done.stdout) * 1024 < MOST_MEMORY


def test_a_large_honest_file_costs_little(tmp_path):
    archive, into = tmp_path / "honest", tmp_path / "data"
    noise = random.Random(1).randbytes(MIB)  # noqa: S311 - the same bytes each time
    with zipfile.ZipFile(archive, "w") as file, file.open("x", "w") as one:
        one.writelines(noise for _ in range(150))
    files, codes, memory = measured(archive, into)
    assert (files, codes) == (1, [])
    assert memory < 150 * MIB
