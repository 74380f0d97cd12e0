import numpy as np
import pytest
from made_evidence import evidence

from bezoar.expose.whitening import Standout, pooled_covariance, standout


def find(seed: int, poison: int) -> tuple[Standout | None, np.ndarray]:
    made, bad = evidence(seed, poison)
    pooled = pooled_covariance(made.features, made.labels, made.margins.value)
    rows = made.labels == 1
    return standout(made.features[rows], made.margins.value[rows], pooled), bad[rows]


@pytest.mark.parametrize("poison", [4, 20, 55])
def test_poison_of_up_to_nearly_half_a_class_is_gathered_whole(poison: int) -> None:
    found, bad = find(4, poison)
    assert found is not None
    np.testing.assert_array_equal(found.members, bad)
    assert found.separation > 6
    assert found.cohesion > 0.9


def test_a_clean_class_has_a_weak_group() -> None:
    found, _ = find(4, 0)
    assert found is not None
    assert found.separation * found.cohesion < 4


def test_equal_disagreement_seeds_no_group() -> None:
    features = np.random.default_rng(0).normal(size=(30, 4))
    assert standout(features, np.ones(30), np.eye(4)) is None


def test_a_constant_class_is_no_crash() -> None:
    found = standout(np.ones((30, 4)), np.arange(30.0), np.zeros((4, 4)))
    assert found is None or found.separation == pytest.approx(0)
