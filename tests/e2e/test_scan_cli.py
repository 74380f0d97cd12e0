"""`bezoar scan` as a person uses it."""

import json
import subprocess
import xml.etree.ElementTree as ET

import pytest
from scan_scene import stand_in

from bezoar.cli.app import run

TRAIN = """\
fetch torchvision.datasets.CIFAR10 torchvision:CIFAR10 checksum=library
fetch AutoModel.from_pretrained hf:org/model kind=model dangers=remote-code
"""
IDENTITY = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
ENTRY = """\
name = "cifar10"
version = "1"
added_at = 2026-01-01T00:00:00Z
status = "approved"
[origin]
uris = ["torchvision:CIFAR10"]
retrieved_at = 2026-01-01T00:00:00Z
[content]
location = "data"
samples = 1
bytes = 1
root = "merkle-sha256-v1:{zeros}"
manifest = "sha256:{zeros}"
""".format(zeros="0" * 64)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project of one file that fetches twice."""
    stand_in(monkeypatch)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "bezoar.toml").write_text("")
    (folder / "train.py").write_text(TRAIN)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def bezoar(capsysbinary):
    """Return what runs a command: exit code, stdout, stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def found(result):
    _, out, _ = result
    return sorted({finding["code"] for finding in json.loads(out)["findings"]})


def commit_all(folder):
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


def git(folder, *arguments):
    subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.usefixtures("project")
def test_a_person_sees_each_source_and_what_to_type(bezoar):
    code, out, err = bezoar("scan")
    assert (code, err) == (1, "")
    assert out.startswith("2 sources in 1 file of .: 0 tied to their bytes, 0 in the DBOM\n")
    assert "     1  dataset  ✗ torchvision:CIFAR10" in out
    assert "  BZ106  Code of the fetched repository is run" in out
    assert "--draft --name cifar10 --version 1 --origin torchvision:CIFAR10" in out
    assert max(map(len, out.splitlines())) <= 80 or "bezoar dbom add" in max(
        out.splitlines(), key=len
    )


def test_json_says_what_is_promised(bezoar, project):
    (project / "data.sh").write_text("broken\n")
    code, out, _ = bezoar("scan", "--format", "json")
    assert code == 1
    document = json.loads(out)
    assert document["schema_version"] == 1
    first = document["sources"][0]
    assert first.pop("fingerprint")
    assert first == {
        "path": "train.py",
        "line": 1,
        "end_line": 1,
        "cell": None,
        "loader": "torchvision.datasets.CIFAR10",
        "kind": "dataset",
        "uri": "torchvision:CIFAR10",
        "decided_by": [],
        "revision": None,
        "pin": "none",
        "checksum": True,
        "checksum_by": "library",
        "in_ci": False,
        "registered": None,
        "dangers": [],
        "snippet": TRAIN.splitlines()[0],
    }
    assert document["unreadable"] == [{"path": "data.sh", "why": "it says so"}]
    assert {row["code"] for row in document["outcomes"]} >= {"BZ101", "BZ112"}


def test_what_the_dbom_knows_is_registered(bezoar, project):
    (project / "dbom").mkdir()
    (project / "dbom" / "cifar10@1.toml").write_text(ENTRY)
    _, out, _ = bezoar("scan", "--format", "json")
    first, second = json.loads(out)["sources"]
    assert (first["registered"], second["registered"]) == ("cifar10@1", None)
    (project / "train.py").write_text(TRAIN.splitlines()[0])
    code, out, _ = bezoar("scan")
    assert code == 0
    assert "✓ torchvision:CIFAR10" in out
    assert "1 in the DBOM" in out


def test_a_revoked_entry_covers_nothing(bezoar, project):
    (project / "dbom").mkdir()
    revoked = ENTRY.replace('"approved"', '"revoked"\nreason = "poisoned"')
    (project / "dbom" / "cifar10@1.toml").write_text(revoked)
    code, out, _ = bezoar("scan", "--format", "json", "--fail-on", "high")
    assert code == 1
    messages = [finding["message"] for finding in json.loads(out)["findings"]]
    assert "torchvision:CIFAR10 is revoked in the DBOM (cifar10@1): poisoned" in messages


@pytest.mark.usefixtures("project")
def test_exit_codes(bezoar, tmp_path):
    (tmp_path / "empty").mkdir()
    assert bezoar("scan", "--fail-on", "critical")[0] == 0
    assert bezoar("scan", "--exit-zero")[0] == 0
    code, out, err = bezoar("scan", tmp_path / "empty")
    assert (code, out) == (4, "")
    assert "has a reader" in err
    assert bezoar("scan", "nowhere")[0] == 2
    assert bezoar("scan", "--baseline", "nowhere")[0] == 2


def test_a_file_that_cannot_be_read_ends_with_3_only_where_asked(bezoar, project):
    (project / "data.json").write_text("broken\n")
    (project / "train.py").unlink()
    assert bezoar("scan")[0] == 0  # a data file is milder than code
    assert bezoar("scan", "--strict-unreadable")[0] == 3


