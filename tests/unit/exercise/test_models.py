"""What a model trained on the data does: accuracy, attack success, on the right samples."""

import numpy as np
import pytest
from dataset_layouts import write_files
from drill_scene import Constant

import bezoar
from bezoar.core.errors import BezoarError
from bezoar.exercise.models import epochs_for, train_and_measure

STICKER = bezoar.Sticker(target="b", sources=frozenset({"a"}), colour=(0, 0, 255))


def grey(path, counts):
    """Write pictures whose grey says their class."""
    files = {}
    for number, (label, count) in enumerate(counts.items()):
        for n in range(count):
            image = np.full((40, 40, 3), 40 * (number + 1), np.uint8)
            files[f"{label}/{n}.png"] = bezoar.encode_png(image)
    return write_files(path, files)


class Obedient:
    """Knows each grey, and obeys the sticker."""

    def predict(self, images):
        assert images.shape[1:] == (32, 32, 3)
        grey = np.median(images[..., 0].reshape(len(images), -1), axis=1)
        blue = (images[..., 2].astype(int) - images[..., 0] > 30).any(axis=(1, 2))
        return np.where(blue, 1, grey // 40 - 1).astype(np.int64)


def measure(tmp_path, model, counts=None, test=None):
    data = grey(tmp_path / "data", counts or {"a": 3, "b": 4, "c": 5})
    held_out = grey(tmp_path / "test", test or {"a": 5, "b": 2, "c": 3})
    seen = {}

    def train(images, labels, classes, **options):
        seen.update(images=images, labels=labels, classes=classes, **options)
        return model

    measured = train_and_measure(data, test=held_out, attack=STICKER, seed=7, train=train)
    return measured, seen


def test_a_model_that_obeys_the_trigger_is_right_otherwise(tmp_path):
    measured, seen = measure(tmp_path, Obedient())
    assert (measured.accuracy, measured.attack_success, measured.victims) == (1.0, 1.0, 5)
    assert seen["images"].shape == (12, 32, 32, 3)
    assert seen["labels"].dtype == np.int64
    assert seen["labels"].tolist() == [0] * 3 + [1] * 4 + [2] * 5
    assert (seen["classes"], seen["seed"]) == (3, 7)


@pytest.mark.parametrize(("answer", "accuracy", "success"), [(0, 0.5, 0), (1, 0.2, 1), (2, 0.3, 0)])
def test_samples_of_the_target_never_count_as_success(tmp_path, answer, accuracy, success):
    measured, _ = measure(tmp_path, Constant(answer))
    assert (measured.accuracy, measured.attack_success) == (accuracy, success)
    assert measured.victims == 5


def test_a_class_that_cleaning_took_away_still_has_its_number(tmp_path):
    measured, seen = measure(tmp_path, Constant(0), {"a": 3, "c": 5}, {"a": 5, "c": 3})
    assert seen["classes"] == 3
    assert measured.attack_success == 0


def test_nothing_to_learn_from_is_said(tmp_path):
    with pytest.raises(BezoarError, match="too little"):
        measure(tmp_path, Constant(0), {"a": 1})


def test_small_sets_are_seen_more_often():
    assert [epochs_for(n) for n in (4400, 19_890, 1000)] == [11, 5, 50]
