"""`bezoar fetch` as a person uses it, from a server on this machine; ended at any moment, too."""

import json
import random
import re
import signal
import subprocess
import sys
import time

import pytest
from fetch_scene import Web, left, ranged, sha256

from bezoar.cli.app import run
from bezoar.datasets.dbom import Dbom
from bezoar.ledger import open_ledger
from bezoar.project import find_project

SIGNS = "https://data.example.org/signs.zip"
DATA = random.Random(7).randbytes(400_000)  # noqa: S311 - made up


@pytest.fixture
def web():
    with Web() as one:
        one.base = f"http://127.0.0.1:{one.server.server_address[1]}"
        one.url = f"{one.base}/data.example.org/signs.zip"
        one.answers[SIGNS] = ranged(DATA)
        yield one


@pytest.fixture
def project(tmp_path, monkeypatch, web):
    port = web.server.server_address[1]
    (tmp_path / "bezoar.toml").write_text(
        f'[fetch]\nallow_http = ["127.0.0.1"]\nallow_private = ["127.0.0.1:{port}"]\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fetch(capsysbinary):
    def call(*arguments):
        capsysbinary.readouterr()
        code = run(["fetch", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def events(project):
    with open_ledger(find_project(project)) as ledger:
        return [(e.kind, e.subject, e.detail) for e in ledger.events()]


def test_a_file_lands_in_quarantine_with_entry_and_event(fetch, project, web):
    code, out, _ = fetch(web.url, "--name", "signs", "--version", "1", "--sha256", sha256(DATA))
    assert code == 0
    assert out.startswith("signs@1 is in quarantine: 1 file, 400.0 kB\n")
    assert out.endswith("Next\n  bezoar vet signs@1\n")
    assert all(len(line) <= 80 for line in out.splitlines())
    assert (project / ".bezoar/quarantine/signs@1/fetched/signs.zip").read_bytes() == DATA
    entry = Dbom(find_project(project)).find("signs@1")
    assert (entry.status, entry.reason) == ("quarantined", "fetched, not vetted yet")
    assert entry.content is None
    assert entry.origin.uris == (web.url,)
    assert entry.origin.retrieved_at is not None
    (file,) = entry.origin.files
    assert (file.path, file.digest, file.size) == (
        "signs.zip",
        f"sha256:{sha256(DATA)}",
        len(DATA),
    )
    ((kind, subject, detail),) = events(project)
    assert (kind, subject) == ("dataset.fetched", "signs@1")
    assert detail["dataset"] == "signs@1"
    assert detail["digest"] == f"sha256:{sha256(DATA)}"


@pytest.mark.usefixtures("project")
def test_as_json(fetch, web):
    code, out, _ = fetch(web.url, "--name", "signs", "--version", "1", "--format", "json")
    result = json.loads(out)
    assert code == 0
    assert (result["dataset"], result["again"], result["size"]) == ("signs@1", False, len(DATA))
    assert result["record"]["files"][0]["sha256"] == sha256(DATA)
    assert [f["code"] for f in result["findings"]] == ["BZ336"]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("form", ["sarif", "junit", "github"])
def test_as_other_tools_read_it(fetch, web, form):
    assert fetch(web.url, "--name", "signs", "--version", "1", "--format", form)[0] == 0


def test_a_wrong_digest_leaves_nothing_behind(fetch, project, web):
    wrong = sha256(b"other")
    code, out, _ = fetch(web.url, "--name", "signs", "--version", "1", "--sha256", wrong)
    assert code == 1
    assert out.startswith("signs@1 was NOT fetched: nothing is kept\n")
    assert "BZ338" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert left(project / ".bezoar/quarantine") == []
    assert not (project / "dbom").exists()
    assert [event[0] for event in events(project)] == ["dataset.refused"]
    arguments = (web.url, "--name", "signs", "--version", "1", "--sha256", wrong, "--exit-zero")
    assert fetch(*arguments)[0] == 0


def test_http_is_refused_unless_it_is_named(fetch, project, web):
    (project / "bezoar.toml").write_text("")
    code, _, err = fetch(web.url, "--name", "signs")
    assert code == 2
    assert "--allow-http" in err
    code, _, err = fetch(web.url, "--name", "signs", "--allow-http")
    assert code == 3
    place = web.base.removeprefix("http://")
    assert f'allow_private = ["{place}"]' in err
    assert web.heard == []
    (project / "bezoar.toml").write_text(f'[fetch]\nallow_private = ["{place}"]\n')
    assert fetch(web.url, "--name", "signs", "--allow-http")[0] == 0


@pytest.mark.usefixtures("project")
def test_a_private_address_that_another_host_names_is_not_proposed(fetch, web):
    web.answers[SIGNS] = (
        302,
        {"Location": "http://127.0.0.1:9/"},
        b"",
    )
    code, _, err = fetch(web.url, "--name", "signs")
    assert code == 3
    assert "127.0.0.1 is at 127.0.0.1, which is not a public address" in err
    assert "allow_private" not in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["https://127.0.0.1:1/x", "--name", "signs"], 3),
        (["https://no-such-host.invalid/x", "--name", "signs"], 3),
        (["./nothing", "--name", "signs"], 2),
        (["https://[::1", "--name", "signs"], 2),
        (["http://[::1", "--name", "signs", "--allow-http"], 2),
        (["git+https://[::1/x", "--name", "signs"], 2),
        (["file://[::1/x", "--name", "signs"], 2),
        (["https://example.org:99999/", "--name", "signs"], 2),
        (["s3://[::1/x", "--name", "signs"], 2),
        (["https:///x", "--name", "signs"], 3),
        (["http://", "--name", "signs", "--allow-http"], 2),
        (["a\0b", "--name", "signs"], 2),
        (["", "--name", "signs"], 2),
        (["ftp://example.org/x", "--name", "signs"], 2),
        (["./bezoar.toml", "--name", "Signs"], 2),
        (["./bezoar.toml", "--name", "signs", "--version", "a/b"], 2),
        (["./bezoar.toml", "--name", "signs", "--sha256", "abc"], 2),
        (["./bezoar.toml", "--name", "signs", "--sha256", "00" * 20], 2),
        (["./bezoar.toml"], 2),
        (["./empty", "--name", "signs"], 4),
    ],
)
def test_a_call_that_is_off_says_so_and_leaves_nothing(fetch, project, arguments, code):
    (project / "empty").mkdir()
    found, _, err = fetch(*arguments)
    assert found == code
    assert err.startswith(("error:", "Usage")) or "Missing option" in err
    assert left(project / ".bezoar/quarantine") == []
    assert not (project / "dbom").exists()


