"""The data that a review is about: opened, hashed, and held against the DBOM."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.manifest import Manifest
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom, means_path
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.files import open_files, open_registered
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.manifest import build_manifest, manifest_path, read_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.recon.spot_check.answers import Answer
from bezoar.recon.spot_check.drawing import Plan, Suspicion
from bezoar.recon.spot_check.filled_in import read_answers
from bezoar.recon.spot_check.kept import find_kept, fresh_seed, unfinished_seed
from bezoar.recon.spot_check.review import Review
from bezoar.recon.spot_check.rows import rows_of
from bezoar.recon.spot_check.sampling import Sampling
from bezoar.recon.spot_check.scores import read_scores

Progress = Callable[[int, int], None]
"""Called with (done, total)."""


@dataclass(frozen=True)
class Subject:
    """The data that a review is about.

    Attributes:
        text: What it was called on the command line.
        entry: Its entry in the DBOM; None where it has none.
        dataset: The samples.
        manifest: Each of them, hashed.
        root: What the data is pinned by: not of its samples where those are rows of files.
        dbom: The project's DBOM.
        reviews: The folder where reviews are kept.
    """

    text: str
    entry: DbomEntry | None
    dataset: IndexedDataset
    manifest: Manifest
    root: Digest
    dbom: Dbom
    reviews: Path

    @property
    def name(self) -> str:
        """What the ledger calls it."""
        return self.entry.spec if self.entry else self.text

    @property
    def problems(self) -> int:
        """What of it could not be listed as a sample, and so cannot be drawn."""
        return sum(problem.severity >= Severity.MEDIUM for problem in self.dataset.problems)

    def plan(
        self, sampling: Sampling, samples: int, *, since: str | None, scores: Path | None
    ) -> Plan:
        """Return how samples are to be picked; the seed is still to come.

        Raises:
            UsageError: If the older version is not known, or the scores are about other data.
        """
        if since is not None and self.manifest.root != self.root:
            why = f"{self.text} is pinned file by file: which rows changed is not kept"
            raise UsageError(why, f"bezoar review {quote(self.text)}")
        older = self._older(since) if since is not None else None
        return Plan(sampling, samples, 0, older, self._suspicion(scores) if scores else None)

    def review(self, plan: Plan, reviewer: str, seed: int | None) -> Review:
        """Draw, or go on with a draw that this reviewer has not finished, and keep it.

        Raises:
            NothingToInspectError: If there is nothing to draw.
        """
        if seed is None:
            seed = unfinished_seed(self.reviews, self.manifest, plan, reviewer)
        if seed is None:
            seed = fresh_seed()
        plan = replace(plan, seed=seed)
        review = Review(self.name, self.dataset, self.manifest, plan, self.reviews)
        if not review.draw.paths:
            why = "nothing changed since then" if plan.since else f"{self.text} holds no sample"
            raise NothingToInspectError(f"{why}: there is nothing to look at")
        review.save()
        return review

    def filled_in(self, path: Path) -> tuple[Review, str, dict[str, Answer]]:
        """Return what a sheet came back with: its review, who looked, and what they said.

        Raises:
            UsageError: If it cannot be read, or belongs to no review that was drawn here.
        """
        sheet = read_answers(path)
        kept = find_kept(self.reviews, sheet.review, self.manifest)
        if kept is None:
            again = f"bezoar review {quote(self.text)} {sheet.again} --export sheet.html"
            raise UsageError(f"{path} belongs to no sheet of this data that was made here", again)
        paths = kept.draw.paths
        if max(sheet.answers, default=0) >= len(paths):
            raise UsageError(f"{path} has answers about samples that the sheet does not have")
        said = {paths[number]: answer for number, answer in sheet.answers.items()}
        review = Review(self.name, self.dataset, self.manifest, kept.plan, self.reviews, kept=kept)
        return review, sheet.reviewer, said

    def _older(self, since: str) -> Manifest:
        name = self.entry.name if self.entry else self.text
        entry = self.dbom.find(since if "@" in since else f"{name}@{since}")
        path = manifest_path(self.dbom.manifests, entry.manifest)
        return read_manifest(path, entry.manifest, entry.root)

    def _suspicion(self, scores: Path) -> Suspicion:
        again = f"bezoar inspect {quote(self.text)} --scores {quote(str(scores))}"
        return read_scores(scores, self.manifest, again)


def find_subject(text: str, dbom: Dbom, reviews: Path, progress: Progress | None = None) -> Subject:
    """Open and hash the data that a name or a path means.

    Args:
        text: `NAME`, `NAME@VERSION` or a path.
        dbom: The project's DBOM.
        reviews: The folder where reviews are kept.
        progress: Called now and then with (done, total).

    Raises:
        UsageError: If there is no such thing.
        BezoarError: If a sample cannot be read, or it is not the data that was registered: people
            would look at one thing and vouch for another.
    """
    named = None if means_path(text) else dbom.find(text)
    path = Path(text).expanduser() if named is None else dbom.locate(named)
    dataset = _opened(named, path)
    manifest = build_manifest(dataset, progress)
    if named is not None and named.root != manifest.root:
        raise BezoarError(
            f"{path} is no longer what was registered as {named.spec}",
            next=f"bezoar verify {named.spec}",
        )
    known = [one for one in dbom.entries() if one.content is not None]
    root = manifest.root
    entry = named or next((one for one in known if one.root == root), None)
    if (rows := rows_of(dataset, path)) is not None:
        dataset, manifest = rows, build_manifest(rows, progress)
    return Subject(text, entry, dataset, manifest, root, dbom, reviews)


def _opened(entry: DbomEntry | None, path: Path) -> IndexedDataset:
    """Open data as it was registered; a path without an entry, as images or else as files."""
    if entry is not None and entry.content is not None:
        return open_registered(entry.content, path)
    try:
        dataset = open_dataset(path)
    except (NothingToInspectError, UsageError):
        if not path.exists():
            raise
        return open_files(path)
    return dataset if len(dataset) else open_files(path)
