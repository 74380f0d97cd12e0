"""Walking a stranger's tree."""

import os

import pytest
from scan_scene import stand_in

from bezoar.recon.scan.tree import Folder, Unreadable
from bezoar.syntax.unreadable import UnreadableError


@pytest.fixture(autouse=True)
def _readers(monkeypatch):
    stand_in(monkeypatch)


def write(root, *names, text="fetch wget https://example.org/a.zip\n"):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def met(root, **options):
    """Return the paths of files, and of what could not be read with why."""
    items = list(Folder(str(root), **options))
    files = [one.path for one in items if not isinstance(one, Unreadable)]
    return files, {one.path: one.why for one in items if isinstance(one, Unreadable)}


def test_files_come_in_the_order_of_their_paths_whatever_the_depth(tmp_path):
    write(tmp_path, "b.py", "a/z.py", "a/b/c.sh", "A.py")
    assert met(tmp_path) == (["A.py", "a/b/c.sh", "a/z.py", "b.py"], {})


def test_a_tree_deeper_than_the_stack_of_python(tmp_path):
    deep = tmp_path
    for _ in range(300):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "x.py").write_text("")
    assert len(met(tmp_path)[0]) == 1


def test_what_nobody_wrote_here_is_named_and_not_looked_into(tmp_path):
    write(tmp_path, "a.py", ".git/x.py", "node_modules/b.py", "lib/env/pyvenv.cfg", "lib/env/c.py")
    folder = Folder(str(tmp_path))
    assert [one.path for one in folder] == ["a.py"]
    assert sorted(folder.skipped) == ["lib/env", "node_modules"]
    files, _ = met(tmp_path, everything=True)
    assert files == ["a.py", "lib/env/c.py", "lib/env/pyvenv.cfg", "node_modules/b.py"]


def test_patterns_exclude_files_and_folders(tmp_path):
    write(tmp_path, "a.py", "tests/data/b.py", "c_test.py")
    assert met(tmp_path, exclude=("tests/data", "*_test.py"))[0] == ["a.py"]


def test_every_file_is_counted_even_if_nothing_reads_it(tmp_path):
    write(tmp_path, "a.py", "pictures/1.png", text="12345")
    folder = Folder(str(tmp_path))
    assert len(list(folder)) == 1
    assert (folder.files, folder.bytes) == (2, 10)


def test_a_link_is_never_followed_out_of_the_tree(tmp_path):
    outside = write(tmp_path / "outside", "secret.py", "folder/x.py")
    root = write(tmp_path / "tree", "real.py")
    (root / "evil.py").symlink_to(outside / "secret.py")
    (root / "folder").symlink_to(outside / "folder")
    (root / "inside.py").symlink_to("real.py")
    (root / "picture.png").symlink_to(outside / "secret.py")
    files, why = met(root)
    assert files == ["real.py"]
    assert set(why) == {"evil.py", "folder"}
    assert all("out of the tree" in one for one in why.values())


def test_a_loop_of_links_is_a_finding_and_the_end_of_it(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "up").symlink_to(".")
    (tmp_path / "gone.py").symlink_to("nowhere.py")
    files, why = met(tmp_path)
    assert files == []
    assert set(why) == {"a", "b", "gone.py"}


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "train.py")
    os.mkfifo(tmp_path / "pipe.png")
    assert met(tmp_path) == ([], {"train.py": "no regular file"})


def test_what_becomes_a_link_or_a_pipe_after_the_walk_is_not_read(tmp_path):
    write(tmp_path, "a.py", "b.py")
    first, second = list(Folder(str(tmp_path)))
    (tmp_path / "a.py").unlink()
    (tmp_path / "a.py").symlink_to("/etc/passwd")
    (tmp_path / "b.py").unlink()
    os.mkfifo(tmp_path / "b.py")
    for file in (first, second):
        with pytest.raises(UnreadableError):
            file.read(10)


def test_a_name_that_is_no_utf8_is_written_out(tmp_path):
    (tmp_path / os.fsdecode(b"tr\xffin.py")).write_text("")
    (tmp_path / "naïve.py").write_text("")
    assert sorted(met(tmp_path)[0]) == ["naïve.py", "tr\\xffin.py"]


def test_one_file_is_a_tree_of_one(tmp_path):
    write(tmp_path, "a.py", "b.py")
    assert met(tmp_path / "b.py") == (["b.py"], {})
    assert met(tmp_path / "b.py", prefix="src/")[0] == ["src/b.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_nobody_may_list_is_a_finding(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    assert set(met(tmp_path)[1]) == {"closed"}
