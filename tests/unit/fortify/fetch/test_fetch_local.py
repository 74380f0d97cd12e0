"""Files and folders of this machine, and what DVC keeps there."""

import hashlib
import json
import os

import pytest
from fetch_scene import Web, left, sha256

from bezoar.adapters.dvc import file_text, md5_of
from bezoar.adapters.web.errors import UnreachableError
from bezoar.core.errors import NothingToInspectError, UsageError

DATA = bytes(range(256)) * 20


@pytest.fixture
def web():
    with Web() as one:
        yield one


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "data"
    for path, data in {"stop/0.png": DATA, "go/0.png": b"go", "go/empty": b""}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def codes(fetched):
    return [(f.code, str(f.severity)) for f in fetched.findings]


def paths(fetched):
    return [file.path for file in fetched.record.files]


def test_a_file(web, folder, tmp_path):
    fetched = web.fetch(str(folder / "stop/0.png"), tmp_path, version="1")
    assert fetched.record.sha256 == sha256(DATA)
    assert fetched.record.source == (folder / "stop/0.png").as_uri()
    assert web.fetch(str(folder / "stop/0.png"), tmp_path, version="1").again


def test_a_folder(web, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fetched = web.fetch("./data", tmp_path, version="1")
    assert paths(fetched) == ["go/0.png", "go/empty", "stop/0.png"]
    assert codes(fetched) == []
    (folder / "go/0.png").write_bytes(b"GO")
    with pytest.raises(UsageError, match="with other bytes"):
        web.fetch("./data", tmp_path, version="1")


def test_links_and_what_programs_act_on_are_left_out(web, folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"key")
    (folder / "link.png").symlink_to(secret)
    (folder / "linked").symlink_to(tmp_path)
    (folder / ".git/hooks").mkdir(parents=True)
    (folder / ".git/hooks/post-checkout").write_text("x")
    os.mkfifo(folder / "pipe")
    fetched = web.fetch(str(folder), tmp_path, version="1")
    assert paths(fetched) == ["go/0.png", "go/empty", "stop/0.png"]
    assert {f.place.name for f in fetched.findings} == {".git", "link.png", "linked", "pipe"}
    assert {f.code for f in fetched.findings} == {"BZ339"}


def test_a_link_is_not_fetched_itself(web, folder, tmp_path):
    (tmp_path / "link").symlink_to(folder / "stop/0.png")
    with pytest.raises(UnreachableError):
        web.fetch(str(tmp_path / "link"), tmp_path, version="1")


def test_a_hostile_name_fetches_nothing(web, folder, tmp_path):
    (folder / "a\nb").write_bytes(b"x")
    assert codes(web.fetch(str(folder), tmp_path, version="1")) == [("BZ339", "high")]
    assert not (tmp_path / "quarantine").exists()


def test_a_name_that_is_no_text_fetches_nothing(web, folder, tmp_path):
    (folder / os.fsdecode(b"\xff\xfe")).write_bytes(b"x")
    assert codes(web.fetch(str(folder), tmp_path, version="1")) == [("BZ339", "high")]


def test_an_empty_folder_is_nothing_to_fetch(web, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToInspectError):
        web.fetch(str(tmp_path / "empty"), tmp_path, version="1")


def pushed(folder, remote, tmp_path):
    """Store a folder as `dvc push` does; return its .dvc file."""
    md5, size, count = md5_of(folder)
    rows = []
    for path in sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()):
        data = (folder / path).read_bytes()
        name = hashlib.md5(data, usedforsecurity=False).hexdigest()
        store(remote, name, data)
        rows.append({"md5": name, "relpath": path})
    store(remote, md5, json.dumps(rows, sort_keys=True).encode())
    path = tmp_path / "data.dvc"
    path.write_text(file_text("data", size, md5, count, {}))
    return path


