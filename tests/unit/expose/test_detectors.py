"""Metamorphic tests that every detector of networks' evidence passes, and what each finds."""

from dataclasses import replace

import numpy as np
import pytest
from made_evidence import CLASSES, EACH, evidence, permuted, relabelled

from bezoar.expose.detectors import NETWORK_DETECTORS
from bezoar.expose.detectors.alarm import Alarm, Detector, NotApplicableError
from bezoar.expose.detectors.group import GroupDetector
from bezoar.expose.detectors.lift import LiftDetector
from bezoar.expose.detectors.pattern import PatternDetector
from bezoar.expose.evidence import NetworkEvidence
from bezoar.expose.margins import Margins
from bezoar.expose.near_duplicates import thumbnails

each_detector = pytest.mark.parametrize(
    "detector", NETWORK_DETECTORS, ids=lambda one: one.rule.name
)


def raised(detector: Detector, made: NetworkEvidence) -> list[Alarm]:
    return [alarm for alarm in detector.alarms(made) if alarm.statistic >= detector.threshold]


@pytest.fixture(scope="module")
def suspicious() -> NetworkEvidence:
    """Evidence that alarms every detector."""
    made, bad = evidence(3, 24)
    images = made.images.astype(np.float64)
    images[bad] += 50 * np.random.default_rng(0).choice([-1, 1], images.shape[1:])
    images = images.clip(0, 255).astype(np.uint8)
    return replace(made, images=images, thumbs=thumbnails(images))


def test_a_group_is_found_whole_and_nothing_else() -> None:
    made, bad = evidence(1, 24)
    (alarm,) = raised(GroupDetector(), made)
    assert (alarm.label, alarm.resembles) == (1, 0)
    np.testing.assert_array_equal(alarm.members, bad)


def test_a_label_that_holds_the_strangest_samples_is_alarmed() -> None:
    made, bad = evidence(1, 24, pattern=20)
    (alarm,) = raised(LiftDetector(), made)
    assert alarm.label == 1
    assert alarm.resembles is None
    assert alarm.members[bad].all()
    assert (alarm.members & ~bad).sum() <= 1


def test_a_faint_pattern_is_found_whole() -> None:
    made, bad = evidence(1, 24, pattern=35)
    (alarm,) = raised(PatternDetector(), made)
    assert alarm.label == 1
    assert alarm.members[bad].mean() >= 0.95
    assert (alarm.members & ~bad).sum() <= 1


@each_detector
@pytest.mark.parametrize("seed", range(6))
def test_clean_data_raise_no_alarm(detector: Detector, seed: int) -> None:
    made, _ = evidence(seed)
    assert raised(detector, made) == []


@each_detector
def test_the_order_of_the_samples_does_not_matter(
    detector: Detector, suspicious: NetworkEvidence
) -> None:
    order = np.random.default_rng(5).permutation(len(suspicious.labels))
    before, after = raised(detector, suspicious), raised(detector, permuted(suspicious, order))
    assert before
    assert [one.label for one in after] == [one.label for one in before]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(other.members, one.members[order])
        assert other.statistic == pytest.approx(one.statistic, rel=1e-3)


@each_detector
def test_the_names_of_the_classes_do_not_matter(
    detector: Detector, suspicious: NetworkEvidence
) -> None:
    new = np.array([2, 0, 3, 1])
    before, after = raised(detector, suspicious), raised(detector, relabelled(suspicious, new))
    assert before
    assert [one.label for one in after] == [new[one.label] for one in before]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(other.members, one.members)


@each_detector
def test_a_constant_added_to_all_features_changes_nothing(
    detector: Detector, suspicious: NetworkEvidence
) -> None:
    moved = replace(suspicious, features=suspicious.features + 7.5)
    before, after = raised(detector, suspicious), raised(detector, moved)
    assert before
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(other.members, one.members)


@each_detector
def test_a_class_of_one_sample_and_an_empty_class_are_no_crash(detector: Detector) -> None:
    made, bad = evidence(2, 24, pattern=20)
    made = replace(made, classes=("a", "b", "c", "d", "alone", "empty"))
    made.labels[-1] = 4
    assert all(alarm.label != 4 for alarm in detector.alarms(made))
    assert bad.any()


@each_detector
def test_a_constant_feature_and_constant_images_are_no_crash(detector: Detector) -> None:
    made, _ = evidence(2)
    flat = replace(
        made,
        features=np.ones_like(made.features),
        images=np.full_like(made.images, 9),
        thumbs=np.zeros_like(made.thumbs),
    )
    assert raised(detector, flat) == []


@each_detector
def test_one_class_is_not_applicable(detector: Detector) -> None:
    made, _ = evidence(2)
    with pytest.raises(NotApplicableError, match="class"):
        detector.alarms(replace(made, labels=np.zeros(CLASSES * EACH, np.int64)))


@each_detector
def test_numbers_that_are_none_are_not_applicable(detector: Detector) -> None:
    made, _ = evidence(2)
    features, value = made.features.copy(), made.margins.value.copy()
    features[3, 2] = value[3] = np.nan
    margins = Margins(value, made.margins.alternative)
    with pytest.raises(NotApplicableError, match="finite"):
        detector.alarms(replace(made, features=features, margins=margins, doubts=(margins,)))
