"""SPDX 3.0.1 JSON-LD with the Dataset profile: each dataset a `dataset_DatasetPackage`.

What the profile has no place for stands in an annotation of the package, as JSON.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bezoar.adapters.leftover import JsonObject, leftover, merged, objects, some, text

CONTEXT: Final = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_CREATION: Final = "_:creation"
_BASE: Final = "urn:bezoar:dbom:"
_UNKNOWN: Final = "NOASSERTION"
_NO_LICENCE_KNOWN: Final = "expandedlicensing_NoAssertionLicense"
# The Traffic Light Protocol, which the profile's confidentiality levels are.
_LEVELS: Final = {
    "public": "clear",
    "internal": "green",
    "confidential": "amber",
    "restricted": "red",
}
_SENSITIVITIES: Final = {level: sensitivity for sensitivity, level in _LEVELS.items()}
_ALGORITHMS: Final = ("md5", "sha1", "sha256", "sha384", "sha512")


def document(entries: Sequence[JsonObject], *, made_at: str, program_version: str) -> JsonObject:
    """Return an SPDX document.

    Args:
        entries: Of the DBOM, as JSON values.
        made_at: `YYYY-MM-DDThh:mm:ssZ`, as SPDX wants times.
        program_version: Of bezoar.
    """
    agent = f"{_BASE}program"
    creation = {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": "3.0.1",
        "created": made_at,
        "createdBy": [agent],
    }
    packages = [_id(f"{entry['name']}@{entry['version']}") for entry in entries]
    parents = {_id(one["dataset"]) for entry in entries for one in entry.get("lineage", ())}
    head = {
        "rootElement": packages,
        "profileConformance": ["core", "software", "dataset", "simpleLicensing"],
        "import": [
            {"type": "ExternalMap", "externalSpdxId": parent}
            for parent in sorted(parents - set(packages))
        ],
    }
    elements = [
        creation,
        _element("SoftwareAgent", agent, name=f"bezoar {program_version}"),
        _element("SpdxDocument", f"{_BASE}document", **some(head)),
    ]
    for entry, package in zip(entries, packages, strict=True):
        elements += _elements(entry, package)
    return {"@context": CONTEXT, "@graph": elements}


def entries_of(document: JsonObject) -> list[JsonObject]:
    """Return what each dataset package of a document says, as fields of DBOM entries.

    Raises:
        ValueError: If an annotation of bezoar's does not hold what it should.
    """
    graph = _Graph.of(objects(document.get("@graph")))
    packages = [one for one in graph.known.values() if one.get("type") == "dataset_DatasetPackage"]
    return [_entry(package, graph) for package in packages]


@dataclass(frozen=True, slots=True)
class _Graph:
    """The elements of a document, each found without a search.

    Attributes:
        known: By their `spdxId`.
        links: Relationships by where they start.
        notes: Annotations by their subject.
    """

    known: Mapping[str, JsonObject]
    links: Mapping[str, list[JsonObject]]
    notes: Mapping[str, list[JsonObject]]

    @classmethod
    def of(cls, elements: Iterable[JsonObject]) -> "_Graph":
        known: dict[str, JsonObject] = {}
        links, notes = (defaultdict[str, list[JsonObject]](list) for _ in range(2))
        for one in elements:
            if spdx_id := text(one.get("spdxId")):
                known[spdx_id] = one
            if one.get("type") == "Relationship" and (start := text(one.get("from"))):
                links[start].append(one)
            if one.get("type") == "Annotation" and (subject := text(one.get("subject"))):
                notes[subject].append(one)
        return cls(known, links, notes)


def _id(spec: str) -> str:
    return f"{_BASE}{spec}"


def _element(kind: str, spdx_id: str, **fields: Any) -> JsonObject:
    return {"type": kind, "spdxId": spdx_id, "creationInfo": _CREATION, **fields}


def _relationship(kind: str, number: int, package: str, to: list[str], **more: Any) -> JsonObject:
    return _element(
        "Relationship",
        f"{package}#{kind}-{number}",
        **{"from": package, "to": to, "relationshipType": kind},
        **more,
    )


def _elements(entry: JsonObject, package: str) -> Iterator[JsonObject]:
    """Yield the elements that describe one entry; the last one says what was left over."""
    elements = list(_standard(entry, package))
    rest = leftover(entry, _seen(elements[0], _Graph.of(elements)))
    yield from elements
    if rest:
        yield _element(
            "Annotation",
            f"{package}#entry",
            annotationType="other",
            subject=package,
            contentType="application/json",
            statement=json.dumps({"bezoar": rest}),
        )


def _standard(entry: JsonObject, package: str) -> Iterator[JsonObject]:
    """Yield the package, its publisher, licence, files and parents."""
    origin, content = entry["origin"], entry.get("content") or {}
    publisher = f"{package}#publisher"
    yield _package(entry, package, publisher)
    yield _element("Organization", publisher, name=origin.get("publisher") or _UNKNOWN)
    licence = _NO_LICENCE_KNOWN
    if origin.get("licence") and entry["schema_version"] > 1:
        licence = f"{package}#licence"
        expression = {"simplelicensing_licenseExpression": origin["licence"]}
        yield _element("simplelicensing_LicenseExpression", licence, **expression)
    yield _relationship("hasDeclaredLicense", 1, package, [licence])
    yield _relationship("hasConcludedLicense", 1, package, [_NO_LICENCE_KNOWN])
    yield from _files("contains", package, content.get("artefacts", ()))
    yield from _files("hasDistributionArtifact", package, origin.get("files", ()))
    if content:
        manifest = {"path": "manifest.parquet", "digest": content["manifest"]}
        yield from _files("hasMetadata", package, [manifest])
    for number, parent in enumerate(entry.get("lineage", ()), 1):
        said = some({"description": parent["transform"], "comment": parent.get("root")})
        to = [_id(parent["dataset"])]
        yield _relationship("descendantOf", number, package, to, **said)


def _package(entry: JsonObject, package: str, publisher: str) -> JsonObject:
    origin, content = entry["origin"], entry.get("content") or {}
    first, *others = origin["uris"]
    time = _seconds(origin.get("retrieved_at") or entry["added_at"])
    fields = {
        "name": entry["name"],
        "description": entry.get("purpose"),
        "software_packageVersion": entry["version"],
        "software_downloadLocation": first,
        "software_primaryPurpose": "data",
        "dataset_datasetType": ["image" if content else "noAssertion"],
        "dataset_datasetSize": content.get("bytes"),
        "dataset_confidentialityLevel": _LEVELS.get(entry.get("sensitivity") or ""),
        "originatedBy": [publisher],
        "builtTime": time,
        "releaseTime": time,
        "externalRef": [
            {"type": "ExternalRef", "externalRefType": "altDownloadLocation", "locator": [uri]}
            for uri in others
        ],
        "externalIdentifier": [
            {
                "type": "ExternalIdentifier",
                "externalIdentifierType": "other",
                "identifier": content["root"],
            }
        ]
        if content
        else [],
    }
    return _element("dataset_DatasetPackage", package, **some(fields))


def _seconds(time: str) -> str:
    """Return a time as SPDX wants it: UTC, whole seconds, `Z`."""
    from datetime import UTC, datetime  # noqa: PLC0415 - used here alone

    moment = datetime.fromisoformat(time).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _files(kind: str, package: str, files: Sequence[JsonObject]) -> Iterator[JsonObject]:
    ids = [f"{package}#{kind}-file-{number}" for number in range(1, len(files) + 1)]
    for spdx_id, file in zip(ids, files, strict=True):
        algorithm, _, value = file["digest"].partition(":")
        hashes = [{"type": "Hash", "algorithm": algorithm, "hashValue": value}]
        fields = {"verifiedUsing": hashes if algorithm in _ALGORITHMS else []}
        yield _element("software_File", spdx_id, name=file["path"], **some(fields))
    if ids:
        yield _relationship(kind, 0, package, ids)


def _entry(package: JsonObject, graph: _Graph) -> JsonObject:
    rest: JsonObject = {}
    for one in graph.notes.get(package["spdxId"], ()):
        if one.get("contentType") == "application/json":
            said = json.loads(text(one.get("statement")) or "null")
            if isinstance(said, dict) and isinstance(said.get("bezoar"), dict):
                rest = said["bezoar"]
    return merged(_seen(package, graph), rest)


def _seen(package: JsonObject, graph: _Graph) -> JsonObject:
    """Return what SPDX's own fields say of a package, as fields of an entry."""
    links, known = graph.links.get(package["spdxId"], []), graph.known
    others = [one.get("locator") for one in objects(package.get("externalRef"))]
    uris = [package.get("software_downloadLocation"), *(_first(one) for one in others)]
    publisher = known.get(_first(package.get("originatedBy")) or "", {})
    origin = {
        "uris": [uri for uri in map(text, uris) if uri],
        "publisher": _asserted(publisher.get("name")),
        "licence": _seen_licence(links, known),
        "files": _seen_files("hasDistributionArtifact", links, known),
    }
    content = {
        "bytes": package.get("dataset_datasetSize"),
        "root": _first([i.get("identifier") for i in objects(package.get("externalIdentifier"))]),
        "manifest": (_seen_files("hasMetadata", links, known) or [{}])[0].get("digest"),
        "artefacts": _seen_files("contains", links, known),
    }
    entry = {
        "name": text(package.get("name")),
        "version": text(package.get("software_packageVersion")),
        "purpose": text(package.get("description")),
        "sensitivity": _SENSITIVITIES.get(text(package.get("dataset_confidentialityLevel")) or ""),
        "lineage": list(_seen_lineage(links)),
        "origin": some(origin),
        "content": some(content),
    }
    return some(entry)


