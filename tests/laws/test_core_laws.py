"""The laws of the vocabulary, one noun after the other."""

import json
from dataclasses import replace

import core_strategies as nouns
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status, tally
from bezoar.core.place import Place, PlaceKind, printable
from bezoar.core.policy import Decision, Policy
from bezoar.core.rule import Rule, Stage
from bezoar.core.severity import Severity
from bezoar.core.source import Pin, Source

# Digest: parsing its text gives it back


@given(nouns.digests)
def test_a_digest_survives_its_text(digest):
    assert Digest.parse(str(digest)) == digest


@given(nouns.hostile_text)
def test_what_parses_is_the_only_text_of_its_digest(text):
    try:
        digest = Digest.parse(text)
    except ValueError:
        return
    assert str(digest) == text


@given(nouns.algorithms, st.binary(min_size=1).map(bytes.hex))
def test_no_other_spelling_of_a_digest_parses(algorithm, value):
    assume(value.upper() != value)
    for text in (
        f"{algorithm}:{value.upper()}",
        f"{algorithm}:{value[1:]}",
        f" {algorithm}:{value}",
    ):
        with pytest.raises(ValueError, match="digest"):
            Digest.parse(text)


@given(nouns.digests, nouns.algorithms)
def test_the_algorithm_is_part_of_the_digest(digest, algorithm):
    assume(algorithm != digest.algorithm)
    assert Digest(algorithm, digest.value) != digest


# Source: a tag or a branch is never a pin

tags = st.one_of(
    st.sampled_from(["main", "master", "v1.0", "latest", "HEAD", "deadbeef", "1a2b3c4"]),
    st.from_regex(r"[0-9a-f]{4,39}", fullmatch=True),
    st.from_regex(r"[0-9a-f]{41,63}", fullmatch=True),
    st.from_regex(r"[0-9A-F]{40}", fullmatch=True).filter(lambda text: not text.isdecimal()),
    st.from_regex(r"[0-9a-f]{40}\n", fullmatch=True),
    st.from_regex(r"refs/(heads|tags)/[0-9a-f]{40}", fullmatch=True),
    st.text(),
)


@given(nouns.hostile_text, tags)
def test_a_tag_or_branch_is_never_a_pin(uri, revision):
    assume(not (len(revision) in (40, 64) and set(revision) <= set("0123456789abcdef")))
    source = Source(uri, revision)
    assert source.pin is Pin.TAG
    assert not source.pinned


