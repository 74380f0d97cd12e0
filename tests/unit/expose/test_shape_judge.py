"""Judging by outlines: what the discriminant does not learn, and which groups it shows."""

from dataclasses import replace

import numpy as np
import pytest

from bezoar.attacks.poisoning import poison_arrays
from bezoar.attacks.sticker import Sticker
from bezoar.datasets.signs import draw_signs
from bezoar.expose.detectors.alarm import NotApplicableError
from bezoar.expose.detectors.shape_group import ShapeGroupDetector
from bezoar.expose.discriminant import doubt, fit, fit_trimmed
from bezoar.expose.evidence import ShapeEvidence
from bezoar.expose.gradients import COARSE, FINE, VIEWS, outlines
from bezoar.expose.near_duplicates import thumbnails
from bezoar.expose.shapes import gather_shapes, held_out_error

CLASSES, EACH, DEPTH, BAD = 4, 120, 24, 14
DETECTOR = ShapeGroupDetector()
each_view = pytest.mark.parametrize("view", VIEWS)


def clouds(seed: int = 0, bad: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, labels and which are bad: of class 0 with a mark, labelled 1."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(CLASSES), EACH)
    centres = 3 * rng.normal(0, 1, (CLASSES, DEPTH))
    features = centres[labels] + rng.normal(0, 1, (len(labels), DEPTH))
    wrong = np.zeros(len(labels), bool)
    wrong[EACH : EACH + bad] = True
    mark = rng.normal(0, 1, DEPTH)
    features[wrong] = centres[0] + rng.normal(0, 1, (bad, DEPTH)) + mark
    return features.astype(np.float32), labels, wrong


@pytest.fixture(scope="module")
def signs() -> tuple[np.ndarray, np.ndarray, tuple[str, ...], np.ndarray]:
    """Sixteen classes of drawn signs, twenty stickered stop signs among the 80s."""
    drawn = draw_signs(2400, 11)
    sticker = Sticker("Speed limit 80", frozenset({"Stop"}), size=0.16)
    poisoned = poison_arrays(drawn.images, drawn.labels, sticker, 20 / 2400, 1)
    classes, labels = np.unique(poisoned.labels, return_inverse=True)
    bad = np.isin(np.arange(len(labels)), poisoned.rows)
    return poisoned.images, labels.astype(np.int64), tuple(map(str, classes)), bad


@pytest.fixture(scope="module")
def suspicious(signs) -> ShapeEvidence:
    return gather_shapes(*signs[:3], FINE)


@pytest.mark.parametrize("share", [0.05, 0.15, 0.25])
def test_the_discriminant_does_not_learn_a_poisoned_part_of_a_class(share: float) -> None:
    features, labels, bad = clouds(1, round(share * EACH))
    judge, kept = fit_trimmed(features, labels, CLASSES)
    value, nearest = doubt(judge.distances(judge.placed(features)), labels)
    assert (value[bad] > 0).mean() >= 0.95
    assert (nearest[bad] == 0).mean() >= 0.95
    assert (value[~bad] > 0).mean() <= 0.02
    assert kept[~bad].mean() >= 0.98


def test_what_is_trusted_is_never_left_out_and_sets_the_first_fit() -> None:
    features, labels, bad = clouds(4, round(0.25 * EACH))
    new = np.arange(len(labels)) % 2 == 0
    judge, kept = fit_trimmed(features, labels, CLASSES, trusted=~new & ~bad)
    assert kept[~new & ~bad].all()
    value, nearest = doubt(judge.distances(judge.placed(features)), labels)
    assert (value[bad] > 0).mean() >= 0.95
    assert (nearest[bad] == 0).mean() >= 0.95


def test_a_constant_added_to_all_features_changes_nothing() -> None:
    features, labels, _ = clouds(2, 10)
    before = fit(features, labels, CLASSES)
    after = fit(features + 7.5, labels, CLASSES)
    one = before.distances(before.placed(features))
    other = after.distances(after.placed(features + 7.5))
    np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-2)


