"""Which images a store holds: index, manifests, configurations; each digest is compared.

References: https://github.com/opencontainers/image-spec (image-layout, image-index, manifest,
config) and the archive format of `docker save` (`manifest.json`).
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from bezoar.recon.scan.image.faults import Contents, Fault, FaultKind
from bezoar.recon.scan.image.store import Store
from bezoar.recon.source.fields import at, count, items, text
from bezoar.syntax.unreadable import UnreadableError

_DIGEST: Final = re.compile(r"(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128})")
_HEX: Final = re.compile(r"(?:^|/)([0-9a-f]{64})(?:\.json|/layer\.tar)?$")
_LARGEST_JSON: Final = 4 << 20
_DEEPEST: Final = 3
_MOST_IMAGES: Final = 32
_MOST_LAYERS: Final = 256
_INDEXES: Final = ("image.index.v1+json", "manifest.list.v2+json")


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What is said of a blob.

    Attributes:
        name: Its file in the store.
        digest: What its bytes must have; empty where nothing is said.
        size: Its bytes; None where nothing is said.
        media_type: What it is.
        annotations: What else is said.
    """

    name: str
    digest: str = ""
    size: int | None = None
    media_type: str = ""
    annotations: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Image:
    """One image.

    Attributes:
        name: A tag, or a platform, or the start of its digest.
        config: Its configuration; empty where it has none.
        layers: From the lowest on.
        diff_ids: What each layer's tar must hash to.
    """

    name: str
    config: dict[str, Any]
    layers: tuple[Descriptor, ...]
    diff_ids: tuple[str | None, ...]


def images(store: Store, contents: Contents) -> list[Image]:
    """Return the images of a store; what is wrong with them is noted.

    Args:
        store: Where they lie.
        contents: Where faults are noted.
    """
    found: list[Image] = []
    for image in _all(store, contents):
        if len(found) >= _MOST_IMAGES:
            contents.unread("index.json", f"more than {_MOST_IMAGES} images; the rest was not read")
            break
        found.append(image)
    return found


def _all(store: Store, contents: Contents) -> Iterator[Image]:
    if store.has("index.json"):
        index = _json(store, Descriptor("index.json"), contents)
        yield from _indexed(store, index, contents, _DEEPEST)
    else:
        for one in items(_json(store, Descriptor("manifest.json"), contents)) or ():
            if image := _saved(store, one, contents):
                yield image


def _indexed(store: Store, index: Any, contents: Contents, deeper: int) -> Iterator[Image]:
    """Yield the images of an index, and of indexes in it."""
    listed = items(index, "manifests")
    if listed is None and index is not None:
        contents.unread("index.json", "it lists no manifests")
    for one in listed or ():
        descriptor = _descriptor(one, contents)
        if descriptor is None or _is_attestation(one):
            continue
        value = _json(store, descriptor, contents)
        inner = descriptor.media_type.endswith(_INDEXES) or items(value, "manifests") is not None
        if inner and deeper > 1:
            yield from _indexed(store, value, contents, deeper - 1)
        elif inner:
            contents.unread(descriptor.digest, "an index in an index in an index")
        elif isinstance(value, dict):
            yield _image(store, value, _name(one, descriptor), contents)


def _image(store: Store, manifest: dict[str, Any], name: str, contents: Contents) -> Image:
    described = _descriptor(at(manifest, "config"), contents)
    config = _json(store, described, contents) if described else None
    listed = items(manifest, "layers") or []
    if len(listed) > _MOST_LAYERS:
        contents.unread(name, f"more than {_MOST_LAYERS} layers; the rest was not read")
    layers = [_descriptor(one, contents) for one in listed[:_MOST_LAYERS]]
    known = tuple(layer for layer in layers if layer is not None)
    return Image(name, config if isinstance(config, dict) else {}, known, _diff_ids(config, known))


