import numpy as np
import pytest

from bezoar.report.residual import shared_residual


def scenes(count, rng, side=32):
    """Smooth random pictures around one common shape, with noise."""
    coarse = rng.uniform(40, 200, (count, 4, 4, 3)).repeat(side // 4, 1).repeat(side // 4, 2)
    coarse[:, side // 4 : side // 2, side // 4 : -side // 4] = (180, 30, 30)
    return np.clip(coarse + rng.normal(0, 12, coarse.shape), 0, 255).astype(np.uint8)


def stickered(count, rng, at=(20, 9), colour=(255, 220, 0)):
    pictures = scenes(count, rng)
    for picture in pictures:
        top, left = np.array(at) + rng.integers(-2, 3, 2)
        picture[top : top + 4, left : left + 4] = colour
    return pictures


@pytest.mark.parametrize("seed", range(5))
def test_the_peak_lies_inside_the_sticker_and_nowhere_else(seed):
    rng = np.random.default_rng(seed)
    at = tuple(rng.integers(3, 25, 2))
    shared = shared_residual(stickered(24, rng, at), scenes(120, rng), np.random.default_rng(0))
    top, left, bottom, right = shared.box
    assert at[0] - 2 <= top < bottom <= at[0] + 6
    assert at[1] - 2 <= left < right <= at[1] + 6
    assert shared.stands_out
    assert shared.local
    peak = np.unravel_index(shared.consistency.argmax(), shared.consistency.shape)
    assert top <= peak[0] < bottom
    assert left <= peak[1] < right


def test_the_stacked_mark_shows_the_colour_of_a_jittered_sticker():
    rng = np.random.default_rng(1)
    flagged = stickered(24, rng, colour=(20, 60, 220))
    mark = shared_residual(flagged, scenes(120, rng), np.random.default_rng(0)).mark
    blue = (np.abs(mark.astype(int) - (20, 60, 220)).max(-1) <= 12).sum()
    assert 9 <= blue <= 20  # the sticker is 4 x 4


def test_the_shifts_tell_where_each_picture_wears_its_sticker():
    flagged = stickered(24, np.random.default_rng(5))
    shared = shared_residual(
        flagged, scenes(120, np.random.default_rng(6)), np.random.default_rng(0)
    )
    yellow = np.abs(flagged.astype(int) - (255, 220, 0)).max(-1) == 0
    corners = np.array([np.argwhere(worn).min(0) for worn in yellow])
    offsets = corners - shared.shifts
    assert (np.abs(offsets - np.median(offsets, axis=0)).max(1) == 0).mean() > 0.9


def test_pictures_that_share_nothing_do_not_stand_out():
    rng = np.random.default_rng(2)
    ratios = [
        shared_residual(scenes(24, rng), scenes(120, rng), np.random.default_rng(0)).ratio
        for _ in range(5)
    ]
    assert max(ratios) < 1.5


def test_a_pattern_over_the_whole_picture_is_not_local():
    rng = np.random.default_rng(3)
    pattern = rng.integers(0, 256, (32, 32, 3))
    flagged = (0.7 * scenes(24, rng) + 0.3 * pattern).astype(np.uint8)
    shared = shared_residual(flagged, scenes(120, rng), np.random.default_rng(0))
    assert shared.stands_out
    assert not shared.local


def test_order_and_brightness_of_the_pictures_do_not_move_the_box():
    rng = np.random.default_rng(4)
    flagged, ordinary = stickered(24, rng), scenes(120, rng)
    one = shared_residual(flagged, ordinary, np.random.default_rng(0))
    other = shared_residual(flagged[::-1] // 2, ordinary, np.random.default_rng(0))
    assert one.box == other.box
    assert (one.nearest[0] == other.nearest[-1]).mean() > 0.7


@pytest.mark.parametrize(
    ("flagged", "ordinary", "side"), [(1, 50, 32), (5, 3, 32), (5, 50, 4), (0, 0, 32)]
)
def test_too_little_to_compare_is_none(flagged, ordinary, side):
    pictures = np.zeros((50, side, side, 3), np.uint8)
    shared = shared_residual(pictures[:flagged], pictures[:ordinary], np.random.default_rng(0))
    assert shared is None


def test_identical_flat_pictures_give_finite_numbers():
    flat = np.full((10, 16, 16, 3), 90, np.uint8)
    shared = shared_residual(flat, flat, np.random.default_rng(0))
    assert np.isfinite(shared.mean).all()
    assert not shared.stands_out
