"""`trace`: how far something reached: a sample, a dataset, a run, a model.

From what is stored here: the DBOM and its lineage, the manifests, and the ledger. What cannot be
read is told: whatever it holds may have been reached as well.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.manifest import ROOT_ALGORITHM
from bezoar.datasets.dbom import Dbom, means_path, split_spec
from bezoar.flows.trace_manifests import Holding, Manifests, Unread
from bezoar.flows.trace_reach import Node, Reach
from bezoar.fortify.signing.revoked_samples import RevokedSamples, known_samples
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.recon.entries import read_entries

_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Trace:
    """How far something reached.

    Attributes:
        subject: What was asked about.
        found: What it is, each with what it reached.
        unread: What could not be looked into.
    """

    subject: str
    found: tuple[Node, ...]
    unread: tuple[Unread, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "subject": self.subject,
            "found": [one.as_json() for one in self.found],
            "unread": [{"what": one.what, "why": one.why} for one in self.unread],
        }


def trace(project: Project, subject: str) -> Trace:
    """Follow something to everything that it reached.

    Args:
        project: Whose DBOM, manifests and ledger are read.
        subject: A digest, `NAME` or `NAME@VERSION`, a run, a sample's path in a dataset, or a file.

    Raises:
        UsageError: If it is none of these, or the DBOM and the ledger know no such name.
        BezoarError: If the ledger cannot be read.
    """
    return _Tracer(project).trace(subject)


def trace_samples(project: Project, digests: Iterable[Digest]) -> Trace:
    """Follow samples, by the SHA-256 of their bytes, to everything that they reached.

    Raises:
        BezoarError: If the ledger cannot be read.
    """
    return _Tracer(project).samples(digests)


class _Tracer:
    def __init__(self, project: Project) -> None:
        self._dbom = Dbom(project)
        with open_ledger(project) as ledger:
            events = sorted(ledger.events(), key=lambda event: event.time)
        entries, faults = read_entries(self._dbom)
        self._faults = [Unread(fault.place.name, fault.message) for fault in faults]
        self._known = RevokedSamples(())
        try:
            self._known = known_samples(project.dbom)
        except BezoarError as error:
            self._faults.append(Unread("revoked samples", error.message))
        self._reach = Reach(entries, events)
        self._manifests = Manifests(project, entries, events)

    def trace(self, subject: str) -> Trace:
        if self._reach.run(subject):
            return self._answer(subject, [self._reach.run_node(subject)])
        if (digest := _digest_of(subject)) is not None:
            return self._digest(subject, digest)
        if means_path(subject):
            return self._path(subject)
        return self._name(subject)

    def samples(self, digests: Iterable[Digest]) -> Trace:
        values = [one.value for one in digests]
        return self._samples("", [], self._manifests.holding(*values))

    def _answer(self, subject: str, found: list[Node], unread: tuple[Unread, ...] = ()) -> Trace:
        return Trace(subject, tuple(found), (*self._faults, *unread))

    def _digest(self, subject: str, digest: Digest) -> Trace:
        """A digest is a root, a manifest's, a model's or a sample's; or several of these."""
        if digest.algorithm == ROOT_ALGORITHM:
            found = [self._reach.dataset_node(spec) for spec in self._reach.of_root(str(digest))]
            return self._answer(subject, found)
        found = [self._reach.model_node(str(digest))] if self._reach.made(str(digest)) else []
        if owner := self._manifests.owner(digest):
            found.append(self._reach.dataset_node(owner))
        return self._samples(subject, found, self._manifests.holding(digest.value))

    def _path(self, subject: str) -> Trace:
        """A path is one in a dataset, or that of a file whose bytes are looked for."""
        named = subject.removeprefix("./")
        holding = self._manifests.named(named)
        if (own := _sha256(Path(subject).expanduser())) is not None:
            holding = [*holding, *self._manifests.holding(own)]
        elif not holding and not self._manifests.unread:
            message = f"no dataset holds {subject}, and no file is there"
            raise UsageError(message, next="bezoar dbom list")
        return self._samples(subject, [], list(dict.fromkeys(holding)))

    def _samples(self, subject: str, found: list[Node], holding: list[Holding]) -> Trace:
        # What it is called in one dataset says nothing of what it is called in another.
        everywhere = self._manifests.holding(*(one.sha256 for one in holding))
        by_digest: dict[bytes, list[Node]] = {}
        for one in dict.fromkeys([*holding, *everywhere]):
            by_digest.setdefault(one.sha256, []).append(self._held(one))
        samples = [
            Node("sample", f"sha256:{sha256.hex()}", self._revoked(sha256), tuple(datasets))
            for sha256, datasets in by_digest.items()
        ]
        return self._answer(subject, [*found, *samples], tuple(self._manifests.unread))

    def _held(self, one: Holding) -> Node:
        label = "" if one.label is None else f", label {one.label}"
        detail = f"as {one.path}{label}"
        return self._reach.dataset_node(one.dataset, detail, follows=partial(self._follows, one))

    def _follows(self, sample: Holding, made: str, parent: str) -> bool:
        """Say whether something of a sample may be in what was made from a dataset.

        Only where that dataset holds its very bytes, a selection is known to have left it out.
        """
        if self._manifests.holds(made, sample.sha256):
            return True
        whole = self._manifests.holds(parent, sample.sha256)
        return not (whole and self._manifests.selects(made, parent))

    def _revoked(self, sha256: bytes) -> str:
        why = self._known.why(sha256)
        return f"REVOKED: {why}" if why else ""

    def _name(self, subject: str) -> Trace:
        name, version = split_spec(subject)
        specs = list(self._reach.versions(name, version))
        if not specs:
            self._dbom.find(subject)  # says which name is near
        return self._answer(subject, [self._reach.dataset_node(spec) for spec in specs])


def _digest_of(text: str) -> Digest | None:
    try:
        return Digest.parse(f"sha256:{text}" if _HEX.fullmatch(text) else text)
    except ValueError:
        return None


def _sha256(path: Path) -> bytes | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise BezoarError(f"cannot read {path}: {error.strerror}", next=f"ls -l {path}") from error
