"""Whatever a stranger writes into a file: an entry that can be read again, or a clean error."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml
from core_strategies import json_values
from entry_strategies import entries
from hypothesis import given, settings
from hypothesis import strategies as st

from bezoar.adapters import croissant, cyclonedx, intoto, spdx
from bezoar.core.errors import BezoarError
from bezoar.datasets.dbom import Dbom
from bezoar.project import Project
from bezoar.recon.exchange import entry_values
from bezoar.recon.exchange_import import Wanted, import_datasets

MADE = {"made_at": "2026-11-24T10:00:00Z", "program_version": "0.1.0"}
WRITERS = {
    "cyclonedx": lambda entry: cyclonedx.bill([entry], version="1.7", **MADE),
    "spdx": lambda entry: spdx.document([entry], **MADE),
    "croissant": lambda entry: croissant.metadata(entry, version="1.1"),
    "intoto": intoto.statement,
}
NAMELESS = Wanted(origin=("https://example.org",))
NAMED = Wanted("x", "1", ("https://example.org",))
MANY = settings(max_examples=60)


def imported(name, text, wanted=NAMED):
    """Import a file into an empty project; return how many entries came of it."""
    root = Path(tempfile.mkdtemp())
    try:
        dbom = Dbom(Project(root))
        (root / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            results = import_datasets(root / name, wanted, dbom)
        except BezoarError:
            assert dbom.entries() == []
            return 0
        stored = [one.registration.entry for one in results if one.registration.entry]
        assert sorted(dbom.entries(), key=str) == sorted(stored, key=str)
        return len(results)
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize("form", sorted(WRITERS))
@settings(max_examples=20)
@given(entry=entries(with_bytes=True))
def test_a_document_as_it_was_written(form, entry):
    fields = entry_values(entry)
    fields["content"]["location"] = "d"
    assert imported("x.json", json.dumps(WRITERS[form](fields)), NAMELESS) == 1


@st.composite
def damaged(draw, document):
    """Put something else in one place of a document, or take it away."""
    document = json.loads(json.dumps(document))
    place, key = document, draw(st.sampled_from(sorted(document)))
    while isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 3)):
        place = place[key]
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = draw(st.sampled_from(keys))
    if draw(st.booleans()):
        place[key] = draw(json_values | st.sampled_from([10**400, "../x", "/etc", "\0", "a" * 99]))
    else:
        del place[key]
    return document


@pytest.mark.parametrize("form", sorted(WRITERS))
@MANY
@given(entry=entries(with_bytes=True), data=st.data())
def test_a_damaged_document(form, entry, data):
    fields = entry_values(entry)
    fields["content"]["location"] = "d"
    document = data.draw(damaged(WRITERS[form](fields)))
    for wanted in (NAMELESS, NAMED):
        imported("x.json", json.dumps(document), wanted)


@pytest.mark.parametrize("name", ["x.json", "x.dvc", "dvc.lock"])
@MANY
@given(value=json_values)
def test_any_json(name, value):
    assert imported(name, json.dumps(value)) == 0


@pytest.mark.parametrize("name", ["x.json", "x.dvc", "dvc.lock", "pointer"])
@MANY
@given(text=st.text())
def test_any_text(name, text):
    assert imported(name, text) == 0


outs = st.fixed_dictionaries(
    {},
    optional={
        "md5": st.from_regex(r"[0-9a-f]{32}(\.dir)?", fullmatch=True) | json_values,
        "path": st.sampled_from(["a", "../a", "/a", "a/../b", ".", "", "~"]) | json_values,
        "size": st.integers() | json_values,
        "hash": st.just("md5") | json_values,
    },
)


@MANY
@given(
    st.fixed_dictionaries(
        {"outs": st.lists(outs, max_size=2) | json_values},
        optional={
            "wdir": st.sampled_from([".", "..", "/", "a"]) | json_values,
            "deps": st.lists(st.dictionaries(st.sampled_from(["path", "repo"]), json_values)),
            "meta": json_values,
        },
    )
)
def test_any_dvc_file(document):
    try:
        text = yaml.safe_dump(document, allow_unicode=False)
    except (yaml.YAMLError, UnicodeEncodeError):
        return
    imported("x.dvc", text)
