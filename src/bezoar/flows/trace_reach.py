"""`Reach`: what came of a dataset, a run or a model, from the DBOM's lineage and the ledger."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bezoar.core.event import Event
from bezoar.datasets.entry import DbomEntry, Status

_PAST: Final = {
    "dataset.fetched": "fetched",
    "dataset.vetted": "vetted",
    "dataset.approved": "approved",
    "dataset.mirrored": "mirrored",
    "dataset.pulled": "pulled",
    "dataset.refused": "refused",
    "dataset.revoked": "revoked",
}
_SET_ASIDE: Final = (Status.QUARANTINED, Status.REVOKED)
_DATE: Final = 10
_DEEPEST: Final = 50
_DIGITS: Final = 16
UNTOUCHED: Final = "untouched"
"""Names the field of a node that was not reached, and is named all the same."""

_Follows = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Node:
    """Something that was reached, and what it reached.

    Attributes:
        kind: `sample`, `dataset`, `run`, `model` or `release`.
        name: A digest, `NAME@VERSION`, a run's id, what an event is about.
        detail: In a few words.
        children: What it reached.
        fields: More JSON values.
    """

    kind: str
    name: str
    detail: str = ""
    children: tuple["Node", ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def reached(self) -> Iterator["Node"]:
        """Yield it, and all that it reached."""
        if UNTOUCHED not in self.fields:
            yield self
        for child in self.children:
            yield from child.reached()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "detail": self.detail,
            **self.fields,
            "reached": [one.as_json() for one in self.children],
        }


class Reach:
    """What came of what."""

    def __init__(self, entries: Mapping[str, DbomEntry], events: Iterable[Event]) -> None:
        """Order what is known.

        Args:
            entries: By `NAME@VERSION`.
            events: Oldest first.
        """
        self._entries = entries
        self._derived = defaultdict[str, list[str]](list)
        for spec, entry in entries.items():
            for parent in entry.lineage:
                self._derived[parent.dataset].append(spec)
        self._past = defaultdict[str, list[Event]](list)
        self._runs: dict[str, dict[str, Event]] = defaultdict(dict)
        self._used = defaultdict[str, list[str]](list)
        self._repeats = defaultdict[str, list[str]](list)
        self._made = defaultdict[str, list[str]](list)
        self._releases: list[Event] = []
        for event in events:
            self._note(event)

    def _note(self, event: Event) -> None:
        stage, _, what = event.kind.partition(".")
        if stage == "run":
            self._runs[event.subject][what] = event
            for spec in _specs(event):
                self._used[spec].append(event.subject)
            if what == "started" and (before := event.detail.get("repeats")):
                self._repeats[str(before)].append(event.subject)
            for digest in _outputs(event):
                self._made[digest].append(event.subject)
        elif stage == "release":
            self._releases.append(event)
        elif event.kind in _PAST:
            spec = str(event.detail.get("dataset", event.subject))
            self._past[spec].append(event)

    def run(self, name: str) -> bool:
        """Say whether the ledger knows a run that began."""
        return "started" in self._runs.get(name, {})

    def made(self, digest: str) -> bool:
        """Say whether a run made a file with this digest, or a release names it."""
        return digest in self._made or any(_names(event, digest) for event in self._releases)

    def of_root(self, root: str) -> Iterator[str]:
        """Yield the datasets that have, or had, this root."""
        found = {spec for spec, e in self._entries.items() if e.content and str(e.root) == root}
        for spec, events in self._past.items():
            if any(event.subject == root for event in events):
                found.add(spec)
        yield from sorted(found)

    def versions(self, name: str, version: str | None) -> Iterator[str]:
        """Yield each version of a name that the DBOM or the ledger knows, or that one."""
        for spec in sorted({*self._entries, *self._past, *self._used}):
            if spec == f"{name}@{version}" or (version is None and spec.startswith(f"{name}@")):
                yield spec

    def dataset_node(
        self, spec: str, detail: str = "", *, follows: _Follows = lambda _made, _from: True
    ) -> Node:
        """Return a dataset with everything that it reached.

        Args:
            spec: Which.
            detail: What it is here.
            follows: Says whether something of it went into a dataset that was made from another;
                one without is named, and marked as untouched.
        """
        return self._dataset(spec, detail, follows, set(), 0)

    def _dataset(
        self, spec: str, detail: str, follows: _Follows, seen: set[str], depth: int
    ) -> Node:
        """Return a dataset; one that was shown already, or lies too deep, without what follows.

        A lineage is edited by people: it can be a ring, or branch and join at each step.
        """
        if spec in seen:
            return Node("dataset", spec, f"{detail}; see above")
        if depth == _DEEPEST:
            return Node("dataset", spec, f"{detail}; and more: bezoar trace {spec}")
        seen.add(spec)
        entry = self._entries.get(spec)
        known = [detail, *self._state(spec, entry)]
        runs = [self.run_node(name) for name in dict.fromkeys(self._used.get(spec, ()))]
        derived = [
            self._dataset(one, "made from it", follows, seen, depth + 1)
            if follows(one, spec)
            else Node("dataset", one, "made from it, without this", fields={UNTOUCHED: True})
            for one in self._derived.get(spec, ())
        ]
        fields = {"status": str(entry.status) if entry else None}
        return Node("dataset", spec, "; ".join(filter(None, known)), (*runs, *derived), fields)

    def _state(self, spec: str, entry: DbomEntry | None) -> Iterator[str]:
        if entry is None:
            yield "not in the DBOM"
        else:
            revoked = entry.status is Status.REVOKED
            why = f": {entry.reason}" if entry.reason and entry.status in _SET_ASIDE else ""
            yield f"{'REVOKED' if revoked else entry.status}{why}"
        times = defaultdict[str, list[str]](list)
        for event in self._past.get(spec, ()):
            times[_PAST[event.kind]].append(event.time[:_DATE])
        for word, dates in times.items():
            often = f" {len(dates):,} times, last on" if len(dates) > 1 else ""
            yield f"{word}{often} {dates[-1]}"

    def run_node(self, name: str) -> Node:
        """Return a run with what it made; runs that repeat it are named, not followed."""
        events = self._runs.get(name, {})
        begun, ended = events.get("started"), events.get("finished")
        said = []
        if begun is not None:
            said = [begun.time[:_DATE], f"level {begun.detail.get('level')}", *_code_of(begun)]
        said.append(f"exit {ended.detail.get('exit_code')}" if ended else "its end is not known")
        if before := begun.detail.get("repeats") if begun else None:
            said.append(f"repeats {before}")
        if again := self._repeats.get(name):
            said.append(f"repeated by {', '.join(again)}")
        data = ", ".join(_specs(begun)) if begun else ""
        said.append(f"on {data}" if data else "on data that nobody named")
        models = [self.model_node(digest) for digest in _outputs(ended)] if ended else []
        return Node("run", name, "; ".join(said), tuple(models))

    def model_node(self, digest: str) -> Node:
        """Return what a run made, with the releases that it went into."""
        paths = sorted(
            {
                path
                for name in self._made.get(digest, ())
                if (ended := self._runs[name].get("finished"))
                for path, one in _made_by(ended).items()
                if one == digest
            }
        )
        said = [*paths, *(f"made by {name}" for name in dict.fromkeys(self._made.get(digest, ())))]
        releases = [
            Node("release", event.kind, f"{event.time[:_DATE]}; {short(event.subject)}")
            for event in self._releases
            if _names(event, digest)
        ]
        return Node("model", digest, "; ".join(said), tuple(releases))


def _specs(event: Event) -> list[str]:
    """Return the datasets of a run that began; a ledger may hold anything by that name."""
    found = event.detail.get("datasets")
    if event.kind != "run.started" or not isinstance(found, list):
        return []
    return [str(one["dataset"]) for one in found if isinstance(one, dict) and "dataset" in one]


def _made_by(event: Event) -> dict[str, str]:
    found = event.detail.get("outputs")
    if event.kind != "run.finished" or not isinstance(found, dict):
        return {}
    return {str(path): str(digest) for path, digest in found.items() if digest}


def _outputs(event: Event) -> list[str]:
    return list(dict.fromkeys(_made_by(event).values()))


def _code_of(event: Event) -> Iterator[str]:
    if commit := event.detail.get("commit"):
        yield f"commit {str(commit)[:12]}" + ("+changes" if event.detail.get("dirty") else "")


def _names(event: Event, digest: str) -> bool:
    """Say whether an event mentions a digest anywhere."""
    return digest in str(event.subject) or digest in str(event.detail)


def short(name: str) -> str:
    """Return a name as a line has room for it: of a long digest its first digits."""
    algorithm, colon, digits = name.partition(":")
    long = colon and len(digits) > _DIGITS and not digits.strip("0123456789abcdef")
    return f"{algorithm}:{digits[:_DIGITS]}…" if long else name