def test_an_absent_class_is_infinitely_far_and_constant_features_are_no_crash() -> None:
    features, labels, _ = clouds(3)
    distances = fit(features, labels, CLASSES + 1).distances(features)
    assert np.isinf(distances[:, CLASSES]).all()
    flat = np.ones_like(features)
    judge, _ = fit_trimmed(flat, labels, CLASSES)
    value, _ = doubt(judge.distances(judge.placed(flat)), labels)
    assert np.isfinite(value).all()


@each_view
def test_outlines_ignore_brightness_but_not_shape(view) -> None:
    images = draw_signs(60, 4).images
    dim = (images * 0.7).astype(np.uint8)
    pairs = [outlines(some, thumbnails(some), view) for some in (images, dim)]
    same = np.linalg.norm(pairs[0] - pairs[1], axis=1).mean()
    different = np.linalg.norm(pairs[0] - np.roll(pairs[0], 1, 0), axis=1).mean()
    assert same < 0.35 * different


@each_view
def test_stickered_stop_signs_are_found_whole(signs, view) -> None:
    images, labels, classes, bad = signs
    made = gather_shapes(images, labels, classes, view)
    assert held_out_error(images, labels, len(classes)) < 0.2
    alarm = DETECTOR.alarms(made)[0]
    assert alarm.statistic >= DETECTOR.threshold
    assert (classes[alarm.label], classes[alarm.resembles]) == ("Speed limit 80", "Stop")
    assert alarm.members[bad].mean() >= 0.95
    assert (alarm.members & ~bad).sum() <= 1


@pytest.mark.parametrize("seed", range(4))
def test_clean_signs_raise_no_alarm(seed: int) -> None:
    drawn = draw_signs(1600, 20 + seed)
    classes, labels = np.unique(drawn.labels, return_inverse=True)
    made = gather_shapes(drawn.images, labels, tuple(classes), COARSE)
    assert all(alarm.statistic < DETECTOR.threshold for alarm in DETECTOR.alarms(made))


def test_the_order_of_the_samples_does_not_matter(signs, suspicious: ShapeEvidence) -> None:
    images, labels, classes, _ = signs
    order = np.random.default_rng(5).permutation(len(labels))
    moved = gather_shapes(images[order], labels[order], classes, FINE)
    before, after = DETECTOR.alarms(suspicious)[0], DETECTOR.alarms(moved)[0]
    assert after.statistic == pytest.approx(before.statistic, rel=0.02)
    np.testing.assert_array_equal(after.members, before.members[order])


def test_the_names_of_the_classes_do_not_matter(signs, suspicious: ShapeEvidence) -> None:
    images, labels, classes, _ = signs
    new = np.random.default_rng(6).permutation(len(classes))
    moved = gather_shapes(images, new[labels], classes, FINE)
    before, after = DETECTOR.alarms(suspicious)[0], DETECTOR.alarms(moved)[0]
    assert after.label == new[before.label]
    np.testing.assert_array_equal(after.members, before.members)


def test_an_update_is_judged_by_what_is_trusted(signs) -> None:
    images, labels, classes, bad = signs
    old = draw_signs(1600, 77)
    reference = (old.images, np.searchsorted(classes, old.labels))
    made = gather_shapes(images, labels, classes, FINE, reference)
    alarm = DETECTOR.alarms(made)[0]
    assert classes[alarm.label] == "Speed limit 80"
    assert alarm.members[bad].mean() >= 0.95


def test_a_class_of_one_sample_and_an_empty_class_are_no_crash(signs) -> None:
    images, labels, classes, _ = signs
    labels = labels.copy()
    labels[-1] = len(classes)
    made = gather_shapes(images, labels, (*classes, "alone", "empty"), FINE)
    assert all(alarm.label < len(classes) for alarm in DETECTOR.alarms(made))


def test_one_class_and_numbers_that_are_none_are_not_applicable(suspicious) -> None:
    one = replace(suspicious, labels=np.zeros_like(suspicious.labels))
    with pytest.raises(NotApplicableError, match="class"):
        DETECTOR.alarms(one)
    placed = suspicious.placed.copy()
    placed[3, 2] = np.nan
    with pytest.raises(NotApplicableError, match="finite"):
        DETECTOR.alarms(replace(suspicious, placed=placed))
