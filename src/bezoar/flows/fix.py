"""`plan` and `apply`: code that fetches is made to read what is registered.

Each source that can be rewritten gets a draft in the DBOM, each call `bezoar.pull`. What cannot be
rewritten safely is named with the reason and left alone.
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from bezoar.core.errors import BezoarError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.writing import write_whole
from bezoar.recon.drafting import Left, propose
from bezoar.recon.registering import Facts, draft_dataset
from bezoar.recon.scan.fetch import Fetch
from bezoar.recon.scan.registered import Registry, canonical
from bezoar.recon.scanning import Look


@dataclass(frozen=True, slots=True)
class Change:
    """One file, rewritten.

    Attributes:
        path: Relative to the project.
        before: Its bytes.
        after: Its bytes, rewritten.
        calls: The calls that are rewritten, each with the entry that it reads from now on.
    """

    path: str
    before: bytes
    after: bytes
    calls: tuple[tuple[Fetch, str], ...]

    @property
    def diff(self) -> str:
        """The change as a unified diff that `git apply` takes."""
        lines = [data.decode("utf-8", "surrogateescape") for data in (self.before, self.after)]
        old, new = (text.splitlines(keepends=True) for text in lines)
        shown = difflib.unified_diff(old, new, f"a/{self.path}", f"b/{self.path}")
        return "".join(_ended(line) for line in shown)


@dataclass(frozen=True, slots=True)
class Fix:
    """What would be done.

    Attributes:
        changes: One for each file.
        drafts: Entries that are not there yet, with the fetches that they are for.
        left: What is left alone, and why.
    """

    changes: tuple[Change, ...]
    drafts: tuple[tuple[Facts, tuple[Fetch, ...]], ...]
    left: tuple[Left, ...]


@dataclass
class _Planning:
    """A plan under way: which entry each fetch is to read, and what is left."""

    names: dict[Fetch, str] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


def plan(seen: Look, dbom: Dbom) -> Fix:
    """Say how each call that fetches would be rewritten; nothing is written.

    Args:
        seen: What a scan saw of the project itself.
        dbom: The project's.

    Raises:
        BezoarError: If libcst is not installed.
    """
    if find_spec("libcst") is None:
        raise BezoarError("--fix needs libcst", next="pip install 'bezoar[fix]'")
    entries = dbom.entries()
    proposals = propose(seen, entries)
    planning = _Planning(left=list(proposals.left))
    for facts, fetches in proposals.new:
        planning.names |= dict.fromkeys(fetches, f"{facts.name}@{facts.version}")
    _name_registered(seen.inventory.fetches, entries, planning)
    versions = Counter(spec.partition("@")[0] for spec in {*planning.names.values()})
    versions.update(e.name for e in entries if e.spec not in set(planning.names.values()))
    asked = {
        fetch: spec if versions[spec.partition("@")[0]] > 1 else spec.partition("@")[0]
        for fetch, spec in planning.names.items()
    }
    changes = tuple(_changes(asked, planning, dbom.root))
    done = {fetch for change in changes for fetch, _ in change.calls}
    drafts = [
        (facts, tuple(one for one in fetches if one in done))
        for facts, fetches in proposals.new
        if done & set(fetches)
    ]
    left = sorted(planning.left, key=lambda one: (one.fetch.path, one.fetch.line))
    return Fix(changes, tuple(drafts), tuple(left))


def apply(fix: Fix, dbom: Dbom) -> list[DbomEntry]:
    """Register the drafts, write the files, and return the new entries.

    Raises:
        BezoarError: If something cannot be written, or a file changed since it was read.
    """
    for change in fix.changes:
        try:
            same = (dbom.root / change.path).read_bytes() == change.before
        except OSError:
            same = False
        if not same:
            raise BezoarError(f"{change.path} changed meanwhile", next="bezoar scan --fix")
    made = [draft_dataset(facts, dbom) for facts, _ in fix.drafts]
    for change in fix.changes:
        path = dbom.root / change.path
        mode = path.stat().st_mode
        write_whole(path, change.after)
        path.chmod(mode & 0o7777)
    return made


def _name_registered(
    fetches: Iterable[Fetch], entries: list[DbomEntry], planning: _Planning
) -> None:
    """Name the entry of each fetch that one covers, if it is that very source."""
    registry = Registry.of(entries)
    for fetch in fetches:
        if fetch.registered is None or (cover := registry.cover(fetch)) is None:
            continue
        places = {canonical(uri).place for uri in cover.entry.origin.uris}
        if canonical(fetch.uri).place in places:
            planning.names[fetch] = cover.entry.spec
        else:
            planning.left.append(Left(fetch, f"it is a part of {cover.entry.spec}"))


def _changes(asked: Mapping[Fetch, str], planning: _Planning, root: Path) -> Iterator[Change]:
    by_path: dict[str, list[Fetch]] = {}
    for fetch in asked:
        by_path.setdefault(fetch.path, []).append(fetch)
    for path, fetches in sorted(by_path.items()):
        if change := _change(path, {one: asked[one] for one in fetches}, planning, root):
            yield change


def _change(
    path: str, asked: Mapping[Fetch, str], planning: _Planning, root: Path
) -> Change | None:
    """Rewrite one file; what cannot be is noted."""
    from bezoar.adapters.libcst.edits import Edit, NotRewritableError  # noqa: PLC0415 - an extra
    from bezoar.adapters.libcst.rewriting import rewrite  # noqa: PLC0415 - the same
    from bezoar.recon.local_form import local_form  # noqa: PLC0415 - the same

    edits: dict[Edit, Fetch] = {}
    for fetch, name in asked.items():
        try:
            edits[local_form(fetch, name)] = fetch
        except NotRewritableError as error:
            planning.left.append(Left(fetch, str(error)))
    if not edits:
        return None
    try:
        before = (root / path).read_bytes()
        result = rewrite(before, list(edits))
    except (NotRewritableError, OSError) as error:
        planning.left += [Left(fetch, str(error)) for fetch in edits.values()]
        return None
    planning.left += [Left(edits[edit], why) for edit, why in result.refused.items()]
    done = tuple(
        (fetch, planning.names[fetch])
        for edit, fetch in edits.items()
        if edit not in result.refused
    )
    return Change(path, before, result.data, done) if done else None


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
