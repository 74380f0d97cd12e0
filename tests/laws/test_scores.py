"""Permuting the samples permutes the scores; the ranking does not depend on their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.scores import Scores

tables = st.dictionaries(st.text(), st.floats(-1e9, 1e9), max_size=20)


@given(tables, st.randoms())
def test_the_ranking_does_not_depend_on_the_order(table: dict[str, float], random) -> None:
    rows = list(table.items())
    shuffled = random.sample(rows, len(rows))
    ranked = [
        Scores([i for i, _ in some], np.array([v for _, v in some], float), "made up").ranked()
        for some in (rows, shuffled)
    ]
    assert ranked[0] == ranked[1]
    assert [table[i] for i in ranked[0]] == sorted(table.values(), reverse=True)


def test_ids_and_values_match_in_number() -> None:
    with pytest.raises(ValueError, match="2 ids"):
        Scores(["a", "b"], np.zeros(3), "made up")
