"""The `[mirror]` table: what it takes, and what it says to a slip."""

import pytest

from bezoar.core.errors import UsageError
from bezoar.project.settings import read_settings


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"url": "x"}, "did you mean 'uri'"),
        ({"object_lock_days": 0}, "object_lock_days"),
        ({"object_lock_days": 10**9}, "object_lock_days"),
        ({"object_lock_mode": "forever"}, "object_lock_mode"),
        ({"uri": 3}, "uri"),
    ],
)
def test_a_slip_is_an_error_that_names_it(table, why):
    with pytest.raises(UsageError, match=why) as caught:
        read_settings("bezoar.toml", {"mirror": table}, {})
    assert caught.value.next == "mend bezoar.toml"


def test_the_environment_goes_before_the_file():
    table = {"mirror": {"uri": "one", "region": "here", "object_lock_days": 3}}
    environment = {"BEZOAR_MIRROR_URI": "two", "BEZOAR_FAIL_ON": "low"}
    mirror = read_settings("bezoar.toml", table, environment).mirror
    assert (mirror.uri, mirror.region, mirror.object_lock_days) == ("two", "here", 3)


def test_nothing_is_declared_unless_somebody_does():
    assert read_settings("bezoar.toml", {}, {}).mirror.uri is None
