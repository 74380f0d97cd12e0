"""Whether something of a revoked sample may have come into a version through its lineage."""

from collections.abc import Mapping
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.manifest import digests_of, manifest_path
from bezoar.fortify.signing.revoked_samples import RevokedSamples, known_samples
from bezoar.project import Project

_DEEPEST: Final = 50


def sample_in_lineage(project: Project, entries: Mapping[str, DbomEntry], spec: str) -> str:
    """Return which revoked sample a version holds, or may be made of; empty for none.

    A version is clear of a sample in what it was made from only where both manifests show that it
    is a selection of the other's samples, without that one. What is not known is not clear.

    Args:
        project: Whose manifests and revocations.
        entries: By `NAME@VERSION`.
        spec: Which version.
    """
    try:
        known = known_samples(project.dbom)
    except BezoarError as error:
        return f"{spec}: {error.message}"
    return _Lineage(project, entries, known).why(spec) if known else ""


class _Lineage:
    def __init__(
        self, project: Project, entries: Mapping[str, DbomEntry], known: RevokedSamples
    ) -> None:
        self._project, self._entries, self._known = project, entries, known
        self._found: dict[str, str] = {}
        self._digests: dict[str, frozenset[bytes] | None] = {}

    def why(self, spec: str, depth: int = 0) -> str:
        if spec not in self._found:
            self._found[spec] = ""  # a lineage is edited by people: it can be a ring
            self._found[spec] = self._why(spec, depth)
        return self._found[spec]

    def _why(self, spec: str, depth: int) -> str:
        entry = self._entries.get(spec)
        if entry is None:
            return ""
        if depth == _DEEPEST:
            return f"{spec}: its lineage goes deeper than is looked into"
        if entry.content is not None and (why := self._known.of_root(str(entry.root))):
            return f"{spec}: {why}"
        if why := self._known.told(self._samples(spec) or ()):
            return f"{spec}: {why}"
        for parent in entry.lineage:
            if (why := self.why(parent.dataset, depth + 1)) and not self._left_out(
                spec, parent.dataset
            ):
                return f"{spec}: it was made from {why}"
        return ""

    def _left_out(self, spec: str, parent: str) -> bool:
        """Say whether a version is a selection of another that holds a revoked sample itself."""
        made, whole = self._samples(spec), self._samples(parent)
        if made is None or whole is None:
            return False
        return bool(self._known.told(whole)) and made <= whole

    def _samples(self, spec: str) -> frozenset[bytes] | None:
        """Return the SHA-256 of each sample of a version; None where they cannot be read."""
        if spec not in self._digests:
            self._digests[spec] = self._read(spec)
        return self._digests[spec]

    def _read(self, spec: str) -> frozenset[bytes] | None:
        entry = self._entries.get(spec)
        if entry is None or entry.content is None:
            return None
        try:
            path = manifest_path(self._project.state / "manifests", entry.manifest)
            return frozenset(digests_of(path, entry.manifest))
        except BezoarError:
            return None
