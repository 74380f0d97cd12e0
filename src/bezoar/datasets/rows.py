"""Ids for rows of a table: names where they are good for it, else digests."""

from collections.abc import Callable, Sequence

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.sample import unnamed_ids
from bezoar.datasets.containers import UNSAFE_NAME, at_file, readable, why_unsafe


def row_ids(
    names: Sequence[str | None],
    labels: Sequence[str | None],
    digest: Callable[[int], Digest],
) -> tuple[list[str], list[Finding]]:
    """Name the rows so that no id depends on a row's position.

    The names as they are if no two are equal, else `label/name` if that makes them differ, else
    `sha256:…#ordinal` for each row. A row without a name, or with an unsafe one, has the latter.

    Args:
        names: One per row; None where there is none.
        labels: One per row.
        digest: Returns the digest of a row's bytes.

    Returns:
        One id per row, and what was wrong with the names.
    """
    safe: list[str | None] = []
    problems = []
    for name in names:
        why = why_unsafe(name) if name else None
        if name and why:
            problems.append(at_file(UNSAFE_NAME, name, f"a row with an unsafe name: {why}"))
        safe.append(readable(name) if name and not why else None)
    pairs = zip(labels, safe, strict=True)
    labelled = [f"{label}/{name}" if name is not None else None for label, name in pairs]
    nameless = _digest_ids([i for i, name in enumerate(safe) if name is None], labels, digest)
    for candidates in (safe, labelled):
        ids = [nameless[i] if name is None else name for i, name in enumerate(candidates)]
        if len(set(ids)) == len(ids):
            return ids, problems
    return list(_digest_ids(range(len(names)), labels, digest).values()), problems


def _digest_ids(
    rows: Sequence[int], labels: Sequence[str | None], digest: Callable[[int], Digest]
) -> dict[int, str]:
    """Return digest ids; equal rows are told apart by label, so that positions do not matter."""
    digests = {row: digest(row) for row in rows}
    ordered = sorted(rows, key=lambda row: (digests[row], labels[row] is not None, labels[row]))
    named = dict(zip(ordered, unnamed_ids(digests[row] for row in ordered), strict=True))
    return {row: named[row] for row in rows}
