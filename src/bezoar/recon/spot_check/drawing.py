"""Which samples a person looks at, and in which order."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bezoar.core.digest import Digest
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.manifest_diff import ManifestDiff, diff
from bezoar.recon.spot_check.sampling import Sampling


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What `bezoar inspect --scores` wrote.

    Attributes:
        digest: SHA-256 of the file.
        scores: Score of each sample, by its path; higher = more suspicious.
        flagged: Paths behind a confirmed alarm.
    """

    digest: Digest
    scores: Mapping[str, float]
    flagged: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides which samples are drawn, besides the data itself.

    Attributes:
        sampling: How they are picked.
        samples: How many, if there are as many.
        seed: Everything random comes from it. Whoever knows it before the data is published
            knows which samples nobody will look at.
        since: The older version, for `changed`.
        suspicion: Scores, for `suspicious`; elsewhere they help to pick ordinary peers.
    """

    sampling: Sampling
    samples: int
    seed: int
    since: Manifest | None = None
    suspicion: Suspicion | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """The samples to look at.

    Attributes:
        paths: In the order in which they are shown. The first k of a uniform draw are a uniform
            draw of k, so that whoever stops early still knows something.
        population: How many samples they were drawn from.
        before: What each changed sample was, in words; empty unless `changed`.
        digest: Over the data's root and the plan: what one review of it is called.
    """

    paths: tuple[str, ...]
    population: int
    before: Mapping[str, str]
    digest: Digest

    @property
    def name(self) -> str:
        """A short name."""
        return self.digest.hex[:16]


def draw(manifest: Manifest, plan: Plan) -> Draw:
    """Pick the samples.

    Laws: the same seed picks the same samples, in the same order; the order of the manifest's
    entries and of the files on disk does not matter.
    """
    before: dict[str, str] = {}
    entries: Sequence[Entry] = manifest.entries
    if plan.sampling is Sampling.CHANGED:
        assert plan.since is not None  # noqa: S101 - the command asked for it
        before = _before(diff(plan.since, manifest))
        entries = [entry for entry in entries if entry.path in before]
    order = by_chance(plan.seed, "draw")
    if plan.sampling is Sampling.PER_CLASS:
        paths = _round_robin(entries, order)
    elif plan.sampling is Sampling.SUSPICIOUS:
        assert plan.suspicion is not None  # noqa: S101 - the command asked for it
        scores = plan.suspicion.scores
        paths = sorted(
            (entry.path for entry in entries), key=lambda path: (-scores[path], order(path))
        )
    else:
        paths = sorted((entry.path for entry in entries), key=order)
    return Draw(tuple(paths[: plan.samples]), len(entries), before, _digest(manifest, plan))


def by_chance(seed: int, purpose: str) -> Callable[[str], bytes]:
    """Return a sort key that shuffles: SHA-256 over seed, purpose and text.

    A sample's place does not depend on which others there are, nor on their order.
    """
    head = f"{seed}/{purpose}/".encode()

    def key(text: str) -> bytes:
        return hashlib.sha256(head + text.encode("utf-8", "surrogatepass")).digest()

    return key


def _round_robin(entries: Iterable[Entry], order: Callable[[str], bytes]) -> list[str]:
    """Take one sample of each class, then a second one, and so on."""
    classes: dict[str | None, list[str]] = defaultdict(list)
    for entry in entries:
        classes[entry.label].append(entry.path)
    ordered = [
        sorted(classes[label], key=order)
        for label in sorted(classes, key=lambda label: order(f"class {label!r}"))
    ]
    rounds = zip_longest(*ordered)
    return [path for each in rounds for path in each if path is not None]


def _before(difference: ManifestDiff) -> dict[str, str]:
    """Say what each changed sample was; one that was only renamed has not changed."""
    before = {entry.path: "New sample" for entry in difference.added}
    before |= {new.path: "Its bytes changed" for _, new in difference.changed}
    for old, new in difference.relabelled:
        label = "It had no label" if old.label is None else f"Its label was “{old.label}”"
        also = f"; {before[new.path].lower()}" if new.path in before else ""
        before[new.path] = label + also
    return before


def _digest(manifest: Manifest, plan: Plan) -> Digest:
    """Return the digest over all that decides a draw, each part on a line of its own."""
    parts = (
        "bezoar-review-v1",
        manifest.root,
        plan.sampling,
        plan.samples,
        plan.seed,
        plan.since.root if plan.since and plan.sampling is Sampling.CHANGED else "",
        plan.suspicion.digest if plan.suspicion and plan.sampling is Sampling.SUSPICIOUS else "",
    )
    return Digest.of("\n".join(str(part) for part in parts).encode())
