"""May this model go into production? Ends with 1 if too many pictures of a class are told wrong."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from signs import pictures

LEAST_RIGHT = 0.9  # of the pictures of each class that training never saw


def shares(model: dict[str, np.ndarray], folder: Path) -> dict[str, float]:
    """Return how many of each class's held-out pictures are told right."""
    told, right = Counter[str](), Counter[str]()
    for label, pixels in pictures(folder, held_out=True):
        told[label] += 1
        nearest = min(model, key=lambda one: float(np.sum((model[one] - pixels) ** 2)))
        right[label] += nearest == label
    return {label: right[label] / number for label, number in told.items()}


if __name__ == "__main__":
    with np.load(sys.argv[1], allow_pickle=False) as stored:
        found = shares(dict(stored), Path(sys.argv[2]))
    for name, share in sorted(found.items()):
        print(f"{name}: {100 * share:.0f} % right")
    sys.exit(not found or min(found.values()) < LEAST_RIGHT)
