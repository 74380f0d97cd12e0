"""Git repositories: at one commit, nothing run, nothing checked out, nothing that leads out."""

import functools
import json
import os
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fetch_scene import Web, left, sha256

from bezoar.adapters.web.download import Downloads, Pace
from bezoar.adapters.web.errors import UnreachableError
from bezoar.adapters.web.reach import Reach
from bezoar.core.errors import BezoarError, UsageError
from bezoar.fortify.fetch import opening
from bezoar.fortify.fetch.opening import Way, open_source

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
DATA = bytes(range(256)) * 20


@pytest.fixture
def web():
    with Web() as one:
        yield one


def git(folder, *arguments, **environment):
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    call = ["git", *who, "-c", "init.defaultBranch=main", "-C", str(folder), *arguments]
    done = subprocess.run(
        call, check=True, capture_output=True, text=True, env={**os.environ, **environment}
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "upstream"
    (folder / "stop").mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "stop/0.png").write_bytes(DATA)
    (folder / "labels.csv").write_bytes(b"0,stop\r\n")
    (folder / ".gitattributes").write_text("*.csv text eol=lf export-ignore\n* filter=evil\n")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "first")
    git(folder, "tag", "-a", "v1", "-m", "v1")
    return folder


def codes(fetched):
    return [(f.code, str(f.severity)) for f in fetched.findings]


def paths(fetched):
    return [file.path for file in fetched.record.files]


@pytest.mark.parametrize("revision", ["", "@main", "@v1"])
def test_a_name_is_resolved_to_its_commit(web, repository, tmp_path, revision):
    commit = git(repository, "rev-parse", "HEAD")
    fetched = web.fetch(f"git+{repository}{revision}", tmp_path)
    assert fetched.spec == f"signs@{commit[:12]}"
    assert (fetched.record.revision, fetched.record.asked) == (commit, revision[1:] or "HEAD")
    assert codes(fetched) == [("BZ337", "low")]
    assert paths(fetched) == [".gitattributes", "labels.csv", "stop/0.png"]
    assert left(tmp_path / "quarantine") == [
        f"signs@{commit[:12]}/fetch.json",
        *(f"signs@{commit[:12]}/fetched/{path}" for path in paths(fetched)),
    ]


def test_a_commit_that_is_no_longer_the_newest(web, repository, tmp_path):
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "stop/0.png").write_bytes(b"other")
    git(repository, "commit", "--quiet", "-am", "second")
    fetched = web.fetch(f"git+{repository.as_uri()}@{commit}", tmp_path)
    assert codes(fetched) == []
    folder = tmp_path / "quarantine" / fetched.spec / "fetched"
    assert (folder / "stop/0.png").read_bytes() == DATA
    assert (folder / "labels.csv").read_bytes() in (b"0,stop\r\n", b"0,stop\n")
    assert web.fetch(f"git+{repository.as_uri()}@{commit}", tmp_path).again


@pytest.mark.parametrize(("name", "severity"), [("v1", "high"), ("main", "low")])
def test_a_name_that_has_moved_since_is_told(web, repository, tmp_path, name, severity):
    web.fetch(f"git+{repository}@{name}", tmp_path, version="1")
    (repository / "stop/0.png").write_bytes(b"poison")
    git(repository, "commit", "--quiet", "-am", "second")
    git(repository, "tag", "-f", "v1")
    fetched = web.fetch(f"git+{repository}@{name}", tmp_path, version="2")
    assert codes(fetched) == [("BZ337", "low"), ("BZ337", severity)]
    assert "when signs@1 was fetched" in fetched.findings[1].message
    again = web.fetch(f"git+{repository}@{name}", tmp_path, version="3")
    assert codes(again) == [("BZ337", "low"), ("BZ337", severity)]


def test_links_and_submodules_are_left_out(web, repository, tmp_path):
    (repository / "link.png").symlink_to("/etc/passwd")
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},module")
    git(repository, "add", "link.png")
    git(repository, "commit", "--quiet", "-m", "second")
    fetched = web.fetch(f"git+{repository}", tmp_path)
    assert {f.place.name for f in fetched.findings if f.code == "BZ339"} == {"link.png", "module"}
    assert "link.png" not in paths(fetched)


