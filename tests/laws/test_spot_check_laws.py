"""Spot checks: the bounds are exact, the draw depends on the seed and the samples alone."""

import math
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bezoar.core.digest import Digest
from bezoar.core.manifest import Entry, Manifest
from bezoar.recon.spot_check.answers import Answer, History, Opinion
from bezoar.recon.spot_check.drawing import Plan, Suspicion, draw
from bezoar.recon.spot_check.exact import at_most, enough, most_bad, unseen
from bezoar.recon.spot_check.sampling import Sampling
from bezoar.recon.spot_check.statement import Tally, statement


def exactly(seen: int, population: int, bad: int, looked: int) -> Fraction:
    """Count the ways, in whole numbers."""
    ways = sum(
        math.comb(bad, k) * math.comb(population - bad, looked - k)
        for k in range(min(seen, looked) + 1)
    )
    return Fraction(ways, math.comb(population, looked))


@st.composite
def looks(draw_: st.DrawFn) -> tuple[int, int, int]:
    population = draw_(st.integers(1, 80))
    looked = draw_(st.integers(1, population))
    return population, looked, draw_(st.integers(0, looked))


@given(looks(), st.data())
def test_the_tail_is_exact(look, data) -> None:
    population, looked, seen = look
    bad = data.draw(st.integers(0, population))
    got = at_most(seen, population=population, bad=bad, looked=looked)
    assert got == pytest.approx(float(exactly(seen, population, bad, looked)), rel=1e-9, abs=1e-12)


@given(looks())
def test_the_bound_is_the_largest_number_that_is_not_refuted(look) -> None:
    population, looked, seen = look
    bound = most_bad(seen, population=population, looked=looked)
    assert seen <= bound <= population - (looked - seen)
    assert exactly(seen, population, bound, looked) > Fraction(1, 20) * (1 - Fraction(1, 10**5))
    if bound < population - (looked - seen):
        assert exactly(seen, population, bound + 1, looked) <= Fraction(1, 20)


@given(looks(), st.integers(0, 80))
def test_the_bound_holds_in_95_of_100_draws(look, bad) -> None:
    population, looked, _ = look
    assume(bad <= population)
    missed = sum(
        exactly(seen, population, bad, looked)
        - (exactly(seen - 1, population, bad, looked) if seen else 0)
        for seen in range(min(bad, looked) + 1)
        if most_bad(seen, population=population, looked=looked) < bad
    )
    assert missed <= Fraction(1, 20)


@given(looks())
def test_more_bad_never_lowers_the_bound(look) -> None:
    population, looked, seen = look
    assume(seen < looked)
    less, more = (most_bad(n, population=population, looked=looked) for n in (seen, seen + 1))
    assert less <= more


@given(st.integers(1, 60))
def test_who_looks_at_everything_knows_everything(population) -> None:
    for seen in range(population + 1):
        assert most_bad(seen, population=population, looked=population) == seen


@given(st.integers(1, 60), st.data())
def test_enough_is_the_smallest_number_that_is(population, data) -> None:
    bad = data.draw(st.integers(1, population))
    count = enough(population=population, bad=bad)
    assert exactly(0, population, bad, count) <= Fraction(1, 20)
    if count > 1:
        assert exactly(0, population, bad, count - 1) > Fraction(1, 20) * (1 - Fraction(1, 10**5))


def test_in_a_large_set_the_bound_is_that_of_clopper_and_pearson() -> None:
    population = 10**7
    bound = most_bad(0, population=population, looked=100) / population
    assert bound == pytest.approx(1 - 0.05 ** (1 / 100), rel=1e-3)
    # Three of a hundred: the beta quantile (0.95; 4, 97), computed elsewhere.
    bound = most_bad(3, population=population, looked=100) / population
    assert bound == pytest.approx(0.075711, rel=1e-3)


def test_the_example_of_everybody() -> None:
    assert unseen(population=39_209, bad=40, looked=100) == pytest.approx(0.9029, abs=1e-4)
    assert most_bad(0, population=39_209, looked=100) / 39_209 == pytest.approx(0.0295, abs=1e-4)


