"""CycloneDX 1.7 and 1.6 JSON (ECMA-424): each dataset a component of type `data`.

What the format has no place for stands in properties named `bezoar:…`.
"""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from bezoar.adapters.leftover import (
    JsonObject,
    leftover,
    merged,
    objects,
    some,
    text,
    whole_number,
)

VERSIONS: Final = ("1.7", "1.6")
_OURS: Final = "bezoar:"
# The values of these properties are JSON texts; those of all others are what they say.
_AS_JSON: Final = (
    "schema_version",
    "owners",
    "lineage",
    "origin.uris",
    "origin.files",
    "content.samples",
    "content.bytes",
    "content.classes",
    "content.artefacts",
)
_HASHES: Final = {
    "md5": ("MD5", 32),
    "sha1": ("SHA-1", 40),
    "sha256": ("SHA-256", 64),
    "sha384": ("SHA-384", 96),
    "sha512": ("SHA-512", 128),
}
_DIGESTS: Final = {name: algorithm for algorithm, (name, _) in _HASHES.items()}
# An address that needs no escape. Any other one stays as it was written, in a property.
_CHARACTER: Final = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
_ADDRESS: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?://[A-Za-z0-9._~-]+(?::[0-9]{1,5})?(?=[/?#]|$)|(?!//))"
    rf"{_CHARACTER}(?:#{_CHARACTER})?"
)


def bill(
    entries: Sequence[JsonObject], *, version: str, made_at: str, program_version: str
) -> JsonObject:
    """Return a bill of materials.

    Args:
        entries: Of the DBOM, as JSON values.
        version: Of CycloneDX, one of `VERSIONS`.
        made_at: RFC 3339.
        program_version: Of bezoar.
    """
    program = {"type": "application", "name": "bezoar", "version": program_version}
    components = [_component(entry) for entry in entries]
    serial = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([made_at, components], sort_keys=True))
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"timestamp": made_at, "tools": {"components": [program]}},
        "components": components,
    }


def entries_of(document: JsonObject) -> list[JsonObject]:
    """Return what each `data` component of a bill says, as fields of DBOM entries.

    Raises:
        ValueError: If a property of bezoar's does not hold what it should.
    """
    data = [one for one in objects(document.get("components")) if one.get("type") == "data"]
    return [_entry(component) for component in data]


def _component(entry: JsonObject) -> JsonObject:
    standard = _standard(entry)
    rest = dict(_flat(leftover(entry, _seen(standard))))
    content = {key: value for key, value in rest.items() if key.startswith("content.")}
    others = {key: value for key, value in rest.items() if key not in content}
    if content:
        standard["data"][0]["contents"] = {"properties": _properties(content)}
    return standard | some({"properties": _properties(others)})


def _standard(entry: JsonObject) -> JsonObject:
    """Return an entry in CycloneDX's own fields."""
    origin, content = entry["origin"], entry.get("content") or {}
    uris, spec = origin["uris"], f"{entry['name']}@{entry['version']}"
    parts = [("content.artefacts", one) for one in content.get("artefacts", ())]
    parts += [("origin.files", one) for one in origin.get("files", ())]
    dataset = {
        "type": "dataset",
        "name": entry["name"],
        "classification": entry.get("sensitivity"),
        "governance": some({"owners": [_owner(name) for name in entry.get("owners", ())]}),
    }
    component = {
        "type": "data",
        "bom-ref": spec,
        "name": entry["name"],
        "version": entry["version"],
        "description": entry.get("purpose"),
        "publisher": origin.get("publisher"),
        "hashes": _hashes(content["artefacts"][0]["digest"]) if _single(content) else [],
        "licenses": _licences(origin.get("licence"), entry["schema_version"]),
        "externalReferences": [{"type": "distribution", "url": uri} for uri in uris]
        if all(map(_ADDRESS.fullmatch, uris))
        else [],
        "pedigree": some({"ancestors": [_ancestor(one) for one in entry.get("lineage", ())]}),
        "components": [
            {"bom-ref": f"{spec}#{number}", **_file(part, one)}
            for number, (part, one) in enumerate(parts, 1)
        ],
        "data": [some(dataset)],
    }
    return some(component)


def _single(content: JsonObject) -> bool:
    return len(content.get("artefacts", ())) == 1


def _licences(licence: str | None, schema_version: int) -> list[JsonObject]:
    if not licence:
        return []
    # Entries of version 1 may hold any words.
    return [{"expression": licence} if schema_version > 1 else {"license": {"name": licence}}]


def _owner(name: str) -> JsonObject:
    return {"organization": {"name": name}}


def _ancestor(parent: JsonObject) -> JsonObject:
    name, _, version = parent["dataset"].partition("@")
    said = some({"transform": parent["transform"], "root": parent.get("root")})
    component = {"type": "data", "name": name, "version": version}
    return component | some({"properties": _properties(said)})


