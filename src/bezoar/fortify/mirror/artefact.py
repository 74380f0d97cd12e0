"""Manifests of an OCI registry: how it is told which blobs belong together, and what is what."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.json_object import canonical
from bezoar.core.mirror import Stored
from bezoar.fortify.mirror.keys import blob_digest

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
EMPTY: Final = b"{}"
"""What an artefact has in the place of a configuration."""

MOST_LAYERS: Final = 1000
"""Of one manifest; registries take some megabytes of it."""

_EMPTY_TYPE: Final = "application/vnd.oci.empty.v1+json"
_DOCUMENT_TYPE: Final = "application/vnd.bezoar.document.v1+json"
_BLOB_TYPE: Final = "application/octet-stream"
_KEY: Final = "io.bezoar.key"
_OTHER_THAN_A_TAG: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST: Final = 100  # a tag may have 128 characters


@dataclass(frozen=True, slots=True)
class Document:
    """An object that is not named by its content, as a manifest describes it.

    Attributes:
        key: Its name in the mirror.
        digest: Of its bytes.
        size: How many.
    """

    key: str
    digest: Digest
    size: int


def tag_of(key: str) -> str:
    """Return the tag under which an object that is not named by its content is found.

    People recognise it; that no two names share one is the work of its last characters.
    """
    name = key.removeprefix("datasets/").removesuffix(".json")
    readable = _OTHER_THAN_A_TAG.sub("-", name).strip("-.")[:_LONGEST]
    return f"{readable}.{Digest.of(key.encode()).hex[:12]}"


def document_manifest(document: Document) -> bytes:
    """Return the manifest of one document."""
    layer = _descriptor(_DOCUMENT_TYPE, document.digest, document.size)
    return _manifest(_DOCUMENT_TYPE, [layer], {_KEY: document.key})


def parse_document(data: bytes) -> Document:
    """Read the manifest of one document, whoever wrote it.

    Raises:
        ValueError: If it is none.
    """
    try:
        found: Any = json.loads(data)
        (layer,) = found["layers"]
        key, size = found["annotations"][_KEY], layer["size"]
        digest = Digest.parse(layer["digest"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no manifest of a document ({type(error).__name__})") from None
    if not isinstance(key, str) or not isinstance(size, int) or digest.algorithm != "sha256":
        raise ValueError("it is no manifest of a document")
    return Document(key, digest, size)


def blob_manifests(blobs: Iterable[Stored]) -> list[bytes]:
    """Return manifests that name all these blobs, in one order, however they come."""
    known = {blob_digest(one.key): one.size for one in blobs}
    layers = [
        _descriptor(_BLOB_TYPE, digest, size)
        for digest, size in sorted((digest, size) for digest, size in known.items() if digest)
    ]
    starts = range(0, len(layers), MOST_LAYERS)
    return [_manifest(_BLOB_TYPE, layers[at : at + MOST_LAYERS], {}) for at in starts]


def index_of(manifests: Sequence[bytes]) -> bytes:
    """Return the index that names manifests."""
    fields = [_descriptor(MANIFEST, Digest.of(one), len(one)) for one in manifests]
    return canonical({"schemaVersion": 2, "mediaType": INDEX, "manifests": fields})


def _manifest(kind: str, layers: Sequence[dict[str, Any]], annotations: dict[str, str]) -> bytes:
    return canonical(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": _descriptor(_EMPTY_TYPE, Digest.of(EMPTY), len(EMPTY)),
            "layers": list(layers),
            "annotations": annotations,
        }
    )


def _descriptor(kind: str, digest: Digest, size: int) -> dict[str, Any]:
    return {"mediaType": kind, "digest": str(digest), "size": size}
