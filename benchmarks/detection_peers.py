"""bezoar beside ART's detectors and cleanlab, on the same features in the same run.

    .venv/bin/python benchmarks/detection_peers.py --data ../shared/data --peers /tmp/peers

The peers get an environment of their own in the folder `--peers` (made once). Each gets the
features and probabilities of a plainly trained network, and again those of one trained with
augmentation that blurs triggers; bezoar gets the images, as always. ART's spectral signatures run
with their default and again with the true poison rate, which bezoar is never told.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np

CASES = (
    ("clean", "part0", 0.0),
    ("sticker", "part0", 0.001),
    ("sticker", "part0", 0.003),
    ("sticker", "part0", 0.01),
    ("blend", "part0", 0.003),
    ("flip", "part0", 0.003),
    ("sticker", "natural", 13 / 4440),
)
# ART imports `packaging` without asking for it.
PEERS = ("adversarial-robustness-toolbox==1.20.1", "cleanlab==2.9.0", "packaging")


def judge(path: Path) -> dict[str, list]:
    """Run every peer on the features in `path`; this part runs in the peers' environment."""
    from art.defences.detector.poison import (  # noqa: PLC0415 - not in bezoar's environment
        ActivationDefence,
        SpectralSignatureDefense,
    )
    from cleanlab.filter import find_label_issues  # noqa: PLC0415 - the same

    archive = np.load(path, allow_pickle=False)
    features, labels, rate = archive["features"], archive["labels"], float(archive["rate"])
    one_hot = np.eye(archive["probabilities"].shape[1])[labels]

    class Features:
        """What ART asks of a classifier: its activations, here computed beforehand."""

        layer_names = ("features",)
        nb_classes = one_hot.shape[1]
        input_shape = features.shape[1:]

        def get_activations(self, x: np.ndarray, **_: object) -> np.ndarray:
            return x

    def activation() -> np.ndarray:
        defence = ActivationDefence(Features(), features, one_hot)
        return defence.detect_poison(nb_clusters=2, nb_dims=10, reduce="PCA")[1]

    def spectral(**told: float) -> np.ndarray:
        defence = SpectralSignatureDefense(Features(), features, one_hot, **told)
        return defence.detect_poison()[1]

    runs = {
        "ART activation clustering": lambda: np.asarray(activation()) == 0,
        "ART spectral signatures": lambda: np.asarray(spectral()) == 0,
        "ART spectral, told the rate": lambda: (
            np.asarray(spectral(expected_pp_poison=max(rate, 1e-4))) == 0
        ),
        "cleanlab": lambda: find_label_issues(labels, archive["probabilities"], n_jobs=1),
    }
    found = {}
    for name, run in runs.items():
        start = time.process_time()
        rows = np.flatnonzero(run())
        found[name] = [rows.tolist(), time.process_time() - start]
    return found


def environment(folder: Path) -> Path:
    """Make the peers' environment unless it is there; return its interpreter."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    return python


def compare(case: tuple, folder: Path, python: Path, seed: int) -> None:
    """Print the rows of one case."""
    from detection import attack_of, load, run  # noqa: PLC0415 - the same

    import bezoar  # noqa: PLC0415 - not in the peers' environment
    from bezoar.adapters.torch.augmentation import blind, plain  # noqa: PLC0415 - the same
    from bezoar.adapters.torch.training import train_classifier  # noqa: PLC0415 - the same
    from bezoar.expose.examination import examine  # noqa: PLC0415 - the same

    job = run(*case, seed)
    images, labels = load(job["data"], folder, seed)
    poison = np.zeros(len(labels), bool)
    if job["rate"]:
        poisoned = bezoar.poison_arrays(images, labels, attack_of(job), job["rate"], seed)
        images, labels, poison[poisoned.rows] = poisoned.images, poisoned.labels, True
    classes, index = np.unique(labels, return_inverse=True)
    start = time.process_time()
    found = examine(images, index, tuple(map(str, classes)), seed=seed * 10)
    print(f"\n{case[0]} {case[1]} {case[2]:.2%}: {poison.sum()} of {len(poison)}, seed {seed}")
    row("bezoar (features included)", found.flagged, poison, time.process_time() - start)
    for name, augmentation in (("plain", plain), ("blind", blind)):
        network = train_classifier(
            images, index, len(classes), seed=seed, augmentation=augmentation
        )
        logs, features = network.evaluate(images)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "features.npz"
            np.savez(
                path,
                features=features,
                labels=index,
                probabilities=np.exp(logs),
                rate=poison.mean(),
            )
            out = subprocess.run(
                [python, __file__, "--judge", path], check=True, capture_output=True, text=True
            )
        for peer, (rows, seconds) in json.loads(out.stdout.splitlines()[-1]).items():
            flagged = np.zeros(len(poison), bool)
            flagged[rows] = True
            row(f"{peer}, {name} features", flagged, poison, seconds)


def row(name: str, flagged: np.ndarray, poison: np.ndarray, seconds: float) -> None:
    """Print one line of the table."""
    tpr = f"{flagged[poison].mean():.3f}" if poison.any() else "-"
    fpr = (flagged & ~poison).sum() / (~poison).sum()
    print(f"  {name:46} TPR {tpr:>5}  FPR {fpr:.5f}  {seconds:7.1f} CPU-s", flush=True)


def main() -> None:
    """Compare on every case, or judge for the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--peers", type=Path, default=Path("peers"))
    parser.add_argument("--seed", type=int, default=700)
    parser.add_argument("--cases", type=int, nargs="*", default=range(len(CASES)))
    parser.add_argument("--judge", type=Path)
    arguments = parser.parse_args()
    if arguments.judge:
        sys.stdout.write("\n" + json.dumps(judge(arguments.judge)) + "\n")
        return
    python = environment(arguments.peers)
    for case in arguments.cases:
        compare(CASES[case], arguments.data, python, arguments.seed)


if __name__ == "__main__":
    main()
