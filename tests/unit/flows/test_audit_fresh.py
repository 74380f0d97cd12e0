"""Whether the pipelines are the ones that were audited."""

from datetime import timedelta

import fortify_scene
import pytest

from bezoar.core.digest import Digest
from bezoar.core.place import Place, PlaceKind
from bezoar.datasets.entry import now
from bezoar.evaluate.pipelines.definition import Pipeline
from bezoar.flows import audit_fresh, audit_reading
from bezoar.flows.audit_fresh import audit_subject, audited_fresh, note_audit
from bezoar.flows.audit_reading import read_definitions


class Yaml:
    """A parser for which each YAML file is a pipeline."""

    format = "yaml"

    def claims(self, file):
        return file.path.endswith(".yaml")

    def parse(self, file, _others):
        return [Pipeline(file.path, "yaml", Place(PlaceKind.FILE, file.path))]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project with two pipelines and a file that is none, audited."""
    monkeypatch.setattr(audit_reading, "parsers", lambda: (Yaml(),))
    project = fortify_scene.project(tmp_path / "project")
    for name in ("a.yaml", "b.yaml", "c.py"):
        (project.root / name).write_text("x: 1\n")
    note_audit(project, read_definitions(project).digests, grade="A")
    return project


def faults(project, days=30):
    found = audited_fresh(project, days)
    assert found.fresh is not bool(found.findings)
    assert all(one.code == "BZ238" for one in found.findings)
    return {one.place.name: one.message for one in found.findings}


def test_what_was_audited_is_fresh(project):
    found = audited_fresh(project, 30)
    assert found.fresh
    assert found.audited.detail["grade"] == "A"
    assert faults(project) == {}


def test_a_file_that_is_no_pipeline_may_change(project):
    (project.root / "c.py").write_text("x = 2\n")
    assert faults(project) == {}


def test_changed_added_and_gone_are_named(project):
    (project.root / "a.yaml").write_text("x: 2\n")
    (project.root / "b.yaml").rename(project.root / "d.yaml")
    found = faults(project)
    assert list(found) == ["a.yaml", "b.yaml", "d.yaml"]
    assert "was changed after" in found["a.yaml"]
    assert "is gone" in found["b.yaml"]
    assert "came to the pipelines" in found["d.yaml"]
    note_audit(project, read_definitions(project).digests)
    assert faults(project) == {}


def test_an_audit_grows_old(project, monkeypatch):
    monkeypatch.setattr(audit_fresh, "now", lambda: now() + timedelta(days=30, hours=1))
    assert "older than 30 days" in faults(project)["pipelines"]
    assert faults(project, days=31) == {}


def test_an_audit_of_tomorrow_is_none(project, monkeypatch):
    monkeypatch.setattr(audit_fresh, "now", lambda: now() - timedelta(days=9))
    assert "cannot be" in faults(project)["pipelines"]


def test_without_an_audit_nothing_is_fresh(tmp_path):
    found = audited_fresh(fortify_scene.project(tmp_path / "other"), 30)
    assert not found.fresh
    assert found.audited is None
    assert "Nobody audited" in found.findings[0].message


def test_many_changes_are_counted(project):
    for number in range(50):
        (project.root / f"x{number:02}.yaml").write_text("")
    messages = list(faults(project).values())
    assert len(messages) == 21
    assert messages[-1] == "This and 29 more files changed, too."


def test_a_digest_is_of_every_path_and_every_byte():
    one, other = Digest.of(b"1"), Digest.of(b"2")
    subjects = {
        str(audit_subject(found))
        for found in ({}, {"a": one}, {"b": one}, {"a": other}, {"a": one, "b": other})
    }
    assert len(subjects) == 5
    assert audit_subject({"a": one, "b": other}) == audit_subject({"b": other, "a": one})
