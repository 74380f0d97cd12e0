"""The commands around the drill: what they print where, and how they exit."""

import json
from pathlib import Path

import pytest
import typer
from drill_scene import inspector, pipeline, plan

from bezoar.cli.exercise import carry_out
from bezoar.cli.output import Format
from bezoar.ledger import open_ledger
from bezoar.project import find_project


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / "bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path)


def drill(form=Format.TEXT, folder=None, output=None, **changes):
    with pytest.raises(typer.Exit) as raised:
        carry_out(plan(), folder, form, output, pipeline(**changes))
    return raised.value.exit_code


def test_noticed_is_0_and_the_story_goes_to_stdout(capsys):
    assert drill() == 0
    told = capsys.readouterr()
    assert told.out.startswith("NOTICED  stop-sign, seed 1\n")
    assert "Blue team: inspecting it" in told.err
    assert "Seed 1." in told.err


def test_missed_is_1(capsys):
    assert drill(inspect=inspector(caught=0)) == 1
    assert capsys.readouterr().out.startswith("MISSED")


def test_json_alone_goes_to_stdout(capsys):
    assert drill(Format.JSON) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["noticed"] is True
    assert Path(told["report"]).is_file()
    assert Path(told["report"]).parent.parent == Path(".bezoar/drills")


def test_a_file_instead_of_stdout(capsys):
    drill(Format.JSON, output=Path("out.json"))
    assert capsys.readouterr().out == ""
    assert json.loads(Path("out.json").read_text())["scenario"] == "stop-sign"


def test_a_folder_of_ones_choice():
    drill(folder=Path("mine"))
    assert Path("mine/report.html").is_file()
    assert not Path(".bezoar/drills").exists()


def test_one_event_in_the_projects_ledger_for_each_drill():
    drill()
    drill(inspect=inspector(caught=0))
    with open_ledger(find_project()) as ledger:
        events = list(ledger.events())
    assert [event.kind for event in events] == ["drill.finished"] * 2
    assert [event.detail["noticed"] for event in events] == [True, False]
    assert len(list(Path(".bezoar/drills").iterdir())) == 2


def test_the_policy_of_the_project_decides():
    seen = []
    whole = inspector()

    def inspect(dataset, *, policy, **options):
        seen.append(policy)
        return whole(dataset, policy=policy, **options)

    Path("bezoar.toml").write_text('[policy]\nreject_at = "high"\n')
    policy = find_project().settings.as_policy()
    assert drill(inspect=inspect, policy=policy) == 0
    assert set(seen) == {policy}
