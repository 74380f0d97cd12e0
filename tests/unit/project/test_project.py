import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.project import Project, find_project
from bezoar.project.home import home


def tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("[tool.bezoar]\n" if path.name == "pyproject.toml" else "")
    return root


FOUND = {
    "bezoar.toml": (["a/bezoar.toml", "a/b/c/"], "a"),
    "the nearest bezoar.toml": (["a/bezoar.toml", "a/b/bezoar.toml", "a/b/c/"], "a/b"),
    "pyproject.toml": (["a/pyproject.toml", "a/b/c/"], "a"),
    "git root": (["a/.git/", "a/b/c/"], "a"),
    "a worktree's git root": (["a/.git", "a/b/c/"], "a"),
    "config below a git root": (["a/.git/", "a/b/bezoar.toml", "a/b/c/"], "a/b"),
    "nothing above a git root": (["bezoar.toml", "a/.git/", "a/b/c/"], "a"),
    "the folder itself": (["a/b/c/"], "a/b/c"),
}


@pytest.mark.parametrize(("names", "root"), FOUND.values(), ids=FOUND)
def test_where_a_project_is(tmp_path, monkeypatch, names, root):
    tree(tmp_path, *names)
    monkeypatch.chdir(tmp_path / "a/b/c")
    assert find_project().root == tmp_path / root
    assert find_project(tmp_path / "a/b/c").root == tmp_path / root


def test_a_pyproject_without_our_table_is_none_of_ours(tmp_path):
    tree(tmp_path, "a/b/")
    (tmp_path / "a/pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_project(tmp_path / "a/b").root == tmp_path / "a/b"


@pytest.mark.parametrize("text", [b"[", b"\xff\xfe", b"x = " + b"[" * 5000])
@pytest.mark.parametrize("name", ["bezoar.toml", "pyproject.toml"])
def test_a_broken_configuration_is_an_error_that_names_the_file(tmp_path, name, text):
    (tmp_path / name).write_bytes(text)
    with pytest.raises(UsageError, match=name):
        find_project(tmp_path).settings  # noqa: B018 - read for its error


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_state_is_made_for_its_owner_alone_and_git_ignores_it(tmp_path):
    project = Project(tmp_path)
    assert not (tmp_path / ".bezoar").exists()
    assert project.state == tmp_path / ".bezoar"
    assert stat.S_IMODE(project.state.stat().st_mode) == 0o700
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (project.state / "secret").write_text("x")
    status = subprocess.run(
        ["git", "-C", tmp_path, "status", "--porcelain"], check=True, capture_output=True
    )
    assert status.stdout == b""


def test_a_folder_that_is_gone_is_an_error_for_a_person(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(BezoarError, match="cannot look at the current folder"):
        find_project()


def test_state_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project/.bezoar").symlink_to(tmp_path / "elsewhere")
    project = Project(tmp_path / "project")
    for use in ("state", "ledger", "writer"):
        with pytest.raises(BezoarError, match="is a link"):
            getattr(project, use)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_state_that_cannot_be_made_is_an_error_for_a_person(tmp_path):
    (tmp_path / ".bezoar").write_text("")
    with pytest.raises(BezoarError, match="cannot write"):
        Project(tmp_path).state  # noqa: B018 - read for its error


def test_dbom_and_ledger_are_named_and_not_made(tmp_path):
    project = Project(tmp_path)
    assert project.dbom == tmp_path / "dbom"
    assert project.ledger == tmp_path / ".bezoar" / "ledger.sqlite"
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_url_is_taken_from_the_root_where_it_is_relative(tmp_path, monkeypatch):
    monkeypatch.setenv("BEZOAR_LEDGER", "sqlite:///x/l.sqlite")
    assert Project(tmp_path).ledger == tmp_path / "x/l.sqlite"
    monkeypatch.setenv("BEZOAR_LEDGER", "sqlite:////x/l.sqlite")
    assert Project(tmp_path).ledger == Path("/x/l.sqlite")
    monkeypatch.setenv("BEZOAR_LEDGER", "postgresql://h/x")
    assert Project(tmp_path).ledger == "postgresql://h/x"


def test_a_checkout_keeps_its_writer(tmp_path, monkeypatch):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = Project(tmp_path / "one").writer
    assert Project(tmp_path / "one").writer == one
    assert Project(tmp_path / "two").writer != one
    monkeypatch.setenv("BEZOAR_WRITER", "ci")
    assert Project(tmp_path / "one").writer == "ci"


def test_processes_that_start_at_once_agree_on_the_writer(tmp_path):
    code = "import sys; from bezoar.project import *; from pathlib import Path;"
    code += "print(Project(Path(sys.argv[1])).writer)"
    command = [sys.executable, "-c", code, tmp_path]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    assert len({process.communicate()[0] for process in running}) == 1


def test_home_is_outside_every_project(monkeypatch, tmp_path):
    monkeypatch.setenv("BEZOAR_HOME", str(tmp_path / "mine"))
    assert home() == tmp_path / "mine"
    monkeypatch.delenv("BEZOAR_HOME")
    assert home().is_relative_to(os.environ["HOME"])
    monkeypatch.setenv("BEZOAR_HOME", "mine")
    with pytest.raises(UsageError, match="not absolute"):
        home()
