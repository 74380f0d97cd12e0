import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.event import Event
from bezoar.datasets.entry import Content, DbomEntry, Origin, now
from bezoar.recon.coverage import State, coverage

ROOT, OTHER = ("merkle-sha256-v1:" + 32 * byte for byte in ("ab", "ac"))
MANIFEST = "sha256:" + 32 * "cd"


def entry(name="signs", status="draft", content=True):
    facts = {"location": "d", "samples": 1, "bytes": 1, "root": ROOT, "manifest": MANIFEST}
    return DbomEntry(
        name=name,
        version="1",
        added_at=now(),
        status=status,
        reason="because",
        origin=Origin(uris=("x",)),
        content=Content(**facts) if content else None,
    )


def event(number=1, kind="dataset.verified", subject="signs@1", **detail):
    detail = {"root": ROOT, "manifest": MANIFEST, "intact": True} | detail
    return Event("me", number, f"2026-11-24T10:00:{number:02}Z", kind, subject, "me", detail)


def pulled(number=1, kind="dataset.pulled", subject=ROOT, **detail):
    """Return what `pull` leaves: its subject is the root."""
    return Event(
        "me",
        number,
        f"2026-11-24T10:00:{number:02}Z",
        kind,
        subject,
        "me",
        {"dataset": "signs@1"} | detail,
    )


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], State.NEVER),
        ([event()], State.VERIFIED),
        ([event(kind="dbom.added")], State.NEVER),
        ([event(subject="other@1")], State.NEVER),
        ([event(intact=False)], State.FAILED),
        ([event(1, intact=False), event(2)], State.VERIFIED),
        ([event(2, intact=False), event(1)], State.FAILED),
        ([event(root=OTHER)], State.STALE),
        ([event(manifest=OTHER)], State.STALE),
        ([event(root=OTHER, intact=False)], State.STALE),
        ([event(intact=None, findings=0)], State.VERIFIED),
        ([event(intact=None, findings=1)], State.FAILED),
        ([event(intact=None)], State.FAILED),
        ([event(intact="yes")], State.FAILED),
        ([pulled()], State.VERIFIED),
        ([pulled(subject=OTHER)], State.STALE),
        ([pulled(lazily=True)], State.NEVER),
        ([pulled(kind="dataset.refused")], State.FAILED),
        ([pulled(1, kind="dataset.refused"), pulled(2)], State.VERIFIED),
        ([event(1), pulled(2, kind="dataset.refused")], State.FAILED),
    ],
)
def test_states(events, state):
    (covered,) = coverage([entry()], events).counted
    assert covered.state is state
    assert covered.next == ("" if state is State.VERIFIED else "bezoar verify signs@1")


def test_a_draft_without_bytes_is_never_verified():
    (covered,) = coverage([entry(content=False)], [event()]).counted
    assert covered.state is State.DRAFT
    assert covered.next == "bezoar dbom add PATH --name signs --version 1"


def test_what_is_set_aside_does_not_count():
    entries = [entry(), entry("b", "quarantined"), entry("c", "revoked"), entry("d", "approved")]
    found = coverage(entries, [event(), event(subject="b@1")])
    assert [one.dataset for one in found.counted] == ["signs@1", "d@1"]
    assert [one.name for one in found.set_aside] == ["b", "c"]
    assert found.percentage == 50


def test_nothing_has_no_percentage():
    assert coverage([], [event()]).percentage is None


@given(st.permutations([event(n, intact=n % 2 == 0) for n in range(1, 7)]))
def test_the_order_of_events_does_not_matter(events):
    assert coverage([entry()], events).verified == 1
