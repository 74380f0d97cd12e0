"""`DbomEntry`: what a team knows about one version of one dataset; one TOML file each."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.core.place import printable
from bezoar.core.source import Source

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

SCHEMA_VERSION = 1
NAME_PATTERN = r"[a-z0-9][a-z0-9._-]*"
VERSION_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._+-]*"
LONGEST_NAME = 80


def _digest(text: str) -> str:
    return str(Digest.parse(text))


Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$", max_length=LONGEST_NAME)]
Version = Annotated[str, StringConstraints(pattern=f"^{VERSION_PATTERN}$", max_length=LONGEST_NAME)]
DigestText = Annotated[str, AfterValidator(_digest)]
Count = Annotated[int, Field(ge=0)]


class Status(StrEnum):
    """How far a dataset has come."""

    DRAFT = "draft"
    QUARANTINED = "quarantined"
    APPROVED = "approved"
    REVOKED = "revoked"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Origin(_Model):
    """Where the data comes from.

    Attributes:
        uris: Addresses, as written.
        revision: A commit, tag, branch or version.
        publisher: Who publishes it.
        licence: An SPDX expression.
        retrieved_at: When the bytes were fetched.
    """

    uris: tuple[str, ...] = Field(min_length=1, strict=False)
    revision: str | None = None
    publisher: str | None = None
    licence: str | None = None
    retrieved_at: AwareDatetime


class Artefact(_Model):
    """A file that the samples lie in.

    Attributes:
        path: Relative to the dataset's location; its name where that is the file itself.
        size: Bytes.
        digest: Its SHA-256.
    """

    path: str
    size: Count
    digest: DigestText


class Content(_Model):
    """What is in it.

    Attributes:
        location: Where it lies, relative to the project's folder if below it.
        samples: How many.
        bytes: Of all samples together.
        root: The Merkle root over path, size, digest and label of each sample.
        manifest: Digest of the stored manifest, which is also its name.
        classes: Samples of each class; the empty string counts those without a label.
        artefacts: The files that hold the samples, where those are not files themselves.
    """

    location: str
    samples: Count
    bytes: Count
    root: DigestText
    manifest: DigestText
    classes: dict[str, Count] = Field(default_factory=dict)
    artefacts: tuple[Artefact, ...] = Field(default=(), strict=False)


class DbomEntry(_Model):
    """One version of one dataset.

    Attributes:
        schema_version: Of this file's format.
        name: Lower case; letters, digits, `.`, `_` and `-`.
        version: Letters, digits, `.`, `_`, `+` and `-`.
        purpose: What it is for.
        status: How far it has come.
        reason: Why it is quarantined or revoked.
        added_at: When it was added here.
        origin: Where it comes from.
        content: What is in it.
    """

    schema_version: int = SCHEMA_VERSION
    name: Name
    version: Version
    purpose: str = ""
    status: Annotated[Status, Field(strict=False)] = Status.DRAFT
    reason: str = ""
    added_at: AwareDatetime
    origin: Origin
    content: Content

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema_version {self.schema_version} is not known here")
        if self.status in (Status.QUARANTINED, Status.REVOKED) and not self.reason:
            raise ValueError(f"a dataset that is {self.status} has a reason")
        return self

    @property
    def spec(self) -> str:
        """`NAME@VERSION`."""
        return f"{self.name}@{self.version}"

    @property
    def root(self) -> Digest:
        """The Merkle root."""
        return Digest.parse(self.content.root)

    @property
    def manifest(self) -> Digest:
        """The digest of the stored manifest."""
        return Digest.parse(self.content.manifest)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Its origins; a single artefact's digest is what the bytes must have."""
        artefacts, origin = self.content.artefacts, self.origin
        expected = Digest.parse(artefacts[0].digest) if len(artefacts) == 1 else None
        return tuple(
            Source(uri, origin.revision, origin.publisher, origin.licence, expected)
            for uri in origin.uris
        )


def check_names(name: str, version: str) -> None:
    """Check a dataset's name and version before any work is done.

    Raises:
        UsageError: If one of them is off.
    """
    for what, text, pattern in (
        ("name", name, NAME_PATTERN),
        ("version", version, VERSION_PATTERN),
    ):
        if not re.fullmatch(pattern, text) or len(text) > LONGEST_NAME:
            raise UsageError(
                f"not a {what}: {text!r} (want {pattern}, at most {LONGEST_NAME} characters)",
                next="bezoar dbom add --help",
            )


def parse_entry(text: str, where: str) -> DbomEntry:
    """Read an entry.

    Args:
        text: TOML.
        where: The file's name, for errors.

    Raises:
        UsageError: If it is no TOML, a key is unknown, or a value is off.
    """
    try:
        return DbomEntry.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise UsageError(f"{where}: {_first_fault(error)}", next=f"mend {where}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: {printable(str(error))}", next=f"mend {where}") from None


def format_entry(entry: DbomEntry, before: str = "") -> str:
    """Write an entry as TOML.

    Args:
        entry: What to write.
        before: The file's text so far: its comments and its order stay.
    """
    import tomlkit  # noqa: PLC0415 - only what writes an entry pays for it

    document = tomlkit.parse(before)
    _update(document, entry.model_dump(mode="python", exclude_defaults=False))
    return tomlkit.dumps(document)


def now() -> datetime:
    """Return the time, in whole seconds, UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def _update(table: "TOMLDocument | Table", fields: Mapping[str, Any]) -> None:
    from tomlkit import items  # noqa: PLC0415 - as above
    from tomlkit import table as new_table  # noqa: PLC0415 - as above

    for key, value in fields.items():
        if isinstance(value, Mapping):
            if not isinstance(table.get(key), items.Table):
                table[key] = new_table()
            _update(table[key], value)
        elif value is None:
            table.pop(key, None)
        elif key not in table or table[key] != value:
            table[key] = value


def _first_fault(error: ValidationError) -> str:
    faults = error.errors()
    # A misspelt key shows as an unknown one and as a missing one: the former says more.
    first = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    path = [str(part) for part in first["loc"]]
    if first["type"] != "extra_forbidden":
        why = first["msg"].removeprefix("Value error, ")
        return printable(f"{'.'.join(path)}: {why}" if path else why)
    models: dict[str, type[BaseModel]] = {"origin": Origin, "content": Content}
    model = Artefact if "artefacts" in path else models.get(path[0], DbomEntry)
    near = difflib.get_close_matches(path[-1], model.model_fields, n=1, cutoff=0)
    return printable(f"unknown key {'.'.join(path)!r}; did you mean {near[0]!r}?")
