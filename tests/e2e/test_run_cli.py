"""`bezoar run` and `bezoar egress` as a person uses them."""

import contextlib
import hashlib
import http.server
import json
import shutil
import subprocess
import sys
import threading
from datetime import date

import pytest
from dataset_layouts import four_files, png, write_files

from bezoar.cli.app import run
from bezoar.facts.public_hosts import PublicHosts
from bezoar.ledger import open_ledger
from bezoar.project import Project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "project"
    root.mkdir()
    (root / "bezoar.toml").write_text("")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def bezoar(project, capfd):
    """Return what runs a command in a project of its own: exit code, stdout, stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    call("run", "--level", "3", "--require-level", "3", "--timeout", "0.1", "--", "true")
    if events(project)[-1].kind == "run.refused":
        pytest.skip("no network namespace is to be had here")
    return call


def events(root):
    with open_ledger(Project(root)) as ledger:
        return list(ledger.events())


def add(bezoar, project, version="1", files=None):
    write_files(project / f"signs-{version}", files or four_files())
    more = ("--name", "signs", "--version", version, "--origin", "https://example.org/signs")
    assert bezoar("dbom", "add", f"./signs-{version}", *more)[0] == 0


def sh(script):
    return ("--timeout", "0.2", "--", "sh", "-c", script)


def test_a_job_finds_its_data_and_ends_with_its_code(bezoar, project):
    add(bezoar, project)
    script = 'ls "$BEZOAR_DATA_SIGNS/stop"; echo model > model.bin; exit 7'
    code, out, err = bezoar("run", "--data", "signs", "--output", "model.bin", *sh(script))
    assert code == 7
    assert out.split() == ["0.png", "1.png"]
    assert "confined at level 3 of 3" in err
    first, last = events(project)[-2:]
    assert (first.kind, last.kind) == ("run.started", "run.finished")
    assert first.subject == last.subject
    (used,) = first.detail["datasets"]
    assert used["dataset"] == "signs@1"
    assert used["root"].startswith("merkle-sha256-v1:")
    assert first.detail["level"] == 3
    digest = hashlib.sha256(b"model\n").hexdigest()
    assert last.detail["outputs"] == {"model.bin": f"sha256:{digest}"}
    assert last.detail["exit_code"] == 7


def test_a_changed_byte_and_the_job_does_not_start(bezoar, project):
    add(bezoar, project)
    (project / "signs-1/stop/0.png").write_bytes(png(77))
    code, _, err = bezoar("run", "--data", "signs", *sh("touch ran"))
    assert code in (1, 3)
    assert "signs@1" in err
    assert not (project / "ran").exists()
    assert "run.started" not in [event.kind for event in events(project)[3:]]


def test_a_job_that_may_not_be_started(bezoar, project):
    touch = sh("touch ran")
    code, _, err = bezoar("run", "--level", "2", "--require-level", "3", *touch)
    assert code == 3
    assert "level 2 was reached, 3 is required" in err
    (project / "bezoar.toml").write_text("[run]\nrequire_level = 3\n")
    assert bezoar("run", "--level", "2", *touch)[0] == 3
    assert bezoar("run")[0] == 2
    assert bezoar("run", "--present", *touch)[0] == 2
    assert bezoar("run", "--repeat", "run-0", *touch)[0] == 2
    assert bezoar("run", "--data", "nobody", *touch)[0] == 2
    assert not (project / "ran").exists()
    assert events(project)[-1].kind == "run.refused"


def test_a_secret_on_the_command_line_is_not_in_the_ledger(bezoar, project):
    code, _, _ = bezoar("run", *sh("exit 0"), "--token=hf_0123456789abcdefghij")
    assert code == 0
    started = events(project)[-2]
    assert "hf_0123" not in str(started.detail)
    code, _, err = bezoar("run", "--repeat", started.subject)
    assert code == 2
    assert "held a secret" in err


def test_what_a_job_asked_for_is_told(bezoar, project):
    (project / "bezoar.toml").write_text('[mirror]\nuri = "http://127.0.0.1:9"\n')
    fetch = (
        "import sys, urllib.request as r\n"
        "try: r.urlopen('http://evil.example/x', timeout=3)\n"
        "except OSError: sys.exit(1)"
    )
    code, _, err = bezoar("run", "--timeout", "0.2", "--", sys.executable, "-c", fetch)
    assert code == 1
    assert "it asked for http://evil.example/x 1 times" in err
    assert events(project)[-1].detail["refused"] == {"http://evil.example/x": 1}


def git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, "-C", folder, *arguments], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_trained_again_on_the_clean_version_with_the_code_of_then(bezoar, project):
    add(bezoar, project)
    (project / "train.sh").write_text('cat "$BEZOAR_DATA_SIGNS"/stop/* > model.bin\n')
    git(project, "init", "-q")
    git(project, "add", "train.sh", "bezoar.toml")
    git(project, "commit", "-qm", "one")
    command = (
        "--data",
        "signs@1",
        "--output",
        "model.bin",
        "--timeout",
        "0.2",
        "--",
        "sh",
        "train.sh",
    )
    assert bezoar("run", *command)[0] == 0
    first = events(project)[-2]
    assert len(first.detail["commit"]) == 40
    (project / "train.sh").write_text("echo other code > model.bin\n")
    add(bezoar, project, "2", {**four_files(), "stop/0.png": png(88)})
    code, _, err = bezoar("run", "--repeat", first.subject, "--data", "signs@2", "--timeout", "0.2")
    assert code == 0, err
    assert f"code: commit {first.detail['commit']}" in err
    started, finished, candidate = events(project)[-3:]
    assert started.detail["repeats"] == first.subject
    assert [one["dataset"] for one in started.detail["datasets"]] == ["signs@2"]
    assert candidate.kind == "run.candidate"
    assert candidate.detail["run"] == started.subject
    assert candidate.detail["repeats"] == first.subject
    clean = b"".join(path.read_bytes() for path in sorted((project / "signs-2/stop").iterdir()))
    assert candidate.subject == f"sha256:{hashlib.sha256(clean).hexdigest()}"
    assert finished.detail["outputs"] == {"model.bin": candidate.subject}
    code, _, err = bezoar("run", "--repeat", first.subject, "--present", "--timeout", "0.2")
    assert code == 0
    assert "code: the folder here" in err
    assert (project / "model.bin").read_text() == "other code\n"


def test_repeating_what_was_never_run(bezoar, project):
    assert "knows no run" in bezoar("run", "--repeat", "run-1")[2]
    add(bezoar, project)
    assert bezoar("run", "--data", "signs", *sh("exit 0"))[0] == 0
    first = events(project)[-2].subject
    code, _, err = bezoar("run", "--repeat", first, "--data", "others@1")
    assert code == 2
    assert "used no data named others" in err


def test_names_that_would_be_one_variable(bezoar):
    code, _, err = bezoar("run", "--data", "a.b", "--data", "a-b", *sh("exit 0"))
    assert code == 2
    assert "BEZOAR_DATA_A_B" in err


def test_tags_for_mlflow(bezoar, project, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", '{"team": "vision"}')
    add(bezoar, project)
    _, out, _ = bezoar("run", "--data", "signs", *sh('echo "$MLFLOW_RUN_CONTEXT"'))
    tags = json.loads(out)
    assert tags["team"] == "vision"
    assert tags["bezoar.run"] == events(project)[-1].subject
    assert tags["bezoar.data.signs"].startswith("signs@1 merkle-sha256-v1:")


@contextlib.contextmanager
def listening():
    class Quiet(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def only(monkeypatch):
    """Let a probe knock at nothing but what the test names: this machine's network is its own."""
    facts = PublicHosts(date.today(), (), (), (), ())  # noqa: DTZ011 - any day
    monkeypatch.setattr("bezoar.fortify.egress.probe.public_hosts", lambda: facts)


