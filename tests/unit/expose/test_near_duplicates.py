import numpy as np

from bezoar.expose.near_duplicates import components, distinct, thumbnails

RNG = np.random.default_rng(0)


def pictures(count: int, side: int = 32) -> np.ndarray:
    """Coarse random pictures: no two are near-duplicates."""
    coarse = RNG.integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
    return coarse.repeat(side // 8, 1).repeat(side // 8, 2)


def frames(picture: np.ndarray, count: int) -> np.ndarray:
    noise = RNG.normal(0, 12, (count, *picture.shape))
    return (picture + noise).clip(0, 255).astype(np.uint8)


def test_thirty_frames_of_one_sign_are_one_picture() -> None:
    assert distinct(thumbnails(frames(pictures(1)[0], 30))) == 1


def test_different_pictures_stay_apart() -> None:
    assert distinct(thumbnails(pictures(25))) == 25


def test_light_alone_does_not_make_another_picture() -> None:
    (picture,) = pictures(1)
    darker = (picture // 4).astype(np.uint8), (picture // 4 + 60).astype(np.uint8)
    assert distinct(thumbnails(np.stack(darker))) == 1


def test_two_tracks_are_two_components() -> None:
    a, b = pictures(2)
    found = components(thumbnails(np.concatenate([frames(a, 5), frames(b, 7)])))
    assert len(set(found[:5])) == len(set(found[5:])) == 1
    assert found[0] != found[5]


def test_nothing_has_no_component() -> None:
    assert distinct(np.zeros((0, 192))) == 0


def test_flat_pictures_are_one() -> None:
    assert distinct(thumbnails(np.full((4, 32, 32, 3), 7, np.uint8))) == 1


def test_sides_need_not_be_a_multiple_of_eight() -> None:
    assert thumbnails(np.zeros((2, 45, 37, 3), np.uint8)).shape == (2, 192)
