"""Ordinary archives are unpacked, to the byte, without a word."""

import gzip
import io
import zipfile

import pytest
from ordinary_archives import PROGRAMS, below, by_program, ordinary, zipped

from bezoar.datasets.unpack import UnpackLimits, unpack, unpack_in_sandbox
from bezoar.datasets.unpack.reading import entries

CORPUS = ordinary()


def unpacked(folder, data, way=unpack):
    archive = folder / "archive.gz"
    archive.write_bytes(data)
    result = way(archive, folder / "data")
    assert result.findings == ()
    found = below(folder / "data")
    assert result.files == len(found)
    assert result.bytes == sum(map(len, found.values()))
    return found


def test_the_corpus_is_large_enough():
    assert len({what for what, _, _ in CORPUS}) == len(CORPUS)
    assert len(CORPUS) + len(PROGRAMS) >= 100


@pytest.mark.parametrize(("what", "data", "contents"), CORPUS, ids=[what for what, *_ in CORPUS])
def test_it_is_unpacked(what, data, contents, tmp_path):
    assert unpacked(tmp_path, data) == contents, what


@pytest.mark.parametrize("what", PROGRAMS)
def test_what_a_program_makes_is_unpacked(what, tmp_path):
    made = by_program(what, tmp_path)
    if made is None:
        pytest.skip("a program is missing: tar, zip, zstd, xz, bzip2 or git")
    data, contents = made
    assert unpacked(tmp_path, data) == contents


@pytest.mark.parametrize("one", CORPUS[:: len(CORPUS) // 8], ids=lambda one: one[0])
def test_it_is_unpacked_in_the_sandbox(one, tmp_path):
    _, data, contents = one
    assert unpacked(tmp_path, data, unpack_in_sandbox) == contents


def test_more_entries_than_the_short_form_of_a_zip_counts():
    data = zipped({f"{number}": b"" for number in range(70_000)})
    read = entries(io.BytesIO(data), len(data), "x.zip", UnpackLimits())
    assert [entry.name for entry in read] == [f"{number}" for number in range(70_000)]


def test_empty_folders_are_made(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("empty/", b"")
        file.writestr("x/y/empty/", b"")
    assert unpack(tmp_path / "a.zip", tmp_path / "data").files == 0
    assert (tmp_path / "data/empty").is_dir()
    assert (tmp_path / "data/x/y/empty").is_dir()


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("labels.csv.gz", "labels.csv"),
        ("LABELS.CSV.GZ", "LABELS.CSV"),
        ("labels", "labels"),
        (".gz", ".gz"),
        ("a.tar.gz", "a.tar"),
    ],
)
def test_one_file_is_named_after_its_archive(name, becomes, tmp_path):
    (tmp_path / name).write_bytes(gzip.compress(b"text"))
    unpack(tmp_path / name, tmp_path / "data")
    assert below(tmp_path / "data") == {becomes: b"text"}