def hostile_tree(repository, name):
    """Make a commit with a name that git itself would not add."""
    blob = git(repository, "hash-object", "-w", "labels.csv")
    tree = subprocess.run(
        ["git", "-C", str(repository), "hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
        input=b"100644 " + name + b"\0" + bytes.fromhex(blob),
        check=True,
        capture_output=True,
    ).stdout.decode()
    commit = git(repository, "commit-tree", tree.strip(), "-m", "x")
    git(repository, "update-ref", "refs/heads/main", commit)


@pytest.mark.parametrize("name", [b"..", b"a\\b", b"\xff", b"a\nb", b"x" * 300])
def test_a_hostile_name_fetches_nothing(web, repository, tmp_path, name):
    hostile_tree(repository, name)
    fetched = web.fetch(f"git+{repository}", tmp_path, version="1")
    assert codes(fetched) == [("BZ339", "high")]
    assert left(tmp_path / "quarantine") == []


def test_nothing_of_the_repository_runs(web, repository, tmp_path):
    trap = tmp_path / "ran"
    hook = repository / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    git(repository, "config", "uploadpack.packObjectsHook", f"touch {trap}")
    git(repository, "config", "filter.evil.smudge", f"touch {trap}")
    git(repository, "config", "core.fsmonitor", f"touch {trap}")
    web.fetch(f"git+{repository}", tmp_path)
    assert not trap.exists()


def test_what_git_is_told_outside_does_not_count(web, repository, tmp_path, monkeypatch):
    trap = tmp_path / "ran"
    monkeypatch.setenv("GIT_TRACE", str(trap))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert paths(web.fetch(f"git+{repository}", tmp_path))
    assert not trap.exists()


@pytest.mark.parametrize("revision", ["nothing", "0" * 40])
def test_a_revision_that_is_not_there(web, repository, tmp_path, revision):
    with pytest.raises(UnreachableError, match=r"has no|not our ref"):
        web.fetch(f"git+{repository}@{revision}", tmp_path)
    assert left(tmp_path / "quarantine") == []


@pytest.mark.parametrize(
    "text",
    [
        "git+ext::sh -c id",
        "git+ssh://example.org/x",
        "git+https://data.example.org/x@--upload-pack=id",
        "git+--upload-pack=id",
        "git+https://127.0.0.1/x",
        "git+https://user:word@data.example.org/x",
        "git+https://user@data.example.org/x@main",
    ],
)
def test_what_is_no_repository(web, tmp_path, text):
    with (
        pytest.raises((UsageError, UnreachableError)),
        open_source(text, Way(web.downloads(), tmp_path)),
    ):
        pass


def test_a_fetch_that_was_ended_begins_anew(web, repository, tmp_path):
    """What it left, its locks included, is in nobody's way."""
    way = Way(web.downloads(), tmp_path / "quarantine")
    with open_source(f"git+{repository}", way) as source:
        folder = source.git.folder
    assert not folder.parent.exists()
    folder.mkdir(parents=True)
    for name in ("shallow.lock", "config", "HEAD", "packed-refs"):
        (folder / name).write_text("half")
    assert paths(web.fetch(f"git+{repository}", tmp_path))
    assert not folder.parent.exists()


def test_two_fetches_of_one_repository_do_not_mix(web, repository, tmp_path):
    way = Way(web.downloads(), tmp_path / "quarantine")
    with (
        open_source(f"git+{repository}", way),
        pytest.raises(BezoarError, match="by another process"),
    ):
        web.fetch(f"git+{repository}", tmp_path)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://h/x.git@v1", ("https://h/x.git", "v1")),
        ("https://h/x.git@a/b", ("https://h/x.git", "a/b")),
        ("https://h/x.git", ("https://h/x.git", "HEAD")),
        ("https://u@h/x.git", ("https://u@h/x.git", "HEAD")),
        ("/srv/x.git@v1", ("/srv/x.git", "v1")),
        ("./x", ("./x", "HEAD")),
    ],
)
def test_the_revision_stands_behind_the_path(text, parts):
    assert opening._split_revision(text) == parts


def test_a_tree_of_trees_of_trees_ends(web, repository, tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.fortify.fetch.git_command._MOST_OUTPUT", 1 << 20)
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    for _ in range(12):
        rows = "".join(f"040000 tree {tree}\t{name}\n" for name in "abcdefgh")
        made = ["git", "-C", str(repository), "mktree"]
        done = subprocess.run(made, input=rows, check=True, capture_output=True, text=True)
        tree = done.stdout.strip()
    git(repository, "update-ref", "HEAD", git(repository, "commit-tree", tree, "-m", "x"))
    with pytest.raises(UnreachableError, match="prints without end"):
        web.fetch(f"git+{repository}", tmp_path)


def test_a_command_that_takes_too_long_is_ended(repository, tmp_path):
    downloads = Downloads(Reach(), Pace(seconds=0.0))
    way = Way(downloads, tmp_path / "quarantine")
    with (
        open_source(f"git+{repository}", way) as source,
        pytest.raises(UnreachableError, match="took longer than 0 s"),
    ):
        source.plan()


def test_a_pack_that_is_too_large_is_not_written(web, repository, tmp_path):
    (repository / "large").write_bytes(os.urandom(3_000_000))
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "large")
    way = Way(web.downloads(), tmp_path / "quarantine", most_bytes=1_000_000)
    with pytest.raises(UnreachableError):
        web.fetch(f"git+{repository}", tmp_path, way=way)


