import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.errors import UsageError
from bezoar.core.source import Pin
from bezoar.datasets.entry import (
    Artefact,
    Content,
    DbomEntry,
    Origin,
    Status,
    check_names,
    format_entry,
    now,
    parse_entry,
)

ROOT = "merkle-sha256-v1:" + 32 * "ab"
DIGEST = "sha256:" + 32 * "cd"


def make(**fields):
    content = fields.pop("content", {})
    origin = fields.pop("origin", {})
    return DbomEntry(
        **{"name": "signs", "version": "1.0", "added_at": now()} | fields,
        origin=Origin(**{"uris": ("https://example.org",), "retrieved_at": now()} | origin),
        content=Content(
            **{"location": "d", "samples": 3, "bytes": 9, "root": ROOT, "manifest": DIGEST}
            | content
        ),
    )


@given(
    classes=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 9)),
    text=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_any_text_survives_the_file(classes, text):
    entry = make(
        purpose=text,
        origin={"uris": (text, "x"), "licence": text},
        content={
            "location": text,
            "classes": classes,
            "artefacts": (Artefact(path=text, size=1, digest=DIGEST),),
        },
    )
    assert parse_entry(format_entry(entry), "x.toml") == entry


def test_comments_and_order_stay():
    entry = make()
    text = "# ours\n" + format_entry(entry).replace('status = "draft"', 'status = "draft"  # yet')
    approved = entry.model_copy(update={"status": Status.APPROVED})
    assert format_entry(approved, text) == text.replace('"draft"', '"approved"')


def test_absent_facts_are_absent():
    assert "licence" not in tomllib.loads(format_entry(make()))["origin"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("purpose", "purpse", "unknown key 'purpse'; did you mean 'purpose'"),
        ("uris", "uri", "unknown key 'origin.uri'; did you mean 'uris'"),
        ("samples = 3", "samples = 3\nsample = 3", "'content.sample'; did you mean 'samples'"),
        ("samples = 3", "samples = -3", "content.samples"),
        ("samples = 3", 'samples = "3"', "content.samples"),
        ('version = "1.0"', "version = 1.0", "version"),
        ('"signs"', '"Signs"', "name"),
        ('"signs"', '"../signs"', "name"),
        ('"draft"', '"drft"', "status"),
        ('"draft"', '"revoked"', "has a reason"),
        ("schema_version = 1", "schema_version = 2", "schema_version 2 is not known"),
        ("merkle-sha256-v1:", "", "content.root"),
        ('["https://example.org"]', "[]", "origin.uris"),
        ("[origin]", "[origin", "Expected"),
    ],
)
def test_what_is_off_is_named(old, new, says):
    text = format_entry(make())
    assert old in text
    with pytest.raises(UsageError, match=r"dbom/x\.toml") as caught:
        parse_entry(text.replace(old, new, 1), "dbom/x.toml")
    assert says in caught.value.message
    assert caught.value.next == "mend dbom/x.toml"


@pytest.mark.parametrize("name", ["", "A", "-a", "a/b", "a@b", "..", "a" * 81, "a\n"])
def test_names_that_are_refused(name):
    with pytest.raises(UsageError, match="not a name"):
        check_names(name, "1")
    with pytest.raises(UsageError, match="not a version"):
        check_names("a", name if name != "A" else "é")


def test_a_single_artefact_pins_its_source():
    artefact = Artefact(path="a.zip", size=1, digest=DIGEST)
    (source,) = make(content={"artefacts": (artefact,)}).sources
    assert source.pin is Pin.HASH
    (source,) = make(origin={"revision": "v1"}).sources
    assert source.pin is Pin.TAG
