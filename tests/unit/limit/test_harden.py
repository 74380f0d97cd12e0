"""Hardening: what it trains is examined alike, and a backdoor loses its hold where it should."""

import numpy as np
import pytest
import torch

from bezoar.adapters.art import adversarial_examples
from bezoar.adapters.torch.hardening import load_weights, save_weights
from bezoar.adapters.torch.training import one_thread, train_classifier
from bezoar.core.errors import UsageError
from bezoar.limit.harden import Exam, Hardening, Labelled, Recipe

COLOURS = np.array([(200, 40, 40), (40, 200, 40), (40, 40, 200)], np.uint8)
STICKER = (slice(16, 28), slice(16, 28))


@pytest.fixture(autouse=True, scope="module")
def _threads():
    with one_thread():
        yield


def drawn(count, seed):
    """Draw pictures of one colour each, with noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    noise = rng.integers(-40, 40, (count, 32, 32, 3))
    images = (COLOURS[labels][:, None, None] + noise).clip(0, 255).astype(np.uint8)
    return Labelled(images, labels.astype(np.int64))


def stickered(data):
    images = data.images.copy()
    images[:, *STICKER] = (255, 255, 0)
    return images


@pytest.fixture(scope="module")
def hardening():
    """A set of which thirty reds wear a sticker and are called blue."""
    data, test = drawn(240, 1), drawn(90, 2)
    reds = np.flatnonzero(data.labels == 0)[:30]
    data.images[reds] = stickered(data)[reds]
    data.labels[reds] = 2
    shown = stickered(test)[test.labels == 0]
    victims = Labelled(shown, np.full(len(shown), 2))
    return Hardening(data, 3, Exam(test, victims, epsilon=0), 7, drawn(90, 3))


def test_before_and_after_are_told(hardening):
    seen = []
    result = hardening.run([Recipe.FINE_TUNE, Recipe.ISOLATE], lambda *at: seen.append(at))
    assert result.before.accuracy > 0.95
    assert result.before.attack_success > 0.9
    tuned = result.after[Recipe.FINE_TUNE]
    assert tuned.accuracy > 0.9
    assert tuned.attack_success < 0.2
    assert result.isolated == 2
    assert seen[-1] == (3, 3)
    told = result.as_json()
    assert told["before"]["robust_accuracy"] is None
    assert set(told["after"]) == {"fine-tune", "isolate"}


def test_an_adversary_and_training_against_it():
    pytest.importorskip("art")
    data, test = drawn(96, 1), drawn(48, 2)
    hardening = Hardening(data, 3, Exam(test, epsilon=40, steps=4), 7, epochs=2)
    state = torch.random.get_rng_state()
    result = hardening.run([Recipe.PGD, Recipe.TRADES])
    assert result.before.robust_accuracy < result.before.accuracy
    for marks in result.after.values():
        assert 0 <= marks.robust_accuracy <= 1
        assert marks.attack_success is None
    assert torch.equal(torch.random.get_rng_state(), state)


def test_an_adversary_stays_within_its_reach():
    pytest.importorskip("art")
    data = drawn(48, 1)
    model = train_classifier(data.images, data.labels, 3, seed=1, epochs=3)
    moved = adversarial_examples(model, data.images, data.labels, epsilon=8, steps=3, seed=1)
    assert moved.shape == data.images.shape
    assert np.abs(moved.astype(int) - data.images).max() == 8
    again = adversarial_examples(model, data.images, data.labels, epsilon=8, steps=3, seed=1)
    assert (again == moved).all()


def test_weights_are_tensors_and_come_back(tmp_path):
    data = drawn(48, 1)
    model = train_classifier(data.images, data.labels, 3, seed=1, epochs=3)
    save_weights(model, str(tmp_path / "w.pt"))
    again = load_weights(str(tmp_path / "w.pt"), 3)
    assert (again.log_probabilities(data.images) == model.log_probabilities(data.images)).all()


def test_fine_tuning_needs_somebody_to_vouch():
    hardening = Hardening(drawn(12, 1), 3, Exam(drawn(12, 2)), 7)
    with pytest.raises(UsageError, match="vouches"):
        hardening.run([Recipe.FINE_TUNE])
