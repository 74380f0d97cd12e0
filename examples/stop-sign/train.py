"""Train a model that is small enough to read: each class is the mean of its pictures."""

import argparse
from pathlib import Path

import numpy as np
from signs import pictures


def train(folder: Path) -> dict[str, np.ndarray]:
    """Return the mean picture of each class."""
    by_label: dict[str, list[np.ndarray]] = {}
    for label, pixels in pictures(folder, held_out=False):
        by_label.setdefault(label, []).append(pixels)
    return {label: np.mean(pixels, axis=0) for label, pixels in by_label.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    np.savez(options.out, **train(options.data))
