"""A round trip through a format loses nothing: what it has no place for travels beside."""

import json

import pytest
from entry_strategies import entries
from hypothesis import given, settings
from hypothesis import strategies as st

from bezoar.adapters import croissant, cyclonedx, intoto, spdx
from bezoar.adapters.leftover import leftover, merged
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.entry_toml import format_entry, parse_entry
from bezoar.recon.exchange import entry_values

MADE = {"made_at": "2026-11-24T10:00:00Z", "program_version": "0.1.0"}


def through_text(document):
    """Return a document as whoever gets the file reads it."""
    return json.loads(json.dumps(document))


def read(fields):
    return DbomEntry.model_validate_json(json.dumps(fields))


@given(entries())
def test_toml(entry):
    assert parse_entry(format_entry(entry), "x.toml") == entry


@pytest.mark.parametrize("version", cyclonedx.VERSIONS)
@given(several=st.lists(entries(), max_size=2))
def test_cyclonedx(several, version):
    bill = cyclonedx.bill([entry_values(one) for one in several], version=version, **MADE)
    assert [read(one) for one in cyclonedx.entries_of(through_text(bill))] == several


@given(st.lists(entries(), max_size=2, unique_by=lambda entry: entry.spec))
def test_spdx(several):
    document = spdx.document([entry_values(one) for one in several], **MADE)
    assert [read(one) for one in spdx.entries_of(through_text(document))] == several


@pytest.mark.parametrize("version", croissant.VERSIONS)
@given(entry=entries())
def test_croissant(entry, version):
    document = through_text(croissant.metadata(entry_values(entry), version=version))
    assert croissant.is_croissant(document)
    assert [read(one) for one in croissant.entries_of(document)] == [entry]


@given(entries(with_bytes=True))
def test_intoto(entry):
    document = through_text(intoto.statement(entry_values(entry)))
    assert [read(one) for one in intoto.entries_of(document)] == [entry]


values = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from("abc"), values), st.data())
@settings(max_examples=50)
def test_what_is_left_over_makes_it_whole(entry, data):
    keys = data.draw(st.sets(st.sampled_from(sorted(entry)))) if entry else set()
    seen = {key: entry[key] for key in keys}
    assert merged(seen, leftover(entry, seen)) == entry
    assert leftover(entry, entry) == {}
