import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from dataset_layouts import codes, labels, picture, png, write_files, write_npz, write_parquet

from bezoar.core.errors import NothingToInspectError
from bezoar.datasets.decoding import decode
from bezoar.datasets.opening import open_dataset

DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
X = np.stack([picture(i) for i in range(4)])
Y = np.array([7, 7, 14, 14], dtype=np.uint8)
NAMES = np.array(["b/1.ppm", "b/0.ppm", "a/1.ppm", "a/0.ppm"])


def opened(path, **arrays):
    return open_dataset(write_npz(path / "a.npz", **arrays))


def test_npz_with_names(tmp_path):
    dataset = opened(tmp_path, x=X, y=Y, name=NAMES)
    assert labels(dataset) == {"a/0.ppm": "14", "a/1.ppm": "14", "b/0.ppm": "7", "b/1.ppm": "7"}
    pixels = [decode(sample.fetch()) for sample in dataset]
    assert np.array_equal(pixels, X[[3, 2, 1, 0]])
    assert not dataset.problems


def test_npz_row_is_what_numpy_saves(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, X[3])
    assert next(iter(opened(tmp_path, x=X, y=Y, name=NAMES))).fetch() == buffer.getvalue()


def test_npz_that_is_not_compressed(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    assert len(open_dataset(tmp_path / "a.npz")) == 4


@pytest.mark.parametrize("suffix", ["_train", ""])
def test_npz_aliases(tmp_path, suffix):
    dataset = opened(tmp_path, **{f"x{suffix}": X, f"y{suffix}": Y, f"name{suffix}": NAMES})
    assert list(labels(dataset)) == sorted(NAMES)


def test_npz_names_made_unique_by_label(tmp_path):
    dataset = opened(tmp_path, x=X, y=Y, name=np.array(["0", "1", "0", "1"]))
    assert list(labels(dataset)) == ["14/0", "14/1", "7/0", "7/1"]


def test_npz_names_that_stay_equal_give_way_to_digests(tmp_path):
    dataset = opened(tmp_path, x=X, y=Y, name=np.array(["0", "0", "0", "1"]))
    assert all(name.startswith("sha256:") for name in labels(dataset))


def test_npz_without_names(tmp_path):
    rows = np.concatenate([X, X[:1]])
    dataset = opened(tmp_path, x=rows, y=[0, 1, 2, 3, 4])
    assert sorted(name[-2:] for name in labels(dataset)) == ["#0", "#0", "#0", "#0", "#1"]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", "a\\b"])
def test_npz_unsafe_name(tmp_path, name):
    dataset = opened(tmp_path, x=X, y=Y, name=np.array(["a", "b", "c", name]))
    assert codes(dataset) == ["BZ207"]
    assert len(dataset) == 4
    assert name not in labels(dataset)


def test_npz_without_labels(tmp_path):
    assert set(labels(opened(tmp_path, x=X, name=NAMES)).values()) == {None}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.array(["stop", "go", "go", "go"]), {"stop", "go"}),
        (np.array([b"stop", b"go", b"\xff", b"go"]), {"stop", "go", "\\xff"}),
        (np.array([0.0, 1.0, 2.0, 2.0]), {"0", "1", "2"}),
        (np.array([True, False, True, True]), {"0", "1"}),
        (np.array([[1], [2], [3], [-4]]), {"1", "2", "3", "-4"}),
        (np.array(["a\ud800", "b", "b", "b"]), {"a\\ud800", "b"}),
    ],
)
def test_npz_labels(tmp_path, values, text):
    assert set(labels(opened(tmp_path, x=X, y=values)).values()) == text


@pytest.mark.parametrize(
    "arrays",
    [
        {"y": Y},
        {"x": np.array([{"pickle": 1}], dtype=object), "y": [1]},
        {"x": X, "y": np.array(list("abcd"), dtype=object)},
        {"x": X, "y": Y, "name": np.array(list("abcd"), dtype=object)},
        {"x": X, "y": Y[:3]},
        {"x": X, "y": np.eye(4)},
        {"x": X, "y": np.array([0.5, 1, 2, 3])},
        {"x": X, "y": np.array([np.nan, 1, 2, 3])},
        {"x": X[0, 0], "y": Y},
        {"x": np.asfortranarray(X), "y": Y},
        {"x": np.zeros((4, 0, 3), np.uint8), "y": Y},
        {"x": X.astype(complex), "y": Y},
    ],
)
def test_npz_that_cannot_be_read(tmp_path, arrays):
    dataset = opened(tmp_path, **arrays)
    assert len(dataset) == 0
    assert codes(dataset) == ["BZ208"]


@pytest.mark.parametrize("length", [0, 1, 100, -30])
def test_truncated_npz(tmp_path, length):
    path = write_npz(tmp_path / "a.npz", x=X, y=Y)
    path.write_bytes(path.read_bytes()[:length])
    assert codes(open_dataset(path)) == ["BZ208"]


def npy(text, body=b""):
    header = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


@pytest.mark.parametrize(
    "shape", ["(1000000000000, 8, 8)", "(-1, 8, 8)", "(5, 8, 8)", "(4, 8, 8, 0)", "'x'"]
)
def test_npz_that_lies_about_its_shape(tmp_path, shape):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
        archive.writestr("x.npy", npy(header, bytes(256)))
    assert codes(open_dataset(tmp_path / "a.npz")) == ["BZ208"]


