"""`look`: scan a tree and judge it, with the settings of the project from which one looks.

What is inspected never configures its judge. The judge is the project that the current folder
belongs to: its settings, its DBOM. Suppressions in a tree count only where the tree is that
project, or lies in it and is no repository of its own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.datasets.dbom import Dbom, DbomHome
from bezoar.project.settings import ScanSettings
from bezoar.recon.judging import Judgement, judge
from bezoar.recon.scan.commit import Commit
from bezoar.recon.scan.git import commit_of
from bezoar.recon.scan.inventory import Inventory, Progress, scan
from bezoar.recon.scan.registered import Registry
from bezoar.recon.scan.tree import Folder, Tree

if TYPE_CHECKING:
    from bezoar.recon.scan.image.faults import Contents
    from bezoar.recon.scan.image.tree import ImageTree
    from bezoar.recon.scan.suppression import Suppression


class Judge(DbomHome, Protocol):
    """The project from which one looks."""

    @property
    def settings(self) -> "_Settings":
        """The settings in force."""
        ...


class _Settings(Protocol):
    @property
    def scan(self) -> ScanSettings:
        """The `[scan]` table."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking at a tree.

    Attributes:
        inventory: Every place where data comes in.
        judgement: What the rules say.
        own: Whether the tree is the judge's own.
        base: The commit that it was compared with.
        image: What a container image holds, where that is what was looked at.
    """

    inventory: Inventory
    judgement: Judgement
    own: bool
    base: str | None = None
    image: "Contents | None" = None


def look(
    path: Path,
    project: Judge,
    *,
    known: Collection[str] = (),
    base: str | None = None,
    everything: bool = False,
    foreign: bool = False,
    progress: Progress | None = None,
) -> Look:
    """Scan a tree and judge it.

    Args:
        path: A folder, a file, or a container image: a layout folder or an archive.
        project: The project from which one looks.
        known: Fingerprints of a baseline.
        base: A commit; only what the tree adds to it is found.
        everything: Look into vendored and built folders as well.
        foreign: Take the tree for somebody else's wherever it lies.
        progress: Called now and then with (files done, 0).

    Raises:
        UsageError: If there is no such path, or no such commit.
        NothingToInspectError: If no file of it has a reader.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist", next="bezoar scan .")
    image = _image_at(path, progress, everything=everything)
    if image is not None and base is not None:
        raise UsageError("an image has no commits to compare with", next=f"bezoar scan {path}")
    own = not foreign and image is None and is_own(path, project.root)
    settings, registry = project.settings.scan, Registry.of(Dbom(project).entries())
    prefix, exclude = _prefix(path, project.root) if own else "", settings.exclude if own else ()
    tree = image or Folder(str(path), prefix, everything, exclude)
    inventory = _scanned(tree, settings, registry, progress)
    if not inventory.read and not inventory.unreadable and image is None:
        raise NothingToInspectError(
            f"nothing in {path} has a reader: {inventory.files:,} files, none of them code"
            " or configuration",
            next="bezoar scan --help",
        )
    obeyed: Collection[Suppression] = inventory.suppressions if own else ()
    commit = None
    if base is not None:
        folder = path if path.is_dir() else path.parent
        commit = Commit(folder, commit_of(folder, base), prefix, everything, exclude)
        before = _scanned(commit, settings, registry, progress)
        known = {*known, *_fingerprints(before, registry, settings)}
    judgement = judge(
        inventory, registry=registry, mirrors=settings.mirrors, obeyed=obeyed, known=known
    )
    if image is None:
        return Look(inventory, judgement, own, commit.name if commit else None)
    from bezoar.recon.scan.image.judging import judged  # noqa: PLC0415 - for images alone

    judgement = judged(judgement, image.contents, registry.entries, known)
    return Look(inventory, judgement, own, image=image.contents)


def _image_at(path: Path, progress: Progress | None, *, everything: bool) -> "ImageTree | None":
    """Return the container image at a path; None where there is none."""
    # Its readers take a tenth of a second to import, and hardly any scan needs them.
    if path.is_dir() and not (path / "oci-layout").exists():
        return None
    from bezoar.recon.scan.image.store import store_at  # noqa: PLC0415 - see above
    from bezoar.recon.scan.image.tree import ImageTree  # noqa: PLC0415 - the same

    store = store_at(path)
    return None if store is None else ImageTree(store, everything, progress)


def is_own(path: Path, root: Path) -> bool:
    """Say whether a tree belongs to a project: it lies there, and in no other repository."""
    resolved, root = path.resolve(), root.resolve()
    if not resolved.is_relative_to(root):
        return False
    between = [resolved, *resolved.parents]
    return not any((one / ".git").exists() for one in between[: between.index(root)])


def _prefix(path: Path, root: Path) -> str:
    """Return the folder of what is scanned, relative to the project: all paths begin with it.

    So a finding has one name, however much of the project is scanned.
    """
    resolved = path.resolve()
    folder = resolved if resolved.is_dir() else resolved.parent
    below = folder.relative_to(root.resolve()).as_posix()
    return "" if below == "." else below + "/"


def _scanned(
    tree: Tree, settings: ScanSettings, registry: Registry, progress: Progress | None
) -> Inventory:
    return scan(tree, wrappers=settings.wrappers, registry=registry, progress=progress)


def _fingerprints(before: Inventory, registry: Registry, settings: ScanSettings) -> set[str]:
    """Return what was there before; what was suppressed then was there as well."""
    judgement = judge(before, registry=registry, mirrors=settings.mirrors, obeyed=())
    return {finding.evidence["fingerprint"] for finding in judgement.findings}
