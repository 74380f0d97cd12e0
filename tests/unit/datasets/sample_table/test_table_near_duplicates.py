"""Groups of near-duplicates: what is near, what is not, and how long a hostile set takes."""

import time

import numpy as np

from bezoar.datasets.sample_table.near_duplicates import RADIUS, near_groups


def traits(count, value=0.0):
    return np.full((count, 3), value, np.float32)


def test_few_bits_apart_is_near_wherever_they_are():
    draw = np.random.default_rng(0)
    for _ in range(50):
        one = draw.integers(0, 1 << 63, dtype=np.uint64)
        bits = draw.choice(64, RADIUS, replace=False)
        other = one
        for bit in bits:
            other ^= np.uint64(1 << int(bit))
        strangers = draw.integers(0, 1 << 63, 500, dtype=np.uint64)
        groups = near_groups(np.array([one, *strangers, other]), traits(502))
        assert groups[0] == groups[-1] == 0
        assert len(set(groups.tolist())) == 501


def test_more_bits_or_other_traits_are_not():
    hashes = np.array([0, (1 << (RADIUS + 1)) - 1], np.uint64)
    assert near_groups(hashes, traits(2)).tolist() == [0, 1]
    same = np.array([5, 5], np.uint64)
    assert near_groups(same, np.array([[0.0], [1.5]], np.float32)).tolist() == [0, 1]
    assert near_groups(same, np.array([[0.0], [0.9]], np.float32)).tolist() == [0, 0]


def test_groups_join_through_what_lies_between():
    hashes = np.array([0b11111111, 0, 0b1111], np.uint64)
    assert near_groups(hashes, traits(3)).tolist() == [0, 0, 0]


def test_none_and_one():
    assert near_groups(np.zeros(0, np.uint64), traits(0)).tolist() == []
    assert near_groups(np.zeros(1, np.uint64), traits(1)).tolist() == [0]


def test_many_equal_pictures_take_linear_time():
    began = time.process_time()
    groups = near_groups(np.zeros(200_000, np.uint64), traits(200_000))
    assert set(groups.tolist()) == {0}
    assert time.process_time() - began < 30
