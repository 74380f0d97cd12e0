"""What a drill says to people, and what scenarios and plans say."""

from dataclasses import replace

import pytest
from drill_scene import SCENARIO, plan

from bezoar.core.drill import DrillResult, Moment
from bezoar.core.errors import UsageError
from bezoar.core.policy import Decision
from bezoar.exercise.record import default_folder
from bezoar.exercise.scenario import SCENARIOS, Plan, scenario_named
from bezoar.exercise.story import story

NOTICED = DrillResult(
    scenario="stop-sign",
    source="Stop",
    target="Speed limit 80",
    seed=7,
    rate=0.005,
    samples=4400,
    poisoned=22,
    verdict=Decision.QUARANTINE,
    stage="expose",
    time_to_detection_s=48.31,
    flagged=22,
    caught=21,
    missed=("Speed limit 80/3f.png",),
    attack_success_before=0.96,
    attack_success_after=0.01,
    accuracy_before=0.981,
    accuracy_after=0.979,
    clean_twin_verdict=Decision.ADMIT,
    clean_twin_flagged=0,
    folder="drills/one",
    report="drills/one/report.html",
    postmortem="drills/one/postmortem.md",
    again="bezoar drill run stop-sign --seed 8",
    timeline=(Moment(0.0, "It began."),),
)
MISSED = replace(
    NOTICED,
    verdict=Decision.ADMIT,
    stage=None,
    time_to_detection_s=None,
    flagged=0,
    caught=0,
    missed=tuple(f"{n}.png" for n in range(22)),
    attack_success_after=0.96,
)


def test_a_drill_that_was_noticed():
    assert story(NOTICED).startswith("""\
NOTICED  stop-sign, seed 7

Red team    took 22 pictures of “Stop”, put a mark on each and labelled them
            “Speed limit 80”: 0.50% of 4,400 samples.

Blue team   noticed after 48.3 s, in stage expose: verdict quarantine; 21 of 22
            poisoned samples are flagged, and 1 clean.

Slipped through
  Speed limit 80/3f.png

Proof       trained on the poisoned set, a model takes 96.0% of the marked test
            pictures for “Speed limit 80”; trained on the cleaned set, 1.0%. On
            clean pictures it is right in 98.1% and 97.9%.

Clean twin  the same set without the poison: verdict admit, 0 flagged.

""")


def test_where_everything_lies():
    told = story(NOTICED)
    assert "Report      drills/one/report.html\n" in told
    assert "Open it     file:///" in told
    assert "drills/one/report.html\nPost-mortem drills/one/postmortem.md\n" in told
    assert told.endswith("Once more   bezoar drill run stop-sign --seed 8\n")


def test_a_drill_that_was_missed():
    told = story(MISSED)
    assert told.startswith("MISSED  stop-sign, seed 7\n")
    assert "did not notice: verdict admit; 0 of 22" in told
    assert "Slipped through" not in told
    assert "cleaned" not in told.partition("Report")[0]


def test_it_fits_80_columns_and_hostile_names_stay_on_their_line():
    name = "\x1b[31mred\n" + "x" * 500
    told = story(replace(NOTICED, source=name, target=name, missed=(name,) * 9))
    assert "\x1b" not in told
    assert "and 4 more" in told
    assert all(len(line) <= 80 for line in story(NOTICED).splitlines() if "/" not in line)


def test_a_scenario_by_its_name():
    assert scenario_named("stop-sign") is SCENARIOS["stop-sign"]
    with pytest.raises(UsageError, match=r"no scenario 'stop-sing'; did you mean stop-sign\?"):
        scenario_named("stop-sing")
    with pytest.raises(UsageError) as raised:
        scenario_named("zzz")
    assert raised.value.next == "bezoar drill list"


def test_a_plan_repeats_itself_with_another_seed(tmp_path):
    data = tmp_path / "my data"
    again = plan(4, rate=0.003, source="14", target="5", data=data, test=data).again
    assert again == (
        f"bezoar drill run stop-sign --data '{data}' --test '{data}' --source 14 --target 5 "
        "--rate 0.003 --seed 5"
    )


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.5, float("nan")])
def test_a_rate_is_a_share(rate):
    with pytest.raises(UsageError, match="share"):
        plan(rate=rate)


def test_data_and_test_go_together(tmp_path):
    for changes in ({"data": tmp_path}, {"test": tmp_path}):
        with pytest.raises(UsageError, match="go together"):
            plan(**changes)


def test_the_poison_of_a_scenario_is_half_a_percent_at_most():
    assert all(scenario.rate <= 0.005 for scenario in SCENARIOS.values())
    assert Plan(SCENARIO, 1).share == SCENARIO.rate


def test_a_folder_of_its_own_for_each_drill(tmp_path):
    seen = []
    for _ in range(3):
        folder = default_folder(tmp_path, "stop-sign", 7)
        folder.mkdir(parents=True)
        seen.append(folder)
    assert len(set(seen)) == 3
    assert {folder.parent for folder in seen} == {tmp_path / "drills"}
    assert all(folder.name.startswith("stop-sign-") for folder in seen)