def pointer(data):
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
        sha256(data).encode(),
        len(data),
    )


def with_large_file(repository, data=DATA):
    (repository / "large.npz").write_bytes(pointer(data))
    git(repository, "add", "large.npz")
    git(repository, "commit", "--quiet", "-m", "large")
    return repository / ".git/lfs/objects" / sha256(data)[:2] / sha256(data)[2:4] / sha256(data)


def test_a_large_file_beside_its_repository(web, repository, tmp_path):
    place = with_large_file(repository)
    place.parent.mkdir(parents=True)
    place.write_bytes(DATA)
    fetched = web.fetch(f"git+{repository}", tmp_path)
    (file,) = (one for one in fetched.record.files if one.path == "large.npz")
    assert (file.sha256, file.announced) == (sha256(DATA), f"sha256:{sha256(DATA)}")
    place.write_bytes(b"poison" + DATA[6:])
    refused = web.fetch(f"git+{repository}", tmp_path, version="2")
    assert ("BZ338", "critical") in codes(refused)


def test_a_large_file_that_is_not_there_is_told(web, repository, tmp_path):
    with_large_file(repository)
    with pytest.raises(UnreachableError, match="no large file"):
        web.fetch(f"git+{repository}", tmp_path)


class Served(SimpleHTTPRequestHandler):
    """A repository as plain files, and a store of large files beside it."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body["objects"][0]))
        (one,) = body["objects"]
        answer = self.server.answer(one["oid"])
        data = json.dumps({"objects": [{"oid": one["oid"], **answer}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def served(repository, tmp_path):
    """The repository at an address, and how to fetch from there."""
    bare = tmp_path / "www/signs.git"

    def publish():
        shutil.rmtree(bare, ignore_errors=True)
        subprocess.run(
            ["git", "clone", "--quiet", "--bare", str(repository), str(bare)],
            check=True,
            capture_output=True,
        )
        git(bare, "update-server-info")

    publish()
    handler = functools.partial(Served, directory=str(tmp_path / "www"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.asked, server.publish = True, [], publish
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    port = server.server_address[1]
    server.base = f"http://127.0.0.1:{port}"
    reach = Reach(frozenset({"127.0.0.1"}), frozenset({f"127.0.0.1:{port}"}))
    server.way = Way(Downloads(reach, Pace(window_s=5)), tmp_path / "quarantine")
    yield server
    server.shutdown()
    server.server_close()


def test_a_repository_at_an_address(web, served, tmp_path):
    fetched = web.fetch(f"git+{served.base}/signs.git@main", tmp_path, way=served.way)
    assert paths(fetched) == [".gitattributes", "labels.csv", "stop/0.png"]
    assert ("BZ336", "low") in codes(fetched)


def test_git_is_not_sent_to_a_private_address(served, tmp_path):
    way = Way(Downloads(Reach(plain=frozenset({"127.0.0.1"}))), tmp_path)
    with (
        pytest.raises(UnreachableError, match="not a public address"),
        open_source(f"git+{served.base}/signs.git", way),
    ):
        pass


def test_large_files_are_asked_for_at_the_repository_whatever_it_says(
    web, served, repository, tmp_path
):
    (repository / ".lfsconfig").write_text("[lfs]\nurl = http://169.254.169.254/latest\n")
    git(repository, "add", "-A")
    with_large_file(repository)
    served.publish()
    (tmp_path / "www/object").write_bytes(DATA)
    served.answer = lambda _: {"actions": {"download": {"href": f"{served.base}/object"}}}
    fetched = web.fetch(f"git+{served.base}/signs.git@main", tmp_path, way=served.way)
    assert sha256(DATA) in {file.sha256 for file in fetched.record.files}
    (asked,) = served.asked
    assert asked == (
        "/signs.git/info/lfs/objects/batch",
        {"oid": sha256(DATA), "size": len(DATA)},
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"actions": {"download": {"href": "http://169.254.169.254/latest/meta-data"}}},
        {"actions": {"download": {"href": "https://127.0.0.1/x"}}},
        {"actions": {"download": {"href": "file:///etc/passwd"}}},
        {"actions": {"download": {"href": 5}}},
        {"actions": []},
        {"error": {"code": 404, "message": "gone\x1b[2J"}},
        {},
    ],
)
def test_a_store_of_large_files_cannot_send_us_anywhere(web, served, repository, tmp_path, answer):
    with_large_file(repository)
    served.publish()
    served.answer = lambda _: answer
    with pytest.raises(UnreachableError) as error:
        web.fetch(f"git+{served.base}/signs.git@main", tmp_path, way=served.way)
    assert str(error.value).isprintable()