@pytest.mark.parametrize("table", ["most_byte = 1", "most_bytes = 0", 'allow_private = ["x"]'])
def test_a_setting_that_is_off_says_so(fetch, project, table):
    (project / "bezoar.toml").write_text(f"[fetch]\n{table}\n")
    code, _, err = fetch("./bezoar.toml", "--name", "signs")
    assert code == 2
    assert "mend bezoar.toml" in err


def test_too_much_is_refused(fetch, project, web):
    with (project / "bezoar.toml").open("a") as file:
        file.write("most_bytes = 1000\n")
    code, _, err = fetch(web.url, "--name", "signs")
    assert code == 3
    assert "more than 1,000 bytes" in err


def test_again_says_so_and_writes_nothing(fetch, project, web):
    fetch(web.url, "--name", "signs", "--version", "1")
    before = {path: path.read_bytes() for path in project.rglob("*.toml")}
    code, out, _ = fetch(web.url, "--name", "signs", "--version", "1")
    assert code == 0
    assert "was in quarantine already, the same bytes" in out
    assert {path: path.read_bytes() for path in project.rglob("*.toml")} == before
    assert len(events(project)) == 1
    web.answers[SIGNS] = ranged(b"other", tag='"two"')
    code, _, err = fetch(web.url, "--name", "signs", "--version", "1")
    assert code == 2
    assert "a version never changes its bytes" in err


