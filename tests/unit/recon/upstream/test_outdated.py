"""What changed upstream since an entry was pinned; answers as in `source_scene`."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
import source_scene as scene
from source_scene import COMMIT, OLDER, World

from bezoar.core.outcome import Status
from bezoar.datasets.entry import Artefact, Content, DbomEntry, Origin
from bezoar.recon.outdated import RULES, outcomes, outdated, to_remember
from bezoar.recon.upstream.answer import State

THEN = datetime(2026, 7, 1, tzinfo=UTC)
BYTES = b"0123456789"
DIGEST = hashlib.sha256(BYTES).hexdigest()
DATASET = f"{scene.HUB}/datasets/org/signs"
MANIFEST_DIGEST = "sha256:" + hashlib.sha256(scene.MANIFEST).hexdigest()


@pytest.fixture
def world():
    with World() as one:
        yield one


def entry(uri, revision=None, path="signs.zip", digest=DIGEST):
    artefact = Artefact(path=path, size=len(BYTES), digest=f"sha256:{digest}")
    root = "merkle-sha256-v1:" + "0" * 64
    content = Content(
        location="data",
        samples=1,
        bytes=10,
        root=root,
        manifest="sha256:" + "0" * 64,
        artefacts=(artefact,),
    )
    origin = Origin(uris=(uri,), revision=revision, retrieved_at=THEN)
    return DbomEntry(name="signs", version="1", added_at=THEN, origin=origin, content=content)


def compared(world, uri, revision=None, answers=(), seen=None, **given):
    world.answers.update(answers)
    entries = [entry(uri, revision, **given)]
    return outdated(entries, world.client(), {("signs@1", uri): seen} if seen else {})


def upstream(world, uri, revision=None, answers=(), seen=None, **given):
    return compared(world, uri, revision, answers, seen, **given)[0].upstream


def hub(commits=(COMMIT, "c3" * 20, OLDER), before="e" * 64):
    after = [{"type": "file", "path": "a.csv", "oid": "f" * 40}]
    large = {"type": "file", "path": "train.parquet", "oid": "0" * 40}
    return scene.hub() | {
        f"{DATASET}/revision/{OLDER}": {"sha": OLDER},
        f"{DATASET}/commits/main": [
            {"id": one, "date": "2026-08-01T00:00:00.000Z"} for one in commits
        ],
        f"{DATASET}/tree/{OLDER}?recursive=true": [large | {"lfs": {"oid": before}}],
        f"{DATASET}/tree/{COMMIT}?recursive=true": [large | {"lfs": {"oid": "d" * 64}}, *after],
        f"{DATASET}/refs": {
            "branches": [{"name": "main", "targetCommit": COMMIT}],
            "tags": [{"name": "v1", "targetCommit": COMMIT}],
            "converts": [],
        },
        f"{DATASET}/commits/v1": [{"id": COMMIT, "date": "2026-06-01T00:00:00.000Z"}],
    }


def test_the_hub_after_a_commit(world):
    found = upstream(world, "hf://datasets/org/signs", OLDER, hub())
    assert (found.state, found.says, found.head) == (State.NEWER, "2 commits since", COMMIT)
    assert [(one.path, one.what, one.digest) for one in found.changes] == [
        ("a.csv", "added", "git:" + "f" * 40),
        ("train.parquet", "changed", "sha256:" + "d" * 64),
    ]


def test_the_hub_at_the_newest_commit(world):
    found = upstream(world, "hf://datasets/org/signs", COMMIT, hub())
    assert found.state is State.SAME


def test_the_hub_without_the_pinned_commit(world):
    answers = hub() | {f"{DATASET}/revision/{OLDER}": (404, {}, b"{}")}
    found = upstream(world, "hf://datasets/org/signs", OLDER, answers)
    assert (found.state, found.rewritten) == (State.GONE, True)


def test_a_branch_of_the_hub_with_a_younger_commit_has_moved(world):
    found = compared(world, "hf://datasets/org/signs", "main", hub())
    assert found[0].upstream.state is State.MOVED
    finding = outcomes(found)[0].findings[0]
    assert finding.code == "BZ123"
    assert "moved: 'main', which you pinned by name" in finding.message
    assert finding.next == (
        "bezoar dbom add ./NEW-COPY --name signs --version NEW"
        f" --origin hf://datasets/org/signs --revision {COMMIT}"
    )
    assert to_remember(found, {}) == []


def test_a_tag_that_looks_old_is_no_proof_and_is_remembered(world):
    found = compared(world, "hf://datasets/org/signs", "v1", hub())
    assert found[0].upstream.state is State.UNKNOWN
    assert [detail for _, detail in to_remember(found, {})] == [
        {"uri": "hf://datasets/org/signs", "head": COMMIT}
    ]
    again = upstream(world, "hf://datasets/org/signs", "v1", seen=COMMIT)
    assert again.state is State.SAME
    moved = upstream(world, "hf://datasets/org/signs", "v1", seen=OLDER)
    assert (moved.state, moved.pinned, moved.head) == (State.MOVED, OLDER, COMMIT)


def test_a_tag_of_the_hub_against_registered_digests(world):
    same = upstream(
        world, "hf://datasets/org/signs", "v1", hub(), path="train.parquet", digest="d" * 64
    )
    other = upstream(world, "hf://datasets/org/signs", "v1", path="train.parquet")
    assert (same.state, other.state) == (State.SAME, State.MOVED)
    assert other.changes[0].path == "train.parquet"


def test_a_tag_that_is_no_longer_there(world):
    assert upstream(world, "hf://datasets/org/signs", "v0", hub()).state is State.GONE


def github(**answer):
    whole = {"status": "ahead", "ahead_by": 0, "behind_by": 0, "commits": [], "files": []}
    return scene.github() | {f"{scene.GITHUB}/compare/{OLDER}...main": whole | answer}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"status": "identical"}, State.SAME),
        ({"ahead_by": 3}, State.NEWER),
        ({"status": "diverged", "ahead_by": 3, "behind_by": 1}, State.GONE),
    ],
)
def test_github_after_a_commit(world, answer, state):
    found = upstream(world, "https://github.com/org/signs", OLDER, github(**answer))
    assert found.state is state
    assert found.rewritten is (state is State.GONE)


def test_github_names_the_files(world):
    files = [{"filename": "a.csv", "status": "modified"}, {"filename": "b", "status": "removed"}]
    answer = {"ahead_by": 1, "commits": [{"sha": COMMIT}], "files": files}
    found = upstream(world, "https://github.com/org/signs", OLDER, github(**answer))
    assert [(one.path, one.what) for one in found.changes] == [
        ("a.csv", "changed"),
        ("b", "removed"),
    ]
    assert (found.head, found.says) == (COMMIT, "1 commit since")


@pytest.mark.parametrize(
    ("date", "state"),
    [("2026-08-01T00:00:00Z", State.MOVED), ("2020-01-01T00:00:00Z", State.UNKNOWN)],
)
def test_a_tag_of_github(world, date, state):
    answers = {
        f"{scene.GITHUB}/commits/v1": {"sha": COMMIT, "commit": {"committer": {"date": date}}}
    }
    assert upstream(world, "https://github.com/org/signs", "v1", answers).state is state


@pytest.mark.parametrize(
    ("digest", "state"), [(DIGEST, State.SAME), ("0" * 64, State.CHANGED), (None, State.UNKNOWN)]
)
def test_a_file_of_a_release(world, digest, state):
    asset = {"name": "signs.zip", "digest": digest and f"sha256:{digest}"}
    asset["updated_at"] = "2026-01-01T00:00:00Z"
    answers = {f"{scene.GITHUB}/releases/tags/v1": {"tag_name": "v1", "assets": [asset]}}
    uri = "https://github.com/org/signs/releases/download/v1/signs.zip"
    assert upstream(world, uri, None, answers).state is state


def test_zenodo(world):
    found = upstream(world, "doi:10.5281/zenodo.1234", None, scene.zenodo())
    assert (found.state, found.head) == (State.NEWER, "10.5281/zenodo.1300")
    world.answers["https://zenodo.org/api/records/1234"]["files"][0]["size"] = 11
    assert upstream(world, "doi:10.5281/zenodo.1234").state is State.CHANGED
    every = upstream(world, "doi:10.5281/zenodo.1200", seen="1234")
    assert (every.state, every.head) == (State.MOVED, "1300")
    world.answers["https://zenodo.org/api/records/1234"] = (410, {}, b"{}")
    assert upstream(world, "doi:10.5281/zenodo.1234").state is State.GONE


def test_openml(world):
    found = upstream(world, "openml:61", None, scene.openml())
    assert (found.state, found.pinned, found.head) == (State.NEWER, "version 1", "version 3")


@pytest.mark.parametrize(
    ("revision", "state"), [("3", State.SAME), ("2", State.NEWER), (None, State.UNKNOWN)]
)
def test_kaggle(world, revision, state):
    assert upstream(world, "kaggle:org/signs", revision, scene.kaggle()).state is state


@pytest.mark.parametrize(
    ("uri", "revision", "state"),
    [
        (f"docker://org/signs:v1@{MANIFEST_DIGEST}", None, State.SAME),
        ("docker://org/signs:v1", MANIFEST_DIGEST, State.SAME),
        ("docker://org/signs:v1", "sha256:" + "0" * 64, State.MOVED),
        ("docker://org/signs:v1", None, State.UNKNOWN),
        ("docker://org/signs:v2", None, State.GONE),
    ],
)
def test_the_digest_behind_a_tag(world, uri, revision, state):
    gone = {"https://registry-1.docker.io/v2/org/signs/manifests/v2": (404, {}, b"{}")}
    assert upstream(world, uri, revision, scene.registry() | gone).state is state


def test_a_registry_that_lies_about_a_digest(world):
    lie = (200, {"Docker-Content-Digest": "sha256:" + "0" * 64}, scene.MANIFEST)
    answers = {"https://ghcr.io/v2/a/b/manifests/v1": lie}
    found = upstream(world, "ghcr.io/a/b:v1", "sha256:" + "0" * 64, answers)
    assert found.state is State.UNREACHABLE


def web(world, headers, **given):
    url = "https://data.example.org/signs.zip"
    world.answers[url] = (200, headers, BYTES)
    return upstream(world, url, **given)


def test_a_file_on_the_web(world):
    digest = base64.b64encode(bytes.fromhex(DIGEST)).decode()
    assert web(world, {"Repr-Digest": f"sha-256=:{digest}:"}).state is State.SAME
    other = base64.b64encode(bytes(32)).decode()
    assert web(world, {"Repr-Digest": f"sha-256=:{other}:"}).state is State.CHANGED
    assert web(world, {"Content-Length": "11"}).state is State.CHANGED
    assert web(world, {}).state is State.UNKNOWN
    assert web(world, {"ETag": '"a"'}).state is State.UNKNOWN
    assert web(world, {"ETag": '"a"'}, seen='"a"').state is State.SAME
    assert web(world, {"ETag": '"a"'}, seen='"b"').state is State.MOVED
    assert web(world, {"Last-Modified": "Sat, 01 Aug 2026 00:00:00 GMT"}).state is State.MOVED
    assert web(world, {"Last-Modified": "x", "Repr-Digest": "sha-256=:x:"}).state is State.UNKNOWN
    assert {method for method, _, _ in world.heard} == {"HEAD"}


def test_a_file_that_is_gone(world):
    assert upstream(world, "https://data.example.org/x").state is State.GONE


@pytest.mark.parametrize("uri", ["s3://a/b", "./data", "http://data.example.org/x", "{url}", "x"])
def test_what_cannot_be_asked_is_unreachable(world, uri):
    found = compared(world, uri)
    assert found[0].upstream.state is State.UNREACHABLE
    assert [one.status for one in outcomes(found)] == [Status.NOT_APPLICABLE] * len(RULES)
    assert world.heard == []


@pytest.mark.parametrize("wrong", [None, [], {}, "x", 7, {"sha": 1}, [{}], [None]])
def test_nonsense_is_never_the_same(world, wrong):
    for uri, revision, answers in [
        ("hf://datasets/org/signs", OLDER, hub()),
        ("hf://datasets/org/signs", "v1", hub()),
        ("https://github.com/org/signs", OLDER, github(ahead_by=1)),
        ("https://github.com/org/signs", "v1", {f"{scene.GITHUB}/commits/v1": {}}),
        ("doi:10.5281/zenodo.1234", None, scene.zenodo()),
        ("openml:61", None, scene.openml()),
        ("kaggle:org/signs", "2", scene.kaggle()),
    ]:
        broken = {url: wrong for url, answer in answers.items() if not callable(answer)}
        found = upstream(world, uri, revision, broken)
        assert found.state in (State.UNREACHABLE, State.UNKNOWN), uri
        for url in broken:  # one wrong answer among right ones
            world.answers.update(answers)
            found = upstream(world, uri, revision, {url: wrong})
            assert found.state is not State.SAME, url
