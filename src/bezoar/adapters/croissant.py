"""Croissant 1.1 and 1.0 (MLCommons): a dataset's metadata as JSON-LD.

Only `FileObject`s are written: a `FileSet` has no place for digests. What else the format has no
place for stands in `bezoarEntry`, which its context declares.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from bezoar.adapters.leftover import (
    JsonObject,
    leftover,
    merged,
    objects,
    some,
    text,
    whole_number,
)

VERSIONS: Final = ("1.1", "1.0")
_CONFORMS: Final = "http://mlcommons.org/croissant/"
_UNKNOWN: Final = "NOASSERTION"
_ENTRY: Final = "bezoarEntry"
_TERMS: Final = (
    *("annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty"),
    *("excludes", "extract", "field", "fileObject", "fileProperty", "fileSet", "format"),
    *("includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path"),
    *("readLines", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("sdVersion", "separator", "source", "subField", "transform", "unArchive", "value"),
)
_CONTEXT: Final[JsonObject] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": _CONFORMS,
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
    _ENTRY: {"@id": "urn:bezoar:dbom:entry", "@type": "@json"},
}
_HEX: Final = {"sha256": 64, "md5": 32}
_HEX_DIGITS: Final = re.compile("[0-9a-fA-F]+")
_SPDX: Final = "https://spdx.org/licenses/"
_SPDX_ID: Final = re.compile(r"(?!LicenseRef-|DocumentRef-|NO)[A-Za-z0-9.+-]+")
_CREATIVE_COMMONS: Final = re.compile(
    r"https?://creativecommons\.org/(licenses/(?P<kind>by[a-z-]*)/|publicdomain/zero/)"
    r"(?P<version>[0-9]\.[0-9])(?:/.*)?"
)
_FORMATS: Final = {
    ".parquet": "application/vnd.apache.parquet",
    ".zip": "application/zip",
    ".tar": "application/x-tar",
    ".gz": "application/gzip",
    ".csv": "text/csv",
    ".json": "application/json",
}


def metadata(entry: JsonObject, *, version: str) -> JsonObject:
    """Return a dataset's Croissant metadata.

    Args:
        entry: Of the DBOM, as JSON values.
        version: Of Croissant, one of `VERSIONS`.
    """
    standard = _standard(entry, version)
    return standard | some({_ENTRY: leftover(entry, _seen(standard))})


def entries_of(document: JsonObject) -> list[JsonObject]:
    """Return what a Croissant file says, as fields of a DBOM entry.

    Raises:
        ValueError: If a file's path leads out of the dataset's folder.
    """
    rest = document.get(_ENTRY)
    return [merged(_seen(document), rest if isinstance(rest, dict) else {})]


def is_croissant(document: JsonObject) -> bool:
    """Tell Croissant metadata from other JSON."""
    said = [document.get("conformsTo"), document.get("dct:conformsTo")]
    return any(_CONFORMS in str(one) for one in said if one)


def _standard(entry: JsonObject, version: str) -> JsonObject:
    origin, content = entry["origin"], entry.get("content") or {}
    first, *others = origin["uris"]
    files = [*_objects("content", content.get("artefacts", ()))]
    files += _objects("origin", origin.get("files", ()))
    if content:
        manifest = {"path": "manifest.parquet", "digest": content["manifest"]}
        files += _objects("manifest", [manifest])
    fields = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": f"{_CONFORMS}{version}",
        "name": entry["name"],
        "version": entry["version"],
        "description": entry.get("purpose") or f"{entry['name']}@{entry['version']}",
        "url": first,
        "sameAs": others,
        "license": _licence(origin.get("licence"), entry["schema_version"]),
        "creator": {"@type": "sc:Organization", "name": origin.get("publisher") or _UNKNOWN},
        "datePublished": origin.get("retrieved_at") or entry["added_at"],
        "isBasedOn": [_parent(one) for one in entry.get("lineage", ())],
        "distribution": files,
    }
    return some(fields)


def _licence(licence: str | None, schema_version: int) -> Any:
    licence = licence if licence and schema_version > 1 else _UNKNOWN
    if _SPDX_ID.fullmatch(licence):
        return f"{_SPDX}{licence}"
    return {"@type": "sc:CreativeWork", "name": licence}


def _parent(parent: JsonObject) -> JsonObject:
    said = {"description": parent["transform"], "identifier": parent.get("root")}
    return {"@type": "sc:Dataset", "name": parent["dataset"], **some(said)}


def _objects(part: str, files: Sequence[JsonObject]) -> Iterator[JsonObject]:
    for number, file in enumerate(files, 1):
        algorithm, _, value = file["digest"].partition(":")
        ending = file["path"][file["path"].rfind(".") :].lower()
        size = file.get("size")
        fields = {
            "@type": "cr:FileObject",
            "@id": f"{part}-{number}",
            "name": file["path"],
            "contentUrl": file.get("uri") or file["path"],
            "contentSize": None if size is None else f"{size} B",
            "encodingFormat": _FORMATS.get(ending, "application/octet-stream"),
            algorithm: value if len(value) == _HEX.get(algorithm) else None,
        }
        yield some(fields)


def _seen(document: JsonObject) -> JsonObject:
    """Return what Croissant's own fields say, as fields of an entry."""
    ours = _ENTRY in document
    name, version = _plain(document.get("name")), _plain(document.get("version"))
    purpose = _plain(document.get("description"))
    parts: dict[str, list[JsonObject]] = {"content": [], "origin": [], "manifest": []}
    for file in objects(document.get("distribution")):
        part = (text(file.get("@id")) or "").partition("-")[0]
        if seen := _seen_file(file, ours=ours or part == "manifest"):
            parts[part if part in parts else "origin"].append(seen)
    others = document.get("sameAs")
    uris = [document.get("url"), *(others if isinstance(others, list) else [others])]
    origin = {
        "uris": [uri for uri in map(text, uris) if uri],
        "publisher": _publisher(document),
        "licence": _seen_licence(document.get("license")),
        "files": parts["origin"],
    }
    content = {
        "manifest": parts["manifest"][0]["digest"] if parts["manifest"] else None,
        "artefacts": parts["content"],
    }
    entry = {
        "name": name,
        "version": version,
        "purpose": None if purpose == f"{name}@{version}" else purpose,
        "lineage": list(_seen_lineage(document)),
        "origin": some(origin),
        "content": some(content),
    }
    return some(entry)


