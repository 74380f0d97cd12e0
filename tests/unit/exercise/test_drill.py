"""The drill from end to end, with an inspector that cheats and a trainer that learns nothing."""

import json
import threading

import numpy as np
import pytest
from dataset_layouts import picture, write_npz
from drill_scene import grumbler, here, inspector, pipeline, plan

import bezoar
from bezoar.core.digest import Digest
from bezoar.core.drill import DrillResult
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.policy import Decision
from bezoar.exercise.drill import run_drill
from bezoar.ledger import open_ledger
from bezoar.project import Project

KEYS = {
    *("schema_version", "scenario", "noticed", "stage", "time_to_detection_s", "verdict", "tpr"),
    *("fpr", "attack_success_before", "attack_success_after", "accuracy_before", "seed", "rate"),
    *("accuracy_after", "clean_twin_verdict", "clean_twin_flagged", "samples", "poisoned"),
    *("report", "timeline", "missed", "next", "folder", "flagged", "postmortem", "source"),
    "target",
}


def tree(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def events(folder):
    with open_ledger(folder / ".bezoar" / "ledger.sqlite") as ledger:
        return list(ledger.events())


@pytest.fixture(scope="module")
def drilled(tmp_path_factory):
    """Return the result of a drill that goes well, and its folder."""
    folder = tmp_path_factory.mktemp("drilled") / "drill"
    return run_drill(plan(), folder, pipeline=pipeline()), folder


def test_poison_that_is_flagged_is_noticed(drilled):
    result, _ = drilled
    assert result.noticed
    assert result.stage == "expose"
    assert result.verdict is Decision.QUARANTINE
    assert (result.samples, result.poisoned, result.flagged, result.caught) == (200, 4, 4, 4)
    assert (result.tpr, result.fpr, result.missed) == (1.0, 0.0, ())
    assert (result.clean_twin_verdict, result.clean_twin_flagged) == (Decision.ADMIT, 0)


def test_poison_that_nobody_sees_is_missed(tmp_path):
    missed = run_drill(plan(), tmp_path / "drill", pipeline=pipeline(inspect=inspector(caught=0)))
    assert not missed.noticed
    assert (missed.stage, missed.time_to_detection_s, missed.tpr) == (None, None, 0.0)
    assert missed.verdict is Decision.ADMIT
    assert len(missed.missed) == 4
    assert missed.attack_success_after == missed.attack_success_before
    assert missed.accuracy_after == missed.accuracy_before
    assert not (tmp_path / "drill" / "cleaned").exists()


def test_a_refusal_for_another_reason_is_not_noticing(tmp_path):
    inspect = grumbler(flags_poison=False)
    result = run_drill(plan(), tmp_path / "drill", pipeline=pipeline(inspect=inspect))
    assert result.verdict is Decision.QUARANTINE
    assert not result.noticed


def test_the_stage_is_that_of_the_rule_that_flagged_poison(tmp_path):
    inspect = grumbler(flags_poison=True)
    result = run_drill(plan(), tmp_path / "drill", pipeline=pipeline(inspect=inspect))
    assert result.noticed
    assert result.stage == "expose"


def test_flagging_the_wrong_samples_is_not_noticing(tmp_path):
    inspect = inspector(caught=0, false=3)
    result = run_drill(plan(), tmp_path / "drill", pipeline=pipeline(inspect=inspect))
    assert result.verdict is Decision.QUARANTINE
    assert not result.noticed
    assert (result.flagged, result.caught) == (3, 0)
    assert result.fpr == 3 / 196


def test_half_of_the_poison_slips_through(tmp_path):
    inspect = inspector(caught=0.5, false=2)
    result = run_drill(plan(), tmp_path / "drill", pipeline=pipeline(inspect=inspect))
    assert (result.tpr, result.fpr) == (0.5, 2 / 196)
    truth = json.loads((tmp_path / "drill" / "truth.json").read_text())
    assert set(result.missed) < {one["path"] for one in truth["poison"]}
    assert len(tree(tmp_path / "drill" / "cleaned")) == 200 - 4


def test_a_false_alarm_on_the_twin_is_told(tmp_path):
    inspect = inspector(false=2, twin_alarm=True)
    result = run_drill(plan(), tmp_path / "drill", pipeline=pipeline(inspect=inspect))
    assert (result.clean_twin_verdict, result.clean_twin_flagged) == (Decision.QUARANTINE, 2)


def test_the_time_to_detection_runs_from_the_poison_in_place_to_the_verdict(drilled):
    result, _ = drilled
    times = {moment.what.partition(",")[0]: moment.t_s for moment in result.timeline}
    verdict = times["Blue team: verdict quarantine"]
    in_place = next(t for what, t in times.items() if what.startswith("Red team: sticker"))
    # The clock is a second later each time that it is read: once when the data is taken in.
    assert result.time_to_detection_s == verdict - in_place - 1


def test_the_json_has_every_key_and_is_what_is_on_disk(drilled):
    result, drill = drilled
    told = result.as_json()
    assert set(told) == KEYS
    assert json.loads((drill / "drill.json").read_text()) == told
    assert told["report"] == str(drill / "report.html")
    assert told["next"] == "bezoar drill run stop-sign --seed 2"
    assert told["verdict"] == "quarantine"


def test_the_same_seed_gives_the_same_result(tmp_path):
    one, other, third = (
        run_drill(plan(seed), tmp_path / name, pipeline=pipeline())
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert one.timeless() == other.timeless()
    assert tree(tmp_path / "a" / "poisoned") == tree(tmp_path / "b" / "poisoned")
    assert (tmp_path / "a" / "truth.json").read_bytes() == (
        tmp_path / "b" / "truth.json"
    ).read_bytes()
    assert tree(tmp_path / "a" / "poisoned") != tree(tmp_path / "c" / "poisoned")
    assert one.timeless() != third.timeless()


def test_the_truth_is_not_in_the_poisoned_folder(drilled):
    result, drill = drilled
    original, poisoned = tree(drill / "original"), tree(drill / "poisoned")
    assert all(path.endswith(".png") for path in poisoned)
    truth = json.loads((drill / "truth.json").read_text())["poison"]
    assert len(poisoned) == len(original) == 200
    # Names are the same with and without the poison, and its class folder is all that moved.
    assert {path.split("/")[1] for path in poisoned} == {path.split("/")[1] for path in original}
    assert {path for path in poisoned if poisoned[path] != original.get(path)} == {
        one["path"] for one in truth
    }
    assert {one["true_label"] for one in truth} == {"Stop"}
    assert all(one["path"].startswith("Speed limit 80/") for one in truth)
    assert result.missed == ()


def test_every_step_is_an_event_of_a_chain_that_holds(drilled):
    _, drill = drilled
    with open_ledger(drill / ".bezoar" / "ledger.sqlite") as ledger:
        assert ledger.verify() == []
    found = events(drill)
    assert [event.kind for event in found] == [
        "drill.started",
        "drill.poisoned",
        "dbom.added",
        "dataset.inspected",
        "dbom.quarantined",
        "dataset.cleaned",
        "twin.inspected",
        "model.measured",
        "model.measured",
        "drill.reported",
    ]
    truth = Digest.of((drill / "truth.json").read_bytes())
    assert found[1].subject == str(truth)
    report = Digest.of((drill / "report.html").read_bytes())
    assert found[-1].detail["files"]["report.html"] == str(report)


def test_the_drill_is_a_project_whose_dbom_says_why_the_data_is_set_aside(drilled):
    _, drill = drilled
    (entry,) = bezoar.Dbom(Project(drill)).entries()
    assert entry.spec == "incoming@1"
    assert str(entry.status) == "quarantined"
    assert "BZ501" in entry.reason
    assert entry.content.location == "poisoned"


def test_nothing_is_written_outside_but_one_event(tmp_path):
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    rows = np.stack([picture(n) for n in range(60)])
    for name in ("train", "test"):
        data.mkdir(exist_ok=True)
        write_npz(data / f"{name}.npz", x=rows, y=np.arange(60) % 3)
    project = Project(home)
    with open_ledger(project) as ledger:
        ledger.append("earlier", "x")
    before = {**tree(tmp_path)}
    result = run_drill(
        plan(source="1", target="2", data=data / "train.npz", test=data / "test.npz"),
        home / ".bezoar" / "drills" / "one",
        pipeline=pipeline(),
        project=project,
    )
    after = tree(tmp_path)
    new = {path for path in after if after[path] != before.get(path)}
    outside = {path for path in new if not path.startswith("home/.bezoar/drills/one/")}
    assert outside <= {f"home/.bezoar/ledger.sqlite{end}" for end in ("", "-wal", "-shm")}
    assert set(before) <= set(after)
    with open_ledger(project) as ledger:
        earlier, event = ledger.events()
    assert (earlier.kind, event.kind) == ("earlier", "drill.finished")
    assert event.subject == str(events(home / ".bezoar" / "drills" / "one")[-1].digest)
    assert event.detail["noticed"] is True
    assert event.detail["seed"] == result.seed


HOSTILE = ["../../x", "a/b", "", "<script>alert(1)</script>", "nul\x00", ".", "x" * 300]


def test_hostile_class_names_stay_inside(tmp_path):
    labels = np.array([HOSTILE[n % len(HOSTILE)] for n in range(70)])
    rows = np.stack([picture(n) for n in range(70)])
    names = np.array([f"../{n}" for n in range(70)])
    for name in ("train", "test"):
        write_npz(tmp_path / f"{name}.npz", x=rows, y=labels, name=names)
    before = {path.name for path in tmp_path.iterdir()}
    result = run_drill(
        plan(source="../../x", target="<script>alert(1)</script>", rate=0.05,
             data=tmp_path / "train.npz", test=tmp_path / "test.npz"),
        tmp_path / "drill",
        pipeline=pipeline(),
    )  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} == before | {"drill"}
    assert result.poisoned == 4
    assert result.noticed
    assert "<script>alert" not in (tmp_path / "drill" / "report.html").read_text()
    assert len(tree(tmp_path / "drill" / "poisoned")) == 70


def test_pictures_that_cannot_be_read_are_neither_a_crash_nor_poison(tmp_path):
    for name in ("train", "test"):
        for label in ("Stop", "Speed limit 80"):
            folder = tmp_path / name / label
            folder.mkdir(parents=True)
            for n in range(20):
                data = bezoar.encode_png(picture(n))
                (folder / f"{n}.png").write_bytes(data[:30] if n < 10 else data)
    result = run_drill(
        plan(rate=0.2, data=tmp_path / "train", test=tmp_path / "test"),
        tmp_path / "drill",
        pipeline=pipeline(),
    )
    assert result.poisoned == 8
    assert result.samples == 40
    assert len(tree(tmp_path / "drill" / "poisoned")) == 40


def test_no_victim_that_can_be_read_is_no_victim(tmp_path):
    for name in ("train", "test"):
        for label, good in (("Stop", name == "test"), ("Speed limit 80", True)):
            folder = tmp_path / name / label
            folder.mkdir(parents=True)
            for n in range(5):
                data = bezoar.encode_png(picture(n))
                (folder / f"{n}.png").write_bytes(data if good else data[:30])
    with pytest.raises(UsageError, match="finds 0"):
        run_drill(
            plan(rate=0.2, data=tmp_path / "train", test=tmp_path / "test"),
            tmp_path / "drill",
            pipeline=pipeline(),
        )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"source": "Stopp"}, "no class 'Stopp'"),
        ({"target": "Speed limit 81"}, "no class 'Speed limit 81'"),
        ({"source": "Yield", "target": "Yield"}, "source and target are one class"),
        ({"rate": 0.9}, "takes 180 victims"),
    ],
)
def test_what_is_impossible_is_said_before_anything_is_written(tmp_path, changes, why):
    with pytest.raises(UsageError, match=why):
        run_drill(plan(**changes), tmp_path / "drill", pipeline=pipeline())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["file", "folder"])
