from datetime import timedelta
from pathlib import Path

import pytest
from dataset_layouts import four_files, write_files, write_zip

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.dbom import Dbom, describe, location_of, means_path, split_spec
from bezoar.datasets.entry import Content, DbomEntry, Origin, now
from bezoar.datasets.entry_toml import format_entry
from bezoar.datasets.manifest import build_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.project import Project

DIGEST = "sha256:" + 32 * "cd"
NOW = now()


@pytest.fixture
def dbom(tmp_path):
    return Dbom(Project(tmp_path))


def entry(name="signs", version="1", age=0, location="d"):
    time = NOW - timedelta(days=age)
    content = Content(location=location, samples=1, bytes=1, root=DIGEST, manifest=DIGEST)
    origin = Origin(uris=("x",), retrieved_at=time)
    return DbomEntry(name=name, version=version, added_at=time, origin=origin, content=content)


def test_added_and_found(dbom, tmp_path):
    path = dbom.add(entry())
    assert path == tmp_path / "dbom" / "signs@1.toml"
    assert dbom.find("signs@1") == entry() == dbom.find("signs")


def test_a_bare_name_is_the_newest(dbom):
    for version, age in (("2", 5), ("10", 1), ("9", 3)):
        dbom.add(entry(version=version, age=age))
    dbom.add(entry(name="signs-2"))
    assert dbom.find("signs").version == "10"
    assert [one.spec for one in dbom.entries()] == ["signs@2", "signs@9", "signs@10", "signs-2@1"]


def test_a_version_never_changes(dbom):
    dbom.add(entry())
    with pytest.raises(UsageError, match="in the DBOM already"):
        dbom.add(entry())


def test_update_keeps_comments(dbom):
    path = dbom.add(entry())
    path.write_text("# ours\n" + path.read_text())
    dbom.update(entry().model_copy(update={"purpose": "drill"}))
    assert dbom.find("signs").purpose == "drill"
    assert path.read_text().startswith("# ours\n")


@pytest.mark.parametrize(
    ("spec", "hint"), [("sings", "did you mean signs"), ("signs@2", "did you mean signs@1")]
)
def test_unknown_names(dbom, spec, hint):
    dbom.add(entry())
    with pytest.raises(UsageError, match=hint):
        dbom.find(spec)


def test_empty_dbom(dbom):
    assert dbom.entries() == []
    with pytest.raises(UsageError, match="knows no signs") as caught:
        dbom.find("signs")
    assert caught.value.next == "bezoar dbom add --help"


@pytest.mark.parametrize("spec", ["", "Signs", "a@", "@1", "a@b@c", "../a", "a@../b", "*"])
def test_specs_that_are_none(dbom, spec):
    with pytest.raises(UsageError, match="not a dataset's name"):
        dbom.find(spec)


def test_split_spec():
    assert split_spec("a.b-c@1.0+x") == ("a.b-c", "1.0+x")
    assert split_spec("a") == ("a", None)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (format_entry(entry(name="other")).encode(), "describes other@1"),
        (b"\xff", "not UTF-8"),
        (b"", "Field required"),
    ],
)
def test_files_that_are_off(dbom, data, says):
    dbom.folder.mkdir()
    (dbom.folder / "signs@1.toml").write_bytes(data)
    with pytest.raises(UsageError, match=says):
        dbom.find("signs")
    with pytest.raises(UsageError, match=says):
        dbom.entries()


def test_unreadable_file(dbom):
    (dbom.folder / "signs@1.toml").mkdir(parents=True)
    with pytest.raises(BezoarError, match="Is a directory"):
        dbom.entries()


def test_entry_at_a_path(dbom, tmp_path, monkeypatch):
    dbom.add(entry(version="1", age=2))
    dbom.add(entry(version="2", age=1))
    dbom.add(entry(version="3", location="elsewhere"))
    monkeypatch.chdir(tmp_path)
    assert dbom.at(Path("d")).version == dbom.at(tmp_path / "x" / ".." / "d").version == "2"
    with pytest.raises(UsageError, match="not in the DBOM"):
        dbom.at(Path("other"))


@pytest.mark.parametrize("text", ["./x", "../x", "a/b", "/a", "~/a", ".", "x.npz", "x.tar.gz"])
def test_paths(text):
    assert means_path(text)


@pytest.mark.parametrize("text", ["x", "x@1.0", "x.y", "gtsrb-2.0", "x@1.zip"])
def test_names(text):
    assert not means_path(text)


def test_location(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert location_of(Path("a/../b"), tmp_path) == "b"
    assert location_of(tmp_path, tmp_path) == "."
    assert location_of(Path("/elsewhere"), tmp_path) == "/elsewhere"


def described(path, root):
    dataset = open_dataset(path)
    return describe(dataset, path, build_manifest(dataset), Digest.parse(DIGEST), root)


def test_content_of_a_folder(tmp_path):
    files = four_files()
    content = described(write_files(tmp_path / "d", files), tmp_path)
    assert (content.location, content.samples) == ("d", 4)
    assert content.bytes == sum(map(len, files.values()))
    assert content.classes == {"go": 2, "stop": 2}
    assert content.artefacts == ()


def test_content_of_an_archive(tmp_path):
    path = write_zip(tmp_path / "a.zip", four_files())
    (artefact,) = described(path, tmp_path).artefacts
    assert (artefact.path, artefact.size) == ("a.zip", path.stat().st_size)
    assert artefact.digest == str(Digest.of(path.read_bytes()))


def test_classes_are_in_the_order_of_their_numbers(tmp_path):
    files = {f"{label}/0.png": b"x" for label in ("10", "9", "b", "a", "100")}
    content = described(write_files(tmp_path / "d", files), tmp_path)
    assert list(content.classes) == ["9", "10", "100", "a", "b"]


def draft(version="1"):
    return entry(version=version).model_copy(update={"content": None})


def test_a_draft_is_completed_once(dbom):
    assert dbom.draft("signs", "1") is None
    path = dbom.put(draft())
    path.write_text("# ours\n" + path.read_text())
    assert dbom.draft("signs", "1") == draft()
    assert dbom.put(entry()) == path
    assert dbom.find("signs") == entry()
    assert path.read_text().startswith("# ours\n")
    for again in (lambda: dbom.put(entry()), lambda: dbom.draft("signs", "1")):
        with pytest.raises(UsageError, match="in the DBOM already"):
            again()


def test_a_draft_lies_nowhere(dbom, tmp_path):
    dbom.add(draft())
    with pytest.raises(UsageError, match="signs@1 is a draft"):
        dbom.locate(dbom.find("signs"))
    with pytest.raises(UsageError, match="not in the DBOM"):
        dbom.at(tmp_path / "d")
