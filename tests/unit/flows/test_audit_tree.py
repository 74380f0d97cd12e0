"""Reading a stranger's tree: within bounds, nothing followed, nothing run, each fault a finding."""

import os

import pytest

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.pipelines import registry
from bezoar.evaluate.pipelines.definition import Pipeline, Step
from bezoar.flows import audit_reading, audit_tree
from bezoar.flows.audit_reading import definitions_of
from bezoar.flows.audit_tree import read_tree as read
from bezoar.recon.scan.tree import Folder


def read_tree(path, **options):
    return read(Folder(str(path), **options))


class Always:
    """A parser that claims every file, and fails as it is told."""

    format = "always"

    def __init__(self, made=None, error=None):
        self.made, self.error = made, error

    def claims(self, _file):
        return True

    def parse(self, file, _others):
        if self.error:
            raise self.error
        return [self.made(file)] if self.made else []


@pytest.fixture
def parsers(monkeypatch):
    """Return what lets parsers of the test's own read the tree."""
    return lambda *found: monkeypatch.setattr(audit_reading, "parsers", lambda: found)


def pipeline(file, *scripts):
    place = Place(PlaceKind.FILE, file.path)
    return Pipeline(file.path, "always", place, (Step("train", place, scripts=scripts),))


def test_code_definitions_and_owners_are_read_and_data_is_not(tmp_path):
    for name in ("train.py", "dvc.yaml", "MLproject", "CODEOWNERS", "run", "data.csv", "notes"):
        (tmp_path / name).write_text("x")
    (tmp_path / "run").write_text("#!/bin/sh\n")
    tree = read_tree(tmp_path)
    assert sorted(tree.texts) == ["CODEOWNERS", "MLproject", "dvc.yaml", "run", "train.py"]
    assert tree.files == 7
    assert read_tree(tmp_path, exclude=("dvc.*",)).texts.keys() == tree.texts.keys() - {"dvc.yaml"}


def test_what_leads_out_of_the_tree_is_not_followed(tmp_path):
    (tmp_path / "secret.yaml").write_text("x: 1")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "dvc.yaml").symlink_to("../secret.yaml")
    os.mkfifo(tmp_path / "tree" / "Makefile")
    tree = read_tree(tmp_path / "tree")
    assert not tree.texts
    assert [one.path for one in tree.unreadable] == ["Makefile", "dvc.yaml"]
    assert [one.code for one in definitions_of(tree).found] == ["BZ240", "BZ240"]


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"a: \xff\n", "not UTF-8"), (b"a: \0", "NUL"), (b"a: 1\n" * (1 << 19), "larger than 2 MiB")],
)
def test_what_is_no_text_or_too_long_is_a_finding(tmp_path, data, why):
    (tmp_path / "dvc.yaml").write_bytes(data)
    (finding,) = definitions_of(read_tree(tmp_path)).found
    assert finding.code == "BZ240"
    assert why in finding.message


def test_data_that_is_no_text_is_mild_or_none(tmp_path):
    for name in ("boxes.json", "settings.toml"):
        (tmp_path / name).write_bytes(b"\xff")
    (finding,) = definitions_of(read_tree(tmp_path)).found
    assert (finding.place.name, str(finding.severity)) == ("boxes.json", "low")


def test_memory_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(audit_tree, "_MOST", 100)
    for number in range(5):
        (tmp_path / f"{number}.py").write_text("x = 1\n" * 7)
    tree = read_tree(tmp_path)
    assert sorted(tree.texts) == ["0.py", "1.py"]
    assert len(tree.unreadable) == 3


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), ValueError("odd"), KeyError(1)])
def test_a_parser_that_fails_is_one_finding_and_the_others_go_on(tmp_path, parsers, error):
    (tmp_path / "dvc.yaml").write_text("x")
    parsers(Always(error=error), Always(error=error), Always(made=pipeline))
    found = definitions_of(read_tree(tmp_path))
    assert [one.code for one in found.found] == ["BZ240"]
    assert [one.name for one in found.pipelines] == ["dvc.yaml"]


def test_a_pipeline_is_bound_to_its_definition_and_to_the_scripts_that_it_runs(tmp_path, parsers):
    (tmp_path / "ci").mkdir()
    for name in ("ci/a.yaml", "ci/train.py", "other.py", "top.py"):
        (tmp_path / name).write_text(name)

    def made(file):
        return pipeline(file, "train.py", "./top.py", "../../etc/passwd", "/etc/passwd", "gone.py")

    parser = Always(made=made)
    parser.claims = lambda file: file.path == "ci/a.yaml"
    parsers(parser)
    first = definitions_of(read_tree(tmp_path)).digests
    assert list(first) == ["ci/a.yaml", "ci/train.py", "top.py"]
    (tmp_path / "ci" / "train.py").write_text("changed")
    second = definitions_of(read_tree(tmp_path)).digests
    assert [path for path in first if first[path] != second[path]] == ["ci/train.py"]


def test_the_parsers_that_are_listed_are_there():
    assert len({parser.format for parser in registry.parsers()}) == len(registry.PARSERS)
