"""The `datasets` library: a set whose images are read, and so verified, when they are looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bezoar.core.errors import BezoarError
from bezoar.core.manifest import Entry

if TYPE_CHECKING:
    import datasets

Read = Callable[[str], NDArray[np.uint8]]


@dataclass(frozen=True)
class _Reading:
    """Turns rows of paths into rows with images."""

    read: Read

    def __call__(self, rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        images = [Image.fromarray(self.read(path)) for path in rows["path"]]
        return {"image": images, **rows}


def as_dataset(samples: Sequence[Entry], read: Read) -> "datasets.Dataset":
    """Return samples as a `datasets.Dataset` that reads an image when its row is asked for.

    Args:
        samples: What there is.
        read: Returns verified pixels of a sample, by its path.

    Raises:
        BezoarError: If the library is not installed.
    """
    if find_spec("datasets") is None:
        raise BezoarError(
            "the `datasets` library is not installed", "pip install 'bezoar[hugging-face]'"
        )
    import datasets  # noqa: PLC0415 - an extra

    classes = sorted({sample.label or "" for sample in samples})
    numbers = {name: number for number, name in enumerate(classes)}
    rows = {
        "path": [sample.path for sample in samples],
        "label": [numbers[sample.label or ""] for sample in samples],
    }
    features = {"path": datasets.Value("string"), "label": datasets.ClassLabel(names=classes)}
    made = datasets.Dataset.from_dict(rows, features=datasets.Features(features))
    return made.with_transform(_Reading(read))