def test_a_draft_is_completed_and_what_people_said_stays(fetch, project, web):
    draft = [
        "dbom",
        "add",
        "--draft",
        "--name",
        "signs",
        "--version",
        "1",
        "--origin",
        "doi:10.1/x",
    ]
    assert run([*draft, "--publisher", "A university", "--purpose", "training"]) == 0
    assert fetch(web.url, "--name", "signs", "--version", "1")[0] == 0
    entry = Dbom(find_project(project)).find("signs@1")
    assert (entry.status, entry.purpose) == ("quarantined", "training")
    assert entry.origin.publisher == "A university"
    assert entry.origin.uris == ("doi:10.1/x", web.url)


def test_a_version_that_has_bytes_is_not_fetched(fetch, project, web):
    (project / "t").mkdir()
    (project / "t/a.csv").write_text("1")
    add = ["dbom", "add", "./t", "--files", "--name", "signs", "--version", "1", "--origin", "x"]
    assert run(add) == 0
    code, _, err = fetch(web.url, "--name", "signs", "--version", "1")
    assert code == 2
    assert "has its bytes already" in err
    assert web.heard == []
    assert left(project / ".bezoar/quarantine") == []


def test_a_run_that_was_ended_before_the_entry_is_finished_by_the_next(fetch, project, web):
    fetch(web.url, "--name", "signs", "--version", "1")
    (project / "dbom/signs@1.toml").unlink()
    code, out, _ = fetch(web.url, "--name", "signs", "--version", "1")
    assert code == 0
    assert "already" in out
    assert Dbom(find_project(project)).find("signs@1").status == "quarantined"


def test_names_from_outside_reach_the_terminal_escaped(fetch, project):
    (project / "d").mkdir()
    (project / "d/a\x1b[31mb").write_text("x")
    code, out, _ = fetch("./d", "--name", "signs", "--version", "1")
    assert code == 1
    assert "BZ339" in out
    assert "\x1b" not in out


def slowly(data, tag='"one"'):
    """Give bytes from any place on, so slowly that a process can be ended in between."""

    def answer(request):
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if asked and request.headers.get("If-Range") == tag:
            start = int(asked[1])
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(data) - start))
        request.send_header("ETag", tag)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.end_headers()
        try:
            for at in range(start, len(data), 1 << 20):
                request.wfile.write(data[at : at + (1 << 20)])
                time.sleep(0.05)
        except OSError:
            return

    return answer


def test_killed_at_any_moment_the_next_run_finishes(project, web):
    """Nothing half-written is ever taken for whole, and what came before is not fetched again."""
    chance = random.Random(11)  # noqa: S311 - made up
    data = chance.randbytes(40 << 20)
    web.answers[SIGNS] = slowly(data)
    call = [sys.executable, "-m", "bezoar", "fetch", web.url, "--name", "signs", "--version", "1"]
    quarantine = project / ".bezoar/quarantine"
    for _ in range(6):
        process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = len(web.heard)
        while len(web.heard) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 1.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (quarantine / "signs@1").exists():
            break
        assert not (project / "dbom/signs@1.toml").exists()
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert left(quarantine) == ["signs@1/fetch.json", "signs@1/fetched/signs.zip"]
    assert (quarantine / "signs@1/fetched/signs.zip").read_bytes() == data
    assert json.loads((quarantine / "signs@1/fetch.json").read_bytes())["files"][0]["sha256"] == (
        sha256(data)
    )
    assert (project / "dbom/signs@1.toml").exists()
    assert any(web.ranges), "no run has continued what another one had left"


def test_interrupted_it_keeps_what_came(project, web):
    data = random.Random(3).randbytes(30 << 20)  # noqa: S311 - made up
    web.answers[SIGNS] = slowly(data)
    call = [sys.executable, "-m", "bezoar", "fetch", web.url, "--name", "signs", "--version", "1"]
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    part = project / ".bezoar/quarantine/.signs@1.part/incoming.part"
    while process.poll() is None and not (part.exists() and part.stat().st_size > 5 << 20):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert part.stat().st_size > 5 << 20
    assert subprocess.run(call, capture_output=True, check=False, timeout=60).returncode == 0
    assert re.fullmatch(r"bytes=\d{7,}-", web.ranges[-1])
    assert (project / ".bezoar/quarantine/signs@1/fetched/signs.zip").read_bytes() == data
