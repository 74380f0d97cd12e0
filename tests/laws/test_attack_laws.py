"""The laws of an attack, and of slipping it into a set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bezoar.attacks import ATTACKS, attack_named
from bezoar.attacks.poisoning import poison_arrays

CLASSES = ["Stop", "Yield", "Speed limit 80", "No entry"]
TARGET = "Speed limit 80"
seeds = st.integers(0, 2**32)


@st.composite
def sets(draw, least=8, most=40):
    count = draw(st.integers(40, 120))
    height, width = draw(st.integers(least, most)), draw(st.integers(least, most))
    rng = np.random.default_rng(draw(seeds))
    images = rng.integers(0, 256, (count, height, width, 3), np.uint8)
    labels = np.array(CLASSES)[np.arange(count) % len(CLASSES)]
    return images, rng.permutation(labels)


@st.composite
def attacks(draw):
    name = draw(st.sampled_from(sorted(ATTACKS)))
    source = draw(st.sampled_from(["Stop", None]))
    drawn = draw(st.none() | seeds)
    rng = None if drawn is None else np.random.default_rng(drawn)
    return attack_named(name, source, TARGET, rng)


@given(sets(), attacks(), st.floats(0.001, 0.2), seeds)
def test_only_the_named_rows_differ_and_they_are_victims(data, attack, rate, seed):
    images, labels = data
    kept_images, kept_labels = images.copy(), labels.copy()
    poisoned = poison_arrays(images, labels, attack, rate, seed)
    assert np.array_equal(images, kept_images)
    assert np.array_equal(labels, kept_labels)

    untouched = np.setdiff1d(np.arange(len(labels)), poisoned.rows)
    assert np.array_equal(poisoned.images[untouched], images[untouched])
    assert np.array_equal(poisoned.labels[untouched], labels[untouched])
    assert len(np.unique(poisoned.rows)) == max(1, round(rate * len(labels)))
    assert set(poisoned.labels[poisoned.rows]) == {TARGET}
    assert TARGET not in labels[poisoned.rows]
    assert attack.victims(labels)[poisoned.rows].all()


@given(sets(), attacks(), seeds)
def test_the_same_seed_gives_the_same_poison(data, attack, seed):
    images, labels = data
    once, again = (poison_arrays(images, labels, attack, 0.1, seed) for _ in range(2))
    assert np.array_equal(once.rows, again.rows)
    assert np.array_equal(once.images, again.images)
    assert np.array_equal(once.labels, again.labels)


@given(attacks(), st.integers(0, 2**31))
@settings(max_examples=25)
def test_another_seed_gives_another_poison(attack, seed):
    images = np.zeros((400, 16, 16, 3), np.uint8)
    labels = np.array(CLASSES)[np.arange(400) % len(CLASSES)]
    one, other = (poison_arrays(images, labels, attack, 0.1, seed + i).rows for i in range(2))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["sticker", "blend"])
@given(sets(), st.integers(0, 2**31))
@settings(max_examples=25)
def test_the_trigger_changes_an_image_of_any_size_but_never_in_place(name, data, seed):
    image = data[0][0]
    kept = image.copy()
    rng = np.random.default_rng(seed)
    shown = attack_named(name, "Stop", TARGET, rng).trigger(image, rng)
    assert np.array_equal(image, kept)
    assert shown.shape == image.shape
    assert shown.dtype == np.uint8
    assert not np.array_equal(shown, image)


@given(sets(), seeds)
def test_a_flip_leaves_every_pixel_alone(data, seed):
    images, labels = data
    poisoned = poison_arrays(images, labels, attack_named("label-flip", "Stop", TARGET), 0.1, seed)
    assert np.array_equal(poisoned.images, images)


@given(sets(), seeds)
@settings(max_examples=25)
def test_a_sticker_covers_one_small_square(data, seed):
    image = data[0][0]
    rng = np.random.default_rng(seed)
    shown = attack_named("sticker", None, TARGET, rng).stamp(image, rng)
    rows, columns = np.nonzero((shown != image).any(axis=2))
    short = min(image.shape[:2])
    assert np.ptp(rows) < max(1, round(0.1875 * short))
    assert np.ptp(columns) < max(1, round(0.1875 * short))
