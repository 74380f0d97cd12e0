"""Made-up nouns of the vocabulary."""

import string

from hypothesis import strategies as st

from bezoar.core.digest import Digest
from bezoar.core.event import Event
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.policy import Decision, Policy, Verdict
from bezoar.core.release import Release
from bezoar.core.rule import Rule
from bezoar.core.severity import Confidence, Severity

# What an attacker may write: every code point, lone surrogates among them.
hostile_text = st.text(st.characters(exclude_categories=()))
names = hostile_text.filter(bool)

algorithms = st.from_regex(r"[a-z0-9][a-z0-9.+-]{0,15}", fullmatch=True)
digests = st.builds(Digest, algorithms, st.binary(min_size=1, max_size=40))

places = st.builds(Place, st.sampled_from(PlaceKind), names, st.none() | st.integers(1, 10**6))
codes = st.from_regex(r"BZ[1-6][0-9]{2}", fullmatch=True)
rules = st.builds(
    Rule,
    codes,
    st.text(string.ascii_lowercase, min_size=1, max_size=8),
    st.text(string.ascii_letters, min_size=1, max_size=8),
    st.sampled_from(Severity),
    st.just("Because."),
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | hostile_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile_text, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(hostile_text, json_values, max_size=3)


def findings(rule: Rule) -> st.SearchStrategy[Finding]:
    return st.builds(
        Finding,
        st.just(rule),
        places,
        hostile_text,
        st.sampled_from(Severity),
        st.sampled_from(Confidence),
        json_objects,
    )


def _outcome(rule: Rule, status: Status) -> st.SearchStrategy[Outcome]:
    if status is Status.FOUND:
        some = st.lists(findings(rule), min_size=1, max_size=3).map(tuple)
        return st.builds(Outcome, st.just(rule), st.just(status), some)
    reason = st.just("" if status is Status.PASSED else "a reason")
    return st.builds(Outcome, st.just(rule), st.just(status), st.just(()), reason)


found_outcomes = rules.flatmap(lambda rule: _outcome(rule, Status.FOUND))
outcomes = st.tuples(rules, st.sampled_from(Status)).flatmap(lambda pair: _outcome(*pair))
policies = st.builds(
    Policy,
    st.sampled_from(Severity),
    st.sampled_from(Severity),
    st.frozensets(codes, max_size=2),
)

events = st.builds(
    Event,
    writer=st.just("laptop"),
    number=st.integers(1, 10**9),
    time=hostile_text,
    kind=hostile_text,
    subject=hostile_text,
    actor=hostile_text,
    detail=json_objects,
    previous=st.none() | digests,
)


@st.composite
def chains(draw: st.DrawFn, min_size: int = 0) -> list[Event]:
    """Draw one writer's chain as a ledger would have made it."""
    before: Event | None = None
    chain = []
    for number in range(1, draw(st.integers(min_size, 6)) + 1):
        before = Event(
            "laptop",
            number,
            "2026-01-01T00:00:00.000000Z",
            draw(hostile_text),
            draw(hostile_text),
            "ada",
            draw(json_objects),
            before.digest if before else None,
        ).sealed()
        chain.append(before)
    return chain


verdicts = st.sampled_from(Decision).map(
    lambda decision: Verdict(decision, () if decision is Decision.ADMIT else ("why",))
)


def releases(number: int) -> st.SearchStrategy[Release]:
    return st.builds(
        Release,
        st.just(Digest.of(f"model {number}".encode())),
        st.lists(digests, min_size=1, max_size=2).map(tuple),
        digests,
        verdicts,
    )
