"""Data that DVC tracks, from its remote: each file by the MD5 that it is stored under.

Source: "Project structure" and "Internal files" of DVC's user guide: `files/md5/ab/cdef…`, a folder
as a JSON list with the ending `.dir`. MD5 tells a mix-up, no forgery; the record has SHA-256.
"""

import hashlib
import json
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bezoar.adapters.dvc import DIRECTORY, Output, read_outputs
from bezoar.adapters.web.errors import UnreachableError
from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.fortify.fetch.names import harmless
from bezoar.fortify.fetch.source import Plan, RemoteFile, Source, Stream

_MOST_LISTING: Final = 1 << 28
_MOST_FILE: Final = 1 << 22
_MD5: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class DvcSource:
    """What a `.dvc` file names, from a remote.

    Attributes:
        path: The `.dvc` file, or a `dvc.lock`.
        remote: The place that DVC pushes to.
    """

    path: Path
    remote: Source

    def plan(self) -> Plan:
        """Read the file, and the lists of the folders that it names; see `Source`."""
        outputs = self._outputs()
        several = len(outputs) > 1
        files = [
            file
            for output in outputs
            for file in self._files(output, output.path if several else "")
        ]
        folder = several or (outputs[0].digest or "").startswith(DIRECTORY)
        revision = None if several else outputs[0].digest
        return Plan(self.path.as_uri(), tuple(files), folder=folder, revision=revision)

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return an object of the remote; see `Source`."""
        return self.remote.file_at(key, path)

    def opened(
        self, file: RemoteFile, start: int = 0, mark: str = ""
    ) -> AbstractContextManager[Stream]:
        """Open an object of the remote; see `Source`."""
        return self.remote.opened(file, start, mark)

    def _outputs(self) -> list[Output]:
        try:
            with self.path.open("rb") as file:
                found = read_outputs(file.read(_MOST_FILE).decode("utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read {self.path}: {error}", f"mend {self.path}") from None
        for output in found:
            if not (output.digest or "").startswith(("md5:", f"{DIRECTORY}:")):
                raise UsageError(
                    f"{self.path}: {output.path} has no MD5 of DVC 3",
                    next="dvc cache migrate, then dvc push",
                )
        return found

    def _files(self, output: Output, name: str) -> list[RemoteFile]:
        digest = Digest.parse(output.digest or "")
        if digest.algorithm != DIRECTORY:
            return [self._object(digest.hex, name or harmless(output.path), output.size)]
        rows = self._listing(digest.hex)
        return [self._object(md5, f"{name}/{path}" if name else path) for path, md5 in rows]

    def _object(self, md5: str, path: str, size: int | None = None) -> RemoteFile:
        file = self.remote.file_at(f"files/md5/{md5[:2]}/{md5[2:]}", path)
        uri = f"{file.uri}#{path}"  # equal files are one object, and still two files
        digest = Digest("md5", bytes.fromhex(md5))
        size = file.size if size is None else size
        return replace(file, uri=uri, size=size, digest=digest, fixed=True)

    def _listing(self, md5: str) -> list[tuple[str, str]]:
        """Return path and MD5 of each file of a folder.

        Raises:
            UnreachableError: If the list is not the one that is named, or is none.
        """
        file = self.remote.file_at(f"files/md5/{md5[:2]}/{md5[2:]}.dir", "list")
        data = bytearray()
        with self.remote.opened(file) as stream:
            for piece in stream:
                data += piece
                if len(data) > _MOST_LISTING:
                    raise UnreachableError("the list of a folder is too long")
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != md5:
            raise UnreachableError(f"the remote's list of the folder {md5} is another one")
        try:
            rows = json.loads(data) or [None]  # an empty list is none either
            found = [(row["relpath"], row["md5"]) for row in rows]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise UnreachableError(f"the list of the folder {md5} is none") from None
        if not all(
            isinstance(p, str) and isinstance(m, str) and _MD5.fullmatch(m) for p, m in found
        ):
            raise UnreachableError(f"the list of the folder {md5} is none")
        return found
