"""Baselines: signed where there is a key, refused once somebody touched them."""

import fortify_scene
import pytest

from bezoar.core.errors import BezoarError
from bezoar.flows.baselines import keep_baseline, read_trusted, signature_path
from bezoar.fortify.signing.keyring import Role
from bezoar.ledger import open_ledger
from bezoar.limit.baseline import known_baseline
from bezoar.project import find_project

MADE = known_baseline("signs", {"stop": 0.9, "80": 0.1})


def nobody(_name):
    raise AssertionError("no passphrase is asked for")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("BEZOAR_HOME", str(tmp_path / "home"))
    return fortify_scene.project(tmp_path / "project")


def kept(project, made=MADE):
    path = project.root / "b.json"
    return path, keep_baseline(project, made, path, nobody)


def test_without_keys_it_is_unsigned_and_says_so(project):
    path, found = kept(project)
    assert found.standing == "unsigned"
    assert not signature_path(path).exists()
    assert read_trusted(project, path).baseline.digest == MADE.digest


def test_a_policy_refuses_what_is_unsigned(project):
    path, _ = kept(project)
    (project.root / "bezoar.toml").write_text("[monitor]\nrequire_signed = true\n")
    again = find_project(project.root)
    with pytest.raises(BezoarError, match="unsigned"):
        read_trusted(again, path)
    fortify_scene.with_key(again, roles=(Role.ADMIN, Role.APPROVER))
    path, found = kept(again)
    assert found.standing == "signed by alice"
    assert read_trusted(again, path).signers == ("alice",)


def test_what_was_edited_or_swapped_is_refused(project):
    fortify_scene.with_key(project, roles=(Role.ADMIN, Role.APPROVER))
    path, _ = kept(project)
    content, signature = path.read_bytes(), signature_path(path).read_bytes()
    path.write_bytes(content.replace(b"0.9", b"0.8", 1))
    with pytest.raises(BezoarError, match="edited after it was signed"):
        read_trusted(project, path)
    kept(project, known_baseline("other", {"stop": 1.0}))
    signature_path(path).write_bytes(signature)
    with pytest.raises(BezoarError, match="edited after it was signed"):
        read_trusted(project, path)
    path.write_bytes(content)
    assert read_trusted(project, path).signers == ("alice",)
    signature_path(path).write_bytes(b"{}")
    with pytest.raises(BezoarError, match="does not hold"):
        read_trusted(project, path)


def test_a_new_one_in_its_place_is_an_event_of_its_own(project):
    kept(project)
    other = known_baseline("signs", {"stop": 0.8, "80": 0.2})
    kept(project, other)
    with open_ledger(project) as ledger:
        events = [event for event in ledger.events() if event.kind.startswith("monitor.")]
    assert [event.kind for event in events] == ["monitor.baseline", "monitor.rebaseline"]
    assert events[1].detail["previous"] == str(MADE.digest)
    assert events[1].subject == str(other.digest)
