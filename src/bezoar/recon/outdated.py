"""`outdated`: what changed upstream since each entry was pinned, without trusting a word of it."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import UnreachableError
from bezoar.adapters.web.redaction import redacted
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.entry import Artefact, DbomEntry, Published
from bezoar.recon.source.github import GithubRepository
from bezoar.recon.source.hosts import host_of
from bezoar.recon.source.hub import HubRepository
from bezoar.recon.source.kaggle import KaggleDataset
from bezoar.recon.source.openml import OpenmlDataset
from bezoar.recon.source.registry import RegistryImage
from bezoar.recon.source.zenodo import ZenodoRecord
from bezoar.recon.upstream import catalogues, github, hub, registry, web
from bezoar.recon.upstream.answer import Pinned, State, Upstream

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

MOVED: Final = Rule(
    code="BZ123",
    name="moved-revision",
    title="Pinned by name, and the name moved",
    severity=Severity.HIGH,
    why="A tag or branch that an entry was pinned by points elsewhere now: whoever fetches it again"
    " gets other bytes under the same name.",
    taxonomy=("ATLAS:AML.T0010.002", "ATLAS:AML.T0020"),
)
CHANGED: Final = Rule(
    code="BZ124",
    name="changed-upstream",
    title="Other bytes at the same address",
    severity=Severity.HIGH,
    why="What lies at a registered address is not what was registered. Somebody exchanged it, with"
    " or without bad intent.",
    taxonomy=("ATLAS:AML.T0010.002", "ATLAS:AML.T0020"),
)
GONE: Final = Rule(
    code="BZ125",
    name="vanished-upstream",
    title="Pinned version no longer there",
    severity=Severity.MEDIUM,
    why="Nobody can fetch again what the model was trained on, and a history that was rewritten, or"
    " a record that was withdrawn, had a reason.",
)
NEWER: Final = Rule(
    code="BZ126",
    name="newer-upstream",
    title="Newer version upstream",
    severity=Severity.INFO,
    why="A newer version may mend errors, and it may be poisoned: it is a new data set, to be"
    " vetted like any other.",
)
RULES: Final = (MOVED, CHANGED, GONE, NEWER)
"""What a comparison with upstream is judged by."""

_BY_STATE: Final = {
    State.MOVED: MOVED,
    State.CHANGED: CHANGED,
    State.GONE: GONE,
    State.NEWER: NEWER,
}
Seen = Mapping[tuple[str, str], str]
"""What a name led to when it was asked first, by (`NAME@VERSION`, address)."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One origin of one entry, compared with what lies there today.

    Attributes:
        entry: The entry.
        uri: The origin, without secrets.
        upstream: What lies there.
    """

    entry: DbomEntry
    uri: str
    upstream: Upstream

    @property
    def reached(self) -> bool:
        """Whether anybody answered."""
        return self.upstream.state is not State.UNREACHABLE

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        upstream = self.upstream.as_json()
        upstream["url"] = redacted(self.upstream.url)
        return {"dataset": self.entry.spec, "uri": self.uri, **upstream}


def outdated(
    entries: Iterable[DbomEntry],
    client: Client,
    seen: Seen | None = None,
    progress: Progress | None = None,
) -> list[Compared]:
    """Compare entries with their origins.

    Args:
        entries: Of the DBOM.
        client: Who asks.
        seen: What names led to before.
        progress: Called with (done, total).
    """
    pairs = [(entry, uri) for entry in entries for uri in entry.origin.uris]
    found = []
    for number, (entry, uri) in enumerate(pairs, 1):
        pinned = pinned_by(entry, uri, (seen or {}).get((entry.spec, redacted(uri))))
        found.append(Compared(entry, redacted(uri), _asked(pinned, client)))
        if progress:
            progress(number, len(pairs))
    return found


def pinned_by(entry: DbomEntry, uri: str, seen: str | None = None) -> Pinned:
    """Return what an entry says about one of its origins."""
    artefacts = entry.content.artefacts if entry.content else ()
    # What was hashed here counts more than what the source said then.
    files: list[Published | Artefact] = [*entry.origin.files, *artefacts]
    sha256 = {one.path: one.digest for one in files if one.digest.startswith("sha256:")}
    return Pinned(
        uri=uri,
        revision=entry.origin.revision,
        retrieved_at=entry.origin.retrieved_at,
        digests={path: digest.removeprefix("sha256:") for path, digest in sha256.items()},
        sizes={one.path: one.size for one in files if one.size is not None},
        seen=seen,
    )


def outcomes(compared: Iterable[Compared]) -> tuple[Outcome, ...]:
    """Judge what was compared; one outcome per rule."""
    compared = tuple(compared)
    if not any(one.reached for one in compared):
        reason = "nobody answered"
        return tuple(Outcome(rule, Status.NOT_APPLICABLE, reason=reason) for rule in RULES)
    found = [_finding(one) for one in compared if one.upstream.state in _BY_STATE]
    return tuple(Outcome.of(rule, [f for f in found if f.rule is rule]) for rule in RULES)


def to_remember(compared: Iterable[Compared], seen: Seen) -> list[tuple[Compared, dict[str, str]]]:
    """Return what the ledger should keep: where a name led when it was asked first."""
    # A name that has moved already is not remembered: the finding would be gone the next time.
    settled = (State.UNKNOWN, State.SAME)
    return [
        (one, {"uri": one.uri, "head": one.upstream.head})
        for one in compared
        if one.upstream.named
        and one.upstream.head
        and one.upstream.state in settled
        and (one.entry.spec, one.uri) not in seen
    ]


def _asked(pinned: Pinned, client: Client) -> Upstream:
    try:
        return _upstream(pinned, client)
    except UnreachableError as error:
        return Upstream(State.UNREACHABLE, str(error))


def _upstream(pinned: Pinned, client: Client) -> Upstream:  # noqa: PLR0911 - one for each host
    host = host_of(pinned.uri)
    match host:
        case HubRepository():
            return hub.upstream(host, client, pinned)
        case GithubRepository():
            return github.upstream(host, client, pinned)
        case ZenodoRecord():
            return catalogues.zenodo(host, client, pinned)
        case OpenmlDataset():
            return catalogues.openml(host, client, pinned)
        case KaggleDataset():
            return catalogues.kaggle(host, client, pinned)
        case RegistryImage():
            return registry.upstream(host, client, pinned)
    return web.upstream(client, pinned)


def _finding(one: Compared) -> Finding:
    rule = _BY_STATE[one.upstream.state]
    return Finding(
        rule,
        Place(PlaceKind.DATASET, one.entry.spec),
        f"{one.uri}: {one.upstream.says}",
        evidence=one.as_json(),
        next=_next(one),
    )


def _next(one: Compared) -> str:
    """Return the command to type; what strangers wrote is quoted for a shell."""
    entry, head = one.entry, one.upstream.head
    if one.upstream.state is State.GONE:
        return f"bezoar verify {entry.spec}"
    revision = f" --revision {shlex.quote(head)}" if head else ""
    return (
        f"bezoar dbom add ./NEW-COPY --name {entry.name} --version NEW"
        f" --origin {shlex.quote(one.uri)}{revision}"
    )
