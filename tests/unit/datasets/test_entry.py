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
    Derivation,
    Origin,
    Published,
    Sensitivity,
    Status,
    check_names,
    now,
)
from bezoar.datasets.entry_toml import format_entry, parse_entry

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
        owners=(text,),
        origin={
            "uris": (text, "x"),
            "publisher": text,
            "files": (Published(path="a/b", digest=DIGEST, uri=text),),
        },
        lineage=(Derivation(dataset="raw@1", transform=text, root=ROOT),),
        content={
            "location": text,
            "classes": classes,
            "artefacts": (Artefact(path=text or "x", size=1, digest=DIGEST),),
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
        ("schema_version = 2", "schema_version = 3", "schema_version 3 is not known"),
        ("schema_version = 2", "schema_version = 0", "schema_version 0 is not known"),
        ("merkle-sha256-v1:", "", "content.root"),
        ('["https://example.org"]', "[]", "origin.uris"),
        ("[origin]", "[origin", "Expected"),
        ("uris =", 'licence = "MIT License"\nuris =', "not an SPDX expression"),
        ("uris =", 'files = [{path="../x", digest="md5:00"}]\nuris =', "stays in its folder"),
        ("uris =", 'files = [{pth="x", digest="md5:00"}]\nuris =', "did you mean 'path'"),
        ("[origin]", '[[lineage]]\ndataset = "x"\ntransform = ""\n[origin]', "lineage.0.dataset"),
        ("[origin]", '[[lineage]]\ndatset = "x@1"\n[origin]', "did you mean 'dataset'"),
        ("[origin]", '[[lineage]]\ndataset = "signs@1.0"\ntransform = ""\n[origin]', "itself"),
        ("[origin]", 'sensitivity = "secret"\n[origin]', "sensitivity"),
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


VERSION_1 = f"""
schema_version = 1
name = "signs"
version = "1.0"
purpose = ""
status = "draft"
reason = ""
added_at = 2026-11-20T10:00:00Z

[origin]
uris = ["https://example.org"]
licence = "whatever they say"
retrieved_at = 2026-11-20T10:00:00Z

[content]
location = "d"
samples = 1
bytes = 2
root = "{ROOT}"
manifest = "{DIGEST}"
artefacts = []

[content.classes]
"""


def test_an_entry_of_version_1_is_read_and_changed_as_it_is():
    entry = parse_entry(VERSION_1, "x.toml")
    assert (entry.schema_version, entry.origin.licence) == (1, "whatever they say")
    changed = entry.model_copy(update={"owners": ("us",), "sensitivity": Sensitivity.PUBLIC})
    text = format_entry(changed, VERSION_1)
    assert parse_entry(text, "x.toml") == changed
    assert text.index('owners = ["us"]') < text.index("[origin]")


def test_what_is_no_longer_said_leaves_the_file():
    entry = make(owners=("us",), lineage=(Derivation(dataset="raw@1", transform="crop"),))
    text = format_entry(entry)
    assert "[[lineage]]" in text
    bare = entry.model_copy(update={"owners": (), "lineage": ()})
    assert parse_entry(format_entry(bare, text), "x.toml") == bare


def draft(**fields):
    origin = Origin(uris=("https://example.org",))
    return DbomEntry(name="signs", version="1", added_at=now(), origin=origin, **fields)


def test_a_draft_needs_no_bytes():
    entry = draft()
    assert parse_entry(format_entry(entry), "x.toml") == entry
    for ask in (lambda: entry.root, lambda: entry.manifest, lambda: entry.registered):
        with pytest.raises(UsageError, match="signs@1 is a draft") as caught:
            ask()
        assert caught.value.next == "bezoar dbom add PATH --name signs --version 1"
    (source,) = entry.sources
    assert source.pin is Pin.NONE


def test_what_has_no_bytes_cannot_be_approved():
    with pytest.raises(ValueError, match="approved has content"):
        draft(status="approved")
    text = format_entry(draft()).replace('"draft"', '"approved"')
    with pytest.raises(UsageError, match=r"\[content\] is missing"):
        parse_entry(text, "x.toml")


def test_a_draft_that_is_completed_keeps_its_file():
    text = "# ours\n" + format_entry(draft())
    entry = draft(content=make().content)
    after = format_entry(entry, text)
    assert parse_entry(after, "x.toml") == entry
    assert after.startswith("# ours\n")
