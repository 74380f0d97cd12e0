"""`diff`: what differs between two versions of a dataset."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from bezoar.core.manifest import Entry, Manifest

Pair = tuple[Entry, Entry]


@dataclass(frozen=True, slots=True)
class ManifestDiff:
    """What differs between two manifests; each sample is named in one list.

    Except that one whose bytes and label both changed stands in `changed` and in `relabelled`.

    Attributes:
        added: Entries that only the new one has.
        removed: Entries that only the old one has.
        changed: (old, new) entries of the same path with other bytes.
        relabelled: (old, new) entries with another label, of the same path or of the same bytes:
            a file that moved to another class folder is relabelled, not merely renamed.
        renamed: (old, new) entries with the same bytes and label under another path.
    """

    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    changed: tuple[Pair, ...] = ()
    relabelled: tuple[Pair, ...] = ()
    renamed: tuple[Pair, ...] = ()

    def __bool__(self) -> bool:
        """True where anything differs."""
        return any((self.added, self.removed, self.changed, self.relabelled, self.renamed))

    def mirrored(self) -> "ManifestDiff":
        """Return the difference in the other direction."""
        return replace(
            self,
            added=self.removed,
            removed=self.added,
            changed=_swapped(self.changed),
            relabelled=_swapped(self.relabelled),
            renamed=_swapped(self.renamed),
        )


def diff(old: Manifest, new: Manifest) -> ManifestDiff:
    """Compare two manifests.

    Laws: `diff(a, a)` is empty; `diff(b, a) == diff(a, b).mirrored()`.
    """
    if old.entries == new.entries:
        return ManifestDiff()
    before = {entry.path: entry for entry in old.entries}
    after = {entry.path: entry for entry in new.entries}
    both = [(entry, after[path]) for path, entry in before.items() if path in after]
    removed = [entry for path, entry in before.items() if path not in after]
    added = [entry for path, entry in after.items() if path not in before]
    renamed = _matched(removed, added, same_label=True)
    removed, added = _without(removed, added, renamed)
    moved = _matched(removed, added, same_label=False)
    removed, added = _without(removed, added, moved)
    return ManifestDiff(
        added=tuple(added),
        removed=tuple(removed),
        changed=tuple(pair for pair in both if _bytes(pair[0]) != _bytes(pair[1])),
        relabelled=_ordered([*moved, *(pair for pair in both if pair[0].label != pair[1].label)]),
        renamed=_ordered(renamed),
    )


def _matched(removed: list[Entry], added: list[Entry], *, same_label: bool) -> list[Pair]:
    """Pair entries of the same bytes, first with first, so that the direction does not matter."""

    def key(entry: Entry) -> Hashable:
        return (*_bytes(entry), entry.label if same_label else None)

    groups: dict[Hashable, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for entry in removed:
        groups[key(entry)][0].append(entry)
    for entry in added:
        groups[key(entry)][1].append(entry)
    return [pair for group in groups.values() for pair in zip(*group, strict=False)]


def _bytes(entry: Entry) -> tuple[bytes, int]:
    return entry.sha256, entry.size


def _without(
    removed: list[Entry], added: list[Entry], pairs: list[Pair]
) -> tuple[list[Entry], list[Entry]]:
    gone = {old.path for old, _ in pairs}
    come = {new.path for _, new in pairs}
    return (
        [entry for entry in removed if entry.path not in gone],
        [entry for entry in added if entry.path not in come],
    )


def _ordered(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Sort by the paths of both sides, the same way from either side."""
    return tuple(sorted(pairs, key=lambda pair: sorted((pair[0].path, pair[1].path))))


def _swapped(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    return tuple((new, old) for old, new in pairs)
