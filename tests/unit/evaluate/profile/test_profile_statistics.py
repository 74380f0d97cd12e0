"""Numbers of a profile against numbers that were worked out another way."""

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from bezoar.evaluate.profile.association import Measure, associations, coded
from bezoar.evaluate.profile.column_profile import count_between, ordered, profile_column
from bezoar.evaluate.profile.drift import drift
from bezoar.evaluate.profile.roles import Role

RANDOM = np.random.default_rng(5)
LABELS = pl.Series(RANDOM.choice(["go", "stop", "turn"], 3000))


def numbers(values, labels=LABELS):
    return associations(pl.Series(values), "x", Role.NUMBER, coded(labels))[0]


def test_ranks_are_those_of_scipy():
    values = RANDOM.integers(0, 50, 500).astype(float)
    assert ordered(pl.Series(values)).ranks.tolist() == stats.rankdata(values).tolist()


def test_correlation_ratio_is_kruskal_wallis():
    codes = coded(LABELS).codes
    values = RANDOM.normal(size=3000) + 0.3 * codes
    h = stats.kruskal(*(values[codes == code] for code in range(3))).statistic
    n, k = 3000, 3
    found = numbers(values)
    ratio = h / (n - 1)  # eta² of ranks
    assert found.measure is Measure.CORRELATION_RATIO
    assert found.strength == pytest.approx(math.sqrt(1 - (1 - ratio) * (n - 1) / (n - k)))


def test_noise_follows_nothing_and_names_no_class():
    found = numbers(RANDOM.normal(size=3000))
    assert found.strength < 0.06
    assert found.standout is None


def test_the_class_that_is_given_away_is_named_and_outliers_do_not_hide_it():
    values = RANDOM.normal(size=3000)
    stop = (LABELS == "stop").to_numpy()
    values[stop] += 2
    values[:5] = 1e300
    found = numbers(values)
    assert found.standout.label == "stop"
    u = stats.mannwhitneyu(values[stop], values[~stop]).statistic
    assert found.standout.effect == pytest.approx(2 * u / (stop.sum() * (~stop).sum()) - 1)


def test_cramers_v_against_scipy_and_its_correction():
    values = pl.Series(np.where(RANDOM.random(3000) < 0.5, LABELS.to_numpy(), "go"))
    found = associations(values, "x", Role.CATEGORY, coded(LABELS))[0]
    kinds = ["go", "stop", "turn"]
    table = np.array([[((a == LABELS) & (values == b)).sum() for b in kinds] for a in kinds])
    plain = stats.contingency.association(table, method="cramer")
    assert found.strength == pytest.approx(plain, abs=0.01)
    assert found.strength < plain
    noise = pl.Series(RANDOM.choice([str(n) for n in range(100)], 3000))
    assert associations(noise, "x", Role.CATEGORY, coded(LABELS))[0].strength < 0.05


def test_a_value_of_a_few_is_named_with_its_class():
    values = ["none"] * 3000
    for row in np.flatnonzero((LABELS == "stop").to_numpy())[:30]:
        values[row] = "mallory"
    found = associations(pl.Series(values), "uploader", Role.CATEGORY, coded(LABELS))[0]
    assert (found.standout.label, found.standout.value) == ("stop", "mallory")
    assert found.standout.outside == 0


def test_whether_there_is_a_value_can_give_a_class_away():
    values = pl.Series([1.0 if label == "go" else None for label in LABELS])
    missing = associations(values, "x", Role.NUMBER, coded(LABELS))[-1]
    assert missing.of_missing
    assert missing.strength == pytest.approx(1, abs=0.01)


def test_shuffling_rows_and_renaming_labels_changes_nothing():
    values = RANDOM.normal(size=3000) + coded(LABELS).codes
    order = RANDOM.permutation(3000)
    renamed = LABELS.replace({"go": "z", "stop": "y", "turn": "x"})
    first = numbers(values).strength
    assert numbers(values[order], LABELS.gather(order)).strength == pytest.approx(first)
    assert numbers(values, renamed).strength == pytest.approx(first)
    assert numbers(values * 3 + 7).strength == pytest.approx(first)


def test_one_outlier_does_not_squeeze_a_histogram():
    values = np.sort(np.append(RANDOM.normal(size=999), 1e12))
    found = profile_column(pl.Series(values), "x", Role.NUMBER).numbers.histogram
    assert found.above == 1
    assert found.edges[-1] < 10
    assert sum(found.counts) + found.below + found.above == 1000


def test_a_histogram_counts_each_value_once():
    values = np.array([0.0, 1.0, 1.0, 2.0, 3.0])
    assert count_between(values, np.array([1.0, 2.0, 3.0])).counts == (2, 2)


@pytest.mark.parametrize(
    ("values", "remark"),
    [
        ([None, None], "all null"),
        ([1.0, math.nan], "not all finite"),
        ([math.nan, math.inf], "not all finite"),
        ([3, 3], "constant"),
        (["a", "b"], "each value once"),
        ([1e308, -1e308], ""),
        ([True, False], "each value once"),
    ],
)
def test_what_is_odd_about_a_column_is_said(values, remark):
    series = pl.Series(values, dtype=pl.Float64 if values[0] is None else None)
    role = Role.CATEGORY if isinstance(values[0], str | bool) else Role.NUMBER
    assert profile_column(series, "x", role).remark == remark


def test_drift_of_numbers_is_kolmogorov_smirnov():
    old, new = RANDOM.normal(size=800), RANDOM.normal(0.5, size=900)
    found = drift(pl.Series(old), pl.Series(new), "x", Role.NUMBER, None)
    assert found.distance == pytest.approx(stats.ks_2samp(old, new).statistic)
    assert found.moved


def test_two_times_of_unpacking_are_no_drift():
    day = 86_400
    one, other = (pl.Series(range(start, start + 600)) for start in (0, day))
    seconds = pl.Datetime("us", "UTC")
    old, new = ((series * 1_000_000).cast(seconds) for series in (one, other))
    assert drift(old, new, "added_at", Role.TIME, None) is None
    later = pl.concat([old, new])  # the same, and what came a day later
    assert drift(old, later, "added_at", Role.TIME, None).moved


def test_drift_of_categories_is_the_total_variation():
    old, new = pl.Series(["a"] * 90 + ["b"] * 10), pl.Series(["a"] * 50 + ["c"] * 50)
    found = drift(old, new, "x", Role.CATEGORY, pl.Series([False] * 50 + [True] * 50))
    assert found.distance == pytest.approx(0.5)
    assert found.new_distance == pytest.approx(1.0)
    assert found.shares[0] == ("c", 0.0, 0.5)


def test_two_draws_of_one_distribution_have_not_moved():
    moved = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        old, new = (random.normal(size=400) for _ in range(2))
        moved += drift(pl.Series(old), pl.Series(new), "x", Role.NUMBER, None).moved
        a, b = (pl.Series(random.choice(list("abcdefgh"), 400)) for _ in range(2))
        moved += drift(a, b, "x", Role.CATEGORY, None).moved
    assert moved <= 2
