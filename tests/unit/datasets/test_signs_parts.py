import itertools

import numpy as np
import pytest

from bezoar.datasets.signs.camera import photographed
from bezoar.datasets.signs.canvas import Canvas
from bezoar.datasets.signs.chance import happens
from bezoar.datasets.signs.drawing import _homography
from bezoar.datasets.signs.faces import BLACK, BLUE, FACES, MAKES, RED, WHITE, YELLOW, plate
from bezoar.datasets.signs.glyphs import write
from bezoar.datasets.signs.scenery import cloudy, scenery
from bezoar.datasets.signs.wear import worn
from bezoar.datasets.signs.weather import _fog, _rain, _snow, lit, weathered

SIDE = 96


def pixels(label, make=MAKES[0]):
    return np.asarray(plate(label, make, SIDE)).astype(int)


def share_of(colour, label):
    """Share of the sign's own pixels that have a colour."""
    picture = pixels(label)
    solid = picture[..., 3] > 250
    return (np.abs(picture[..., :3] - colour).sum(axis=2) < 30)[solid].mean()


@pytest.mark.parametrize(
    ("label", "colour", "least"),
    [
        ("Stop", RED, 0.55),
        ("No entry", RED, 0.6),
        ("Yield", WHITE, 0.3),
        ("Yield", RED, 0.4),
        ("Priority road", YELLOW, 0.4),
        ("Keep right", BLUE, 0.5),
        ("No stopping", BLUE, 0.25),
        ("Speed limit 80", BLACK, 0.1),
        ("Caution", BLACK, 0.03),
    ],
)
def test_signs_have_their_colours(label, colour, least):
    assert share_of(colour, label) > least


@pytest.mark.parametrize(
    ("label", "share"),
    [
        ("Stop", 8 * np.tan(np.pi / 8) / 4 * np.cos(np.pi / 8) ** 2 * 1.04**2),
        ("Speed limit 80", np.pi / 4),
    ],
)
def test_signs_have_their_shape(label, share):
    """The area of an octagon of circumradius 1.04, and of a disc, in a square of side 2."""
    solid = (pixels(label)[..., 3] / 255).sum()
    assert solid == pytest.approx(share * (0.92 * SIDE) ** 2, rel=0.02)


def test_yield_points_down_and_caution_up():
    for label, wide_half in (("Yield", slice(0, SIDE // 2)), ("Caution", slice(SIDE // 2, SIDE))):
        alpha = pixels(label)[..., 3]
        assert alpha[wide_half].sum() > 0.65 * alpha.sum()


@pytest.mark.parametrize("make", MAKES)
def test_no_two_classes_look_alike(make):
    for one, other in itertools.combinations(FACES, 2):
        moved = np.abs(pixels(one, make) - pixels(other, make)).sum(axis=2)
        assert (moved > 200).sum() > 50, (one, other)


@pytest.mark.parametrize("label", FACES)
@pytest.mark.parametrize("make", MAKES)
def test_every_sign_fits_its_plate_and_is_centred(label, make):
    alpha = np.asarray(plate(label, make, SIDE))[..., 3]
    assert not alpha[[0, -1]].any()
    assert not alpha[:, [0, -1]].any()
    rows, columns = np.nonzero(alpha > 128)
    for places in (rows, columns):
        assert abs((places.min() + places.max()) / 2 - (SIDE - 1) / 2) <= 3


def test_only_known_characters_are_written():
    with pytest.raises(KeyError):
        write(Canvas(SIDE), "7", 1, 0.2, BLACK)


def test_text_stands_in_the_middle():
    canvas = Canvas(SIDE)
    write(canvas, "120", 0.8, 0.17, BLACK)
    rows, columns = np.nonzero(np.asarray(canvas.finished())[..., 3] > 128)
    for places in (rows, columns):
        assert abs((places.min() + places.max()) / 2 - (SIDE - 1) / 2) <= 2


def test_wear_leaves_the_cached_plate_and_its_outline_alone():
    new = plate("Stop", MAKES[0], SIDE)
    before = np.asarray(new).copy()
    old = [np.asarray(worn(new, np.random.default_rng(seed))) for seed in range(40)]
    assert np.array_equal(np.asarray(new), before)
    assert all(np.array_equal(each[..., 3], before[..., 3]) for each in old)
    changed = [(np.abs(each.astype(int) - before).sum(axis=2) > 150).sum() for each in old]
    assert max(changed) > 100, "some signs carry a sticker or graffiti"
    assert sorted(changed)[20] < 30, "most do not"


def test_a_homography_maps_each_corner():
    start = np.array([[3.0, 4], [60, 7], [55, 58], [1, 50]])
    end = np.array([[0.0, 0], [96, 0], [96, 96], [0, 96]])
    a, b, c, d, e, f, g, h = _homography(start, end)
    for (x, y), wanted in zip(start, end, strict=True):
        below = g * x + h * y + 1
        seen = ((a * x + b * y + c) / below, (d * x + e * y + f) / below)
        assert seen == pytest.approx(tuple(wanted), abs=1e-6)


def test_clouds_are_smooth_and_between_0_and_1():
    field = cloudy(np.random.default_rng(0), 64, 8)
    assert field.min() >= 0
    assert field.max() <= 1
    assert np.abs(np.diff(field, axis=0)).max() < 0.1 < np.ptp(field)


@pytest.mark.parametrize("change", [_fog, _rain, _snow, lit])
def test_weather_and_light_change_the_view_but_not_in_place(change):
    rng = np.random.default_rng(4)
    view = scenery(rng, 64)
    before = view.copy()
    seen = change(view, rng)
    assert np.array_equal(view, before)
    assert seen.shape == view.shape
    assert np.abs(seen - view).mean() > 1


def test_most_days_are_dry():
    view = np.full((32, 32, 3), 90, np.float32)
    rng = np.random.default_rng(0)
    dry = sum(np.array_equal(weathered(view, rng), view) for _ in range(300))
    assert 180 < dry < 240


def test_a_camera_keeps_the_colour_of_a_flat_view():
    view = np.full((64, 64, 3), (200, 60, 30), np.float32)
    stored = photographed(view, np.random.default_rng(2), 32)
    assert stored.shape == (32, 32, 3)
    assert stored.mean(axis=(0, 1)) == pytest.approx((200, 60, 30), abs=8)


def test_happens_keeps_its_share():
    rng = np.random.default_rng(0)
    assert 240 < sum(happens(rng, 0.3) for _ in range(1000)) < 360
    assert not happens(rng, 0)
    assert happens(rng, 1)
