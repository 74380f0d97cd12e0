"""`bezoar://NAME@VERSION/PATH`: the project of the current folder, as a file system of fsspec.

pandas.read_csv("bezoar://prices/2026.csv")
"""

from typing import TYPE_CHECKING, Any

from bezoar.adapters.fsspec import Files, VerifiedFileSystem
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import Status
from bezoar.flows.reading import open_version
from bezoar.project import find_project

if TYPE_CHECKING:
    from pathlib import Path


class BezoarFileSystem(VerifiedFileSystem):
    """Approved datasets, each file verified when it is opened.

    A version is looked at once, its sign-off and revocations included: a long-running program
    makes a new one, with `skip_instance_cache=True`, to look again.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._opened: dict[tuple[Path, str], Files] = {}

    def files(self, dataset: str) -> Files:
        """Return the files of a dataset; see `open_version`."""
        project = find_project()
        key = (project.root, dataset)
        if key not in self._opened:
            self._opened[key] = open_version(dataset, project=project).files
        return self._opened[key]

    def datasets(self) -> list[str]:
        """Return what was approved."""
        entries = Dbom(find_project()).entries()
        return [entry.spec for entry in entries if entry.status is Status.APPROVED]
