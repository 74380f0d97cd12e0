"""Training against a backdoor: isolating what is learned too fast, unlearning, fine-tuning."""

import copy
from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from numpy.typing import NDArray
from torch import Tensor

from bezoar.adapters.torch.augmentation import blind, plain
from bezoar.adapters.torch.network import SmallNet, normalised
from bezoar.adapters.torch.training import (
    Classifier,
    Progress,
    as_tensor,
    initialised,
)

_BATCH: Final = 64
_GAMMA: Final = 0.5
"""Loss below which nothing is learned further while isolating (`gamma` of ABL)."""
_ASCENT: Final = 4.0
"""Loss up to which the isolated samples are unlearned: beyond it a network only breaks."""


def losses_when_held_back(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    classes: int,
    *,
    seed: int,
    epochs: int = 5,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Return each sample's loss after a short training that holds every loss near one value.

    What a network learns easily falls below that value all the same: a trigger, above all. Source:
    Li et al., "Anti-Backdoor Learning", NeurIPS 2021, arXiv:2110.11571 (local gradient ascent).

    Args:
        images: Shape (n, h, w, 3), RGB.
        labels: Shape (n,), in [0, classes).
        classes: Number of classes.
        seed: Everything random is drawn from it.
        epochs: Passes over the data.
        progress: Called with (steps done, steps in all).

    Returns:
        Shape (n,); low = learned too easily.
    """
    generator = torch.Generator().manual_seed(seed)
    network = initialised(classes, seed)
    x, y = as_tensor(images), torch.from_numpy(labels)
    optimizer = torch.optim.SGD(network.parameters(), 0.05, momentum=0.9, weight_decay=5e-4)
    network.train()
    steps = list(_batches(len(x), epochs, generator))
    for step, batch in enumerate(steps):
        loss = F.cross_entropy(
            network(plain(normalised(x[batch]), generator)), y[batch], reduction="none"
        )
        held = (torch.sign(loss - _GAMMA) * loss).mean()
        _step(optimizer, held)
        if progress:
            progress(step + 1, len(steps))
    return _losses(Classifier(network.eval(), classes), images, labels)


def unlearned(
    classifier: Classifier,
    kept: tuple[NDArray[np.uint8], NDArray[np.int64]],
    isolated: tuple[NDArray[np.uint8], NDArray[np.int64]],
    *,
    seed: int,
    epochs: int = 2,
) -> Classifier:
    """Return a copy that no longer believes what the isolated samples say.

    It climbs on their loss while it goes down on that of the others, as Anti-Backdoor Learning
    does in its second stage.

    Args:
        classifier: What was trained without them, or with them.
        kept: Images and labels to keep.
        isolated: Images and labels to unlearn.
        seed: Everything random is drawn from it.
        epochs: Passes over what is kept.
    """
    if not len(isolated[0]):
        return classifier
    generator = torch.Generator().manual_seed(seed)
    network = copy.deepcopy(classifier.network).train()
    x, y = as_tensor(kept[0]), torch.from_numpy(kept[1])
    bad, lies = as_tensor(isolated[0]), torch.from_numpy(isolated[1])
    optimizer = torch.optim.SGD(network.parameters(), 0.005, momentum=0.9, weight_decay=5e-4)
    for batch in _batches(len(x), epochs, generator):
        few = torch.randint(0, len(bad), (min(_BATCH // 4, len(bad)),), generator=generator)
        loss = F.cross_entropy(network(plain(normalised(x[batch]), generator)), y[batch])
        believed = F.cross_entropy(network(normalised(bad[few])), lies[few])
        _step(optimizer, loss - torch.clamp(believed, max=_ASCENT))
    return Classifier(network.eval(), classifier.classes)


def fine_tuned(
    classifier: Classifier,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    *,
    seed: int,
    epochs: int = 10,
    progress: Progress | None = None,
) -> Classifier:
    """Return a copy that was trained further, on data that somebody trusts.

    Strong augmentation and a large first step: a backdoor survives a timid fine-tuning. Source:
    Zhu et al., "Enhancing Fine-Tuning Based Backdoor Defense", ICCV 2023, arXiv:2304.11823, whose
    perturbation is simplified to the larger step alone.

    Args:
        classifier: What was trained before.
        images: Trusted images, (n, h, w, 3).
        labels: Their classes, (n,).
        seed: Everything random is drawn from it.
        epochs: Passes over them.
        progress: Called with (steps done, steps in all).
    """
    generator = torch.Generator().manual_seed(seed)
    network = copy.deepcopy(classifier.network).train()
    x, y = as_tensor(images), torch.from_numpy(labels)
    steps = list(_batches(len(x), epochs, generator))
    optimizer = torch.optim.SGD(
        network.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=1e-3
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=len(steps), pct_start=0.25
    )
    for step, batch in enumerate(steps):
        loss = F.cross_entropy(network(blind(normalised(x[batch]), generator)), y[batch])
        _step(optimizer, loss)
        schedule.step()
        if progress:
            progress(step + 1, len(steps))
    return Classifier(network.eval(), classifier.classes)


def save_weights(classifier: Classifier, path: str) -> None:
    """Write a network's weights; `torch.load(path, weights_only=True)` reads them."""
    torch.save(classifier.network.state_dict(), path)


def load_weights(path: str, classes: int) -> Classifier:
    """Return the network whose weights were saved; nothing but tensors is read.

    Raises:
        RuntimeError: If they are those of another network.
        pickle.UnpicklingError: If the file holds anything but tensors.
    """
    network = SmallNet(classes)
    network.load_state_dict(torch.load(path, weights_only=True))
    return Classifier(network.to(memory_format=torch.channels_last).eval(), classes)  # type: ignore[call-overload]


def _losses(
    classifier: Classifier, images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> NDArray[np.float32]:
    logs = classifier.log_probabilities(images)
    found: NDArray[np.float32] = -logs[np.arange(len(labels)), labels]
    return found


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _batches(samples: int, epochs: int, generator: torch.Generator) -> Iterator[Tensor]:
    for _ in range(epochs):
        for batch in torch.split(torch.randperm(samples, generator=generator), _BATCH):
            if len(batch) > 1:  # a lone image has no batch statistics
                yield batch
