"""`bezoar check` and BZ341: the word `approved` in an entry is nobody's word."""

import json

import fortify_scene as fs
import pytest

from bezoar.cli.app import run
from bezoar.core.outcome import Status
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.rules import sign_off_outcome


def test_a_sign_off_stands_behind_it(tmp_path):
    scene = fs.approved(tmp_path / "p")
    assert sign_off_outcome(scene.project, [scene.entry]).passed


def test_nothing_is_approved(tmp_path):
    scene = fs.registered(fs.project(tmp_path / "p"))
    outcome = sign_off_outcome(scene.project, [scene.entry])
    assert outcome.status is Status.NOT_APPLICABLE


def by_hand(scene):
    path = scene.dbom.path("signs", "1")
    path.write_text(path.read_text().replace('"draft"', '"approved"'))
    return scene.dbom.find("signs")


@pytest.mark.parametrize("keys", ["there", "taken away"])
def test_an_entry_that_somebody_wrote_approved_into(tmp_path, keys):
    where = fs.project(tmp_path / "p")
    fs.with_key(where)
    if keys == "taken away":
        (keys_folder(where.dbom) / "1.json").unlink()
    entry = by_hand(fs.registered(where))
    (finding,) = sign_off_outcome(where, [entry]).findings
    assert (finding.code, finding.place.name) == ("BZ341", "dbom/signs@1.toml")
    assert finding.next


def test_a_project_that_has_not_begun_to_sign(tmp_path):
    where = fs.project(tmp_path / "p")
    entry = by_hand(fs.registered(where))
    outcome = sign_off_outcome(where, [entry])
    assert outcome.status is Status.NOT_APPLICABLE
    assert "bezoar keys new NAME" in outcome.reason


def test_where_nobody_pinned_a_key_nobody_knows(tmp_path, monkeypatch):
    scene = fs.approved(tmp_path / "p")
    monkeypatch.setenv("BEZOAR_HOME", str(tmp_path / "ci"))
    outcome = sign_off_outcome(scene.project, [scene.entry])
    assert outcome.status is Status.FAILED
    assert "BEZOAR_TRUST" in outcome.reason


def test_the_gate_says_so(tmp_path, monkeypatch, capsysbinary):
    where = fs.project(tmp_path / "p")
    fs.with_key(where)
    by_hand(fs.registered(where))
    monkeypatch.chdir(where.root)
    assert run(["check", "--format", "json"]) == 1
    found = json.loads(capsysbinary.readouterr().out)["findings"]
    assert [one["code"] for one in found] == ["BZ341"]
    assert found[0]["evidence"]["fingerprint"]
