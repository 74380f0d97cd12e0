"""Training the small network, and what it says of images."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from numpy.typing import NDArray
from torch import Tensor

from bezoar.adapters.torch.augmentation import Augmentation, plain
from bezoar.adapters.torch.network import SmallNet, normalised

Progress = Callable[[int, int], None]
_CHUNK = 1024
_GLOBAL_GENERATOR = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """A trained network.

    Attributes:
        network: The network, in evaluation mode.
        classes: Number of classes.
    """

    network: SmallNet
    classes: int

    def log_probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return log p(class | image).

        Args:
            images: Shape (n, h, w, 3).

        Returns:
            Shape (n, classes).
        """
        return self.evaluate(images)[0]

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the most probable class of each image, shape (n,)."""
        best: NDArray[np.int64] = self.log_probabilities(images).argmax(1).astype(np.int64)
        return best

    @torch.inference_mode()
    def evaluate(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return log probabilities (n, classes) and penultimate features (n, d)."""
        logs, features = [], []
        for chunk in torch.split(as_tensor(images), _CHUNK):
            feature = self.network.features(normalised(chunk))
            features.append(feature)
            logs.append(F.log_softmax(self.network.head(feature), 1))
        return torch.cat(logs).numpy(), torch.cat(features).numpy()


def train_classifier(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    classes: int,
    *,
    seed: int,
    epochs: int | None = None,
    augmentation: Augmentation = plain,
    progress: Progress | None = None,
) -> Classifier:
    """Train a small network.

    SGD with Nesterov momentum under a one-cycle schedule (Smith and Topin, 2019,
    arXiv:1708.07120), channels last. In float32 everywhere: bfloat16 is faster on some processors
    and eight times slower on others, and one seed would not give one result.

    Args:
        images: Shape (n, h, w, 3), RGB.
        labels: Shape (n,), in [0, classes).
        classes: Number of classes, at least 2.
        seed: Everything random is drawn from it.
        epochs: Passes over the data; by default about 100,000 images' worth, 5 to 25 passes.
        augmentation: What happens to each batch.
        progress: Called with (steps done, steps in all).

    Returns:
        The trained classifier.

    Raises:
        ValueError: If there are fewer than 2 images or classes.
    """
    if len(images) < 2 or classes < 2:  # noqa: PLR2004 - batch normalisation needs two
        raise ValueError("training needs at least two images and two classes")
    generator = torch.Generator().manual_seed(seed)
    network = initialised(classes, seed)
    x, y = as_tensor(images), torch.from_numpy(labels.astype(np.int64))
    epochs = epochs or default_epochs(len(x))
    batches = list(_batches(len(x), epochs, generator))
    optimizer = torch.optim.SGD(
        network.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=len(batches), pct_start=0.25
    )
    network.train()
    for step, batch in enumerate(batches):
        logits = network(augmentation(normalised(x[batch]), generator))
        loss = F.cross_entropy(logits, y[batch])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if progress:
            progress(step + 1, len(batches))
    return Classifier(network.eval(), classes)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let each operation use one thread.

    So small a network gains little from two, and where the cores have other work two threads
    wait for each other: forty times slower was seen.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def default_epochs(samples: int) -> int:
    """Return how many passes give about 100,000 images, between 5 and 25."""
    return min(max(round(100_000 / samples), 5), 25)


def initialised(classes: int, seed: int) -> SmallNet:
    """Return a fresh network, the same one for the same seed."""
    # Layers draw from the one global generator: two threads must not seed it at once.
    with _GLOBAL_GENERATOR, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SmallNet(classes)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _batches(samples: int, epochs: int, generator: torch.Generator) -> Iterator[Tensor]:
    size = 128 if samples >= 15_000 else 64 if samples >= 3_000 else 32  # noqa: PLR2004
    for _ in range(epochs):
        for batch in torch.split(torch.randperm(samples, generator=generator), size):
            if len(batch) > 1:  # a lone image has no batch statistics
                yield batch


def as_tensor(images: NDArray[np.uint8]) -> Tensor:
    """View (n, h, w, 3) as (n, 3, h, w) in channels-last memory, without a copy."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
