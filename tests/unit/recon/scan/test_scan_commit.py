"""A commit as a tree, and a repository that would like to run something."""

import os
import subprocess

import pytest
from scan_scene import stand_in

from bezoar.core.errors import UsageError
from bezoar.recon.scan.commit import Commit
from bezoar.recon.scan.git import commit_of, git
from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.tree import Folder, Unreadable

IDENTITY = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    stand_in(monkeypatch)
    root = tmp_path / "repository"
    root.mkdir()
    run(root, "init", "-q")
    return root


def run(root, *arguments):
    subprocess.run(["git", *IDENTITY, *arguments], cwd=root, check=True, capture_output=True)


def commit(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run(root, "add", "-A")
    run(root, "commit", "-qm", "x")
    return commit_of(root, "HEAD")


def test_it_has_what_the_folder_had(repository):
    name = commit(repository, a_py="fetch wget x:1\n", src__b_py="fetch wget x:2\n")
    (repository / "a.py").write_text("fetch wget x:3\n")
    there = scan(Commit(repository, name))
    assert [(one.path, one.uri) for one in there.fetches] == [("a.py", "x:1"), ("src/b.py", "x:2")]
    assert (there.files, there.bytes) == (2, 30)


def test_a_file_can_be_read_after_all_were_listed(repository):
    name = commit(repository, a_py="fetch wget x:1\n")
    (blob,) = Commit(repository, name)
    assert blob.read(1 << 20) == b"fetch wget x:1\n" == blob.read(1 << 20)


def test_below_a_folder_of_it(repository):
    name = commit(repository, a_py="fetch wget x:1\n", src__b_py="fetch wget x:2\n")
    there = scan(Commit(repository / "src", name, prefix="src/"))
    here = scan(Folder(str(repository / "src"), "src/"))
    assert [one.path for one in there.fetches] == ["src/b.py"] == [one.path for one in here.fetches]


def test_links_and_vendored_folders_are_no_files_of_it(repository):
    (repository / "link.py").symlink_to("/etc/passwd")
    name = commit(repository, a_py="", node_modules__b_py="fetch wget x:1\n")
    there = Commit(repository, name)
    assert [one.path for one in there if not isinstance(one, Unreadable)] == ["a.py"]
    assert there.skipped == ["node_modules"]


def test_a_name_with_blanks_lines_and_bytes(repository):
    strange = os.fsdecode(b"a\n b\xff.py")
    (repository / strange).write_text("fetch wget x:1\n")
    name = commit(repository)
    (fetch,) = scan(Commit(repository, name)).fetches
    assert fetch.path == "a\n b\\xff.py"


def test_texts(repository):
    name = commit(repository, bezoar="x = 1\n", dbom__a="1", dbom__b="2", dbomx__c="3")
    there = Commit(repository, name)
    assert there.text("bezoar") == "x = 1\n"
    assert there.text("nothing") is None
    assert there.texts("dbom") == {"dbom/a": "1", "dbom/b": "2"}
    assert there.texts("nothing") == {}


@pytest.mark.parametrize("revision", ["nope", "--all", "HEAD:a.py", "", "-x", "HEAD^{tree}"])
def test_no_such_commit(repository, revision):
    commit(repository, a_py="")
    with pytest.raises(UsageError):
        commit_of(repository, revision)


def test_nothing_that_the_repository_configures_is_run(repository, tmp_path, monkeypatch):
    name = commit(repository, a_py="fetch wget x:1\n")
    trap, sprung = tmp_path / "trap", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "core.editor"):
        run(repository, "config", key, str(trap))
    run(repository, "config", "filter.x.smudge", str(trap))
    run(repository, "config", "diff.x.textconv", str(trap))
    (repository / ".git" / "hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "post-index-change", "fsmonitor-watchman"):
        (repository / ".git" / "hooks" / hook).symlink_to(trap)
    (repository / ".gitattributes").write_text("* filter=x diff=x\n")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(trap))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert len(scan(Commit(repository, name)).fetches) == 1
    assert not sprung.exists()


def test_a_folder_without_a_repository(tmp_path):
    with pytest.raises(UsageError, match="failed"):
        git(tmp_path, "rev-parse", "--show-toplevel")
