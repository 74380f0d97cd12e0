"""How a profile's page writes numbers and times."""

import pytest

from bezoar.evaluate.profile.column_profile import Histogram
from bezoar.evaluate.profile.roles import Role
from bezoar.report.profile_charts import amount, moment, small_histogram

DAY = 86_400.0


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (25.0, "25"),
        (1.5, "1.5"),
        (31_772.0, "31,772"),
        (-0.432099, "-0.43"),
        (0.0, "0"),
        (1e300, f"{1e300:,.0f}"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_a_whole_number_has_no_fraction(value, written):
    assert amount(value) == written


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (0.0, 60.0, ("00:00:00", "00:01:00")),
        (0.0, DAY, ("1970-01-01", "1970-01-02")),
        (1e20, 1e20, ("1e+20 s", "1e+20 s")),
    ],
)
def test_times_of_one_day_are_told_apart(low, high, written):
    found = small_histogram(Histogram((low, high), (1,), 0, 0), Role.TIME)
    assert (found.low, found.high) == written


def test_a_line_may_break_between_day_and_time():
    assert moment(DAY) == "1970-01-02 00:00:00"
