"""Exports against the schemas that their makers publish.

CycloneDX: the JSON schemas that cyclonedx-python-lib ships. SPDX: the bindings that the SPDX
project generates from its SHACL model, which check types, enumerations and cardinalities.
Croissant: the required properties of its specification; `tests/e2e` asks mlcroissant itself.
"""

import io
import json
from functools import cache
from importlib.resources import files

import pytest
from entry_strategies import entries
from hypothesis import given, settings

from bezoar.adapters import croissant, cyclonedx, intoto, spdx
from bezoar.recon.exchange import entry_values

MADE = {"made_at": "2026-11-24T10:00:00Z", "program_version": "0.1.0"}
FEW = settings(max_examples=40)


def through_text(document):
    return json.loads(json.dumps(document))


@cache
def cyclonedx_validator(version):
    jsonschema = pytest.importorskip("jsonschema")
    referencing = pytest.importorskip("referencing")
    pytest.importorskip("rfc3987_syntax")
    pytest.importorskip("cyclonedx")
    folder = files("cyclonedx.schema") / "_res"

    def schema(name):
        return json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8"))

    names = ("spdx", "jsf-0.82", "cryptography-defs")
    resources = [
        (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", schema(name)) for name in names
    ]
    registry = referencing.Registry().with_resources(
        (uri, referencing.Resource.from_contents(text)) for uri, text in resources
    )
    return jsonschema.Draft7Validator(
        schema(f"bom-{version}"),
        registry=registry,
        format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER,
    )


def faults(version, bill):
    found = cyclonedx_validator(version).iter_errors(through_text(bill))
    return [f"{list(one.absolute_path)}: {one.message[:200]}" for one in found]


@pytest.mark.parametrize("version", cyclonedx.VERSIONS)
def test_the_cyclonedx_validator_sees_faults(version):
    bill = cyclonedx.bill([], version=version, **MADE)
    assert faults(version, bill) == []
    for damage in (
        {"components": [{"type": "data"}]},
        {"components": [{"type": "data", "name": "x", "data": [{"type": "pictures"}]}]},
        {
            "components": [
                {
                    "type": "data",
                    "name": "x",
                    "externalReferences": [{"type": "distribution", "url": "a b"}],
                }
            ]
        },
    ):
        assert len(faults(version, bill | damage)) == 1


@pytest.mark.parametrize("version", cyclonedx.VERSIONS)
@FEW
@given(entry=entries())
def test_cyclonedx(version, entry):
    assert faults(version, cyclonedx.bill([entry_values(entry)], version=version, **MADE)) == []


def spdx_faults(document):
    """Return what the official bindings refuse, and what their model says is missing."""
    bindings = pytest.importorskip("spdx_python_model").v3_0_1
    objects = bindings.SHACLObjectSet()
    bindings.JSONLDDeserializer().read(io.BytesIO(json.dumps(document).encode()), objects)
    bindings.JSONLDSerializer().write(objects, io.BytesIO())
    return sorted(objects.link())


@FEW
@given(entries())
def test_spdx(entry):
    document = spdx.document([entry_values(entry)], **MADE)
    parents = {f"urn:bezoar:dbom:{one.dataset}" for one in entry.lineage}
    assert set(spdx_faults(document)) <= parents


# SPDX 3.0.1, class DatasetPackage: what the Dataset profile asks for at least once.
REQUIRED = (
    "dataset_datasetType",
    "builtTime",
    "originatedBy",
    "releaseTime",
    "software_downloadLocation",
    "software_primaryPurpose",
)


@FEW
@given(entries())
def test_spdx_has_what_the_dataset_profile_asks_for(entry):
    graph = spdx.document([entry_values(entry)], **MADE)["@graph"]
    (package,) = [one for one in graph if one["type"] == "dataset_DatasetPackage"]
    assert [name for name in REQUIRED if not package.get(name)] == []
    kinds = [one["relationshipType"] for one in graph if one["type"] == "Relationship"]
    assert kinds.count("hasDeclaredLicense") == kinds.count("hasConcludedLicense") == 1
    ids = [one["spdxId"] for one in graph if "spdxId" in one]
    assert len(ids) == len(set(ids))


# Croissant specification 1.1, "Required".
CROISSANT = (
    *("@context", "@type", "conformsTo", "description", "license", "name", "url"),
    *("creator", "datePublished"),
)


@pytest.mark.parametrize("version", croissant.VERSIONS)
@FEW
@given(entry=entries())
def test_croissant_has_what_its_specification_asks_for(version, entry):
    document = croissant.metadata(entry_values(entry), version=version)
    assert [name for name in CROISSANT if not document.get(name)] == []
    for file in document.get("distribution", ()):
        assert file["@type"] == "cr:FileObject"
        assert file["contentUrl"]
        assert file["encodingFormat"]
    ids = [file["@id"] for file in document.get("distribution", ())]
    assert len(ids) == len(set(ids))


@FEW
@given(entries(with_bytes=True))
def test_intoto_has_what_its_specification_asks_for(entry):
    """`spec/v1/statement.md` and `digest_set.md`: subjects have digests in lower-case hex."""
    statement = intoto.statement(entry_values(entry))
    assert set(statement) == {"_type", "subject", "predicateType", "predicate"}
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    for subject in statement["subject"]:
        (digest,) = subject["digest"].values()
        assert bytes.fromhex(digest).hex() == digest
    manifest = statement["subject"][1]["digest"]
    assert manifest == {"sha256": entry.manifest.hex}