def _file(part: str, file: JsonObject) -> JsonObject:
    hashes, size = _hashes(file["digest"]), file.get("size")
    said = {
        "part": part,
        "size": None if size is None else str(size),
        "digest": None if hashes else file["digest"],
        "uri": file.get("uri"),
    }
    component = {"type": "file", "name": file["path"], "hashes": hashes}
    return some(component | {"properties": _properties(some(said))})


def _hashes(digest: str) -> list[JsonObject]:
    algorithm, _, value = digest.partition(":")
    name, length = _HASHES.get(algorithm, ("", 0))
    return [{"alg": name, "content": value}] if len(value) == length else []


def _flat(rest: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield dotted names and texts, two levels deep, as entries are."""
    for key, value in rest.items():
        inner = value if key in ("origin", "content") else {"": value}
        for name, field in inner.items():
            path = f"{key}.{name}" if name else key
            yield path, json.dumps(field) if path in _AS_JSON else field


def _properties(fields: JsonObject) -> list[JsonObject]:
    return [{"name": f"{_OURS}{key}", "value": value} for key, value in fields.items()]


def _entry(component: JsonObject) -> JsonObject:
    contents = [one.get("contents") for one in objects(component.get("data"))]
    fields = _our_properties([component, *objects(contents)])
    rest: JsonObject = {}
    for path, value in fields.items():
        key, _, name = path.partition(".")
        field = json.loads(value) if path in _AS_JSON else value
        if name:
            rest.setdefault(key, {})[name] = field
        else:
            rest[key] = field
    return merged(_seen(component), rest)


def _our_properties(places: Iterable[JsonObject]) -> dict[str, str]:
    found = {}
    for place in places:
        for one in objects(place.get("properties")):
            name, value = one.get("name"), one.get("value")
            if isinstance(name, str) and isinstance(value, str) and name.startswith(_OURS):
                found[name.removeprefix(_OURS)] = value
    return found


def _seen(component: JsonObject) -> JsonObject:
    """Return what CycloneDX's own fields say, as fields of an entry."""
    data = (objects(component.get("data")) or [{}])[0]
    links = objects(component.get("externalReferences"))
    uris = [text(one.get("url")) for one in links if one.get("type") == "distribution"]
    files: dict[str, list[JsonObject]] = {"origin.files": [], "content.artefacts": []}
    for part, file in map(_seen_file, objects(component.get("components"))):
        if file:
            files.get(part, files["origin.files"]).append(file)
    if not any(files.values()) and (digest := _digest(component)):
        files["origin.files"] = [{"path": text(component.get("name")), "digest": digest}]
    origin = {
        "uris": [uri for uri in uris if uri],
        "publisher": text(component.get("publisher")),
        "licence": _seen_licence(component),
        "files": files["origin.files"],
    }
    entry = {
        "name": text(component.get("name")),
        "version": text(component.get("version")),
        "purpose": text(component.get("description")),
        "sensitivity": text(data.get("classification")),
        "owners": list(_seen_owners(data)),
        "lineage": list(_seen_lineage(component)),
        "origin": some(origin),
        "content": some({"artefacts": files["content.artefacts"]}),
    }
    return some(entry)


def _seen_file(component: JsonObject) -> tuple[str, JsonObject]:
    said = _our_properties([component])
    path, digest = text(component.get("name")), said.get("digest") or _digest(component)
    if component.get("type") != "file" or not path or not digest:
        return "", {}
    size = whole_number(said.get("size"))
    file = {"path": path, "digest": digest, "size": size, "uri": said.get("uri")}
    return said.get("part", ""), {key: value for key, value in file.items() if value is not None}


def _digest(component: JsonObject) -> str | None:
    """Return the strongest digest of a component."""
    known = {text(one.get("alg")): text(one.get("content")) for one in _all_hashes(component)}
    for name in ("SHA-256", "SHA-512", "SHA-384", "SHA-1", "MD5"):
        if value := known.get(name):
            return f"{_DIGESTS[name]}:{value.lower()}"
    return None


def _all_hashes(component: JsonObject) -> list[JsonObject]:
    return objects(component.get("hashes"))


def _seen_licence(component: JsonObject) -> str | None:
    found = []
    for one in objects(component.get("licenses")):
        licence: Any = one.get("license")
        licence = licence if isinstance(licence, dict) else {}
        found.append(text(one.get("expression")) or text(licence.get("id")) or licence.get("name"))
    said = [one for one in map(text, found) if one]
    return said[0] if len(said) == 1 else " AND ".join(f"({one})" for one in said) or None


def _seen_owners(data: JsonObject) -> Iterator[str]:
    for governance in objects(data.get("governance")):
        for one in objects(governance.get("owners")):
            for party in objects([one.get("organization"), one.get("contact")]):
                if name := text(party.get("name")):
                    yield name


def _seen_lineage(component: JsonObject) -> Iterator[JsonObject]:
    for pedigree in objects(component.get("pedigree")):
        for one in objects(pedigree.get("ancestors")):
            name, version = text(one.get("name")), text(one.get("version"))
            said = _our_properties([one])
            if name and version:
                parent = {"dataset": f"{name}@{version}", "transform": said.get("transform", "")}
                yield parent | some({"root": said.get("root")})
