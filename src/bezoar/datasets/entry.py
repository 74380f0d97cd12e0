"""`DbomEntry`: what a team knows about one version of one dataset; one TOML file each."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.core.source import Source
from bezoar.datasets.licence import parse_licence

SCHEMA_VERSION: Final = 2
"""Version 1 knew no lineage, owners, sensitivity or drafts without data, and took any licence."""
NAME_PATTERN = r"[a-z0-9][a-z0-9._-]*"
VERSION_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._+-]*"
LONGEST_NAME = 80


def _digest(text: str) -> str:
    return str(Digest.parse(text))


Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$", max_length=LONGEST_NAME)]
Version = Annotated[str, StringConstraints(pattern=f"^{VERSION_PATTERN}$", max_length=LONGEST_NAME)]
Spec = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}@{VERSION_PATTERN}$")]
DigestText = Annotated[str, AfterValidator(_digest)]
Count = Annotated[int, Field(ge=0)]


def _below(text: str) -> str:
    """Refuse a path that leads out of its folder, or is none on some machine."""
    if not text or "\0" in text or "\\" in text or text.startswith("/") or ".." in text.split("/"):
        raise ValueError(f"not a relative path that stays in its folder: {text!r}")
    return text


RelativePath = Annotated[str, AfterValidator(_below)]


class Status(StrEnum):
    """How far a dataset has come."""

    DRAFT = "draft"
    QUARANTINED = "quarantined"
    APPROVED = "approved"
    REVOKED = "revoked"


class Sensitivity(StrEnum):
    """Who may see the data."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Published(_Model):
    """A file as its source describes it: a claim, until the bytes are compared with it.

    Attributes:
        path: Relative to the dataset's folder; its name where the dataset is that file.
        digest: What the source says it is: `sha256`, or what is weaker and all that there is.
        size: Bytes.
        uri: Where it is fetched from.
    """

    path: RelativePath
    digest: DigestText
    size: Count | None = None
    uri: str | None = None


class Origin(_Model):
    """Where the data comes from.

    Attributes:
        uris: Addresses, as written.
        revision: A commit, tag, branch or version.
        publisher: Who publishes it.
        licence: An SPDX expression.
        retrieved_at: When the bytes were fetched; None where they were not.
        files: What the source says about its files.
    """

    uris: tuple[str, ...] = Field(min_length=1, strict=False)
    revision: str | None = None
    publisher: str | None = None
    licence: str | None = None
    retrieved_at: AwareDatetime | None = None
    files: tuple[Published, ...] = Field(default=(), strict=False)


class Artefact(_Model):
    """A file that the samples lie in.

    Attributes:
        path: Relative to the dataset's location; its name where that is the file itself.
        size: Bytes.
        digest: Its SHA-256.
    """

    path: Annotated[str, StringConstraints(min_length=1)]
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
        layout: `files` where each file is one sample, whatever it holds; None for images.
    """

    location: str
    samples: Count
    bytes: Count
    root: DigestText
    manifest: DigestText
    classes: dict[str, Count] = Field(default_factory=dict)
    artefacts: tuple[Artefact, ...] = Field(default=(), strict=False)
    layout: Literal["files"] | None = None


class Derivation(_Model):
    """What a dataset was made from.

    Attributes:
        dataset: `NAME@VERSION`.
        transform: What made the one from the other: a command, a script with its commit, a
            sentence.
        root: The other's Merkle root at that time.
    """

    dataset: Spec
    transform: str
    root: DigestText | None = None


class DbomEntry(_Model):
    """One version of one dataset.

    Attributes:
        schema_version: Of this file's format.
        name: Lower case; letters, digits, `.`, `_` and `-`.
        version: Letters, digits, `.`, `_`, `+` and `-`.
        purpose: What it is for.
        status: How far it has come.
        reason: Why its status is what it is; what is quarantined or revoked has one.
        added_at: When it was added here.
        sensitivity: Who may see it.
        owners: Who answers for it.
        origin: Where it comes from.
        lineage: What it was made from.
        content: What is in it; None in a draft whose bytes nobody has registered yet.
    """

    schema_version: int = SCHEMA_VERSION
    name: Name
    version: Version
    purpose: str = ""
    status: Annotated[Status, Field(strict=False)] = Status.DRAFT
    reason: str = ""
    added_at: AwareDatetime
    sensitivity: Annotated[Sensitivity | None, Field(strict=False)] = None
    owners: tuple[str, ...] = Field(default=(), strict=False)
    origin: Origin
    lineage: tuple[Derivation, ...] = Field(default=(), strict=False)
    content: Content | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not 1 <= self.schema_version <= SCHEMA_VERSION:
            raise ValueError(f"schema_version {self.schema_version} is not known here")
        if self.status in (Status.QUARANTINED, Status.REVOKED) and not self.reason:
            raise ValueError(f"a dataset that is {self.status} has a reason")
        if self.status is Status.APPROVED and self.content is None:
            raise ValueError("a dataset that is approved has content: [content] is missing")
        if any(parent.dataset == self.spec for parent in self.lineage):
            raise ValueError(f"lineage: {self.spec} is not derived from itself")
        if self.origin.licence is not None and self.schema_version > 1:
            parse_licence(self.origin.licence)
        return self

    @property
    def spec(self) -> str:
        """`NAME@VERSION`."""
        return f"{self.name}@{self.version}"

    @property
    def registered(self) -> Content:
        """What is in it.

        Raises:
            UsageError: If nobody has registered its bytes.
        """
        if self.content is None:
            raise UsageError(
                f"{self.spec} is a draft: nobody has registered its bytes",
                next=f"bezoar dbom add PATH --name {self.name} --version {self.version}",
            )
        return self.content

    @property
    def root(self) -> Digest:
        """The Merkle root.

        Raises:
            UsageError: If nobody has registered its bytes.
        """
        return Digest.parse(self.registered.root)

    @property
    def manifest(self) -> Digest:
        """The digest of the stored manifest.

        Raises:
            UsageError: If nobody has registered its bytes.
        """
        return Digest.parse(self.registered.manifest)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Its origins; a single artefact's digest is what the bytes must have."""
        artefacts, origin = self.content.artefacts if self.content else (), self.origin
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


def now() -> datetime:
    """Return the time, in whole seconds, UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def timestamp() -> str:
    """Return the time as RFC 3339, in whole seconds, UTC."""
    return now().strftime("%Y-%m-%dT%H:%M:%SZ")
