"""`ReleaseRecord`: which bytes a release is, and what they were made of; it never changes."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic import model_validator as check

from bezoar.core.digest import Digest
from bezoar.core.json_object import canonical, parse_object
from bezoar.core.manifest import ROOT_ALGORITHM, Entry, Manifest

NAME_PATTERN: Final = r"[a-z0-9][a-z0-9._-]{0,79}"
VERSION_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}"
MOST_FILES: Final = 10_000
MOST_DATASETS: Final = 1_000
MOST_BYTES: Final = 8 << 20


def _digest(text: str) -> str:
    return str(Digest.parse(text))


def _sha256(text: str) -> str:
    digest = Digest.parse(text)
    if digest.algorithm != "sha256" or len(digest.value) != 32:  # noqa: PLR2004 - SHA-256's bytes
        raise ValueError("not a SHA-256")
    return str(digest)


def _inside(path: str) -> str:
    """Return a path that stays below the folder it is joined to."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts) or "\\" in path or not path.isprintable():
        raise ValueError("not a plain path below a folder")
    return path


DigestText = Annotated[str, AfterValidator(_digest)]
Sha256Text = Annotated[str, AfterValidator(_sha256)]
ModelName = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
VersionName = Annotated[str, Field(pattern=f"^{VERSION_PATTERN}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ModelFile(_Model):
    """One file of a model.

    Attributes:
        path: Relative to the model's folder; a model of one file has just its name.
        size: Bytes.
        sha256: Of its bytes.
    """

    path: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_inside)]
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256Text


class TrainedOn(_Model):
    """One dataset that a model was trained on.

    Attributes:
        dataset: `NAME@VERSION`.
        root: The Merkle root of its samples.
    """

    dataset: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]
    root: DigestText


class ReleaseRecord(_Model):
    """Which bytes a release is, and what they were made of.

    Laws: `parse_record(r.content()) == r`; the digest follows from the files.

    Attributes:
        schema_version: Of this document's format.
        name: Of the model, as `signs`.
        version: Of this release, as `2` or `2026-11-25`.
        model: SHA-256 of a model of one file; of a folder the Merkle root over its files.
        files: Sorted by path.
        data: What it was trained on, sorted by name.
        card: Digest of the model card; None where there is none yet.
        time: When it was registered, RFC 3339.
    """

    schema_version: Literal[1] = 1
    name: ModelName
    version: VersionName
    model: DigestText
    files: Annotated[
        tuple[ModelFile, ...], Field(strict=False, min_length=1, max_length=MOST_FILES)
    ]
    data: Annotated[tuple[TrainedOn, ...], Field(strict=False, max_length=MOST_DATASETS)] = ()
    card: Sha256Text | None = None
    time: str

    @check(mode="after")
    def _sound(self) -> Self:
        paths = [one.path for one in self.files]
        if paths != sorted(set(paths)):
            raise ValueError("files are sorted, each once")
        if [one.dataset for one in self.data] != sorted({one.dataset for one in self.data}):
            raise ValueError("datasets are sorted, each once")
        if self.model != str(model_digest(self.files)):
            raise ValueError("the model's digest is another than that of its files")
        return self

    @property
    def spec(self) -> str:
        """`NAME@VERSION`."""
        return f"{self.name}@{self.version}"

    @property
    def digest(self) -> Digest:
        """Of the record itself: what a statement about the release is bound to."""
        return Digest.of(self.content())

    def content(self) -> bytes:
        """Return its one spelling."""
        return canonical(self.model_dump(mode="json"))

    def binding(self) -> dict[str, Any]:
        """Return what the ledger keeps of it."""
        return {
            "model": self.name,
            "version": self.version,
            "digest": self.model,
            "files": {one.path: one.sha256 for one in self.files},
            "data": [{"dataset": one.dataset, "root": one.root} for one in self.data],
            "card": self.card,
            "record": str(self.digest),
        }


def model_digest(files: tuple[ModelFile, ...]) -> Digest:
    """Return the digest of a model: a lone file's own, else the Merkle root over all of them."""
    if len(files) == 1 and "/" not in files[0].path:
        return Digest.parse(files[0].sha256)
    entries = [Entry(f.path, f.size, Digest.parse(f.sha256).value, None) for f in files]
    return Digest(ROOT_ALGORITHM, Manifest.of(entries).root.value)


def parse_record(data: bytes) -> ReleaseRecord:
    """Read a record.

    Raises:
        ValueError: If it is anything but what `content` gives.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    try:
        record = ReleaseRecord.model_validate(parse_object(data))
    except ValidationError as error:
        raise ValueError(first_fault(error)) from None
    if record.content() != data:
        raise ValueError("it is spelled otherwise than bezoar writes it")
    return record


def first_fault(error: ValidationError) -> str:
    """Return the first fault of a document in a line."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    why = first["msg"].removeprefix("Value error, ")
    return f"{where[:80]}: {why}" if where else why
