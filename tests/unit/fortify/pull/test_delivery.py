"""Delivering: verified, whole, or not at all."""

import io
import os
import stat
import threading

import pytest
from pull_scene import MIRROR, Unverified, entry_of, overwrite, tree

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, HashMismatch
from bezoar.core.manifest import Manifest
from bezoar.fortify.mirror import open_mirror
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.pull import cache, content, delivery
from bezoar.fortify.pull.cache import Cache
from bezoar.fortify.pull.content import Contents
from bezoar.fortify.pull.delivery import deliver

FILES = {"a/1.png": b"one" * 99, "a/2.png": b"two" * 99, "b/3.png": b"one" * 99, "x.csv": b""}
MANIFEST = Manifest.of(entry_of(path, data) for path, data in FILES.items())


@pytest.fixture(params=["in memory", "streamed", "grown"])
def contents(tmp_path, monkeypatch, request):
    """Every test with files read whole, streamed, and copied to the cache piece by piece."""
    if request.param != "in memory":
        monkeypatch.setattr(content, "SMALL", -1)
        monkeypatch.setattr(delivery, "SMALL", -1)
    if request.param == "grown":
        monkeypatch.setattr(cache, "_PIECE", 7)
        monkeypatch.setattr(cache, "clone", lambda _source, _target: False)
    store = open_mirror(MIRROR, tmp_path)
    for data in FILES.values():
        digest = Digest.of(data)
        store.put(blob_key(digest), io.BytesIO(data), len(data), digest)
    return Contents("signs@1", store, Cache(tmp_path / "cache"))


def renewed(contents, **fields):
    """Return the same contents for another pull."""
    return Contents(contents.dataset, contents.mirror, contents.cache, **fields)


def stored(contents, data):
    return contents.mirror.root / blob_key(Digest.of(data))


def part_of(target):
    return target.with_name(f".bezoar-{target.name}.part")


def test_every_file_arrives_and_nothing_else(tmp_path, contents):
    target = tmp_path / "new" / "copy"
    seen = []
    done = deliver(MANIFEST, target, contents, progress=lambda *step: seen.append(step))
    assert tree(target) == FILES
    assert (done.files, done.bytes, done.cached, done.present) == (4, 891, 0, False)
    assert seen[-1] == (891, 891)
    assert [path.name for path in target.parent.iterdir()] == ["copy"]


def test_a_copy_is_not_for_writing(tmp_path, contents):
    deliver(MANIFEST, tmp_path / "copy", contents)
    assert stat.S_IMODE((tmp_path / "copy/a/1.png").stat().st_mode) == 0o444


def test_an_empty_folder_is_filled(tmp_path, contents):
    (tmp_path / "copy").mkdir()
    deliver(MANIFEST, tmp_path / "copy", contents)
    assert tree(tmp_path / "copy") == FILES


def test_the_second_copy_comes_from_the_cache(tmp_path, contents):
    deliver(MANIFEST, tmp_path / "one", contents)
    for data in FILES.values():
        stored(contents, data).unlink(missing_ok=True)
    done = deliver(MANIFEST, tmp_path / "two", renewed(contents))
    assert (tree(tmp_path / "two"), done.cached) == (FILES, 4)


def test_what_is_written_into_a_copy_stays_there(tmp_path, contents):
    deliver(MANIFEST, tmp_path / "one", contents)
    overwrite(tmp_path / "one/a/1.png", b"scribble")
    deliver(MANIFEST, tmp_path / "two", renewed(contents))
    assert tree(tmp_path / "two") == FILES


@pytest.mark.parametrize("found", [b"one" * 98 + b"eno", b"one" * 98, b"one" * 100])
def test_other_bytes_in_the_mirror(tmp_path, contents, found):
    overwrite(stored(contents, FILES["a/1.png"]), found)
    with pytest.raises(HashMismatch) as raised:
        deliver(MANIFEST, tmp_path / "copy", contents)
    assert raised.value.place == blob_key(Digest.of(FILES["a/1.png"]))
    assert raised.value.expected == str(Digest.of(FILES["a/1.png"]))
    assert not (tmp_path / "copy").exists()
    assert found not in tree(tmp_path / "cache").values()


def test_other_bytes_in_the_cache_are_never_replaced_in_silence(tmp_path, contents):
    deliver(MANIFEST, tmp_path / "one", contents)
    path = contents.cache.path(Digest.of(FILES["a/2.png"]).value)
    overwrite(contents.cache.folder.joinpath(path), b"owt" * 99)
    with pytest.raises(HashMismatch) as raised:
        deliver(MANIFEST, tmp_path / "two", renewed(contents))
    assert raised.value.place == path
    assert not (tmp_path / "two").exists()


def test_a_link_in_the_cache_is_not_followed(tmp_path, contents):
    deliver(MANIFEST, tmp_path / "one", contents)
    path = contents.cache.folder / contents.cache.path(Digest.of(FILES["a/2.png"]).value)
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert deliver(MANIFEST, tmp_path / "two", renewed(contents)).cached == 3


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, contents):
    (tmp_path / "cache").write_bytes(b"a file")
    assert deliver(MANIFEST, tmp_path / "copy", contents).cached == 0


