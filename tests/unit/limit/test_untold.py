"""What nobody could be told of is bounded, and its beginning and its end are there."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.alert import Alert
from bezoar.core.place import Place, PlaceKind
from bezoar.limit.monitor import ClassAlert
from bezoar.limit.suspect import Suspect
from bezoar.limit.untold import Untold


def turn(number, class_="80", *, began=True):
    place = Place(PlaceKind.CLASS, class_ or "(unknown)")
    alert = Alert("share of predictions", 2e6, 1e6, 1e-6, place, number)
    return ClassAlert(alert, class_, 400, 10 + number, 1.5, began)


def flapped(untold, classes):
    for number, class_ in enumerate(classes):
        untold.add(turn(2 * number, class_))
        untold.add(turn(2 * number + 1, class_, began=False))


@given(st.lists(st.sampled_from(["80", "stop", ""]), max_size=60), st.booleans())
def test_first_and_latest_of_each_class_are_there_and_few_between(classes, ended):
    untold = Untold()
    flapped(untold, classes)
    if not ended:
        untold.add(turn(1_000))
        classes = [*classes, "80"]
    for class_ in set(classes):
        mine = [one for one in untold if one.class_ == class_]
        assert len(mine) <= 5
        assert [one.began for one in mine] == [n % 2 == 0 for n in range(len(mine))]
        firsts = [n for n, one in enumerate(classes) if one == class_]
        last = 1_000 if class_ == "80" and not ended else 2 * firsts[-1]
        began = [one.alert.index for one in mine if one.began]
        assert began[0] == (2 * firsts[0] if len(firsts) > 1 or last != 1_000 else last)
        assert began[-1] == last
        told = sum(one.between + one.began for one in mine)
        assert told == len(firsts), "each alarm is told, or counted"


def test_an_alarm_that_was_told_is_ended_first():
    untold = Untold()
    untold.add(turn(0))
    untold.told()
    untold.add(turn(1, began=False))
    flapped(untold, ["80"] * 50)
    turns = [(one.began, one.between) for one in untold]
    assert turns[:2] == [(False, 0), (True, 0)]
    assert turns[-2:] == [(True, 48), (False, 0)]
    assert len(turns) <= 5


def test_a_suspect_goes_with_an_alarm_that_waits_and_follows_one_that_was_told():
    untold, suspect = Untold(), Suspect("stop", 1, 10.0)
    first = turn(0)
    later = replace(first, observed=99, suspect=suspect, again=True)
    untold.add(first)
    untold.add(later)
    (waits,) = untold
    assert waits == replace(first, suspect=suspect), "its first evidence stays"
    untold.told()
    untold.add(later)
    assert list(untold) == [later]


def test_it_survives_a_restart_as_json():
    untold = Untold()
    untold.add(replace(turn(0), suspect=Suspect("stop", 1, 10.0), samples=("a", "b")))
    flapped(untold, ["stop", "80", "80", "80"])
    again = Untold(json.loads(json.dumps(untold.as_json())))
    assert list(again) == list(untold)
