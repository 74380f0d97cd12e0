"""The files of a tree that may say something about pipelines, read within bounds."""

from dataclasses import dataclass, field
from typing import Final

from bezoar.core.digest import Digest
from bezoar.recon.scan.dispatch import decoded, reader
from bezoar.recon.scan.inventory import Progress
from bezoar.recon.scan.tree import File, Tree, Unreadable, head_of
from bezoar.syntax.unreadable import UnreadableError

_LARGEST: Final = 2 << 20
_LARGEST_NOTEBOOK: Final = 24 << 20  # pictures stand in them
_MOST: Final = 256 << 20  # of text in all: what is read stays in memory until the audit ends
_ALSO: Final = frozenset({"codeowners", "mlproject", "procfile"})


@dataclass(frozen=True, slots=True)
class AuditText:
    """A file, read and decoded.

    Attributes:
        path: Relative to the tree, with `/`.
        text: What it holds.
        digest: Of its bytes.
    """

    path: str
    text: str = field(repr=False)
    digest: Digest


@dataclass(frozen=True, slots=True)
class AuditTree:
    """What was read of a tree.

    Attributes:
        texts: By path.
        unreadable: What nobody could read, and why.
        skipped: Folders that nobody looked into.
        files: How many files of any kind the tree has.
    """

    texts: dict[str, AuditText]
    unreadable: tuple[Unreadable, ...]
    skipped: tuple[str, ...]
    files: int


def read_tree(tree: Tree, *, progress: Progress | None = None) -> AuditTree:
    """Read each file of a tree that some parser may want; nothing of it is run.

    Args:
        tree: Its files.
        progress: Called now and then with (files done, 0).
    """
    texts: dict[str, AuditText] = {}
    unreadable: list[Unreadable] = []
    left = _MOST
    for number, item in enumerate(tree):
        if progress and not number % 64:
            progress(number, 0)
        if isinstance(item, Unreadable):
            unreadable.append(item)
            continue
        found = _read(item, left)
        if isinstance(found, Unreadable):
            unreadable.append(found)
        elif found is not None:
            texts[found.path] = found
            left -= len(found.text)
    return AuditTree(texts, tuple(unreadable), tuple(sorted(tree.skipped)), tree.files)


def _read(file: File, left: int) -> AuditText | Unreadable | None:
    """Return a file's text, or why there is none; None where no parser wants it."""
    try:
        if not _wanted(file):
            return None
        most = _LARGEST_NOTEBOOK if file.path.endswith(".ipynb") else _LARGEST
        if file.size > most or len(data := file.read(most + 1)) > most:
            return Unreadable(file.path, f"larger than {most >> 20} MiB ({file.size:,} bytes)")
        if len(data) > left:
            why = f"more than {_MOST >> 20} MiB of text were read before it"
            return Unreadable(file.path, why)
        return AuditText(file.path, decoded(data), Digest.of(data))
    except UnreadableError as error:
        return Unreadable(file.path, str(error))


def _wanted(file: File) -> bool:
    name = file.path.rpartition("/")[2].lower()
    return name in _ALSO or reader(file.path, head_of(file)) is not None
