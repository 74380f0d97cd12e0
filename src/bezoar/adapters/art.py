"""Adversarial examples, and training on them, by the Adversarial Robustness Toolbox."""

import logging
import random
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from bezoar.adapters.torch.network import SmallNet
from bezoar.adapters.torch.training import Classifier, initialised
from bezoar.core.errors import BezoarError

Method = Literal["pgd", "trades"]
TRADES_BETA: Final = 6.0
"""Weight of robustness against accuracy: Zhang et al., 2019, arXiv:1901.08573."""
_BATCH: Final = 128
_WHOLE_RANGE: Final = 2 / 255
"""One step of a pixel, where pixels are -1 to 1."""
_GLOBAL_GENERATORS = threading.Lock()


def adversarial_examples(
    classifier: Classifier,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    *,
    epsilon: int,
    steps: int,
    seed: int,
) -> NDArray[np.uint8]:
    """Return images that a model takes for something else, if it can be brought to that.

    Projected gradient descent in the maximum norm (Madry et al., 2018, arXiv:1706.06083).

    Args:
        classifier: The model.
        images: Shape (n, h, w, 3), RGB.
        labels: Their true classes, shape (n,).
        epsilon: How far each value may be moved, of 255.
        steps: How often.
        seed: The random start is drawn from it.

    Raises:
        BezoarError: If the toolbox is not installed.
    """
    with _quiet(seed):
        estimator = _estimator(classifier.network, images.shape[1:3], classifier.classes)
        moved = _attack(estimator, epsilon, steps).generate(_floats(images), labels)
    found: NDArray[np.uint8] = (
        np.rint((moved.transpose(0, 2, 3, 1) + 1) / _WHOLE_RANGE).clip(0, 255).astype(np.uint8)
    )
    return found


def train_adversarially(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    classes: int,
    *,
    method: Method,
    epsilon: int,
    steps: int,
    epochs: int,
    seed: int,
) -> Classifier:
    """Train the small network on adversarial examples of itself.

    Args:
        images: Shape (n, h, w, 3), RGB.
        labels: Shape (n,), in [0, classes).
        classes: Number of classes.
        method: `pgd` (Madry et al.) or `trades` (Zhang et al.).
        epsilon: How far each value is moved, of 255.
        steps: How often.
        epochs: Passes over the data.
        seed: Everything random is drawn from it.

    Raises:
        BezoarError: If the toolbox is not installed.
    """
    network = initialised(classes, seed)
    with _quiet(seed):
        estimator = _estimator(network, images.shape[1:3], classes)
        trainer = _trainer(estimator, method, epsilon, steps)
        trainer.fit(_floats(images), np.eye(classes)[labels], batch_size=_BATCH, nb_epochs=epochs)
    return Classifier(network.eval(), classes)


def _trainer(estimator: Any, method: Method, epsilon: int, steps: int) -> Any:
    from art.defences import trainer  # noqa: PLC0415 - an extra that takes seconds to import

    if method == "trades":
        attack = _attack(estimator, epsilon, steps)
        return trainer.AdversarialTrainerTRADESPyTorch(estimator, attack, TRADES_BETA)
    return trainer.AdversarialTrainerMadryPGD(
        estimator,
        batch_size=_BATCH,
        eps=epsilon * _WHOLE_RANGE,
        eps_step=2.5 * epsilon * _WHOLE_RANGE / steps,
        max_iter=steps,
    )


def _attack(estimator: Any, epsilon: int, steps: int) -> Any:
    from art.attacks.evasion import ProjectedGradientDescent  # noqa: PLC0415 - see `_trainer`

    return ProjectedGradientDescent(
        estimator,
        eps=epsilon * _WHOLE_RANGE,
        # So that the steps lead to the farthest place and a little beyond (Madry et al.).
        eps_step=2.5 * epsilon * _WHOLE_RANGE / steps,
        max_iter=steps,
        num_random_init=1,
        batch_size=_BATCH,
        verbose=False,
    )


def _estimator(network: SmallNet, size: tuple[int, ...], classes: int) -> Any:
    try:
        from art.estimators.classification import PyTorchClassifier  # noqa: PLC0415 - see `_trainer`
    except ImportError:
        raise BezoarError(
            "the Adversarial Robustness Toolbox is not installed",
            next="pip install 'bezoar[harden]'",
        ) from None
    return PyTorchClassifier(
        network,
        torch.nn.CrossEntropyLoss(),
        (3, *size),
        classes,
        optimizer=torch.optim.SGD(network.parameters(), 0.05, momentum=0.9, weight_decay=5e-4),
        clip_values=(-1.0, 1.0),
        device_type="cpu",
    )


def _floats(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = images.transpose(0, 3, 1, 2).astype(np.float32) * _WHOLE_RANGE - 1
    return np.ascontiguousarray(found)


@contextmanager
def _quiet(seed: int) -> Iterator[None]:
    """Let the toolbox draw from global generators, seeded and put back, and print nothing."""
    before, state = np.random.get_state(), random.getstate()  # noqa: NPY002 - the toolbox's own
    logger = logging.getLogger("art")
    level = logger.level
    with _GLOBAL_GENERATORS, torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        np.random.seed(seed % 2**32)  # noqa: NPY002 - see above
        random.seed(seed)
        torch.manual_seed(seed)
        try:
            with redirect_stderr(StringIO()):
                yield
        finally:
            np.random.set_state(before)  # noqa: NPY002 - see above
            random.setstate(state)
            logger.setLevel(level)