def test_an_older_drill_is_never_overwritten(tmp_path, there):
    if there == "file":
        (tmp_path / "drill").write_text("mine")
    else:
        (tmp_path / "drill").mkdir()
        (tmp_path / "drill" / "mine").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(UsageError):
        run_drill(plan(), tmp_path / "drill", pipeline=pipeline())
    assert tree(tmp_path) == before


def test_each_step_is_announced_and_shows_progress(tmp_path):
    seen = {}

    def steps(step):
        class Step:
            def __enter__(self):
                seen[step] = []
                return lambda done, total: seen[step].append((done, total))

            def __exit__(self, *error):
                pass

        return Step()

    run_drill(plan(), tmp_path / "drill", pipeline=pipeline(), steps=steps)
    assert seen["Drawing traffic signs"][-1] == (100, 100)
    assert seen["Red team: poisoning a copy"][-1] == (200, 200)
    assert seen["Blue team: inspecting it"] == [(1, 1)]
    assert len(seen) == 10


def test_what_fails_beside_fails_the_drill(tmp_path):
    def fail(*_arguments, **_options):
        raise BezoarError("the network did not learn")

    with pytest.raises(BezoarError, match="did not learn"):
        run_drill(plan(), tmp_path / "drill", pipeline=pipeline(train=fail))


def test_nothing_runs_on_after_the_drill(tmp_path):
    before = threading.active_count()
    run_drill(plan(), tmp_path / "drill", pipeline=pipeline(beside=here))
    assert threading.active_count() <= before + 1


def test_a_result_without_clock_readings_says_the_same_otherwise(drilled):
    result, _ = drilled
    timeless = result.timeless()
    assert isinstance(timeless, DrillResult)
    assert timeless.noticed == result.noticed
    assert [what for _, what in timeless.timeline] == [what for _, what in result.timeline]
    assert {t for t, _ in timeless.timeline} == {0.0}