def test_sarif_junit_and_annotations(bezoar, project):
    (project / "train.py").write_text("fetch wget https://x.org/a.zip lines=3\n\n\n")
    _, out, _ = bezoar("scan", "--format", "sarif")
    results = json.loads(out)["runs"][0]["results"]
    region = results[0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "endLine": 3}
    prints = [result["partialFingerprints"]["placeAndRule/v1"] for result in results]
    assert len(set(prints)) == len(prints) == 2
    _, out, _ = bezoar("scan", "--format", "junit")
    assert ET.fromstring(out).find("testsuite").get("failures") == "1"  # noqa: S314 - our own
    _, out, _ = bezoar("scan", "--format", "github")
    assert out.startswith("::error file=train.py,title=BZ101 Source that the DBOM does not know,")
    assert ",line=1,endLine=3::https://x.org/a.zip is not in the DBOM%0Abezoar dbom add" in out


def test_a_baseline(bezoar, project):
    code, out, err = bezoar("scan", "--write-baseline", "b.json")
    assert (code, out) == (0, "")
    assert "findings in b.json" in err
    (project / "train.py").write_text("\n\n" + TRAIN)
    code, out, _ = bezoar("scan", "--baseline", "b.json")
    assert code == 0
    assert "findings not shown: the baseline has them." in out
    (project / "train.py").write_text(TRAIN + "fetch wget https://x.org/a.zip\n")
    result = bezoar("scan", "--baseline", "b.json", "--format", "json")
    assert result[0] == 1
    assert found(result) == ["BZ101", "BZ103"]


def test_what_a_change_adds(bezoar, project):
    commit_all(project)
    (project / "more.sh").write_text("fetch wget https://x.org/a.zip\n")
    (project / "train.py").write_text("# moved\n" + TRAIN)
    code, out, _ = bezoar("scan", "--diff", "main", "--format", "json")
    assert code == 1
    document = json.loads(out)
    assert {finding["place"]["name"] for finding in document["findings"]} == {"more.sh"}
    assert len(document["base"]) == 40
    (project / "more.sh").unlink()
    assert bezoar("scan", "--diff", "main")[0] == 0
    assert bezoar("scan", "--diff", "nope")[0] == 2


def test_a_change_elsewhere_that_changes_a_source_here_is_found(bezoar, project):
    (project / "sub").mkdir()
    (project / "sub" / "a.py").write_text("fetch wget https://x.org/a.zip\n")
    commit_all(project)
    (project / "sub" / "a.py").write_text("fetch wget https://evil.example/a.zip\n")
    result = bezoar("scan", "sub", "--diff", "main", "--format", "json")
    assert found(result) == ["BZ101", "BZ103"]
    assert json.loads(result[1])["sources"][0]["path"] == "sub/a.py"


def test_a_foreign_tree_has_no_say(bezoar, project, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "bezoar.toml").write_text('fail_on = "critical"\n[scan]\nexclude = ["*"]\n')
    (other / "dbom").mkdir()
    (other / "dbom" / "cifar10@1.toml").write_text(ENTRY)
    (other / "a.py").write_text(
        "fetch CIFAR10 torchvision:CIFAR10  # bezoar: ignore[BZ101,BZ103] trust me\n"
    )
    result = bezoar("scan", other, "--format", "json")
    assert result[0] == 1
    assert found(result) == ["BZ101", "BZ103"]
    document = json.loads(result[1])
    assert (document["own"], document["suppressions_not_obeyed"]) == (False, 1)
    (project / "a.py").write_text((other / "a.py").read_text())
    assert json.loads(bezoar("scan", "--format", "json")[1])["own"] is True
    assert bezoar("scan", "a.py")[0] == 0
    assert bezoar("scan", "a.py", "--foreign")[0] == 1


def test_a_repository_within_the_project_is_foreign(bezoar, project):
    inner = project / "inner"
    inner.mkdir()
    (inner / ".git").mkdir()
    (inner / "a.py").write_text("fetch wget x:1 # bezoar: ignore[BZ101,BZ103] trust me\n")
    assert bezoar("scan", "inner")[0] == 1


def test_settings_say_what_to_leave_out_and_where_the_mirror_is(bezoar, project):
    (project / "bezoar.toml").write_text(
        '[scan]\nexclude = ["tests"]\nmirrors = ["https://mirror.example"]\n'
    )
    (project / "tests").mkdir()
    (project / "tests" / "a.py").write_text("fetch wget https://x.org/a.zip\n")
    _, out, _ = bezoar("scan", "--format", "json")
    document = json.loads(out)
    assert {source["path"] for source in document["sources"]} == {"train.py"}
    assert document["skipped"] == ["tests"]
    assert "BZ109" in {finding["code"] for finding in document["findings"]}


def test_names_and_sources_that_a_terminal_would_act_on(bezoar, project):
    (project / "a\x1b[31m.py").write_text("fetch wg\x1b[2Jet https://x.org/\x1b]0;x\x07a.zip\n")
    for form in ("text", "github", "sarif", "junit", "json"):
        _, out, _ = bezoar("scan", "--format", form)
        assert "\x1b" not in out
        assert "\x07" not in out


def test_no_format_repeats_a_secret(bezoar, project):
    secret = "hunter2secret"  # noqa: S105 - nobody's
    (project / "a.sh").write_text(
        f"fetch wget https://me:{secret}@x.org/a.zip\n"
        f"fetch curl https://x.org/a.zip?token={secret} revision={secret}\n".replace(
            f"revision={secret}", "dangers=secret-in-uri"
        )
    )
    for form in ("text", "github", "sarif", "junit", "json"):
        _, out, _ = bezoar("scan", "--format", form)
        assert secret not in out
        assert "BZ110" in out
    bezoar("scan", "--write-baseline", "b.json")
    assert secret not in (project / "b.json").read_text()