@pytest.mark.usefixtures("only")
def test_probe(bezoar, project):
    probe = ("egress", "probe", "--timeout", "0.5")
    code, _, err = bezoar(*probe)
    assert code == 2
    assert "no mirror is declared" in err
    (project / "mirror").mkdir()
    (project / "bezoar.toml").write_text('[mirror]\nuri = "mirror"\n')
    with listening() as open_:
        code, out, _ = bezoar(*probe, "--host", open_)
        assert code == 1
        assert out.startswith("OPEN: something gets out of here.")
        assert "BZ371" in out
    code, out, _ = bezoar(*probe, "--host", "127.0.0.1:9")
    assert code == 0
    assert out.startswith(
        "Closed: the mirror answers, and nothing else does.\nThe mirror is a folder"
    )
    (project / "bezoar.toml").write_text('[mirror]\nuri = "http://127.0.0.1:9"\n')
    code, out, _ = bezoar(*probe, "--host", "127.0.0.1:10", "--format", "json")
    assert code == 3
    assert json.loads(out)["closed"] is None
    found = [event.detail["closed"] for event in events(project) if event.kind == "egress.probed"]
    assert found == [False, True, None]
    assert bezoar(*probe, "--host", "evil;host:443")[0] == 2


def test_emit(bezoar, project):
    emit = ("egress", "emit", "--for")
    assert bezoar(*emit, "nftables")[0] == 2
    (project / "bezoar.toml").write_text(
        '[mirror]\nuri = "https://mirror.example.org"\n[egress]\nalso = ["git.example.org:22"]\n'
    )
    given = ("--address", "mirror.example.org=10.0.0.5", "--address", "git.example.org=10.0.0.6")
    code, out, _ = bezoar(*emit, "nftables", *given, "--user", "trainer")
    assert code == 0
    assert "meta skuid trainer jump job" in out
    assert "10.0.0.5 . 443, 10.0.0.6 . 22" in out
    assert bezoar(*emit, "squid", "-o", "squid.conf")[0] == 0
    assert "acl host2 dstdomain -n git.example.org" in (project / "squid.conf").read_text()
    assert bezoar(*emit, "windows")[0] == 2
    (project / "bezoar.toml").write_text(
        '[mirror]\nuri = "https://m.org"\n[egress]\nalso = ["a\\nb:1"]'
    )
    code, out, err = bezoar(*emit, "squid")
    assert (code, out) == (2, "")
    assert "not a host" in err


