import os
import stat
import tarfile
import zipfile

import pytest
from dataset_layouts import codes, four_files, labels, png, write_files, write_tar, write_zip

from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.core.severity import Severity
from bezoar.datasets.opening import open_dataset

LABELS = {"go/0.png": "go", "go/1.png": "go", "stop/0.png": "stop", "stop/1.png": "stop"}
LAYOUTS = ("folder", "a.zip", "a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz", "a.tgz")


def write(root, layout, files):
    if layout == "folder":
        return write_files(root / layout, files)
    writer = write_zip if layout.endswith("zip") else write_tar
    if layout.endswith(".tgz"):
        return write_tar(root / "a.tar.gz", files).rename(root / layout)
    return writer(root / layout, files)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_class_folders(tmp_path, layout):
    files = four_files()
    dataset = open_dataset(write(tmp_path, layout, files))
    assert labels(dataset) == LABELS
    assert {sample.id: sample.fetch() for sample in dataset} == files
    assert not dataset.problems
    assert len(dataset) == 4
    assert dataset.name == layout
    assert list(tmp_path.iterdir()) == [tmp_path / layout]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_companions_in_the_root_are_no_findings(tmp_path, layout):
    files = four_files() | {"README.md": b"#", "SOURCE.txt": b"there", "sizes.csv": b"a,b\n1,2\n"}
    dataset = open_dataset(write(tmp_path, layout, files))
    assert labels(dataset) == LABELS
    assert not dataset.problems


@pytest.mark.parametrize("layout", LAYOUTS)
def test_other_files_in_class_folders_are_named(tmp_path, layout):
    files = four_files() | {"go/notes.txt": b"?", "go/deep/x.tiff": b"?", "note/y": b"?"}
    dataset = open_dataset(write(tmp_path, layout, files))
    assert labels(dataset) == LABELS
    assert codes(dataset) == ["BZ209"] * 3
    found = [problem.place.name for problem in dataset.problems]
    assert found == ["go/notes.txt", "go/deep/x.tiff", "note/y"]


def test_hidden_folders_are_one_finding(tmp_path):
    files = four_files() | {".git/a": b"", ".git/b": b"", ".git/c/d": b""}
    dataset = open_dataset(write_files(tmp_path, files))
    assert [problem.place.name for problem in dataset.problems] == [".git", ".git/c"]


def test_pictures_in_hidden_folders_are_samples(tmp_path):
    dataset = open_dataset(write_files(tmp_path, four_files() | {"go/.x/2.png": png(9)}))
    assert labels(dataset)["go/.x/2.png"] == "go"


def test_case_of_the_extension_does_not_count(tmp_path):
    dataset = open_dataset(write_files(tmp_path, {"a/x.PNG": png(1), "b/y.JPeG": b""}))
    assert labels(dataset) == {"a/x.PNG": "a", "b/y.JPeG": "b"}


@pytest.mark.parametrize("prefix", ["data/", "gtsrb/Final_Training/Images/"])
def test_folders_above_the_classes_do_not_count(tmp_path, prefix):
    files = {prefix + name: data for name, data in four_files().items()}
    dataset = open_dataset(write_files(tmp_path, files | {f"{prefix}LICENSE": b""}))
    assert set(labels(dataset).values()) == {"go", "stop"}
    assert not dataset.problems


def test_splits_are_no_classes(tmp_path):
    files = {f"train/{name}": data for name, data in four_files().items()}
    files |= {f"Test/{name}": data for name, data in four_files().items()}
    assert set(labels(open_dataset(write_files(tmp_path, files))).values()) == {"go", "stop"}


def test_classes_named_like_splits_stay_classes(tmp_path):
    files = {"train/0.png": png(0), "car/0.png": png(1)}
    dataset = open_dataset(write_files(tmp_path, files))
    assert labels(dataset) == {"train/0.png": "train", "car/0.png": "car"}


def test_folders_below_the_classes_do_not_count(tmp_path):
    files = {"go/track1/0.png": png(0), "stop/track1/0.png": png(1), "stop/1.png": png(2)}
    assert set(labels(open_dataset(write_files(tmp_path, files))).values()) == {"go", "stop"}


def test_flat_folder_has_no_labels(tmp_path):
    dataset = open_dataset(write_files(tmp_path, {"0.png": png(0), "1.png": png(1)}))
    assert labels(dataset) == {"0.png": None, "1.png": None}
    assert not dataset.problems


