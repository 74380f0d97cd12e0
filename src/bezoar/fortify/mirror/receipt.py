"""`Receipt`: what was published, where to, and under which versions.

Kept in `dbom/records/` as canonical JSON. It helps to find the very versions of a store's objects
again; it vouches for nothing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.datasets.containers import readable
from bezoar.datasets.writing import write_whole
from bezoar.fortify.record_text import parse_record, spelled

SCHEMA_VERSION: Final = 1
MOST_BYTES: Final = 1 << 20
MOST_VERSIONS_BYTES: Final = 1 << 30


class DamagedReceiptError(BezoarError):
    """A receipt that is absent or cannot be read."""


def _digest(text: str) -> str:
    return str(Digest.parse(text))


class Receipt(BaseModel):
    """What was published, and where to.

    Law: `parse_receipt(receipt.content()) == receipt`.

    Attributes:
        schema_version: Of this file's format.
        spec: `NAME@VERSION`.
        root: The Merkle root of its samples.
        uri: The mirror's address.
        published: When it was first there as it is; RFC 3339, UTC.
        objects: How many objects named by their content belong to it.
        size: Bytes of these objects together.
        documents: The digest of each document of the version, by its role: entry, statement,
            vet, manifest, files.
        named: What the store calls the very version of each document and of the index, by the
            object's name; empty where it keeps no versions.
        versions: Digest of the list of the other objects' versions, itself in the mirror; None
            where the store keeps none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    spec: str
    root: Annotated[str, AfterValidator(_digest)]
    uri: str
    published: str
    objects: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=0)]
    documents: dict[str, Annotated[str, AfterValidator(_digest)]]
    named: dict[str, str]
    versions: Annotated[str, AfterValidator(_digest)] | None

    def content(self) -> bytes:
        """Return the one spelling: ASCII, sorted keys, two spaces, a line end at the end."""
        return spelled(self.model_dump(mode="json"))

    def same_as(self, other: Self) -> bool:
        """Tell whether two receipts differ in their time alone."""
        return self == other.model_copy(update={"published": self.published})


def receipt_path(dbom: Path, spec: str) -> Path:
    """Return where the receipt of a version is kept, given the folder of the DBOM."""
    return dbom / "records" / f"{spec}.mirror.json"


def write_receipt(receipt: Receipt, path: Path) -> None:
    """Store a receipt, whole or not at all.

    Raises:
        BezoarError: If it cannot be written.
    """
    write_whole(path, receipt.content())


def read_receipt(path: Path) -> Receipt:
    """Read a stored receipt.

    Raises:
        DamagedReceiptError: If it is absent, too long, or no receipt of that version.
    """
    spec = path.name.removesuffix(".mirror.json")
    try:
        with path.open("rb") as file:
            receipt = parse_receipt(file.read(MOST_BYTES + 1))
    except OSError as error:
        raise _damaged(path, spec, error.strerror or str(error)) from error
    except ValueError as error:
        raise _damaged(path, spec, str(error)) from None
    if receipt.spec != spec:
        raise _damaged(path, spec, f"it is about {readable(receipt.spec)!r}")
    return receipt


def parse_receipt(data: bytes) -> Receipt:
    """Read a receipt from its bytes, whoever wrote them.

    Raises:
        ValueError: If they are no receipt.
    """
    return parse_record(Receipt, data, MOST_BYTES)


def version_list(versions: Mapping[str, str]) -> bytes:
    """Return the list of what the store calls the versions of objects, by their SHA-256 in hex."""
    return spelled({"schema_version": SCHEMA_VERSION, "versions": dict(versions)})


def parse_version_list(data: bytes) -> dict[str, str]:
    """Read a list of versions, whoever wrote it.

    Raises:
        ValueError: If it is none.
    """
    try:
        fields: Any = json.loads(data)
        versions = fields["versions"]
        if fields["schema_version"] != SCHEMA_VERSION or not isinstance(versions, dict):
            raise ValueError("another format")  # noqa: TRY301 - one way out
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"it is no list of versions ({type(error).__name__})") from None
    return {key: value for key, value in versions.items() if isinstance(value, str)}


def _damaged(path: Path, spec: str, why: str) -> DamagedReceiptError:
    return DamagedReceiptError(f"receipt {path}: {why}", next=f"bezoar mirror {spec}")
