"""Laws of the grade of a source."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bezoar.recon.source.grade import Grade, at_best, grade
from bezoar.recon.source.signal import Aspect, Level, Signal, completed

SIGNALS = st.lists(
    st.builds(Signal, st.sampled_from(Aspect), st.sampled_from(Level), st.just("x")), max_size=20
)
ALL = st.fixed_dictionaries({aspect: st.sampled_from(Level) for aspect in Aspect}).map(
    lambda levels: [Signal(aspect, level, "x") for aspect, level in levels.items()]
)
MANY = st.one_of(SIGNALS, ALL)


@given(MANY, st.data())
def test_a_worse_signal_never_improves_the_grade(signals, data):
    if not signals:
        return
    at = data.draw(st.integers(0, len(signals) - 1))
    worse = data.draw(st.sampled_from([lv for lv in Level if lv >= signals[at].level]))
    changed = [*signals[:at], replace(signals[at], level=worse), *signals[at + 1 :]]
    assert grade(changed) >= grade(signals)


@given(ALL, st.builds(Signal, st.sampled_from(Aspect), st.sampled_from(Level), st.just("x")))
def test_one_more_signal_never_improves_a_whole_grade(signals, more):
    assert grade([*signals, more]) >= grade(signals)


@given(MANY)
def test_unknown_counts_like_poor_and_so_never_like_good(signals):
    poor = [
        replace(one, level=Level.POOR) if one.level is Level.UNKNOWN else one
        for one in completed(signals)
    ]
    assert grade(signals) == grade(poor)


@given(MANY, st.randoms())
def test_the_order_does_not_matter(signals, random):
    shuffled = random.sample(signals, len(signals))
    assert grade(shuffled) == grade(signals)


@given(MANY)
def test_at_best_is_no_worse(signals):
    assert at_best(signals) <= grade(signals)


@given(MANY, st.sampled_from(Aspect))
def test_one_bad_aspect_is_an_f(signals, aspect):
    assert grade([*signals, Signal(aspect, Level.BAD, "x")]) is Grade.F


def test_nothing_known_is_no_good_grade():
    assert grade([]) is Grade.D
    assert at_best([]) is Grade.A


def test_the_steps():
    def of(*levels):
        padded = [*levels, *[Level.GOOD] * (len(Aspect) - len(levels))]
        return str(grade(Signal(a, lv, "x") for a, lv in zip(Aspect, padded, strict=True)))

    fair, poor, dark = Level.FAIR, Level.POOR, Level.UNKNOWN
    assert of(*[fair] * 4) == "A"
    assert of(*[fair] * 5) == of(poor) == of(dark) == "B"
    assert of(poor, dark) == of(poor, poor, dark) == "C"
    assert of(poor, poor, dark, dark) == "D"
