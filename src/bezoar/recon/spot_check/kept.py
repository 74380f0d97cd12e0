"""Draws that were kept: which one goes on, and which one a sheet's answers belong to."""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.manifest import Manifest
from bezoar.datasets.class_folders import file_name
from bezoar.recon.spot_check.drawing import Draw, Plan
from bezoar.recon.spot_check.sampling import Sampling

SCHEMA_VERSION: Final = 1
DRAWN: Final = "draw.json"
FINISHED: Final = ".finished"
_SEEDS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Kept:
    """A draw that was kept.

    Attributes:
        draw: The samples.
        plan: How they were picked; without the older version and the scores, if there were any.
        asked: What was asked for, besides the seed.
    """

    draw: Draw
    plan: Plan
    asked: Mapping[str, Any]


def asked(manifest: Manifest, plan: Plan) -> dict[str, Any]:
    """Return what decides a draw, besides the seed, as JSON values."""
    return {
        "root": str(manifest.root),
        "sampling": str(plan.sampling),
        "samples": plan.samples,
        "since": str(plan.since.root) if plan.since else None,
        "scores": str(plan.suspicion.digest) if plan.suspicion else None,
    }


def fresh_seed() -> int:
    """Return a seed that nobody could know when the data was made."""
    return secrets.randbelow(_SEEDS)


def unfinished_seed(reviews: Path, manifest: Manifest, plan: Plan, reviewer: str) -> int | None:
    """Return the seed of the newest draw like this one that a reviewer has not finished.

    So a review goes on where it was left, and a second reviewer gets the samples of the first.
    """
    wanted = asked(manifest, plan)
    found = [
        (drawn.stat().st_mtime, stored["seed"])
        for drawn, stored in _stored(reviews)
        if not (drawn.parent / f"{file_name(reviewer)}{FINISHED}").exists()
        and {key: stored.get(key) for key in wanted} == wanted
        and isinstance(stored.get("seed"), int)
    ]
    return max(found)[1] if found else None


def find_kept(reviews: Path, digest: Digest, manifest: Manifest) -> Kept | None:
    """Return the draw with this digest if it was kept here and is of this data, else None."""
    paths = {entry.path for entry in manifest.entries}
    for _, stored in _stored(reviews):
        if stored.get("review") == str(digest) and stored.get("root") == str(manifest.root):
            plan = Plan(Sampling(stored["sampling"]), stored["samples"], stored["seed"])
            if paths.issuperset(stored["paths"]):
                draw = Draw(tuple(stored["paths"]), stored["population"], {}, digest)
                return Kept(draw, plan, {key: stored[key] for key in asked(manifest, plan)})
    return None


def _stored(reviews: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(reviews.glob(f"*/{DRAWN}")):
        try:
            stored = json.loads(path.read_bytes())
        except OSError as error:
            raise BezoarError(f"cannot read {path}: {error.strerror}", f"ls -l {path}") from error
        except ValueError:
            continue
        if isinstance(stored, dict):
            yield path, stored
