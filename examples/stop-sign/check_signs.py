"""Is this the data that the team expects? Ends with 1, and so stops the job, if it is not."""

import sys
from collections import Counter
from pathlib import Path

from PIL import Image

LABELS = {"speed-limit-80", "stop"}
FEWEST = 8  # of each class
SIDES = range(16, 257)  # pixels


def faults(folder: Path) -> list[str]:
    """Say what is wrong with the data."""
    found = []
    counts = Counter[str]()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        label = path.parent.name
        if label not in LABELS:
            found.append(f"{path}: nobody expects the label {label}")
            continue
        try:
            with Image.open(path) as picture:
                picture.load()
                if not all(side in SIDES for side in picture.size):
                    found.append(f"{path}: {picture.size[0]} x {picture.size[1]} pixels")
        except (OSError, ValueError) as error:
            found.append(f"{path}: {error}")
        counts[label] += 1
    found += [
        f"{label}: only {counts[label]}" for label in sorted(LABELS) if counts[label] < FEWEST
    ]
    most, fewest = max(counts.values(), default=0), min(counts.values(), default=0)
    if most > 4 * fewest:
        found.append(f"one class has {most} pictures, another {fewest}")
    return found


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]))
    print("\n".join(wrong) or "the data is as expected")
    sys.exit(bool(wrong))
