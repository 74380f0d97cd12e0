"""One label per sample, from the folder it lies in and the label tables that name it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.containers import readable
from bezoar.datasets.label_table import LISTING_MISMATCH, PathFinder, Row, row_finding

LABELS_DISAGREE = Rule(
    code="BZ205",
    name="labels-disagree",
    title="Folder and label table disagree",
    severity=Severity.HIGH,
    why="Two statements about the class of one sample: one of them was changed, and what a model"
    " learns depends on which of them its loader believes.",
    taxonomy=("ATLAS:AML.T0020",),
)
UNLABELLED = Rule(
    code="BZ210",
    name="unlabelled-sample",
    title="Sample without a label among labelled ones",
    severity=Severity.MEDIUM,
    why="Some loaders skip a sample of no class, others put it into a class of its own.",
)

# Folder names that are no class names themselves stand for one if nearly each folder is pure.
_PURE = 0.9


@dataclass
class Labelling:
    """Labels by path, and what was odd about them."""

    labels: dict[str, str | None]
    problems: list[Finding] = field(default_factory=list)


def reconcile(folders: Mapping[str, str | None], rows: Iterable[Row]) -> Labelling:
    """Give each sample one label.

    Where a label table names a sample, its label is the table's: the table is the explicit
    statement, and the folder stands in the sample's id anyway, so that a manifest commits to
    both. Otherwise it is the folder's, in the words of the table.

    Args:
        folders: The class folder of each sample by path; None where it lies in none.
        rows: The rows of all label tables.
    """
    result = Labelling({})
    stated = _stated(folders, rows, result.problems)
    words = _words(folders, stated)
    for path, folder in folders.items():
        expected = words.get(folder) if folder is not None else None
        if path not in stated:
            result.labels[path] = expected
            result.problems.append(_unlisted(path))
            continue
        row = stated[path]
        result.labels[path] = readable(row.label)
        if expected is not None and not _same(expected, row.label):
            result.problems.append(_disagreement(path, str(folder), row))
    return result


def unlabelled(ids: Sequence[str], labels: Sequence[str | None]) -> list[Finding]:
    """Find samples without a label in a dataset whose other samples have one."""
    if None not in labels or all(label is None for label in labels):
        return []
    return [
        Finding(UNLABELLED, Place(PlaceKind.SAMPLE, name), "no label names its class")
        for name, label in zip(ids, labels, strict=True)
        if label is None
    ]


def _stated(
    folders: Mapping[str, str | None], rows: Iterable[Row], problems: list[Finding]
) -> dict[str, Row]:
    finder, stated = PathFinder(folders), dict[str, Row]()
    for row in rows:
        path = finder.find(row)
        if not row.path or not row.label:
            message = "a row without a path or a label"
            problems.append(row_finding(LISTING_MISMATCH, row, message))
        elif path is None:
            message = f"there is no file {readable(row.path)}"
            problems.append(row_finding(LISTING_MISMATCH, row, message))
        elif path in stated and not _same(stated[path].label, row.label):
            kept = min(stated[path], row, key=lambda r: (r.label, r.table, r.line))
            message = f"{readable(path)} is said to be {stated[path].label} and {row.label}"
            problems.append(row_finding(LABELS_DISAGREE, row, readable(message)))
            stated[path] = kept
        else:
            stated[path] = row
    return stated


def _words(folders: Mapping[str, str | None], stated: Mapping[str, Row]) -> dict[str, str]:
    """Return the tables' word for each class folder; empty where folders are mere storage."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    direct = total = 0
    for path, row in stated.items():
        folder = folders[path]
        if folder is not None:
            counts[folder][row.label] += 1
            direct += _same(folder, row.label)
            total += 1
    names = {folder for folder in folders.values() if folder is not None}
    direct_words = {name: _direct_word(name, counts[name]) for name in names}
    if 2 * direct >= total:
        return direct_words
    words = {folder: max(sorted(seen), key=seen.__getitem__) for folder, seen in counts.items()}
    pure = sum(counts[folder][word] for folder, word in words.items()) >= _PURE * total
    if not pure or not len(set(words.values())) == len(words) > 1:
        return {}
    # Words that name another folder are no translation: the classes were swapped.
    swapped = any(_same(word, name) for word in words.values() for name in names)
    return direct_words if swapped else direct_words | words


def _direct_word(folder: str, seen: Counter[str]) -> str:
    """Return the folder's name as the tables write it (`00014` may be `14` there)."""
    return min((label for label in seen if _same(folder, label)), default=readable(folder))


def _same(one: str, other: str) -> bool:
    if one.isdecimal() and other.isdecimal():
        return one.lstrip("0") == other.lstrip("0")
    return one.casefold() == other.casefold()


def _unlisted(path: str) -> Finding:
    place = Place(PlaceKind.SAMPLE, readable(path))
    return Finding(LISTING_MISMATCH, place, "no label table names it")


def _disagreement(path: str, folder: str, row: Row) -> Finding:
    folder, table, label = readable(folder), readable(row.table), readable(row.label)
    message = f"it lies in folder {folder!r}, but {table}:{row.line} says {label!r}"
    evidence = {"folder": folder, "table": table, "line": row.line, "label": label}
    place = Place(PlaceKind.SAMPLE, readable(path))
    return Finding(LABELS_DISAGREE, place, message, Severity.HIGH, evidence=evidence)
