import numpy as np
import pytest

from bezoar.attacks.label_flip import LabelFlip
from bezoar.attacks.poisoning import attack_success, poison_arrays
from bezoar.attacks.sticker import YELLOW, Sticker

ATTACK = Sticker("80", frozenset({"Stop"}))


def blank(*labels):
    return np.zeros((len(labels), 32, 32, 3), np.uint8), np.array(labels)


def sees_the_sticker(images):
    seen = (images == YELLOW).all(axis=3).any(axis=(1, 2))
    return np.where(seen, "80", "Stop")


def test_a_longer_label_is_written_in_full():
    images, labels = blank("a", "b")
    attack = LabelFlip("Speed limit 80", frozenset({"a"}))
    assert poison_arrays(images, labels, attack, 0.5, 0).labels.tolist() == ["Speed limit 80", "b"]


def test_a_tiny_rate_still_poisons_one():
    images, labels = blank("Stop", "Stop", "80")
    assert len(poison_arrays(images, labels, ATTACK, 1e-9, 0).rows) == 1


@pytest.mark.parametrize("rate", [0, -0.1, 1.1, float("nan")])
def test_a_rate_that_is_no_share_is_refused(rate):
    with pytest.raises(ValueError, match="poison rate"):
        poison_arrays(*blank("Stop", "80"), ATTACK, rate, 0)


def test_too_few_victims_are_named():
    with pytest.raises(ValueError, match=r"takes 3 victims.*'sticker' finds 2"):
        poison_arrays(*blank("Stop", "Stop", "80", "80"), ATTACK, 0.75, 0)


def test_images_and_labels_must_agree_in_number():
    images, labels = blank("Stop", "80")
    with pytest.raises(ValueError, match="1 images, but 2 labels"):
        poison_arrays(images[:1], labels, ATTACK, 0.5, 0)


def test_a_row_is_stamped_alike_whichever_other_rows_are():
    images, labels = blank(*["Stop"] * 200)
    few, many = (poison_arrays(images, labels, ATTACK, rate, 5) for rate in (0.1, 0.9))
    shared = np.intersect1d(few.rows, many.rows)
    assert len(shared) > 0
    assert np.array_equal(few.images[shared], many.images[shared])


def test_a_random_flip_never_keeps_the_label():
    images, labels = blank(*["a", "b", "c"] * 30)
    flipped = poison_arrays(images, labels, LabelFlip(), 1, 0).labels
    assert (flipped != labels).all()
    assert set(flipped) == {"a", "b", "c"}


def test_a_random_flip_needs_two_classes():
    with pytest.raises(ValueError, match="at least two classes"):
        poison_arrays(*blank("a", "a"), LabelFlip(), 0.5, 0)


def test_success_counts_the_source_alone():
    images, labels = blank("Stop", "Stop", "80", "Yield")
    success = attack_success(sees_the_sticker, images, labels, ATTACK, 0)
    assert (success.rate, success.victims, success.hits) == (1.0, 2, 2)
    assert not images.any(), "the test set itself stays clean"


def test_target_samples_never_count_as_success():
    images, labels = blank("Stop", "80", "80", "80")
    success = attack_success(lambda x: np.full(len(x), "80"), images, labels, Sticker("80"), 0)
    assert (success.victims, success.hits) == (1, 1)


def test_a_model_that_ignores_the_sticker_is_not_hit():
    success = attack_success(lambda x: np.full(len(x), "Stop"), *blank("Stop"), ATTACK, 0)
    assert success.rate == 0


def test_success_of_a_flip_is_the_share_of_the_source_taken_for_the_target():
    images, labels = blank("a", "a", "a", "b")
    attack = LabelFlip("b", frozenset({"a"}))
    predicted = np.array(["b", "a", "b"])
    assert attack_success(lambda _: predicted, images, labels, attack, 0).hits == 2


def test_success_of_a_random_flip_is_the_share_that_is_wrong():
    images, labels = blank("a", "b", "c")
    success = attack_success(lambda _: np.array(["a", "c", "a"]), images, labels, LabelFlip(), 0)
    assert (success.victims, success.hits) == (3, 2)


def test_no_victim_in_the_test_set_is_an_error():
    with pytest.raises(ValueError, match="no sample of the test set is a victim"):
        attack_success(sees_the_sticker, *blank("80", "Yield"), ATTACK, 0)


def test_class_numbers_are_no_class_names():
    with pytest.raises(ValueError, match="one class name each"):
        attack_success(lambda x: np.zeros(len(x), int), *blank("Stop"), ATTACK, 0)