def _saved(store: Store, entry: Any, contents: Contents) -> Image | None:
    """Return an image of `docker save`: its layers are named by path."""
    config_name = text(entry, "Config")
    layers = [name for name in items(entry, "Layers") or () if isinstance(name, str)]
    if config_name is None:
        contents.unread("manifest.json", "an image without a configuration")
        return None
    config = _json(store, Descriptor(config_name, _named_digest(config_name)), contents)
    described = tuple(
        Descriptor(name, _named_digest(name) if name.startswith("blobs/") else "")
        for name in layers[:_MOST_LAYERS]
    )
    name = text(entry, "RepoTags", 0) or _short(config_name)
    config = config if isinstance(config, dict) else {}
    return Image(name, config, described, _diff_ids(config, described))


def _diff_ids(config: Any, layers: tuple[Descriptor, ...]) -> tuple[str | None, ...]:
    ids = [
        one if isinstance(one, str) else None for one in items(config, "rootfs", "diff_ids") or ()
    ]
    return tuple(ids) if len(ids) == len(layers) else (None,) * len(layers)


def _descriptor(value: Any, contents: Contents) -> Descriptor | None:
    digest = text(value, "digest") or ""
    found = _DIGEST.fullmatch(digest)
    if not found:
        if value is not None:
            contents.unread(digest or "(no digest)", "a descriptor without a digest that is known")
        return None
    algorithm, encoded = digest.split(":")
    annotations = at(value, "annotations")
    return Descriptor(
        name=f"blobs/{algorithm}/{encoded}",
        digest=digest,
        size=count(value, "size"),
        media_type=text(value, "mediaType") or "",
        annotations=annotations if isinstance(annotations, dict) else {},
    )


def _json(store: Store, descriptor: Descriptor, contents: Contents) -> Any:
    """Return a blob's JSON, None where it cannot be read; a wrong digest is noted."""
    where = descriptor.digest or descriptor.name
    try:
        with store.open(descriptor.name) as file:
            data = file.read(_LARGEST_JSON + 1) or b""
            while len(data) <= _LARGEST_JSON and (piece := file.read(_LARGEST_JSON)):
                data += piece
    except (UnreadableError, OSError, ValueError) as error:
        contents.unread(where, str(error))
        return None
    if len(data) > _LARGEST_JSON:
        contents.unread(where, f"larger than {_LARGEST_JSON >> 20} MiB, as no manifest is")
        return None
    algorithm = descriptor.digest.partition(":")[0] or "sha256"
    compare(contents, descriptor, hashlib.new(algorithm, data).hexdigest(), len(data))
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        contents.unread(where, "it is no JSON")
        return None


def compare(contents: Contents, descriptor: Descriptor, hexdigest: str, size: int) -> None:
    """Note where a blob is not what its descriptor says."""
    said = descriptor.digest.partition(":")[2]
    if said and said != hexdigest:
        why = f"its bytes have another digest: {hexdigest}"
        contents.fault(Fault(FaultKind.MISMATCH, descriptor.digest, why))
    elif descriptor.size is not None and descriptor.size != size:
        why = f"it has {size:,} bytes, and its descriptor says {descriptor.size:,}"
        contents.fault(Fault(FaultKind.MISMATCH, descriptor.digest, why))


def _is_attestation(entry: Any) -> bool:
    kind = at(entry, "annotations")
    return text(kind, "vnd.docker.reference.type") is not None


def _name(entry: Any, descriptor: Descriptor) -> str:
    tag = text(entry, "annotations", "org.opencontainers.image.ref.name")
    platform = text(entry, "platform", "architecture")
    if tag or platform is None:
        return tag or _short(descriptor.digest)
    return f"{text(entry, 'platform', 'os') or 'any'}-{platform}"


def _named_digest(name: str) -> str:
    found = _HEX.search(name)
    return f"sha256:{found[1]}" if found else ""


def _short(text_: str) -> str:
    return text_.rpartition("/")[2].rpartition(":")[2].removesuffix(".json")[:12] or "image"