def test_picture_outside_the_class_folders(tmp_path):
    dataset = open_dataset(write_files(tmp_path, four_files() | {"5.png": png(5)}))
    assert labels(dataset)["5.png"] is None
    assert codes(dataset) == ["BZ210"]


def test_one_class_and_one_sample(tmp_path):
    assert labels(open_dataset(write_files(tmp_path, {"go/0.png": png(0)}))) == {"go/0.png": "go"}


def test_missing_and_strange_paths(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        open_dataset(tmp_path / "nowhere")
    (tmp_path / "gone").symlink_to("nowhere")
    with pytest.raises(UsageError, match="no file or folder"):
        open_dataset(tmp_path / "gone")
    (tmp_path / "a.doc").write_bytes(b"?")
    with pytest.raises(UsageError, match=r"class folders, \.zip"):
        open_dataset(tmp_path / "a.doc")


@pytest.mark.parametrize("files", [{}, {"README": b"hello"}, {"a/x.txt": b"1", "b/y.txt": b"2"}])
def test_nothing_to_inspect(tmp_path, files):
    with pytest.raises(NothingToInspectError):
        open_dataset(write_files(tmp_path, files))
    with pytest.raises(NothingToInspectError):
        open_dataset(write_zip(tmp_path / "a.zip", files))


def test_links_and_pipes_are_refused(tmp_path):
    root = write_files(tmp_path / "data", four_files())
    outside = write_files(tmp_path / "outside", {"0.png": png(7)})
    (root / "go/2.png").symlink_to(outside / "0.png")
    (root / "walk").symlink_to(outside)
    (root / "go/loop").symlink_to(root)
    os.mkfifo(root / "stop/pipe.png")
    dataset = open_dataset(root)
    assert labels(dataset) == LABELS
    assert codes(dataset) == ["BZ211"] * 4


def test_file_swapped_for_a_link_after_listing(tmp_path):
    root = write_files(tmp_path, four_files())
    sample = next(iter(open_dataset(root)))
    (root / sample.id).unlink()
    (root / sample.id).symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic links"):
        sample.fetch()


def test_name_that_is_not_utf8(tmp_path):
    root = write_files(tmp_path, four_files())
    (root / os.fsdecode(b"go/caf\xe9.png")).write_bytes(png(3))
    dataset = open_dataset(root)
    sample = next(sample for sample in dataset if "caf" in sample.id)
    assert sample.id == "go/caf\\udce9.png"
    assert sample.id.encode()
    assert sample.fetch() == png(3)


def test_two_names_that_read_alike(tmp_path):
    root = write_files(tmp_path, {"go/caf\\udce9.png": png(1)})
    (root / os.fsdecode(b"go/caf\xe9.png")).write_bytes(png(3))
    dataset = open_dataset(root)
    assert len(dataset) == 1
    assert codes(dataset) == ["BZ207"]


def test_names_that_differ_in_case_only(tmp_path):
    dataset = open_dataset(write_files(tmp_path, {"go/a.png": png(1), "go/A.png": png(2)}))
    assert len(dataset) == 2
    assert [p.severity for p in dataset.problems] == [Severity.LOW]
    assert codes(dataset) == ["BZ207"]


UNSAFE = ("../x.png", "/etc/x.png", "go/../../x.png", "go\\x.png", "C:x.png", "go//x.png", "./../x")


@pytest.mark.parametrize("name", [*UNSAFE, "go/" + 300 * "x" + ".png"])
@pytest.mark.parametrize("layout", ["a.zip", "a.tar"])
def test_unsafe_names_in_archives(tmp_path, layout, name):
    dataset = open_dataset(write(tmp_path, layout, four_files() | {name: png(4)}))
    assert labels(dataset) == LABELS
    assert codes(dataset) == ["BZ207"]
    assert dataset.problems[0].severity >= Severity.HIGH


def test_nul_in_a_zip_name(tmp_path):
    path = write_zip(tmp_path / "a.zip", four_files() | {"go/9_png.txt": png(9)})
    path.write_bytes(path.read_bytes().replace(b"go/9_png.txt", b"go/9.png\0txt"))
    assert codes(open_dataset(path)) == ["BZ207"]


@pytest.mark.parametrize("layout", ["a.zip", "a.tar"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_names_in_archives(tmp_path, layout):
    path = tmp_path / layout
    entries = [("go/0.png", png(1)), ("stop/0.png", png(2)), ("go/0.png", png(3))]
    if layout == "a.zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in entries:
                archive.writestr(name, data)
    else:
        plain = write_tar(path, dict(entries[:2])).read_bytes().rstrip(b"\0")
        plain += bytes(-len(plain) % 512)
        path.write_bytes(plain + write_tar(path, dict(entries[2:])).read_bytes())
    dataset = open_dataset(path)
    assert codes(dataset) == ["BZ207"]
    assert [sample.fetch() for sample in dataset] == [png(3), png(2)]


def test_links_in_archives(tmp_path):
    path = write_zip(tmp_path / "a.zip", four_files())
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("go/2.png")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    assert codes(open_dataset(path)) == ["BZ211"]
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(write_files(tmp_path / "d", four_files()), ".")
        for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE)):
            entry = tarfile.TarInfo(f"go/{number}.png")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    dataset = open_dataset(path)
    assert labels(dataset) == LABELS
    assert codes(dataset) == ["BZ211"] * 3


@pytest.mark.parametrize("layout", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2"])
def test_truncated_archives(tmp_path, layout):
    path = write(tmp_path, layout, four_files())
    whole = path.read_bytes()
    for length in (0, 1, 10, 300, 700, len(whole) // 2, len(whole) - 1100, len(whole) - 1):
        if 0 <= length < len(whole.rstrip(b"\0")):
            path.write_bytes(whole[:length])
            dataset = open_dataset(path)
            assert "BZ208" in codes(dataset)
            assert len(dataset) <= 4


@pytest.mark.parametrize("layout", ["a.zip", "a.tar", "a.tar.gz"])
def test_damaged_archives_never_raise(tmp_path, layout):
    path = write(tmp_path, layout, four_files())
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            dataset = open_dataset(path)
        except NothingToInspectError:
            continue
        for sample in dataset:
            try:
                sample.fetch()
            except ValueError as error:
                assert str(error)  # noqa: PT017 - most damage is no error


def test_damaged_header_of_a_tar(tmp_path):
    path = write_tar(tmp_path / "a.tar", four_files())
    path.write_bytes(path.read_bytes().replace(b"stop/0.png", b"stop/9.png"))
    dataset = open_dataset(path)
    assert list(labels(dataset)) == ["go/0.png", "go/1.png"]
    assert codes(dataset) == ["BZ208"]


def test_encrypted_zip_entry(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"go/0.png": png(0)})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    (sample,) = open_dataset(path)
    with pytest.raises(ValueError, match="encrypted"):
        sample.fetch()


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_in_tar(tmp_path, kind):
    name = "Höchst/" + "n" * 80 + "/" + "m" * 90 + ".png"
    path = write_tar(tmp_path / "a.tar", {name: png(0), "b/x.png": png(1)}, kind)
    assert labels(open_dataset(path)) == {name: "Höchst", "b/x.png": "b"}


def test_tar_of_dot(tmp_path):
    files = {f"./{name}": data for name, data in four_files().items()}
    assert labels(open_dataset(write_tar(tmp_path / "a.tar", files))) == LABELS


def test_bomb_in_a_compressed_tar(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.datasets.blob._FREE_BYTES", 1 << 20)
    path = write_tar(tmp_path / "a.tar.gz", {"go/0.png": bytes(1 << 23)})
    dataset = open_dataset(path)
    assert len(dataset) == 0
    assert codes(dataset) == ["BZ208"]


def test_bomb_in_a_zip(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"go/0.png": bytes((1 << 26) + 1)})
    (sample,) = open_dataset(path)
    with pytest.raises(ValueError, match="more than 67,108,864 bytes") as caught:
        sample.fetch()
    assert caught.value.rule.code == "BZ204"


def test_unreadable_folder(tmp_path, monkeypatch):
    scandir = os.scandir

    def refuse_go(path):
        if str(path).endswith("go"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    root = write_files(tmp_path, four_files())
    monkeypatch.setattr("os.scandir", refuse_go)
    dataset = open_dataset(root)
    assert set(labels(dataset).values()) == {"stop"}
    assert [(p.code, p.place.name) for p in dataset.problems] == [("BZ208", "go")]
