"""The honest statement, word for word."""

import pytest

from bezoar.recon.spot_check.answers import Answer, Opinion
from bezoar.recon.spot_check.sampling import Sampling
from bezoar.recon.spot_check.statement import CAVEAT, Tally, statement

OK, BAD, UNSURE = (Answer(o) for o in (Opinion.OK, Opinion.WRONG_LABEL, Opinion.UNSURE))


def said(answers, sampling=Sampling.UNIFORM, population=39_209):
    tally = Tally.of(answers, sampling=sampling, population=population, whole=39_209)
    text = statement(tally)
    assert text.endswith(CAVEAT) or not tally.looked
    return text.removesuffix(CAVEAT).strip()


def test_nothing_bad():
    assert said([OK] * 100) == (
        "100 of 39,209 looked at, 0 bad: with 95 % confidence under 3.0 % are bad; "
        "a poisoning of 0.1 % (40 of 39,209) would have gone unseen with probability 90 %. "
        "To see at least one of those 40 with 95 % probability, look at 2,828."
    )


def test_some_bad():
    assert said([OK] * 97 + [BAD] * 3).startswith(
        "100 of 39,209 looked at, 3 bad: with 95 % confidence under 7.6 % are bad;"
    )


def test_enough():
    assert "look at" not in said([OK] * 3000).removeprefix("3,000 of 39,209 looked at")


def test_who_is_not_sure_has_not_seen_a_good_one():
    assert said([OK] * 98 + [UNSURE] * 2).startswith(
        "100 of 39,209 looked at, 0 bad: with 95 % confidence under 6.2 % are bad;"
    )
    assert "2 samples that nobody was sure about are counted as bad" in said([UNSURE] * 2)


def test_who_leaves_samples_out_has_not_seen_good_ones_either():
    left_out = said([OK, None, OK, None, None])
    assert left_out.startswith("3 of 39,209 looked at, 0 bad")
    assert "1 sample that nobody was sure about is counted as bad" in left_out


@pytest.mark.parametrize(
    ("sampling", "begin"),
    [
        (Sampling.PER_CLASS, "2 of 39,209 looked at, 1 bad. They were picked evenly from each"),
        (Sampling.SUSPICIOUS, "The 2 most suspicious of 39,209 looked at, 1 bad. They were picked"),
    ],
)
def test_what_chance_did_not_pick_stands_for_nothing_else(sampling, begin):
    text = said([OK, BAD], sampling)
    assert text.startswith(begin)
    assert "how large a share of the whole is bad, nobody can say from them" in text


def test_changed_samples_stand_for_changed_samples():
    text = said([OK] * 50, Sampling.CHANGED, population=200)
    assert text.startswith("50 of 200 changed samples looked at, 0 bad: with 95 % confidence")
    assert "a single sample" in text
    assert text.endswith("About the samples that did not change it says nothing.")


def test_all_of_them():
    assert said([OK] * 4, population=4) == "4 of 4 looked at, 0 bad: that is all of them."


def test_none_of_them():
    assert said([None] * 4) == "Nothing was looked at, so nothing is known."


def test_a_bound_that_says_nothing():
    assert "up to 100 % are bad" in said([BAD], population=1000)
    assert "probability 99.9 %" in said([OK], population=999)
