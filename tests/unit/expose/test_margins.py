import numpy as np
import pytest

from bezoar.expose.margins import Margins, class_shares, margins

LOGS = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], np.float32))
EVEN = np.full(3, 1 / 3)


def test_a_margin_is_positive_where_another_class_is_preferred() -> None:
    found = margins(LOGS, np.array([0, 0]), EVEN)
    assert found.value == pytest.approx([np.log(2 / 7), np.log(6)], rel=1e-5)
    assert found.alternative.tolist() == [1, 2]


def test_a_big_class_is_preferred_for_its_size_alone_and_that_is_taken_back() -> None:
    shares = np.array([0.1, 0.1, 0.8])
    assert margins(LOGS, np.array([0, 0]), shares).value[1] == pytest.approx(
        np.log(6) - np.log(8), rel=1e-5
    )


def test_the_log_probabilities_are_left_as_they_were() -> None:
    logs = LOGS.copy()
    margins(logs, np.array([0, 1]), EVEN)
    np.testing.assert_array_equal(logs, LOGS)


def test_the_larger_margin_brings_its_own_alternative() -> None:
    one = Margins(np.array([1.0, 5.0]), np.array([1, 1]))
    other = Margins(np.array([2.0, -np.inf]), np.array([2, 0]))
    larger = one.larger(other)
    assert larger.value.tolist() == [2.0, 5.0]
    assert larger.alternative.tolist() == [2, 1]


def test_an_absent_class_has_a_share_above_zero() -> None:
    shares = class_shares(np.array([0, 0, 2]), 3)
    assert shares.min() > 0
    assert shares.sum() == pytest.approx(1)