def _first(value: Any) -> str | None:
    """Return the first text of a list, or the text itself."""
    rows = value if isinstance(value, list) else [value]
    return next(filter(None, map(text, rows)), None)


def _asserted(value: Any) -> str | None:
    said = text(value)
    return None if said == _UNKNOWN else said


def _seen_licence(links: Sequence[JsonObject], known: Mapping[str, JsonObject]) -> str | None:
    for kind in ("hasDeclaredLicense", "hasConcludedLicense"):
        for one in links:
            if one.get("relationshipType") == kind:
                element = known.get(_first(one.get("to")) or "", {})
                if said := text(element.get("simplelicensing_licenseExpression")):
                    return said
    return None


def _seen_files(
    kind: str, links: Sequence[JsonObject], known: Mapping[str, JsonObject]
) -> list[JsonObject]:
    found = []
    for link in links:
        to = link.get("to") if link.get("relationshipType") == kind else None
        for spdx_id in to if isinstance(to, list) else []:
            file = known.get(spdx_id, {}) if isinstance(spdx_id, str) else {}
            path, digest = text(file.get("name")), _digest(file)
            if path and digest and file.get("type") == "software_File":
                found.append({"path": path, "digest": digest})
    return found


def _digest(file: JsonObject) -> str | None:
    """Return the strongest digest of a file."""
    hashes = {one.get("algorithm"): text(one.get("hashValue")) for one in _hashes(file)}
    for algorithm in ("sha256", "sha512", "sha384", "sha1", "md5"):
        if value := hashes.get(algorithm):
            return f"{algorithm}:{value.lower()}"
    return None


def _hashes(file: JsonObject) -> list[JsonObject]:
    hashes = objects(file.get("verifiedUsing"))
    return [one for one in hashes if isinstance(one.get("algorithm"), str)]


def _seen_lineage(links: Sequence[JsonObject]) -> Iterator[JsonObject]:
    for link in links:
        parent = _first(link.get("to")) if link.get("relationshipType") == "descendantOf" else None
        if parent and parent.startswith(_BASE):
            said = {"dataset": parent.removeprefix(_BASE), "transform": link.get("description")}
            yield {"transform": "", **some(said), **some({"root": text(link.get("comment"))})}
