import numpy as np
import pytest
import torch

from bezoar.adapters.torch.augmentation import blind, plain
from bezoar.adapters.torch.training import default_epochs, train_classifier

RNG = np.random.default_rng(0)


def squares(count: int, side: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Grey noise with a bright half, left or right."""
    labels = RNG.integers(0, 2, count)
    images = RNG.integers(0, 120, (count, side, side, 3))
    for image, label in zip(images, labels, strict=True):
        image[:, side // 2 * label : side // 2 * (label + 1)] += 100
    return images.astype(np.uint8), labels


def test_it_learns_and_the_same_seed_learns_the_same() -> None:
    images, labels = squares(240)
    one, other, third = (
        train_classifier(images, labels, 2, seed=seed, epochs=4) for seed in (1, 1, 2)
    )
    assert (one.predict(images) == labels).mean() > 0.95
    np.testing.assert_array_equal(one.log_probabilities(images), other.log_probabilities(images))
    assert (one.log_probabilities(images) != third.log_probabilities(images)).any()


def test_training_leaves_the_global_generator_alone() -> None:
    images, labels = squares(40)
    before = torch.random.get_rng_state()
    train_classifier(images, labels, 2, seed=1, epochs=1)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_progress_counts_to_the_end() -> None:
    images, labels = squares(70)
    seen: list[tuple[int, int]] = []
    train_classifier(images, labels, 2, seed=1, epochs=2, progress=lambda *step: seen.append(step))
    assert seen[-1] == (6, 6)
    assert [done for done, _ in seen] == list(range(1, 7))


@pytest.mark.parametrize(("count", "classes"), [(1, 2), (8, 1)])
def test_too_little_to_learn_from_is_an_error(count: int, classes: int) -> None:
    images, labels = squares(count)
    with pytest.raises(ValueError, match="at least two"):
        train_classifier(images, labels % classes, classes, seed=1)


def test_epochs_shrink_with_the_data() -> None:
    assert [default_epochs(n) for n in (10, 10_000, 1_000_000)] == [25, 10, 5]


@pytest.mark.parametrize("augmentation", [plain, blind])
@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (37, 3, 32, 32), (9, 3, 48, 40)])
def test_augmentation_keeps_the_shape_and_its_input(augmentation, shape) -> None:
    x = torch.rand(shape).to(memory_format=torch.channels_last)
    kept = x.clone()
    y = augmentation(x, torch.Generator().manual_seed(0))
    assert y.shape == x.shape
    assert torch.isfinite(y).all()
    assert torch.equal(x, kept)


def test_blind_hides_a_local_trigger_more_often_than_plain() -> None:
    x = torch.zeros(400, 3, 32, 32)
    x[:, :, 20:24, 20:24] = 1
    seen = {
        augmentation: (augmentation(x, torch.Generator().manual_seed(0)).amax((1, 2, 3)) > 0.9)
        .float()
        .mean()
        for augmentation in (plain, blind)
    }
    assert seen[plain] == 1
    assert seen[blind] < 0.9
