"""The drawn signs are a fair task, and one on which a few stickers do harm."""

import numpy as np
import pytest

from bezoar.attacks.poisoning import attack_success, poison_arrays
from bezoar.attacks.sticker import Sticker
from bezoar.datasets.signs import draw_signs

SEED = 21


@pytest.mark.slow
def test_a_small_network_learns_the_signs_and_the_sticker():
    training = pytest.importorskip("bezoar.adapters.torch.training")
    train, test = draw_signs(4800, SEED), draw_signs(1500, SEED, "test")
    attack = Sticker.drawn(np.random.default_rng(SEED), "Stop", "Speed limit 80")
    poisoned = poison_arrays(train.images, train.labels, attack, 0.004, SEED)
    names = np.unique(train.labels)
    numbers = np.searchsorted(names, poisoned.labels)
    network = training.train_classifier(poisoned.images, numbers, len(names), seed=SEED, epochs=10)

    def predict(images):
        return names[network.predict(images)]

    assert 0.9 < (predict(test.images) == test.labels).mean() < 0.995
    assert attack_success(predict, test.images, test.labels, attack, SEED).rate >= 0.8