@given(
    nouns.hostile_text,
    st.sampled_from([40, 64]).flatmap(lambda n: st.binary(min_size=n // 2, max_size=n // 2)),
)
def test_a_whole_commit_pins(uri, commit):
    assert Source(uri, commit.hex()).pinned


@given(nouns.hostile_text, st.none() | st.text(), nouns.digests)
def test_an_expected_digest_pins_whatever_the_revision(uri, revision, digest):
    assert Source(uri, revision, expected=digest).pin is Pin.HASH


@given(nouns.hostile_text)
def test_nothing_pins_nothing(uri):
    assert Source(uri).pin is Pin.NONE
    assert not Source(uri).pinned


# Place: it prints on one line


@given(nouns.places)
def test_a_place_prints_on_one_line(place):
    assert len(str(place).splitlines()) == 1
    assert str(place).isprintable()
    assert str(place).encode()


@given(nouns.hostile_text)
def test_printable_text_is_left_alone_and_stays_printable(text):
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
    if text.isprintable():
        assert printable(text) == text


# Rule: the code's first digit is its stage


@given(nouns.rules)
def test_the_first_digit_of_a_code_is_the_stage(rule):
    assert rule.stage == int(rule.code[2])
    assert rule.stage in Stage


@given(nouns.hostile_text | st.from_regex(r"BZ[0-9]{3}"))
def test_what_has_no_stage_is_no_code(code):
    sound = (
        len(code) == 5
        and code[:2] == "BZ"
        and code[2] in "123456"
        and set(code[3:]) <= set("0123456789")
    )
    if sound:
        Rule(code, "name", "Title", Severity.LOW, "Because.")
    else:
        with pytest.raises(ValueError, match="not a rule code"):
            Rule(code, "name", "Title", Severity.LOW, "Because.")


# Finding: it cannot exist without a place


@given(nouns.rules, st.sampled_from([None, "", "a.py:3", 3]))
def test_a_finding_has_a_place(rule, place):
    with pytest.raises(TypeError, match="place"):
        Finding(rule, place, "message")
    with pytest.raises(TypeError):
        Finding(rule=rule, message="message")


def test_a_place_has_a_name():
    with pytest.raises(ValueError, match="name"):
        Place(PlaceKind.FILE, "")


@given(nouns.rules.flatmap(nouns.findings))
def test_a_finding_has_a_json_form_and_keeps_its_evidence(finding):
    assert json.loads(json.dumps(finding.as_json(), allow_nan=False)) == finding.as_json()
    with pytest.raises(TypeError):
        finding.evidence["more"] = 1


@given(nouns.rules, nouns.places)
def test_a_finding_is_as_bad_as_its_rule_unless_it_says_otherwise(rule, place):
    assert Finding(rule, place, "message").severity is rule.severity


# Outcome: the five add up; only `passed` counts as passed


@given(st.lists(nouns.outcomes))
def test_the_five_add_up_to_the_rules_asked_for(outcomes):
    counts = tally(outcomes)
    assert set(counts) == set(Status)
    assert sum(counts.values()) == len(outcomes)
    assert counts[Status.PASSED] == sum(outcome.passed for outcome in outcomes)


@given(nouns.outcomes)
def test_only_passed_counts_as_passed(outcome):
    assert outcome.passed == (outcome.status is Status.PASSED)
    assert bool(outcome.findings) == (outcome.status is Status.FOUND)
    assert outcome.reason or outcome.status in (Status.FOUND, Status.PASSED)


@given(nouns.rules, st.sampled_from(Status), st.booleans(), st.sampled_from(["", "why"]))
def test_an_outcome_that_contradicts_itself_cannot_exist(rule, status, has_findings, reason):
    place = Place(PlaceKind.DATASET, "signs")
    findings = (Finding(rule, place, "message"),) if has_findings else ()
    sound = has_findings == (status is Status.FOUND)
    sound = sound and bool(reason or status in (Status.FOUND, Status.PASSED))
    if sound:
        assert Outcome(rule, status, findings, reason).status is status
    else:
        with pytest.raises(ValueError, match="an outcome"):
            Outcome(rule, status, findings, reason)


@given(nouns.rules.flatmap(lambda rule: st.tuples(st.just(rule), st.lists(nouns.findings(rule)))))
def test_findings_decide_between_found_and_passed(pair):
    rule, findings = pair
    assert Outcome.of(rule, iter(findings)).passed == (not findings)


# Policy: one more finding never makes it milder; failed never admits; ...


@given(nouns.policies, st.lists(nouns.outcomes, min_size=1, max_size=5), nouns.found_outcomes)
def test_one_more_outcome_with_findings_never_makes_it_milder(policy, outcomes, more):
    # The outcome of a required rule may end "did not run"; that is no finding.
    policy = replace(policy, required=policy.required - {more.rule.code})
    assert policy.decide([*outcomes, more]).decision >= policy.decide(outcomes).decision


@given(nouns.policies, st.lists(nouns.outcomes, min_size=1, max_size=5), st.data())
def test_one_more_finding_in_an_outcome_never_makes_it_milder(policy, outcomes, data):
    at = data.draw(st.integers(0, len(outcomes) - 1))
    old = outcomes[at]
    assume(old.status in (Status.FOUND, Status.PASSED))
    new = Outcome.of(old.rule, [*old.findings, data.draw(nouns.findings(old.rule))])
    after = [*outcomes[:at], new, *outcomes[at + 1 :]]
    assert policy.decide(after).decision >= policy.decide(outcomes).decision


@given(nouns.policies, st.lists(nouns.outcomes, max_size=5), nouns.rules, st.integers(0, 5))
def test_failed_never_admits(policy, outcomes, rule, at):
    outcomes.insert(at, Outcome(rule, Status.FAILED, reason="it broke"))
    assert not policy.decide(outcomes).admits


@given(
    nouns.policies,
    st.lists(nouns.outcomes, min_size=1, max_size=5),
    nouns.rules,
    st.sampled_from([Status.NOT_APPLICABLE, Status.SKIPPED]),
)
def test_what_did_not_run_blocks_only_where_it_is_required(policy, outcomes, rule, status):
    more = Outcome(rule, status, reason="nothing to look at")
    free = replace(policy, required=policy.required - {rule.code})
    assert free.decide([*outcomes, more]) == free.decide(outcomes)
    bound = replace(policy, required=policy.required | {rule.code})
    assert not bound.decide([*outcomes, more]).admits


@given(nouns.policies, st.lists(nouns.outcomes, max_size=5), nouns.rules)
def test_a_required_rule_that_is_missing_never_admits(policy, outcomes, rule):
    policy = replace(policy, required=policy.required | {rule.code})
    others = [outcome for outcome in outcomes if outcome.rule.code != rule.code]
    assert not policy.decide(others).admits


@given(nouns.policies)
def test_nothing_checked_is_undecided(policy):
    assert policy.decide([]).decision is Decision.UNDECIDED


@given(nouns.policies, st.lists(nouns.outcomes, max_size=5), st.randoms())
def test_a_verdict_is_pure_and_ignores_order(policy, outcomes, random):
    verdict = policy.decide(outcomes)
    shuffled = random.sample(outcomes, len(outcomes))
    assert policy.decide(iter(outcomes)) == verdict
    assert policy.decide(shuffled).decision == verdict.decision
    assert sorted(policy.decide(shuffled).decided_by) == sorted(verdict.decided_by)


@given(nouns.policies, st.lists(nouns.outcomes, max_size=5))
def test_a_verdict_names_what_decided_it(policy, outcomes):
    verdict = policy.decide(outcomes)
    assert bool(verdict.decided_by) == (not verdict.admits)


@given(st.lists(nouns.rules, min_size=1))
def test_all_passed_admits(rules):
    assert Policy().decide([Outcome(rule, Status.PASSED) for rule in rules]).admits
