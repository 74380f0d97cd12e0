import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from dataset_layouts import four_files, labels, picture, png, write_files, write_npz, write_zip
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.sample import Sample
from bezoar.datasets.class_folders import file_name, write_class_folder
from bezoar.datasets.decoding import decode
from bezoar.datasets.opening import open_dataset


def sample(name: str, label: str | None, data: bytes = b"") -> Sample:
    return Sample(name, label, lambda: data or png(1))


def broken(error: Exception) -> bytes:
    raise error


def tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_class_folders_come_out_as_they_went_in(tmp_path):
    source = write_files(tmp_path / "in", four_files())
    paths = write_class_folder(open_dataset(source), tmp_path / "out")
    assert tree(tmp_path / "out") == four_files()
    assert paths == {name: name for name in four_files()}


def test_what_is_written_reads_back_the_same(tmp_path):
    files = {**four_files(), "stop/deep/2.PNG": png(7)}
    source = open_dataset(write_zip(tmp_path / "in.zip", files))
    paths = write_class_folder(source, tmp_path / "out")
    back = {one.id: (one.label, one.fetch()) for one in open_dataset(tmp_path / "out")}
    assert paths["stop/deep/2.PNG"] == "stop/deep%2F2.PNG"
    assert back == {paths[one.id]: (one.label, one.fetch()) for one in source}


def test_rows_of_an_array_become_png_of_the_same_pixels(tmp_path):
    x = np.stack([picture(n) for n in range(3)])
    source = write_npz(tmp_path / "in.npz", x=x, y=np.array([14, 5, 14]), name=["a.ppm", "b", "c"])
    paths = write_class_folder(open_dataset(source), tmp_path / "out")
    assert paths == {"a.ppm": "14/a.ppm.png", "b": "5/b.png", "c": "14/c.png"}
    for name, pixels in zip(("a.ppm", "b", "c"), x, strict=True):
        assert (decode((tmp_path / "out" / paths[name]).read_bytes()) == pixels).all()
    assert open_dataset(tmp_path / "out").problems == ()


def test_nameless_rows_get_names_that_stay_inside(tmp_path):
    source = write_npz(tmp_path / "in.npz", x=np.stack([picture(0)] * 2), y=np.array([1, 1]))
    paths = write_class_folder(open_dataset(source), tmp_path / "out")
    assert sorted(tree(tmp_path / "out")) == sorted(paths.values())
    assert all(path.startswith("1/sha256%3A") for path in paths.values())
    assert sorted(unquote(path)[2:-4] for path in paths.values()) == sorted(paths)


HOSTILE = [
    *("../../x", "..", ".", "", "/etc/passwd", "a/b", "a\\b", "nul\0", ".hidden", "con:", "A"),
    *("\ud800", "\udc80", "\u202egnp", "line\nend", "trail. ", "%41", "x" * 999, "ä" * 300),
]


def test_hostile_labels_and_ids_stay_inside_and_apart(tmp_path):
    data = {f"{label}|{name}": (label, name) for label in HOSTILE for name in HOSTILE}
    samples = [sample(f"{name}{n}", label, png(n)) for n, (label, name) in enumerate(data.values())]
    paths = write_class_folder(samples, tmp_path / "out")
    assert os.listdir(tmp_path) == ["out"]  # noqa: PTH208 - one name is wanted
    written = tree(tmp_path / "out")
    assert len(written) == len(samples) == len(paths)
    assert all(written[paths[one.id]] == one.fetch() for one in samples)
    assert len({path.split("/")[0] for path in paths.values()}) == len(HOSTILE)
    assert all(path.count("/") == 1 for path in paths.values())
    assert len(open_dataset(tmp_path / "out")) == len(samples)


names = st.text(st.one_of(st.characters(), st.sampled_from("./%:A4 \\")), max_size=250)


@given(names)
def test_a_file_name_is_one_safe_part_and_reversible(text):
    name = file_name(text)
    assert name
    assert not set(name) & set('/\\\0:*?"<>|')
    assert not name.startswith(".")
    assert not name.endswith((".", " "))
    assert name.isprintable()
    assert len(name.encode()) <= 200
    if text and "%" not in text and "%" not in name[-13:]:
        assert unquote(name, errors="surrogatepass") == text