def _plain(value: Any) -> str | None:
    """Return a text, also where it is given for each language."""
    if isinstance(value, dict):
        value = value.get("en") or next(iter(value.values()), None)
    return str(value) if isinstance(value, int | float) else text(value)


def _seen_file(file: JsonObject, *, ours: bool) -> JsonObject | None:
    """Return a file with its digest; None where it has none, or lies in another one."""
    digest = next(filter(None, (_digest(file, algorithm) for algorithm in _HEX)), None)
    url, name = text(file.get("contentUrl")), _plain(file.get("name"))
    path = name if ours else _path(url or name or text(file.get("@id")) or "")
    if not digest or not path or file.get("containedIn"):
        return None
    size = (text(file.get("contentSize")) or "").removesuffix("B").strip()
    uri = url if url != path else None
    known = {"path": path, "digest": digest, "size": whole_number(size), "uri": uri}
    return {key: value for key, value in known.items() if value is not None}


def _digest(file: JsonObject, algorithm: str) -> str | None:
    value = text(file.get(algorithm)) or text(file.get(f"cr:{algorithm}")) or ""
    good = len(value) == _HEX[algorithm] and _HEX_DIGITS.fullmatch(value)
    return f"{algorithm}:{value.lower()}" if good else None


def _path(url: str) -> str:
    """Return the name that a file gets: the last part of an address, or a relative path."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return unquote(parts.path).rstrip("/").rpartition("/")[2]
    return url.removeprefix("./")


def _publisher(document: JsonObject) -> str | None:
    for key in ("publisher", "creator", "author"):
        names = [_plain(one.get("name")) for one in objects(document.get(key))]
        if said := ", ".join(name for name in names if name and name != _UNKNOWN):
            return said
    return None


def _seen_licence(value: Any) -> str | None:
    said = []
    for one in value if isinstance(value, list) else [value]:
        words = (text(one.get("name")) or text(one.get("url"))) if isinstance(one, dict) else one
        known = _known_licence(text(words) or _UNKNOWN)
        said += [known] if known != _UNKNOWN else []
    return said[0] if len(said) == 1 else " AND ".join(f"({one})" for one in said) or None


def _known_licence(words: str) -> str:
    """Return the SPDX identifier that an address means, else the words themselves."""
    if match := _CREATIVE_COMMONS.fullmatch(words):
        kind = match["kind"]
        return f"CC-{kind.upper()}-{match['version']}" if kind else f"CC0-{match['version']}"
    if words.startswith((_SPDX, _SPDX.replace("https", "http"))):
        return words.rpartition("/licenses/")[2].removesuffix(".html")
    return words


def _seen_lineage(document: JsonObject) -> Iterator[JsonObject]:
    for one in objects(document.get("isBasedOn")):
        if (name := text(one.get("name"))) and "@" in name:
            root = some({"root": text(one.get("identifier"))})
            yield {"dataset": name, "transform": text(one.get("description")) or "", **root}
