"""How well `bezoar inspect` finds poison: fresh seeds, misses included.

    .venv/bin/python benchmarks/detection.py --data ../shared/data --suite sticker blend flip
    .venv/bin/python benchmarks/detection.py --data ../shared/data --suite clean --jobs 2
    .venv/bin/python benchmarks/detection.py --summary results.jsonl

Each run is one line of the results file; a second call goes on where the first one stopped. A
seed decides the poison, and for `--judge networks` what they are trained from. With `--train` a
plain network learns from the poisoned and from the cleaned set, and its accuracy and the attack's
success are measured.
GTSRB is not shipped: see `--data`. Peers: `detection_peers.py`.
"""

import argparse
import json
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import bezoar
from bezoar.datasets.images import load_images
from bezoar.datasets.opening import open_dataset
from bezoar.expose.judge import JudgeKind

FIRST_SEED = 1900  # seeds of 600 to 1899 were looked at when thresholds were set
STOP, EIGHTY = "14", "5"
RATES = (0.001, 0.003, 0.01)


def runs(suite: str, seeds: int) -> list[dict]:
    """List the runs of a suite."""
    fresh = range(FIRST_SEED, FIRST_SEED + seeds)
    if suite == "sticker":
        return [run(suite, "part0", rate, seed) for rate in RATES for seed in fresh]
    if suite in ("blend", "flip", "random-source"):
        return [run(suite, "part0", 0.003, seed) for seed in fresh]
    if suite == "natural":
        return [run("sticker", "natural", 13 / 4440, seed) for seed in fresh]
    if suite == "reference":
        return [
            *[run("sticker", "reference", rate, seed) for rate in (0.001, 0.003) for seed in fresh],
            *[run("blend", "reference", 0.003, seed) for seed in fresh],
            *[run("clean", "reference", 0.0, seed) for seed in fresh],
        ]
    if suite == "drawn":
        return [run("drawn", "signs-4800", 0.005, seed) for seed in fresh]
    return [run("clean", name, 0.0, FIRST_SEED + k) for k, name in enumerate(clean_sets())]


def run(attack: str, data: str, rate: float, seed: int) -> dict:
    """Return what identifies one run."""
    return {"attack": attack, "data": data, "rate": round(rate, 6), "seed": seed}


def clean_sets() -> list[str]:
    """Name forty different clean sets: subsets of 1k to 20k, drawn signs, digits."""
    names = [f"part0-{n}" for n in (4000, 5000, 6000, 8000, 8000, 10000, 12000, 15000, 18000)]
    names += [f"test-{n}" for n in (4000, 5000, 6000, 8000, 10000, 12000)]
    names += [f"both-{n}" for n in (4000, 6000, 8000, 10000, 15000, 20000)]
    names += ["part0", "test", "natural", "natural-3000", "natural-3500", "natural-4000"]
    names += [f"signs-{n}" for n in (2000, 3000, 4000, 4800, 4800, 6000, 8000)]
    return [*names, "digits", *[f"digits-{n}" for n in (1000, 1200, 1400, 1500, 1600)]]


def load(name: str, folder: Path, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, 32, 32, 3) and labels (n,) str of a named set."""
    kind, _, size = name.partition("-")
    if kind == "digits":
        digits = load_digits()
        grey = (digits.images / 16 * 255).astype(np.uint8).repeat(4, 1).repeat(4, 2)
        return subset(np.stack([grey] * 3, -1), digits.target.astype(str), size, seed)
    if kind == "signs":
        signs = bezoar.draw_signs(int(size), seed)
        return signs.images, signs.labels
    if kind == "natural":
        return subset(*natural(folder), size, seed)
    files = {"part0": ["gtsrb32_train_part0"], "test": ["gtsrb32_test"]}.get(
        kind, ["gtsrb32_train_part0", "gtsrb32_test"]
    )
    archives = [np.load(folder / f"{file}.npz", allow_pickle=False) for file in files]
    images = np.concatenate([archive["x"] for archive in archives])
    labels = np.concatenate([archive["y"] for archive in archives]).astype(str)
    return subset(images, labels, size, seed)


def subset(
    images: np.ndarray, labels: np.ndarray, size: str, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw `size` samples; all of them where it is empty."""
    if not size:
        return images, labels
    rows = np.sort(np.random.default_rng(seed).choice(len(labels), int(size), replace=False))
    return images[rows], labels[rows]


