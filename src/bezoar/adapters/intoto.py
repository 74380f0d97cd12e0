"""in-toto Statement v1: the digests of a dataset, and its DBOM entry as the predicate.

Unsigned: a signature is an envelope around these bytes.
"""

from collections.abc import Iterator
from typing import Final

from bezoar.adapters.leftover import JsonObject

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "urn:bezoar:dbom-entry:v2"


def statement(entry: JsonObject) -> JsonObject:
    """Return a statement about a dataset.

    Its subjects are the dataset by its Merkle root, the manifest and each artefact by SHA-256.

    Args:
        entry: Of the DBOM, as JSON values, with content.
    """
    return {
        "_type": STATEMENT,
        "subject": list(_subjects(entry)),
        "predicateType": PREDICATE,
        "predicate": entry,
    }


def entries_of(document: JsonObject) -> list[JsonObject]:
    """Return the entry that a statement of bezoar's holds.

    Raises:
        ValueError: If it says something else, or its subjects are not those of its entry.
    """
    kind, entry = document.get("predicateType"), document.get("predicate")
    if document.get("_type") != STATEMENT or kind != PREDICATE or not isinstance(entry, dict):
        raise ValueError(f"a statement about something else: predicateType is {kind!r}")
    try:
        subjects = list(_subjects(entry))
    except (KeyError, TypeError, AttributeError):
        raise ValueError("its predicate is no entry of a DBOM with content") from None
    if document.get("subject") != subjects:
        raise ValueError("its subjects are not those of its predicate")
    return [entry]


def _subjects(entry: JsonObject) -> Iterator[JsonObject]:
    spec, content = f"{entry['name']}@{entry['version']}", entry["content"]
    yield _subject(spec, content["root"])
    yield _subject(f"{spec}/manifest.parquet", content["manifest"])
    for one in content.get("artefacts", ()):
        yield _subject(one["path"], one["digest"])


def _subject(name: str, digest: str) -> JsonObject:
    algorithm, _, value = digest.partition(":")
    return {"name": name, "digest": {algorithm: value}}
