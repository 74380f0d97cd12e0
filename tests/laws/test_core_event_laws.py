"""Event: in a chain, a changed, dropped or re-ordered event is detected."""

from dataclasses import replace

import core_strategies as nouns
from hypothesis import assume, given
from hypothesis import strategies as st

from bezoar.core.event import chain_faults
from bezoar.ledger.lines import from_content, from_line, to_line


@given(nouns.chains())
def test_a_sound_chain_has_no_fault(chain):
    assert chain_faults(chain) == []


@given(nouns.chains())
def test_a_sound_chain_may_lose_its_tail_alone(chain):
    for length in range(len(chain)):
        assert chain_faults(chain[:length]) == []


FIELDS = {
    "writer": st.just("mallory"),
    "number": st.integers(1, 10),
    "time": nouns.hostile_text,
    "kind": nouns.hostile_text,
    "subject": nouns.hostile_text,
    "actor": nouns.hostile_text,
    "detail": nouns.json_objects,
    "previous": st.none() | nouns.digests,
}


@given(nouns.chains(min_size=1), st.data())
def test_a_changed_event_is_detected_at_its_number(chain, data):
    at = data.draw(st.integers(0, len(chain) - 1))
    field = data.draw(st.sampled_from(sorted(FIELDS)))
    changed = replace(chain[at], **{field: data.draw(FIELDS[field])})
    assume(changed.content() != chain[at].content())
    faults = chain_faults([*chain[:at], changed, *chain[at + 1 :]])
    assert (changed.writer, changed.number) in {(fault.writer, fault.number) for fault in faults}


@given(nouns.chains(min_size=2), st.data())
def test_a_change_with_a_new_digest_is_detected_one_event_later(chain, data):
    at = data.draw(st.integers(0, len(chain) - 2))
    changed = replace(chain[at], subject=data.draw(nouns.hostile_text)).sealed()
    assume(changed != chain[at])
    faults = chain_faults([*chain[:at], changed, *chain[at + 1 :]])
    assert [fault.number for fault in faults] == [at + 2]


@given(nouns.chains(min_size=2), st.data())
def test_a_dropped_event_is_detected_where_it_is_missing(chain, data):
    at = data.draw(st.integers(0, len(chain) - 2))
    faults = chain_faults(chain[:at] + chain[at + 1 :])
    assert [fault.number for fault in faults] == [at + 2]


@given(nouns.chains(min_size=2), st.randoms())
def test_any_other_order_is_detected(chain, random):
    shuffled = random.sample(chain, len(chain))
    assert bool(chain_faults(shuffled)) == (shuffled != chain)


@given(nouns.chains(min_size=1), st.data())
def test_an_event_that_stands_twice_is_detected(chain, data):
    at = data.draw(st.integers(0, len(chain) - 1))
    assert chain_faults([*chain[: at + 1], chain[at], *chain[at + 1 :]])


@given(nouns.events)
def test_sealing_is_idempotent_and_changes_no_content(event):
    sealed = event.sealed()
    assert sealed.content() == event.content()
    assert sealed.sealed() == sealed


@given(nouns.events)
def test_an_event_survives_its_line_and_its_content(event):
    sealed = event.sealed()
    assert from_line(to_line(sealed)) == sealed
    assert "\n" not in to_line(sealed)
    assert from_content(sealed.content().decode(), str(sealed.digest)) == sealed


@given(nouns.hostile_text | nouns.json_values.map(repr))
def test_any_other_line_is_refused_with_a_value_error(line):
    try:
        event = from_line(line)
    except ValueError:
        return
    assert from_line(to_line(event)) == event