labels = st.sampled_from([None, "", "stop", "80"])
tables = st.dictionaries(st.text(max_size=4), st.tuples(st.binary(max_size=2), labels), max_size=30)


def manifest_of(rows) -> Manifest:
    return Manifest.of(
        Entry(path, len(data), Digest.of(data).value, label) for path, (data, label) in rows
    )


def some_plan(table, sampling: Sampling, seed: int, samples: int) -> Plan:
    since = manifest_of(list(table.items())[::2])
    scores = {path: float(len(data)) for path, (data, _) in table.items()}
    suspicion = Suspicion(Digest.of(b"scores"), scores, frozenset())
    return Plan(sampling, samples, seed, since, suspicion)


@given(tables, st.sampled_from(Sampling), st.integers(0, 9), st.integers(1, 40), st.randoms())
def test_the_draw_depends_on_the_seed_and_the_samples_alone(
    table, sampling, seed, samples, random
) -> None:
    plan = some_plan(table, sampling, seed, samples)
    shuffled = random.sample(list(table.items()), len(table))
    one, other = draw(manifest_of(table.items()), plan), draw(manifest_of(shuffled), plan)
    assert one == other
    assert len(set(one.paths)) == len(one.paths) == min(samples, one.population)
    assert set(one.paths) <= set(table)


@given(tables, st.integers(0, 9), st.integers(1, 40))
def test_a_smaller_uniform_draw_is_the_beginning_of_a_larger_one(table, seed, samples) -> None:
    manifest = manifest_of(table.items())
    small = draw(manifest, Plan(Sampling.UNIFORM, samples, seed)).paths
    large = draw(manifest, Plan(Sampling.UNIFORM, samples + 5, seed)).paths
    assert large[: len(small)] == small


@given(tables, st.integers(0, 9), st.integers(1, 40))
def test_per_class_no_class_is_ahead_by_more_than_one(table, seed, samples) -> None:
    drawn = draw(manifest_of(table.items()), Plan(Sampling.PER_CLASS, samples, seed)).paths
    sizes = Counter(label for _, label in table.values())
    taken = Counter(table[path][1] for path in drawn)
    most = max(taken.values(), default=0)
    assert all(taken[label] >= min(most - 1, sizes[label]) for label in sizes)


def test_each_sample_is_drawn_about_as_often_as_another() -> None:
    manifest = manifest_of([(str(n), (b"", None)) for n in range(20)])
    counts = dict.fromkeys(map(str, range(20)), 0)
    for seed in range(400):
        for path in draw(manifest, Plan(Sampling.UNIFORM, 5, seed)).paths:
            counts[path] += 1
    # 100 each; six standard deviations of a binomial are 52.
    assert all(48 < count < 152 for count in counts.values()), counts


answers = st.builds(Answer, st.sampled_from(Opinion))


@given(st.lists(st.none() | answers, max_size=40), st.sampled_from(Sampling))
def test_a_statement_claims_a_share_only_where_chance_picked(given_, sampling) -> None:
    tally = Tally.of(given_, sampling=sampling, population=1000, whole=2000)
    said = statement(tally)
    if sampling in (Sampling.PER_CLASS, Sampling.SUSPICIOUS) or not tally.looked:
        assert "confidence" not in said
        assert "gone unseen" not in said
        assert tally.most_bad is None
    else:
        assert "with 95 % confidence" in said
        assert tally.most_bad is not None
        assert tally.most_bad >= tally.bad + tally.doubtful


@given(st.lists(st.tuples(st.sampled_from("abc"), answers), max_size=20), st.integers(0, 25))
def test_undo_takes_back_one_change_at_a_time(changes, undone) -> None:
    history = History()
    for path, answer in changes:
        history.apply(path, answer)
    for _ in range(undone):
        history.revert()
    kept = changes[: max(0, len(changes) - undone)]
    assert history.answers == dict(kept)