def test_npz_column_that_is_shorter_than_it_says(tmp_path):
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }"
    path = write_npz(tmp_path / "a.npz", x=X)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("y.npy", npy(header, b"\1\2"))
    assert codes(open_dataset(path)) == ["BZ208"]


def test_npz_with_two_arrays_of_one_name(tmp_path):
    path = write_npz(tmp_path / "a.npz", x=X, y=Y)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("y.npy", npy("{}"))
    assert codes(open_dataset(path)) == ["BZ208"]


def test_npz_without_rows(tmp_path):
    with pytest.raises(NothingToInspectError):
        opened(tmp_path, x=X[:0], y=Y[:0])


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not there")
def test_real_npz():
    dataset = open_dataset(DATA / "gtsrb32_mini.npz")
    with np.load(DATA / "gtsrb32_mini.npz") as arrays:
        rows = dict(zip(arrays["name_train"].tolist(), arrays["y_train"].tolist(), strict=True))
    assert labels(dataset) == {name: str(label) for name, label in rows.items()}
    assert not dataset.problems


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not there")
def test_real_zip():
    dataset = open_dataset(DATA / "gtsrb_natural_train_sub.zip")
    assert len(dataset) == 4440
    assert set(labels(dataset).values()) == {str(number) for number in range(43)}
    assert not dataset.problems


ROWS = [
    {"image": {"bytes": png(i), "path": f"{i}.png"}, "label": i % 2, "other": "x"}
    for i in (3, 1, 4, 0, 5)
]
CLASSES = {"info": {"features": {"label": {"names": ["go", "stop"], "_type": "ClassLabel"}}}}


def test_parquet_of_hugging_face(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", ROWS, {"huggingface": json.dumps(CLASSES)})
    dataset = open_dataset(path)
    assert labels(dataset) == {f"{i}.png": ("go", "stop")[i % 2] for i in (0, 1, 3, 4, 5)}
    assert [sample.fetch() for sample in dataset] == [png(i) for i in (0, 1, 3, 4, 5)]
    assert not dataset.problems


def test_parquet_shards_in_a_folder(tmp_path):
    write_parquet(tmp_path / "data/train-00000-of-00002.parquet", ROWS[:2])
    write_parquet(tmp_path / "data/train-00001-of-00002.parquet", ROWS[2:])
    write_files(tmp_path, {"README.md": b"#"})
    dataset = open_dataset(tmp_path)
    assert labels(dataset) == {f"{i}.png": str(i % 2) for i in (0, 1, 3, 4, 5)}
    assert not dataset.problems


def test_parquet_with_binary_column_and_text_labels(tmp_path):
    rows = [{"y": "stop", "img": png(0), "path": "s/0"}, {"y": "go", "img": png(1), "path": "g/1"}]
    dataset = open_dataset(write_parquet(tmp_path / "a.parquet", rows))
    assert labels(dataset) == {"s/0": "stop", "g/1": "go"}


def test_parquet_without_names_or_with_equal_ones(tmp_path):
    rows = [{"image": {"bytes": png(i), "path": "image.png"}, "label": 1} for i in range(3)]
    dataset = open_dataset(write_parquet(tmp_path / "a.parquet", rows))
    assert all(name.startswith("sha256:") for name in labels(dataset))


def test_parquet_with_holes(tmp_path):
    rows = [
        {"image": {"bytes": None, "path": "0.png"}, "label": 0},
        {"image": None, "label": 1},
        {"image": {"bytes": png(2), "path": "2.png"}, "label": None},
    ]
    dataset = open_dataset(write_parquet(tmp_path / "a.parquet", rows))
    assert sorted(len(sample.fetch()) for sample in dataset) == [0, 0, len(png(2))]
    assert codes(dataset) == ["BZ210"]


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "{",
        "[]",
        '{"info": 3}',
        '{"info":{"features":{"label":{"names":["a","a"]}}}}',
        "[" * 9999,
    ],
)
def test_parquet_metadata_that_is_no_class_list(tmp_path, metadata):
    path = write_parquet(tmp_path / "a.parquet", ROWS, {"huggingface": metadata})
    assert set(labels(open_dataset(path)).values()) == {"0", "1"}


def test_labels_outside_the_class_list(tmp_path):
    rows = [{"image": {"bytes": png(0), "path": f"{i}.png"}, "label": i} for i in (0, 9, -1)]
    path = write_parquet(tmp_path / "a.parquet", rows, {"huggingface": json.dumps(CLASSES)})
    assert labels(open_dataset(path)) == {"0.png": "go", "9.png": "9", "-1.png": None}


@pytest.mark.parametrize("length", [0, 3, 100, -20])
def test_truncated_parquet(tmp_path, length):
    path = write_parquet(tmp_path / "a.parquet", ROWS)
    path.write_bytes(path.read_bytes()[:length])
    assert codes(open_dataset(path)) == ["BZ208"]


def test_damaged_parquet_never_raises(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", ROWS)
    whole = path.read_bytes()
    for place in range(0, len(whole), 13):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            assert len(open_dataset(path)) <= 5
        except NothingToInspectError:
            continue


def test_parquet_without_images(tmp_path):
    dataset = open_dataset(write_parquet(tmp_path / "a.parquet", [{"text": "hello", "label": 1}]))
    assert codes(dataset) == ["BZ208"]
