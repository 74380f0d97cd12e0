"""A mirror in a folder: whole or not at all, once, and never outside of it."""

import io
import os
import stat

import pytest
from mirror_scene import FILES, made_version, silent

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.fortify.mirror import open_mirror, publish
from bezoar.fortify.mirror.folder import FolderMirror
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.mirror.store import WrongBytesError

KEY = "datasets/signs/1.json"


def put(mirror, key, data, digest=None):
    return mirror.put(key, io.BytesIO(data), len(data), digest or Digest.of(data))


@pytest.fixture
def mirror(tmp_path):
    return FolderMirror(tmp_path / "mirror")


def test_what_is_put_is_found_and_read(mirror):
    assert mirror.find(KEY) is None
    assert put(mirror, KEY, b"x" * 600_000).size == 600_000
    assert mirror.find(KEY).size == 600_000
    assert b"".join(mirror.get(KEY)) == b"x" * 600_000
    assert list(mirror.keys("datasets/")) == [KEY]
    assert list(mirror.keys("datasets/si")) == [KEY]
    assert list(mirror.keys("blobs/")) == []


def test_what_is_there_already_stays(mirror):
    put(mirror, KEY, b"first")
    put(mirror, KEY, b"second")
    assert b"".join(mirror.get(KEY)) == b"first"
    mirror.replace(KEY, io.BytesIO(b"third"), 5, Digest.of(b"third"))
    assert b"".join(mirror.get(KEY)) == b"third"


@pytest.mark.parametrize("data", [b"", b"y" * 5, b"x" * 4, b"x" * 6], ids=str)
def test_other_bytes_than_announced_leave_nothing(mirror, data):
    with pytest.raises(WrongBytesError):
        mirror.put(KEY, io.BytesIO(data), 5, Digest.of(b"x" * 5))
    assert mirror.find(KEY) is None
    assert [path for path in mirror.root.rglob("*") if path.is_file()] == []


def test_an_empty_object_is_an_object(mirror):
    put(mirror, KEY, b"")
    assert mirror.find(KEY).size == 0
    assert list(mirror.get(KEY)) == []


def test_objects_are_read_only(mirror):
    put(mirror, KEY, b"x")
    assert stat.S_IMODE((mirror.root / KEY).stat().st_mode) == 0o444


@pytest.mark.parametrize("key", ["../x", "a/../b", "/etc/passwd", "a//b", ".drafts/x", "", "a/\0"])
def test_no_name_leads_outside(mirror, key):
    with pytest.raises(ValueError, match="not the name of an object"):
        mirror.find(key)


def test_a_pipe_in_the_place_of_an_object_is_not_waited_for(mirror):
    put(mirror, KEY, b"x")
    os.mkfifo(mirror.root / "datasets" / "pipe")
    assert mirror.find("datasets/pipe") is None
    with pytest.raises(BezoarError, match="not a regular file"):
        list(mirror.get("datasets/pipe"))


def test_a_share_that_is_not_mounted_is_no_new_mirror(tmp_path):
    mirror = FolderMirror(tmp_path / "share" / "mirror")
    with pytest.raises(BezoarError, match="cannot write") as caught:
        put(mirror, KEY, b"x")
    assert caught.value.next == f"ls -ld {tmp_path / 'share'}"


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("../mirror", "mirror"),
        ("mirror", "project/mirror"),
        ("file:mirror", "project/mirror"),
        ("file:../a%20b", "a b"),
    ],
)
def test_a_path_is_relative_to_the_project(tmp_path, uri, path):
    mirror = open_mirror(uri, tmp_path / "project")
    assert os.path.normpath(mirror.root) == str(tmp_path / path)


def test_an_address_of_a_file_is_absolute(tmp_path):
    assert open_mirror((tmp_path / "ä b").as_uri(), tmp_path).root == tmp_path / "ä b"


@pytest.mark.parametrize(
    "uri",
    ["", "file://host/x", "ftp://host/x", "file:///x?y", "s3://key:secret@bucket/x", "https://[x"],
)
def test_what_is_no_address_of_a_mirror_says_so(tmp_path, uri):
    with pytest.raises(UsageError) as caught:
        open_mirror(uri, tmp_path)
    assert "uri" in caught.value.next
    assert "secret" not in caught.value.message


def test_a_version_is_there_with_all_that_belongs_to_it(mirror, tmp_path):
    published = publish(mirror, made_version(tmp_path / "data"), silent)
    assert (published.new_objects, published.present) == (9, 0)
    for data in FILES.values():
        assert b"".join(mirror.get(blob_key(Digest.of(data)))) == data
    assert mirror.find(KEY) is not None
