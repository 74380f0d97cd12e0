"""The stored manifests: which of them hold a sample, and which cannot be read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.event import Event
from bezoar.core.manifest import Manifest
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.manifest import DamagedManifestError, manifest_path, read_manifest
from bezoar.project import Project

_FIELDS: Final = ("manifest", "files")
_RECORD: Final = ".vet.json"
_LONGEST_RECORD: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Holding:
    """A place where a sample lies.

    Attributes:
        dataset: `NAME@VERSION`, or the manifest's digest where no entry is known to own it.
        path: The sample's name there.
        label: Its class there.
        sha256: Of its bytes.
    """

    dataset: str
    path: str
    label: str | None
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be looked into.

    Attributes:
        what: A dataset, an entry's file.
        why: In a sentence.
    """

    what: str
    why: str


class Manifests:
    """All manifests that are stored here, or should be.

    Each is read once, and only when a sample is looked for.
    """

    def __init__(
        self, project: Project, entries: Mapping[str, DbomEntry], events: Iterable[Event]
    ) -> None:
        self._folder = Dbom(project).manifests
        self._records = project.dbom / "records"
        self._wanted = {e.manifest: spec for spec, e in entries.items() if e.content is not None}
        self._told = dict(_told(events))
        self.unread: list[Unread] = []

    def owner(self, digest: Digest) -> str | None:
        """Return the dataset that a manifest describes."""
        return self._owners.get(digest)

    def holding(self, *digests: bytes) -> list[Holding]:
        """Return each place where a sample with one of these SHA-256 lies."""
        wanted = frozenset(digests)
        return [one for one in self._all() if one.sha256 in wanted]

    def named(self, path: str) -> list[Holding]:
        """Return each sample of that name; `NAME@VERSION/path` asks for one dataset's."""
        return [one for one in self._all() if path in (one.path, f"{one.dataset}/{one.path}")]

    def selects(self, spec: str, parent: str) -> bool:
        """Say whether each sample of a version is one of another's, byte by byte.

        What was made so, as by `bezoar clean`, has nothing of the samples that it left out.
        """
        made, whole = self._digests.get(spec), self._digests.get(parent)
        return made is not None and whole is not None and made <= whole

    def holds(self, spec: str, sha256: bytes) -> bool:
        """Say whether a version holds a sample, as far as its sample manifest can be read."""
        return sha256 in self._digests.get(spec, ())

    @cached_property
    def _digests(self) -> dict[str, frozenset[bytes]]:
        """The samples of each version whose sample manifest can be read."""
        return {
            self._wanted[digest]: frozenset(entry.sha256 for entry in manifest.entries)
            for digest, _, manifest in self._read
            if digest in self._wanted
        }

    @cached_property
    def _owners(self) -> dict[Digest, str]:
        return {**self._told, **self._vetted(), **self._wanted}

    def _all(self) -> Iterator[Holding]:
        seen = set()
        for _, owner, manifest in self._read:
            for entry in manifest.entries:
                one = Holding(owner, entry.path, entry.label, entry.sha256)
                # The manifest of all files names the samples once more, without their labels.
                if (owner, entry.path, entry.sha256) not in seen:
                    seen.add((owner, entry.path, entry.sha256))
                    yield one

    @cached_property
    def _read(self) -> list[tuple[Digest, str, Manifest]]:
        """Read every manifest; what entries ask for comes first."""
        stored = {
            digest for path in self._folder.glob("*.parquet") if (digest := _named(path.stem))
        }
        found = []
        for digest in [*self._wanted, *sorted(stored - set(self._wanted))]:
            owner = self._owners.get(digest, f"manifest {digest.hex[:16]}")
            try:
                manifest = read_manifest(manifest_path(self._folder, digest), digest)
                found.append((digest, owner, manifest))
            except DamagedManifestError as error:
                self.unread.append(Unread(owner, error.message))
        return found

    def _vetted(self) -> dict[Digest, str]:
        """Return the manifests that vet records name; a record that cannot be read names none."""
        found = {}
        for path in sorted(self._records.glob(f"*{_RECORD}")):
            with suppress(OSError, ValueError, TypeError, RecursionError):
                if path.stat().st_size > _LONGEST_RECORD:
                    continue
                record = json.loads(path.read_bytes())
                for name in _FIELDS:
                    found[Digest.parse(record[name])] = path.name.removesuffix(_RECORD)
        return found


def _named(stem: str) -> Digest | None:
    try:
        return Digest.parse(f"sha256:{stem}")
    except ValueError:
        return None


def _told(events: Iterable[Event]) -> Iterator[tuple[Digest, str]]:
    """Yield the manifests that events name, with the dataset that they are about."""
    for event in events:
        spec = event.detail.get("dataset", event.subject)
        for name in _FIELDS:
            with suppress(ValueError, TypeError, AttributeError):
                if "@" in str(spec):
                    yield Digest.parse(event.detail.get(name)), str(spec)  # type: ignore[arg-type]
