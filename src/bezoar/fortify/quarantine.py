"""Quarantine: where fetched bytes lie until they are vetted, and the record of each fetch.

Below `.bezoar/quarantine/` each version has a folder `NAME@VERSION/`: `fetched/` holds what came,
`fetch.json` says from where, `data/` is what vetting unpacks. A folder of that name is whole;
what is still being fetched lies in one that begins with a dot.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.entry import Count, DigestText, RelativePath, Spec

SCHEMA_VERSION: Final = 1
LISTING: Final = "sha256sum"
"""The digest of several files: SHA-256 of what `sha256sum` prints of them, sorted by path."""
_MOST_BYTES: Final = 1 << 28


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class FetchedFile(_Model):
    """A file as it came.

    Attributes:
        path: Below `fetched/`.
        size: Bytes.
        sha256: In hexadecimal.
        uri: Where it came from, without secrets.
        mark: What its source calls these very bytes: an entity tag, a version's id.
        version: What its source calls this version of it.
        announced: The digest that its source announced, and that held.
    """

    path: RelativePath
    size: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    uri: str
    mark: str = ""
    version: str = ""
    announced: DigestText | None = None


class FetchRecord(_Model):
    """What `bezoar fetch` did.

    Attributes:
        schema_version: Of this file's format.
        spec: `NAME@VERSION`.
        source: The address, as it was asked for, without secrets.
        folder: It is a tree, not one file.
        revision: What the source calls this state of it: a commit, a version's id.
        asked: The revision that was asked for, which leads elsewhere tomorrow.
        retrieved_at: When.
        seconds: How long it took.
        hosts: Whoever was asked, redirects included.
        credentials: The person's own were sent.
        bezoar: The version that fetched.
        files: What came, by path.
    """

    schema_version: int = SCHEMA_VERSION
    spec: Spec
    source: str
    folder: bool
    revision: str | None = None
    asked: str | None = None
    retrieved_at: AwareDatetime = Field(strict=False)
    seconds: float
    hosts: tuple[str, ...] = Field(default=(), strict=False)
    credentials: bool = False
    bezoar: str
    files: tuple[FetchedFile, ...] = Field(strict=False)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the one file, in hexadecimal; None where it is a tree."""
        return None if self.folder else self.files[0].sha256

    @property
    def digest(self) -> Digest:
        """The digest of all of it: of the one file, or of the listing."""
        return digest_of(self.files, folder=self.folder)

    def text(self) -> str:
        """Return the record as it is stored."""
        value = self.model_dump(mode="json")
        return json.dumps(value, indent=2, sort_keys=True) + "\n"


def digest_of(files: Iterable[FetchedFile], *, folder: bool) -> Digest:
    """Return the digest of a fetch; see `FetchRecord.digest`."""
    if not folder:
        (only,) = files
        return Digest("sha256", bytes.fromhex(only.sha256))
    rows = sorted((file.path.encode(), file.sha256) for file in files)
    listing = b"".join(b"%s  %s\n" % (sha256.encode(), path) for path, sha256 in rows)
    return Digest(LISTING, hashlib.sha256(listing).digest())


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The quarantine of a project.

    Attributes:
        root: Its folder; it need not exist.
    """

    root: Path

    @classmethod
    def of(cls, state: Path) -> "Quarantine":
        """Return the quarantine in a project's state folder (`Project.state`)."""
        return cls(state / "quarantine")

    def folder(self, spec: str) -> Path:
        """Return the folder of a version."""
        return self.root / spec

    def fetched(self, spec: str) -> Path:
        """Return where the fetched files of a version lie."""
        return self.folder(spec) / "fetched"

    def data(self, spec: str) -> Path:
        """Return where vetting unpacks a version."""
        return self.folder(spec) / "data"

    def find(self, spec: str) -> FetchRecord | None:
        """Return the record of a version; None where nothing was fetched.

        Raises:
            BezoarError: If it cannot be read.
        """
        path = self.folder(spec) / "fetch.json"
        if not self.folder(spec).is_dir():
            return None
        try:
            with path.open("rb") as file:
                text = file.read(_MOST_BYTES)
            record = FetchRecord.model_validate_json(text)
        except OSError as error:
            why = error.strerror or str(error)
            raise BezoarError(f"cannot read {path}: {why}", f"ls -l {path.parent}") from None
        except ValidationError:
            raise BezoarError(f"{path} is no record of a fetch", f"rm -r {path.parent}") from None
        if record.spec != spec:
            raise BezoarError(f"{path} is of {record.spec}", f"rm -r {path.parent}")
        return record

    def others(self, spec: str) -> Iterator[FetchRecord]:
        """Yield the records of the other versions of a dataset, as far as they can be read."""
        name = spec.partition("@")[0]
        for folder in sorted(self.root.glob(f"{name}@*")):
            with suppress(BezoarError):
                if folder.name != spec and (found := self.find(folder.name)):
                    yield found

    def record(self, spec: str) -> FetchRecord:
        """Return the record of a version.

        Raises:
            UsageError: If nothing was fetched under that name.
            BezoarError: If it cannot be read.
        """
        if found := self.find(spec):
            return found
        name, _, version = spec.partition("@")
        raise UsageError(
            f"{spec} is not in quarantine",
            next=f"bezoar fetch SOURCE --name {name} --version {version}",
        )