def store(remote, name, data):
    place = remote / "files/md5" / name[:2] / name[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return place


def test_a_folder_of_dvc(web, folder, tmp_path):
    file = pushed(folder, tmp_path / "remote", tmp_path)
    fetched = web.fetch(str(file), tmp_path, version="1", remote=str(tmp_path / "remote"))
    assert paths(fetched) == ["go/0.png", "go/empty", "stop/0.png"]
    assert fetched.record.revision.startswith("dvc-dir-md5:")
    assert (tmp_path / "quarantine/signs@1/fetched/stop/0.png").read_bytes() == DATA
    again = web.fetch(str(file), tmp_path, version="1", remote=str(tmp_path / "remote"))
    assert again.again


def test_a_file_of_dvc_over_the_web(web, tmp_path):
    name = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    (tmp_path / "x.npz.dvc").write_text(file_text("x.npz", len(DATA), name, None, {}))
    place = f"https://data.example.org/store/files/md5/{name[:2]}/{name[2:]}"
    web.answers[place] = DATA
    remote = "https://data.example.org/store/"
    fetched = web.fetch(str(tmp_path / "x.npz.dvc"), tmp_path, version="1", remote=remote)
    assert (paths(fetched), fetched.record.sha256) == (["x.npz"], sha256(DATA))


def test_an_object_that_was_exchanged_in_the_remote_is_not_kept(web, folder, tmp_path):
    """What `dvc pull` delivers without a word."""
    file = pushed(folder, tmp_path / "remote", tmp_path)
    name = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    store(tmp_path / "remote", name, b"poison" + DATA[6:])
    fetched = web.fetch(str(file), tmp_path, version="1", remote=str(tmp_path / "remote"))
    assert codes(fetched) == [("BZ338", "critical")]
    assert left(tmp_path / "quarantine") == []


@pytest.mark.parametrize("name", ["list", "object"])
def test_what_the_remote_has_not_or_another(web, folder, tmp_path, name):
    file = pushed(folder, tmp_path / "remote", tmp_path)
    if name == "list":
        (listing,) = (tmp_path / "remote").rglob("*.dir")
        listing.write_text(json.dumps(json.loads(listing.read_bytes())[:1]))
    else:
        md5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
        (tmp_path / "remote/files/md5" / md5[:2] / md5[2:]).unlink()
    with pytest.raises(UnreachableError):
        web.fetch(str(file), tmp_path, version="1", remote=str(tmp_path / "remote"))


@pytest.mark.parametrize(
    "rows",
    [
        [{"md5": "a" * 32, "relpath": "../../x"}],
        [{"md5": "a" * 32, "relpath": "/x"}],
        [{"md5": "a" * 32, "relpath": "x"}, {"md5": "a" * 32, "relpath": "X"}],
    ],
)
def test_a_hostile_list_of_dvc_fetches_nothing(web, tmp_path, rows):
    data = json.dumps(rows).encode()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir"
    store(tmp_path / "remote", md5, data)
    store(tmp_path / "remote", "a" * 32, b"x")
    (tmp_path / "d.dvc").write_text(file_text("d", 1, md5, 1, {}))
    remote = str(tmp_path / "remote")
    fetched = web.fetch(str(tmp_path / "d.dvc"), tmp_path, version="1", remote=remote)
    assert codes(fetched) == [("BZ339", "high")]


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"{}",
        b"[]",
        b"[[]]",
        b"null",
        b'[{"md5": 1}]',
        b'[{"md5": "../../../x", "relpath": "x"}]',
        b"[" * 100_000,
    ],
)
def test_a_list_of_dvc_that_is_none(web, tmp_path, data):
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir"
    store(tmp_path / "remote", md5, data)
    (tmp_path / "d.dvc").write_text(file_text("d", 1, md5, 1, {}))
    with pytest.raises(UnreachableError, match="is none"):
        web.fetch(str(tmp_path / "d.dvc"), tmp_path, remote=str(tmp_path / "remote"))


@pytest.mark.parametrize("text", ["", "outs: []", "outs:\n- path: x\n  md5: zz", "- {", "\x00"])
def test_a_dvc_file_that_is_none(web, tmp_path, text):
    (tmp_path / "d.dvc").write_text(text)
    with pytest.raises(UsageError):
        web.fetch(str(tmp_path / "d.dvc"), tmp_path, remote=str(tmp_path))


def test_a_remote_belongs_to_a_dvc_file(web, tmp_path):
    (tmp_path / "d.dvc").write_text("outs: []")
    with pytest.raises(UsageError, match="where is its data"):
        web.fetch(str(tmp_path / "d.dvc"), tmp_path)
    with pytest.raises(UsageError, match="--remote is for DVC"):
        web.fetch(str(tmp_path), tmp_path, remote="x")
