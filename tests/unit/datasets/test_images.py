import numpy as np
import pytest
from dataset_layouts import four_files, picture, png, write_files, write_npz

from bezoar.core.outcome import Status
from bezoar.datasets.images import load_images, resize
from bezoar.datasets.opening import open_dataset


def findings(table):
    return {
        (finding.code, finding.place.name)
        for outcome in table.outcomes
        for finding in outcome.findings
    }


def test_table(tmp_path):
    table = load_images(open_dataset(write_files(tmp_path, four_files())), size=8)
    assert table.ids == ("go/0.png", "go/1.png", "stop/0.png", "stop/1.png")
    assert table.labels.tolist() == ["go", "go", "stop", "stop"]
    assert np.array_equal(table.images, [picture(i) for i in range(4)])
    assert len(table) == 4
    assert not findings(table)


def test_what_cannot_be_read_is_left_out_and_named(tmp_path):
    files = four_files() | {
        "go/empty.png": b"",
        "go/text.png": b"hello",
        "go/cut.png": png(1)[:-20],
        "go/mislabelled.jpg": png(5),
        "go/notes.txt": b"?",
    }
    table = load_images(open_dataset(write_files(tmp_path, files)), size=8)
    assert table.ids == ("go/0.png", "go/1.png", "go/mislabelled.jpg", "stop/0.png", "stop/1.png")
    assert np.array_equal(table.images[2], picture(5))
    assert findings(table) == {
        ("BZ202", "go/empty.png"),
        ("BZ201", "go/text.png"),
        ("BZ201", "go/cut.png"),
        ("BZ203", "go/mislabelled.jpg"),
        ("BZ209", "go/notes.txt"),
    }


def test_sample_that_vanished(tmp_path):
    dataset = open_dataset(write_files(tmp_path, four_files()))
    (tmp_path / "go/0.png").unlink()
    table = load_images(dataset, size=8)
    assert findings(table) == {("BZ201", "go/0.png")}


def test_one_outcome_for_each_rule(tmp_path):
    table = load_images(open_dataset(write_files(tmp_path, four_files())))
    status = {outcome.rule.code: outcome.status for outcome in table.outcomes}
    assert sorted(status) == [f"BZ2{number:02}" for number in range(1, 12)]
    assert status["BZ205"] is Status.NOT_APPLICABLE
    assert status["BZ201"] is Status.PASSED


def test_array_rows(tmp_path):
    rows = np.stack([picture(i, side=32) for i in range(3)])
    dataset = open_dataset(write_npz(tmp_path / "a.npz", x=rows, y=[1, 2, 3], name=list("abc")))
    table = load_images(dataset)
    assert np.array_equal(table.images, rows)
    assert table.labels.tolist() == ["1", "2", "3"]


def test_progress_ends_at_the_total(tmp_path):
    rows = np.stack([picture(i) for i in range(200)])
    seen = []
    dataset = open_dataset(write_npz(tmp_path / "a.npz", x=rows))
    table = load_images(dataset, size=8, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (200, 200)
    assert set(table.labels.tolist()) == {""}


@pytest.mark.parametrize("shape", [(64, 64), (33, 90), (8, 200), (5, 5), (1, 1)])
def test_resize_keeps_a_flat_colour(shape):
    image = np.full((*shape, 3), (10, 200, 30), dtype=np.uint8)
    assert np.array_equal(resize(image, 32), np.full((32, 32, 3), (10, 200, 30)))


def test_resize_averages_areas():
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    image[::2] = 200
    assert np.array_equal(resize(image, 32), np.full((32, 32, 3), 100))
