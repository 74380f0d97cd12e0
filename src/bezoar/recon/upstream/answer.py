"""`Upstream`: what lies at a source today, beside what was pinned."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class State(StrEnum):
    """What became of a source."""

    SAME = "same"
    NEWER = "newer"
    MOVED = "moved"
    CHANGED = "changed"
    GONE = "gone"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Pinned:
    """What was registered of one origin.

    Attributes:
        uri: Its address.
        revision: What was noted as its revision.
        retrieved_at: When the bytes were fetched; None where they were not yet.
        digests: The SHA-256 of files that were registered, in hexadecimal, by name.
        sizes: Their bytes, by name.
        seen: What the source's name led to when it was asked for the first time.
    """

    uri: str
    revision: str | None = None
    retrieved_at: datetime | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs upstream.

    Attributes:
        path: Its path there.
        what: `added`, `removed` or `changed`.
        digest: What the host says its digest is now; empty where it says nothing.
    """

    path: str
    what: str
    digest: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the change as JSON values."""
        return {"path": self.path, "what": self.what, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Upstream:
    """What lies at a source today. All of it is what the host says; nothing is taken for true.

    Attributes:
        state: What became of it.
        says: One sentence. Names in it are the attacker's: escape them.
        pinned: What was pinned: a commit, a digest, a version, a name.
        head: What is newest, or what the name leads to.
        changes: Files that differ, where the host says so.
        more_changes: True where there are more than are listed.
        url: The address that was asked.
        rewritten: True where the pinned revision is no ancestor of what is there.
        named: True where a name was asked for, so that where it leads is worth remembering.
    """

    state: State
    says: str
    pinned: str = ""
    head: str = ""
    changes: tuple[Change, ...] = ()
    more_changes: bool = False
    url: str = ""
    rewritten: bool = False
    named: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "state": str(self.state),
            "says": self.says,
            "pinned": self.pinned,
            "head": self.head,
            "changes": [change.as_json() for change in self.changes],
            "more_changes": self.more_changes,
            "rewritten": self.rewritten,
            "url": self.url,
        }


def by_name(
    pinned: Pinned, name: str, head: str, url: str, *, changed_at: datetime | None = None
) -> Upstream:
    """Judge a source that is pinned by a name: a tag, a branch, `latest`.

    What the name led to before decides; else the time of what it leads to now, which its owner
    writes and which therefore can prove a move, and never the lack of one.

    Args:
        pinned: What was registered.
        name: The name.
        head: What it leads to now.
        url: What was asked.
        changed_at: When what it leads to was made.
    """
    if pinned.seen is not None and pinned.seen != head:
        says = f"moved: {name!r}, which you pinned by name, now points elsewhere"
        return Upstream(State.MOVED, says, pinned.seen, head, url=url, named=True)
    fetched = pinned.retrieved_at
    if pinned.seen is None and changed_at and fetched and changed_at > fetched:
        when = changed_at.date().isoformat()
        says = f"moved: {name!r}, which you pinned by name, points to something made on {when}"
        return Upstream(State.MOVED, says, name, head, url=url, named=True)
    if pinned.seen is not None:
        says = f"{name!r} still points where it did when bezoar first asked; a name is no pin"
        return Upstream(State.SAME, says, name, head, url=url, named=True)
    says = f"{name!r} is a name, not a pin: whether it has moved, nobody can tell"
    return Upstream(State.UNKNOWN, says, name, head, url=url, named=True)


def by_digests(pinned: Pinned, upstream: Mapping[str, str], name: str) -> list[Change] | None:
    """Compare the files that were registered with the digests that a host names.

    Args:
        pinned: What was registered.
        upstream: SHA-256 in hexadecimal, by path.
        name: A single file that the address itself names; empty where it names none.

    Returns:
        What differs; None where no file is known on both sides.
    """
    mine = dict(pinned.digests)
    if name and len(mine) == 1:
        mine = {name: next(iter(mine.values()))}
    both = {path for path in mine if path in upstream}
    if not both:
        return None
    return [
        Change(path, "changed", f"sha256:{upstream[path]}")
        for path in sorted(both)
        if upstream[path] != mine[path]
    ]


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Change]:
    """Yield what differs between two listings of digests by path."""
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            yield Change(path, "removed")
        elif before.get(path) != after[path]:
            yield Change(path, "changed" if path in before else "added", after[path])
