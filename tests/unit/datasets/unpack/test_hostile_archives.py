"""A corpus of hostile archives: each is refused by the right rule, and leaves nothing behind."""

import pytest
from hostile_archives import hostile

from bezoar.core.severity import Severity
from bezoar.datasets.unpack import RULES, UnpackLimits, unpack, unpack_in_sandbox

CORPUS = hostile()
SMALL = UnpackLimits(
    entries=500, total_bytes=2 << 20, file_bytes=2 << 20, ratio=100, free_bytes=1 << 20
)
CODES = {rule.code for rule in RULES}


def everything(folder):
    return sorted(str(path) for path in folder.rglob("*"))


def tried(folder, data, way, limits=SMALL):
    """Unpack two folders down, so that one `..` too many shows; compare what lies around."""
    archive = folder / "archive"
    archive.write_bytes(data)
    into = folder / "a" / "b" / "data"
    into.parent.mkdir(parents=True)
    before = everything(folder)
    unpacked = way(archive, into, limits)
    assert everything(folder) == before
    return unpacked


def test_the_corpus_is_large_enough():
    assert len({one.what for one in CORPUS}) == len(CORPUS) >= 300
    assert len({one.data for one in CORPUS}) >= 300


@pytest.mark.parametrize("one", CORPUS, ids=lambda one: one.what)
def test_it_is_refused(one, tmp_path):
    unpacked = tried(tmp_path, one.data, unpack)
    blocking = [found for found in unpacked.findings if found.severity > Severity.LOW]
    assert unpacked.refused
    assert (unpacked.files, unpacked.bytes) == (0, 0)
    assert blocking[0].code in one.codes, blocking[0]
    for found in unpacked.findings:
        assert found.code in CODES
        assert str(found.place).isprintable()
        assert len(found.message) < 400
    assert len(unpacked.findings) <= 101


@pytest.mark.parametrize("one", CORPUS[:: len(CORPUS) // 12], ids=lambda one: one.what)
def test_it_is_refused_in_the_sandbox_by_the_same_findings(one, tmp_path):
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
    here = tried(tmp_path / "here", one.data, unpack)
    there = tried(tmp_path / "there", one.data, unpack_in_sandbox)
    assert there.refused
    assert there.findings == here.findings
    assert there.isolation is not None


OVERLAPS = [one for one in CORPUS if one.what.startswith("overlap")]


@pytest.mark.parametrize("one", OVERLAPS, ids=lambda one: one.what)
def test_an_overlap_is_seen_whatever_it_unpacks_to(one, tmp_path):
    unpacked = tried(tmp_path, one.data, unpack, UnpackLimits())
    assert {found.code for found in unpacked.findings} == {"BZ305"}
