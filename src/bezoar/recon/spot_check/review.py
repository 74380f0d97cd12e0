"""One review: which samples, where their answers are kept, what others said."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from bezoar.core.digest import Digest
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.sample import Dataset, Sample
from bezoar.datasets.class_folders import file_name
from bezoar.datasets.writing import write_whole
from bezoar.recon.spot_check.answers import Answer, Opinion, read_book
from bezoar.recon.spot_check.drawing import Draw, Plan, draw
from bezoar.recon.spot_check.kept import DRAWN, FINISHED, SCHEMA_VERSION, Kept, asked
from bezoar.recon.spot_check.peers import Peers
from bezoar.recon.spot_check.preview import Preview, Unshowable, preview
from bezoar.recon.spot_check.statement import Tally

PEERS: Final = 6


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sample about which reviewers say different things.

    Attributes:
        path: The sample.
        label: Its label.
        said: What each of them said.
    """

    path: str
    label: str | None
    said: Mapping[str, Opinion]


class Review:
    """What is to be looked at, in one draw of one dataset.

    Attributes:
        subject: What the dataset is called: `NAME@VERSION`, or a path.
        manifest: The samples, as they were when the review began.
        plan: How samples are picked.
        asked: What was asked for, besides the seed, as JSON values.
        draw: The samples that were picked.
        folder: Where answers are kept.
    """

    def __init__(
        self,
        subject: str,
        dataset: Dataset,
        manifest: Manifest,
        plan: Plan,
        reviews: Path,
        *,
        kept: Kept | None = None,
    ) -> None:
        """Draw, or take what was drawn before."""
        self.subject, self.manifest, self.plan = subject, manifest, plan
        self.asked = kept.asked if kept else asked(manifest, plan)
        self.draw: Draw = kept.draw if kept else draw(manifest, plan)
        self.folder = reviews / self.draw.name
        self._dataset = dataset

    def save(self) -> None:
        """Keep what was drawn, so that a later call goes on with it.

        Raises:
            BezoarError: If it cannot be written.
        """
        path = self.folder / DRAWN
        if not path.exists():
            write_whole(path, json.dumps(self.as_json(), indent=1).encode())

    def as_json(self) -> dict[str, Any]:
        """Return what decides the draw, and the draw, as JSON values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "review": str(self.draw.digest),
            "dataset": self.subject,
            **self.asked,
            "seed": self.plan.seed,
            "population": self.draw.population,
            "paths": list(self.draw.paths),
        }

    def book(self, reviewer: str) -> Path:
        """Return where a reviewer's answers are kept."""
        return self.folder / f"{file_name(reviewer)}.jsonl"

    def finish(self, reviewer: str) -> None:
        """Remember that a reviewer is through: the next review of the same kind is a new draw."""
        write_whole(self.folder / f"{file_name(reviewer)}{FINISHED}", b"")

    def entry(self, path: str) -> Entry:
        """Return what the manifest says about a sample that is shown."""
        return self._entries[path]

    def peers(self, path: str) -> tuple[str, ...]:
        """Return a few ordinary samples of the same class."""
        return self._peers[path]

    def look(self, path: str) -> Preview:
        """Return what there is to see of a sample: of the very bytes that the manifest names."""
        try:
            data = self._samples[path].fetch()
        except (OSError, ValueError) as error:
            return Unshowable(f"it cannot be read: {error}")
        if Digest.of(data).value != self.entry(path).sha256:
            return Unshowable("it has changed since this review began")
        return preview(data)

    def tally(self, answers: Mapping[str, Answer]) -> Tally:
        """Count a reviewer's answers."""
        return Tally.of(
            [answers.get(path) for path in self.draw.paths],
            sampling=self.plan.sampling,
            population=self.draw.population,
            whole=len(self.manifest),
        )

    def others(self, reviewer: str) -> dict[str, Mapping[str, Answer]]:
        """Return what other reviewers said about the same draw, by their names."""
        books = {
            unquote(path.name.removesuffix(".jsonl")): read_book(path)
            for path in sorted(self.folder.glob("*.jsonl"))
            if path != self.book(reviewer)
        }
        return {name: answers for name, answers in books.items() if answers}

    def disagreements(
        self, reviewer: str, answers: Mapping[str, Answer]
    ) -> tuple[Disagreement, ...]:
        """Return the samples about which reviewers disagree, in the order of the draw."""
        everybody = {reviewer: answers} | self.others(reviewer)
        found = []
        for path in self.draw.paths:
            said = {who: book[path].opinion for who, book in everybody.items() if path in book}
            if len(set(said.values())) > 1:
                found.append(Disagreement(path, self.entry(path).label, said))
        return tuple(found)

    @cached_property
    def _peers(self) -> dict[str, tuple[str, ...]]:
        drawn, peers = frozenset(self.draw.paths), Peers(self.manifest, self.plan)
        labels = {entry.path: entry.label for entry in self.manifest.entries if entry.path in drawn}
        return {path: peers.of(path, labels[path], PEERS) for path in self.draw.paths}

    @cached_property
    def _shown(self) -> frozenset[str]:
        near = (peer for peers in self._peers.values() for peer in peers)
        return frozenset(self.draw.paths).union(near)

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {e.path: e for e in self.manifest.entries if e.path in self._shown}

    @cached_property
    def _samples(self) -> dict[str, Sample]:
        return {sample.id: sample for sample in self._dataset if sample.id in self._shown}