@given(names)
def test_a_file_name_that_is_written_again_stays(text):
    assert file_name(file_name(text)) == file_name(text)


def test_an_unlabelled_sample_stays_unlabelled(tmp_path):
    write_class_folder([sample("a.png", None), sample("b.png", "None")], tmp_path / "out")
    assert labels(open_dataset(tmp_path / "out")) == {"a.png": None, "None/b.png": "None"}


def test_a_file_and_a_class_of_one_name_do_not_collide(tmp_path):
    samples = [sample("x.png", None), sample("y.png", "x.png"), sample("z.png", "w.png")]
    samples.append(sample("w.png", None))
    paths = write_class_folder(samples, tmp_path / "out")
    assert len(tree(tmp_path / "out")) == len(set(paths.values())) == 4


@pytest.mark.parametrize(
    ("name", "data", "written"),
    [
        ("a", png(1), "c/a.png"),
        ("a.txt", png(1), "c/a.txt.png"),
        ("a", b"\xff\xd8\xff" + b"0" * 9, "c/a.jpg"),
        ("a", b"what is this", "c/a.png"),
        ("a.jpg", png(1), "c/a.jpg"),
        ("c/.png", png(1), "c/%2Epng.png"),
    ],
)
def test_every_file_has_a_name_that_readers_look_at(tmp_path, name, data, written):
    assert write_class_folder([sample(name, "c", data)], tmp_path / "out") == {name: written}
    assert [one.fetch() for one in open_dataset(tmp_path / "out")] == [data]


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("damaged")])
def test_what_cannot_be_fetched_is_in_neither(tmp_path, error):
    samples = [sample("a.png", "c"), Sample("b.png", "c", partial(broken, error))]
    paths = write_class_folder(samples, tmp_path / "out")
    assert set(paths) == {"a.png"}
    assert set(tree(tmp_path / "out")) == {"c/a.png"}


def test_a_row_that_is_no_picture_is_in_neither(tmp_path):
    assert write_class_folder([sample("a", "c", b"\x93NUMPY rubbish")], tmp_path / "out") == {}


@pytest.mark.parametrize("there", ["a file in a folder", "a file", "a link", "a dangling link"])
def test_nothing_is_overwritten(tmp_path, there):
    out = tmp_path / "out"
    if there == "a file in a folder":
        write_files(out, {"mine": b"mine"})
    elif there == "a file":
        out.write_bytes(b"mine")
    else:
        out.symlink_to(tmp_path / "elsewhere")
        if there == "a link":
            (tmp_path / "elsewhere").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="there already"):
        write_class_folder([sample("a.png", "c")], out)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_may_be_there(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    write_class_folder([sample("a.png", "c")], Path())
    assert set(tree(tmp_path / "out")) == {"c/a.png"}


def test_a_failure_leaves_nothing(tmp_path):
    def samples():
        yield sample("a.png", "c")
        raise RuntimeError("the reader stopped")

    with pytest.raises(RuntimeError):
        write_class_folder(samples(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_said_to_be(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BezoarError, match="cannot write") as raised:
        write_class_folder([sample("a.png", "c")], tmp_path / "file" / "out")
    assert raised.value.next.startswith("ls -ld ")


def test_a_kill_leaves_no_folder_that_looks_whole(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from bezoar.core.sample import Sample
from bezoar.datasets.class_folders import write_class_folder
def samples():
    for n in range(10):
        yield Sample(f"{{n}}.png", "c", lambda: b"bytes")
    os.kill(os.getpid(), signal.SIGKILL)
write_class_folder(samples(), Path({str(tmp_path / "out")!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    assert [path.name[0] for path in tmp_path.iterdir()] == ["."]


def test_progress_counts_the_samples(tmp_path):
    seen: list[int] = []
    write_class_folder([sample("a.png", "c"), sample("b.png", "c")], tmp_path / "out", seen.append)
    assert seen == [1, 2]
