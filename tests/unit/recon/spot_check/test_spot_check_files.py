"""A spot check of what is no set of images: texts, tables, and what cannot be shown."""

import pytest

from bezoar.cli.app import run
from bezoar.datasets.dbom import Dbom
from bezoar.project import find_project
from bezoar.recon.spot_check.preview import Text, Unshowable, preview
from bezoar.recon.spot_check.subject import find_subject


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a folder of texts and a table, pinned file by file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bezoar.toml").write_text("")
    (tmp_path / "texts").mkdir()
    for number in range(3):
        (tmp_path / "texts" / f"{number}.txt").write_text(f"text {number}\n")
    (tmp_path / "texts" / "t.csv").write_text("name,label\na,1\n")
    (tmp_path / "texts" / "x.bin").write_bytes(b"\0\1\2")
    origin = ["--origin", "https://a.example/texts"]
    assert run(["dbom", "add", "./texts", "--name", "t", "--version", "1", *origin, "--files"]) == 0
    return find_project()


def subject(project, text):
    return find_subject(text, Dbom(project), project.state / "reviews")


@pytest.mark.parametrize("text", ["t", "t@1", "./texts"])
def test_files_are_samples_by_name_and_by_path(project, text):
    found = subject(project, text)
    assert found.name == "t@1"
    assert len(found.dataset) == 5


def test_a_single_table_is_a_sample(project):
    assert len(subject(project, "./texts/t.csv").dataset) == 1


def test_a_text_and_a_table_are_shown_as_text(project):
    shown = {one.id: preview(one.fetch()) for one in subject(project, "t").dataset}
    assert shown["1.txt"] == Text("text 1\n")
    assert shown["t.csv"] == Text("name,label\na,1\n")
    assert isinstance(shown["x.bin"], Unshowable)


@pytest.mark.usefixtures("project")
def test_a_sheet_is_written_for_what_was_registered_by_file(tmp_path):
    assert run(["review", "t", "--export", "sheet.html"]) == 0
    assert "text 2" in (tmp_path / "sheet.html").read_text()


@pytest.mark.usefixtures("project")
def test_what_is_not_there_is_said():
    assert run(["review", "./nothing", "--export", "sheet.html"]) == 2