def test_a_cache_that_fills_up_half_way_is_done_without(tmp_path, contents, monkeypatch):
    real, left = cache.copy, [40]

    def full(source, target, begin=0, end=None):
        left[0] -= (end or 0) - begin
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(source, target, begin, end)

    monkeypatch.setattr(cache, "copy", full)
    deliver(MANIFEST, tmp_path / "copy", contents)
    assert tree(tmp_path / "copy") == FILES
    assert list((tmp_path / "cache" / "drafts").iterdir()) == []


def test_no_object_in_the_mirror(tmp_path, contents):
    stored(contents, FILES["a/2.png"]).unlink()
    with pytest.raises(BezoarError):
        deliver(MANIFEST, tmp_path / "copy", contents)
    assert not (tmp_path / "copy").exists()


def test_what_an_earlier_run_finished_is_used_again(tmp_path, contents):
    stored(contents, FILES["a/2.png"]).unlink()
    with pytest.raises(BezoarError):
        deliver(MANIFEST, tmp_path / "copy", contents, workers=1)
    part = part_of(tmp_path / "copy")
    kept = set(tree(part)) - {"a/2.png"}
    (part / "a" / "strange").write_bytes(b"x")
    (part / "c").mkdir()
    (part / "link").symlink_to("/etc")
    overwrite(part / "b/3.png", b"eno" * 99) if "b/3.png" in kept else None
    data = FILES["a/2.png"]
    contents.mirror.put(blob_key(Digest.of(data)), io.BytesIO(data), len(data), Digest.of(data))
    done = deliver(MANIFEST, tmp_path / "copy", renewed(contents))
    assert done.reused == len(kept - {"b/3.png"})
    assert sorted(p.name for p in (tmp_path / "copy").iterdir()) == ["a", "b", "x.csv"]
    assert tree(tmp_path / "copy") == FILES
    assert not part.exists()


def test_a_link_in_the_place_of_the_part_leads_nowhere(tmp_path, contents):
    (tmp_path / "elsewhere").mkdir()
    part_of(tmp_path / "copy").symlink_to(tmp_path / "elsewhere")
    deliver(MANIFEST, tmp_path / "copy", contents)
    assert tree(tmp_path / "copy") == FILES
    assert list((tmp_path / "elsewhere").iterdir()) == []


CHANGES = {
    "a byte": lambda copy: overwrite(copy / "a/1.png", b"eno" + b"one" * 98),
    "missing": lambda copy: (copy / "a/1.png").unlink(),
    "extra": lambda copy: (copy / "a/9.png").write_bytes(b"x"),
    "extra, hidden": lambda copy: (copy / ".x").write_bytes(b"x"),
    "an empty class": lambda copy: (copy / "aa").mkdir(),
    "a link to the same bytes": lambda copy: (
        (copy / "a/1.png").rename(copy.parent / "kept"),
        (copy / "a/1.png").symlink_to(copy.parent / "kept"),
    ),
    "a link more": lambda copy: (copy / "a/9.png").symlink_to("1.png"),
    "a class renamed": lambda copy: (copy / "b").rename(copy / "c"),
    "a pipe": lambda copy: os.mkfifo(copy / "a/pipe"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_copy_that_is_there_is_verified_and_never_mended(tmp_path, contents, change):
    copy = tmp_path / "copy"
    deliver(MANIFEST, copy, contents)
    assert deliver(MANIFEST, copy, renewed(contents)).present
    change(copy)
    before = sorted(copy.rglob("*"))
    with pytest.raises(HashMismatch, match="to have a whole one, move it away"):
        deliver(MANIFEST, copy, renewed(contents))
    assert sorted(copy.rglob("*")) == before
    assert deliver(MANIFEST, copy, renewed(contents, verification=Unverified())).present


def test_what_an_ended_run_left_beside_a_whole_copy_goes(tmp_path, contents):
    copy = tmp_path / "copy"
    deliver(MANIFEST, copy, contents)
    part_of(copy).mkdir()
    (part_of(copy) / "x.csv").write_bytes(b"half")
    deliver(MANIFEST, copy, renewed(contents))
    assert not part_of(copy).exists()


def test_a_file_in_the_place_of_the_folder(tmp_path, contents):
    (tmp_path / "copy").write_bytes(b"x")
    with pytest.raises(HashMismatch, match="it is no folder"):
        deliver(MANIFEST, tmp_path / "copy", contents)


def test_without_verification_other_bytes_are_delivered(tmp_path, contents):
    overwrite(stored(contents, FILES["a/1.png"]), b"poison")
    deliver(MANIFEST, tmp_path / "copy", renewed(contents, verification=Unverified()))
    assert (tmp_path / "copy/a/1.png").read_bytes() == b"poison"


@pytest.mark.parametrize("name", ["../x", "/x", "a//x", "a/./x", "a/../../x", "\0", "a\\b"])
def test_no_name_leads_out_of_the_folder(tmp_path, contents, name):
    bad = Manifest.of([*MANIFEST.entries, entry_of(name, b"")])
    with pytest.raises(BezoarError):
        deliver(bad, tmp_path / "copy", contents)
    assert not (tmp_path / "copy").exists()


def test_a_folder_that_cannot_be_written(tmp_path, contents):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BezoarError, match="cannot write"):
        deliver(MANIFEST, tmp_path / "file" / "copy", contents)


def test_several_at_once_make_one_copy(tmp_path, contents):
    results = []

    def work():
        results.append(deliver(MANIFEST, tmp_path / "copy", renewed(contents)).present)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True, True, True]
    assert tree(tmp_path / "copy") == FILES
