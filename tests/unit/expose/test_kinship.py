import numpy as np
import pytest

from bezoar.expose.kinship import kinship

RNG = np.random.default_rng(0)
FACES = RNG.normal(0, 40, (2, 192))


def cloud(face: int, count: int) -> np.ndarray:
    return FACES[face] + RNG.normal(0, 15, (count, 192))


@pytest.mark.parametrize(("shows", "sign"), [(0, -1), (1, 1)])
def test_it_speaks_for_the_class_that_the_pictures_show(shows: int, sign: int) -> None:
    found = kinship(cloud(shows, 20), np.arange(20), cloud(0, 60), cloud(1, 60))
    assert sign * found > 0.5


def test_light_and_contrast_do_not_matter() -> None:
    group, own, other = cloud(1, 20), cloud(0, 60), cloud(1, 60)
    dim = kinship(group * 0.5, np.arange(20), own, other)
    assert dim == pytest.approx(kinship(group, np.arange(20), own, other), rel=0.1)


def test_thirty_frames_of_one_picture_count_once() -> None:
    frames = np.concatenate([cloud(0, 30), cloud(1, 1)])
    component = np.array([0] * 30 + [1])
    found = kinship(frames, component, cloud(0, 60), cloud(1, 60))
    assert abs(found) < 0.3


def test_too_few_to_rebuild_from_says_nothing() -> None:
    assert kinship(cloud(0, 5), np.arange(5), cloud(0, 7), cloud(1, 60)) == 0


def test_a_large_class_does_not_win_by_its_size() -> None:
    found = kinship(RNG.normal(0, 40, (30, 192)), np.arange(30), cloud(0, 2000), cloud(0, 60))
    assert abs(found) < 0.05