@pytest.mark.usefixtures("only")
def test_level_1_starts_only_where_the_mirror_proves_that_the_network_is_up(bezoar, project):
    run_ = ("run", "--level", "1", *sh("exit 4"))
    code, _, err = bezoar(*run_)
    assert code == 3
    assert "nothing proves that it is held" in err
    (project / "mirror").mkdir()
    (project / "bezoar.toml").write_text('[mirror]\nuri = "mirror"\n')
    code, _, err = bezoar(*run_)
    assert code == 4
    assert "confined at level 1 of 3: nothing on this machine holds it" in err
    with listening() as host:
        facts = PublicHosts(date.today(), (host,), (), (), ())  # noqa: DTZ011 - any day
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("bezoar.fortify.egress.probe.public_hosts", lambda: facts)
            code, _, err = bezoar(*run_)
    assert code == 1
    assert f"it gets out (level 1): tcp to {host}" in err
    assert events(project)[-1].kind == "run.refused"


def test_a_folder_of_outputs_and_what_is_no_file(bezoar, project):
    make = "mkdir -p out/deep; echo a > out/a; echo b > out/deep/b; ln -s /etc/passwd out/link"
    code, _, err = bezoar("run", "--output", "out", "--output", "gone", *sh(make))
    assert code == 0
    made = events(project)[-1].detail["outputs"]
    assert sorted(made) == ["gone", "out/a", "out/deep/b"]
    assert made["gone"] is None
    assert "gone  was not made" in err
