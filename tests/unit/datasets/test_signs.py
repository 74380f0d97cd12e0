from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bezoar.datasets.signs import FREQUENCIES, SignSet, draw_signs, write_folder
from bezoar.datasets.signs.faces import FACES


@pytest.fixture(scope="module")
def signs():
    return draw_signs(300, seed=1)


def test_the_same_seed_draws_the_same_signs(signs):
    again = draw_signs(300, seed=1)
    assert np.array_equal(again.images, signs.images)
    assert np.array_equal(again.labels, signs.labels)
    assert again.ids == signs.ids


@pytest.mark.parametrize("other", [{"seed": 2}, {"seed": 1, "split": "test"}])
def test_another_seed_or_split_draws_other_signs(signs, other):
    drawn = draw_signs(300, **other).images
    assert not (drawn == signs.images).all(axis=(1, 2, 3)).any()


def test_a_longer_set_begins_with_the_shorter_one(signs):
    fewer = draw_signs(37, seed=1)
    assert np.array_equal(fewer.images, signs.images[:37])
    assert np.array_equal(fewer.labels, signs.labels[:37])
    assert fewer.ids == signs.ids[:37]


def test_every_hundred_signs_hold_every_class_with_its_frequency(signs):
    assert list(FREQUENCIES) == list(FACES)
    assert len(set(FREQUENCIES.values())) > 3
    for start in (0, 100, 200):
        labels, counts = np.unique(signs.labels[start : start + 100], return_counts=True)
        assert dict(zip(labels.tolist(), counts.tolist(), strict=True)) == dict(FREQUENCIES)
    assert (signs.labels[:100] != signs.labels[100:200]).any(), "each hundred has its own order"


def test_ids_are_file_names_that_tell_nothing_of_the_class(signs):
    assert len(set(signs.ids)) == 300
    assert signs.ids[17] == "train-00017.png"


@pytest.mark.parametrize("size", [16, 33, 48])
def test_pictures_have_the_size_asked_for(size):
    signs = draw_signs(20, seed=3, size=size)
    assert signs.images.shape == (20, size, size, 3)
    assert signs.images.dtype == np.uint8
    assert signs.images.std(axis=(1, 2)).max() > 20


def test_no_signs_are_an_empty_set():
    none = draw_signs(0, seed=0)
    assert none.images.shape == (0, 32, 32, 3)
    assert (len(none.labels), none.ids) == (0, ())


@pytest.mark.parametrize("wrong", [{"count": -1}, {"count": 5, "size": 15}])
def test_impossible_sets_are_refused(wrong):
    with pytest.raises(ValueError, match="cannot draw"):
        draw_signs(**wrong, seed=0)


def test_progress_counts_up_to_the_end():
    seen = []
    draw_signs(3, seed=0, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_sign_looks_like_its_class():
    """The nearest class mean is right far more often than chance (1 in 16), but not always."""
    train, test = draw_signs(600, seed=5), draw_signs(200, seed=5, split="test")
    classes = np.unique(train.labels)
    flat = [normalised(each.images) for each in (train, test)]
    means = np.stack([flat[0][train.labels == name].mean(0) for name in classes])
    distances = ((flat[1][:, None] - means[None]) ** 2).sum(axis=2)
    right = (classes[distances.argmin(axis=1)] == test.labels).mean()
    assert 0.35 < right < 0.9


def normalised(images):
    flat = images[:, 4:28:2, 4:28:2].reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / flat.std(axis=1, keepdims=True)


def test_the_folder_holds_every_sign_under_its_class(tmp_path, signs):
    write_folder(signs, tmp_path / "signs")
    written = sorted((tmp_path / "signs").glob("*/*.png"))
    assert len(written) == 300
    for image, label, name in zip(signs.images, signs.labels, signs.ids, strict=True):
        with Image.open(tmp_path / "signs" / label / name) as stored:
            assert np.array_equal(np.asarray(stored), image)


def test_the_folder_overwrites_nothing(tmp_path):
    signs = draw_signs(2, seed=0)
    write_folder(signs, tmp_path)
    with pytest.raises(FileExistsError):
        write_folder(signs, tmp_path)


@pytest.mark.parametrize("label", ["../outside", "a/b", "..", "", "a\\b", "."])
def test_a_label_that_is_no_file_name_is_refused(tmp_path, label):
    signs = replace(draw_signs(1, seed=0), labels=np.array([label]))
    with pytest.raises(ValueError, match="not a plain file name"):
        write_folder(signs, tmp_path / "inside")
    assert not list(tmp_path.iterdir())


def test_pictures_of_any_size_are_written(tmp_path):
    images = [np.zeros((8, 9, 3), np.uint8), np.zeros((5, 4, 3), np.uint8)]
    write_folder(SignSet(images, np.array(["a", "b"]), ("1.png", "2.png")), tmp_path)
    with Image.open(tmp_path / "b" / "2.png") as stored:
        assert stored.size == (4, 5)
