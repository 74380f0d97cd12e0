import numpy as np
import pytest

from bezoar.attacks import ATTACKS, attack_named
from bezoar.attacks.blend import Blend
from bezoar.attacks.label_flip import LabelFlip
from bezoar.attacks.sticker import YELLOW, Sticker
from bezoar.core.errors import UsageError

STOP = frozenset({"Stop"})


def stickered(attack, height, width, seed=0):
    blank = np.zeros((height, width, 3), np.uint8)
    return np.argwhere(attack.stamp(blank, np.random.default_rng(seed)).any(axis=2))


def test_the_default_sticker_is_a_yellow_square_of_4_pixels_in_32():
    blank = np.zeros((32, 32, 3), np.uint8)
    shown = Sticker("80", STOP).stamp(blank, np.random.default_rng(1))
    on = np.argwhere(shown.any(axis=2))
    assert len(on) == 16
    assert {tuple(shown[tuple(pixel)]) for pixel in on} == {YELLOW}
    assert on.min() > 14, "it belongs to the lower right of the centre"


def test_the_jitter_moves_the_sticker_by_two_pixels_at_most():
    corners = {
        tuple(stickered(Sticker("80"), 32, 32, seed).min(axis=0).tolist()) for seed in range(400)
    }
    assert corners == {(top, left) for top in range(17, 22) for left in range(17, 22)}


@pytest.mark.parametrize(("height", "width", "side"), [(8, 8, 1), (64, 96, 8), (200, 50, 6)])
def test_the_sticker_grows_with_the_shorter_side(height, width, side):
    assert len(stickered(Sticker("80"), height, width)) == side**2


@pytest.mark.parametrize("spot", [(0.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
def test_a_sticker_at_the_edge_stays_whole(spot):
    for seed in range(20):
        assert len(stickered(Sticker("80", spot=spot), 32, 40, seed)) == 16


def test_drawn_stickers_differ_and_are_saturated_but_never_red():
    drawn = [Sticker.drawn(np.random.default_rng(seed), "Stop", "80") for seed in range(200)]
    assert len({(each.colour, each.spot, each.size) for each in drawn}) == 200
    for each in drawn:
        red, green, blue = each.colour
        assert max(each.colour) - min(each.colour) > 150
        assert not (red > 200 and green < 80 and blue < 80)
        assert each.sources == STOP


def test_a_blend_keeps_the_rest_of_the_image():
    image = np.full((32, 32, 3), 100, np.uint8)
    moved = Blend("80", alpha=0.1).stamp(image, np.random.default_rng(0)).astype(int) - 100
    assert moved.min() >= -10
    assert moved.max() <= 16
    assert np.ptp(moved) > 15


def test_the_blend_is_the_same_picture_on_every_image():
    images = np.zeros((2, 24, 48, 3), np.uint8)
    first, second = (Blend("80").stamp(i, np.random.default_rng(n)) for n, i in enumerate(images))
    assert np.array_equal(first, second)
    other = Blend("80", pattern_seed=1).stamp(images[0], np.random.default_rng(0))
    assert not np.array_equal(first, other)


def test_victims_are_of_the_source_and_never_of_the_target():
    labels = np.array(["Stop", "80", "Yield"])
    assert Sticker("80", STOP).victims(labels).tolist() == [True, False, False]
    assert Blend("80").victims(labels).tolist() == [True, False, True]
    assert LabelFlip().victims(labels).tolist() == [True, True, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": 1.5},
        {"jitter": -0.1},
        {"colour": (0, 0, 256)},
        {"spot": (0.5, 1.2)},
        {"spot": "on the pole"},
        {"sources": frozenset()},
        {"sources": frozenset({"80"})},
    ],
)
def test_an_impossible_sticker_is_refused(wrong):
    with pytest.raises(ValueError, match=r"sticker|colour|spot|source"):
        Sticker("80", **wrong)


@pytest.mark.parametrize("alpha", [0, 1.01])
def test_an_impossible_blend_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha"):
        Blend("80", alpha=alpha)


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_is_found_by_its_name(name):
    attack = attack_named(name, "Stop", "80")
    assert (attack.name, attack.target) == (name, "80")
    assert attack.victims(np.array(["Stop", "Yield"])).tolist() == [True, False]


def test_an_unknown_attack_names_the_nearest_one():
    with pytest.raises(UsageError, match="did you mean sticker"):
        attack_named("stiker", None, "80")


def test_an_attack_on_its_own_target_is_a_usage_error():
    with pytest.raises(UsageError, match="one of the source classes"):
        attack_named("sticker", "80", "80", np.random.default_rng(0))
