"""Ordinary samples of the same class, to compare with."""

from collections import defaultdict
from functools import cached_property

from bezoar.core.manifest import Manifest
from bezoar.recon.spot_check.drawing import Plan, by_chance


class Peers:
    """Picks a few ordinary samples of a class.

    Without scores chance alone picks, so that a rare poison is rarely among them; with scores
    they come from the less suspicious half of the class.
    """

    def __init__(self, manifest: Manifest, plan: Plan) -> None:
        self._manifest, self._plan = manifest, plan
        self._ordered: dict[str | None, list[str]] = {}

    def of(self, path: str, label: str | None, count: int) -> tuple[str, ...]:
        """Return samples of a class, never the one at `path` itself."""
        if label not in self._ordered:
            self._ordered[label] = self._shuffled(label)
        # One more than wanted: the sample itself may be among them.
        return tuple(p for p in self._ordered[label][: count + 1] if p != path)[:count]

    def _shuffled(self, label: str | None) -> list[str]:
        paths = sorted(self._classes[label], key=by_chance(self._plan.seed, "peers"))
        if self._plan.suspicion is None:
            return paths
        scores = self._plan.suspicion.scores
        middle = sorted(scores[path] for path in paths)[(len(paths) - 1) // 2] if paths else 0.0
        return [path for path in paths if scores[path] <= middle]

    @cached_property
    def _classes(self) -> dict[str | None, list[str]]:
        classes: dict[str | None, list[str]] = defaultdict(list)
        for entry in self._manifest.entries:
            classes[entry.label].append(entry.path)
        return classes