def natural(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the pictures of natural size at 32 x 32, through bezoar's own reader."""
    table = load_images(open_dataset(folder / "gtsrb_natural_train_sub.zip"))
    return table.images, np.array([str(int(label)) for label in table.labels])


def attack_of(job: dict) -> object:
    """Return the attack of a run."""
    rng = np.random.default_rng([job["seed"], 1])
    return {
        "sticker": lambda: bezoar.Sticker(EIGHTY, frozenset({STOP})),
        "random-source": lambda: bezoar.Sticker(EIGHTY),
        "drawn": lambda: bezoar.Sticker.drawn(rng, "Stop", "Speed limit 80"),
        "blend": lambda: bezoar.Blend(EIGHTY, pattern_seed=job["seed"]),
        "flip": lambda: bezoar.LabelFlip(target="2", sources=frozenset({"1"})),
    }[job["attack"]]()


def measure(job: dict, folder: Path, judge: JudgeKind, train: bool) -> dict:
    """Do one run."""
    import torch  # noqa: PLC0415 - in the worker

    from bezoar.expose.examination import examine  # noqa: PLC0415 - imports torch

    torch.set_num_threads(1)
    reference = None
    if job["data"] == "reference":
        images, labels, reference = halves(folder, job["seed"])
    else:
        images, labels = load(job["data"], folder, job["seed"])
    poison = np.zeros(len(labels), bool)
    if job["rate"]:
        poisoned = bezoar.poison_arrays(images, labels, attack_of(job), job["rate"], job["seed"])
        images, labels = poisoned.images, poisoned.labels
        poison[poisoned.rows] = True
    classes, indices = np.unique(labels, return_inverse=True)
    if reference:
        classes = np.unique(reference[1])
        reference = (reference[0], np.searchsorted(classes, reference[1]))
        indices = np.searchsorted(classes, labels)
    wall, cpu = time.monotonic(), time.process_time()
    found = examine(
        images,
        indices,
        tuple(map(str, classes)),
        seed=job["seed"] * 10,
        reference=reference,
        judge=judge,
    )
    result = job | {"n": len(labels), "poison": int(poison.sum())}
    result |= {"cpu_s": round(time.process_time() - cpu, 1)}
    result |= {"wall_s": round(time.monotonic() - wall, 1)} | judged(found, poison, classes)
    if train and job["rate"]:
        keep = ~found.flagged
        for when, rows in (("before", slice(None)), ("after", keep)):
            result |= trained(images[rows], labels[rows], job, folder, when)
    return result


def judged(found: object, poison: np.ndarray, classes: np.ndarray) -> dict:
    """Return what the examination said, against the truth."""
    flagged, margin = found.flagged, found.evidence.margins.value
    result = {
        "alarms": [
            [one.rule.code, str(classes[one.alarm.label]), round(one.statistic, 2)]
            for one in found.confirmed
        ],
        "looks": [
            [
                [
                    code,
                    str(classes[a.label]),
                    round(a.statistic, 2),
                    int((a.members & poison).sum()),
                    int(a.members.sum()),
                ]
                for code, a in look
            ]
            for look in found.looks
        ],
        "fp": int((flagged & ~poison).sum()),
        "fpr": float((flagged & ~poison).sum() / (~poison).sum()),
    }
    if poison.any():
        line = np.quantile(margin[~poison], 0.998)
        result |= {"tpr": float(flagged[poison].mean())}
        result |= {"tpr_at_fpr_002": float((margin[poison] > line).mean())}
    return result


def trained(images: np.ndarray, labels: np.ndarray, job: dict, folder: Path, when: str) -> dict:
    """Train a plain network and measure accuracy and attack success on the test set."""
    classes, indices = np.unique(labels, return_inverse=True)
    network = bezoar.train_classifier(images, indices, len(classes), seed=job["seed"])
    if job["attack"] == "drawn":
        test = bezoar.draw_signs(2000, job["seed"], "test")
        test_images, test_labels = test.images, test.labels
    else:
        test_images, test_labels = load("test", folder, 0)

    def predict(batch: np.ndarray) -> np.ndarray:
        return classes[network.predict(batch)]

    success = bezoar.attack_success(predict, test_images, test_labels, attack_of(job), job["seed"])
    accuracy = float((predict(test_images) == test_labels).mean())
    return {f"asr_{when}": success.rate, f"accuracy_{when}": accuracy}


def halves(folder: Path, seed: int) -> tuple[np.ndarray, np.ndarray, tuple]:
    """Split part0 by track: the samples to judge, and a trusted reference."""
    archive = np.load(folder / "gtsrb32_train_part0.npz", allow_pickle=False)
    images, labels = archive["x"], archive["y"].astype(str)
    tracks = [
        f"{label}/{name.split('_')[0]}" for label, name in zip(labels, archive["name"], strict=True)
    ]
    names, index = np.unique(tracks, return_inverse=True)
    old = (np.random.default_rng(seed).permutation(len(names)) % 2 == 0)[index]
    known = np.isin(labels, np.unique(labels[old]))
    return images[~old & known], labels[~old & known], (images[old], labels[old])


def summary(path: Path) -> None:
    """Print one line for each kind of run, the worst run's figures in it."""
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for line in path.read_text().splitlines():
        one = json.loads(line)
        kind = one["data"] if one["data"] == "reference" else ""
        key = (one["attack"], one["data"], one["rate"])
        key = ("clean", kind) if one["attack"] == "clean" else key
        groups[key].append(one)
    print(f"{'runs':40} {'n':>3} alarms  worst TPR  worst FPR  TPR@.002  ASR before>after  max s")
    for key, group in groups.items():
        alarms = sum(bool(one["alarms"]) for one in group)
        tpr = min(one.get("tpr", float("nan")) for one in group)
        at = min(one.get("tpr_at_fpr_002", float("nan")) for one in group)
        fpr = max(one["fpr"] for one in group)
        before = min(one.get("asr_before", float("nan")) for one in group)
        after = max(one.get("asr_after", float("nan")) for one in group)
        seconds = max(one["cpu_s"] for one in group)
        name = " ".join(map(str, key))
        print(
            f"{name:40} {len(group):3} {alarms:6} {tpr:10.3f} {fpr:10.5f} {at:9.3f}"
            f"  {before:7.3f} > {after:5.3f} {seconds:7.0f}"
        )


def main() -> None:
    """Run what is asked for and not yet in the results file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--suite", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--judge", type=JudgeKind, default=JudgeKind.AUTO)
    parser.add_argument("--train", action="store_true", help="measure attack success as well")
    parser.add_argument("--results", type=Path, default=Path("detection.jsonl"))
    parser.add_argument("--summary", type=Path)
    arguments = parser.parse_args()
    if arguments.summary:
        summary(arguments.summary)
        return
    identity = ("attack", "data", "rate", "seed")
    lines = arguments.results.read_text().splitlines() if arguments.results.exists() else []
    done = {tuple(json.loads(line)[key] for key in identity) for line in lines}
    jobs = [job for suite in arguments.suite for job in runs(suite, arguments.seeds)]
    jobs = [job for job in jobs if tuple(job.values()) not in done]
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
        futures = [
            pool.submit(measure, job, arguments.data, arguments.judge, arguments.train)
            for job in jobs
        ]
        for future in as_completed(futures):
            line = json.dumps(future.result())
            print(line, flush=True)
            with arguments.results.open("a") as out:
                out.write(line + "\n")
    if arguments.results.exists():
        summary(arguments.results)


if __name__ == "__main__":
    main()
