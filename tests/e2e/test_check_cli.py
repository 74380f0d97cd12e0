"""`bezoar check` as a team and its pull requests use it."""

import json
import subprocess
import xml.etree.ElementTree as ET

import pytest
from dataset_layouts import four_files, png, write_files
from scan_scene import stand_in

from bezoar.cli.app import run

KNOWN = "fetch torchvision.datasets.CIFAR10 torchvision:CIFAR10 checksum=library\n"
NEW = "fetch wget https://x.org/a.zip\n"
IDENTITY = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
ENTRY = """\
name = "{name}"
version = "1"
added_at = 2026-01-01T00:00:00Z
status = "{status}"
reason = "{reason}"
[origin]
uris = ["{uri}"]
retrieved_at = 2026-01-01T00:00:00Z
[content]
location = "data/{name}"
samples = 1
bytes = 1
root = "merkle-sha256-v1:{zeros}"
manifest = "sha256:{zeros}"
"""


def entry(folder, name, uri, status="draft", reason=""):
    text = ENTRY.format(name=name, uri=uri, status=status, reason=reason, zeros="0" * 64)
    (folder / "dbom").mkdir(exist_ok=True)
    (folder / "dbom" / f"{name}@1.toml").write_text(text)


def git(folder, *arguments):
    subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a repository that registers what it fetches."""
    stand_in(monkeypatch)
    folder = tmp_path / "mine"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "bezoar.toml").write_text("")
    (folder / "train.py").write_text(KNOWN)
    entry(folder, "cifar10", "torchvision:CIFAR10", "approved")
    commit(folder)
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


@pytest.fixture
def against_main(bezoar):
    """Return what checks the tree against main: exit code, and findings as (code, place)."""

    def call(*arguments):
        code, out, err = bezoar("check", "--diff", "main", "--format", "json", *arguments)
        assert err == ""
        document = json.loads(out)
        return code, [
            (one["code"], f"{one['place']['name']}:{one['place']['line']}", one["severity"])
            for one in document["findings"]
        ]

    return call


ADDED = [("BZ101", "more.py:1", "medium"), ("BZ103", "more.py:1", "low")]


@pytest.mark.usefixtures("project")
def test_a_project_in_order_passes_and_the_verdict_is_recorded(bezoar):
    code, out, err = bezoar("check")
    assert (code, err) == (0, "")
    assert out.startswith("ADMIT  .\nMay this go in? Yes.\n1 source, 1 in the DBOM of 1 entry;")
    assert max(map(len, out.splitlines())) <= 80
    event = json.loads(bezoar("log", "show", "--format", "json")[1])["events"][0]
    assert (event["kind"], event["detail"]["verdict"]) == ("project.checked", "admit")


def test_an_unregistered_source_fails_with_its_line_and_the_command(bezoar, project):
    (project / "more.py").write_text("\n" + NEW)
    code, out, _ = bezoar("check", "--diff", "main")
    assert code == 1
    assert out.startswith("QUARANTINE  .\n")
    assert "     more.py:2\n       https://x.org/a.zip is not in the DBOM\n" in out
    assert "  bezoar dbom add --draft --name a --version 1 --origin https://x.org/a.zip\n" in out
    assert "  bezoar dbom add --from-scan\n" in out


def test_nothing_added_is_nothing_found(against_main, project):
    assert against_main() == (0, [])
    (project / "train.py").write_text("# moved\n" + KNOWN)
    assert against_main() == (0, [])


def test_every_format(bezoar, project):
    (project / "more.py").write_text(NEW)
    _, out, _ = bezoar("check", "--format", "sarif", "-o", "x.sarif")
    assert out == ""
    results = json.loads((project / "x.sarif").read_text())["runs"][0]["results"]
    assert results[0]["ruleId"] == "BZ101"
    _, out, _ = bezoar("check", "--format", "junit")
    assert ET.fromstring(out).find("testsuite").get("failures") == "1"  # noqa: S314 - our own
    _, out, _ = bezoar("check", "--format", "github")
    assert out.startswith("::error file=more.py,title=BZ101 Source that the DBOM does not know,")
    document = json.loads(bezoar("check", "--format", "json")[1])
    assert (document["schema_version"], document["verdict"]) == (1, "quarantine")
    assert [one["uri"] for one in document["sources"]] == [
        "https://x.org/a.zip",
        "torchvision:CIFAR10",
    ]


def test_fail_on_moves_the_verdict_and_exit_zero_hides_one(bezoar, project):
    (project / "more.py").write_text(NEW)
    assert bezoar("check")[0] == 1
    assert bezoar("check", "--exit-zero")[0] == 0
    assert bezoar("check", "--fail-on", "high")[0] == 0
    (project / "more.py").write_text(NEW.replace("\n", " checksum=call\n"))
    entry(project, "a", "https://x.org/a.zip")
    assert bezoar("check", "--diff", "main")[0] == 0
    code, out, _ = bezoar("check", "--diff", "main", "--fail-on", "low")
    assert code == 1
    assert out.startswith("QUARANTINE")
    (project / "bezoar.toml").write_text('fail_on = "low"\n')
    commit(project)
    (project / "third.py").write_text("fetch wget http://x.org/a.zip dangers=plain-http\n")
    assert bezoar("check", "--diff", "HEAD", "--fail-on", "critical")[0] == 0


def test_usage_and_nothing_to_inspect(bezoar, project, tmp_path):
    assert bezoar("check", "--diff", "nope")[0] == 2
    assert bezoar("check", "nothing.py")[0] == 2
    code, _, err = bezoar("check", tmp_path)
    assert code == 2
    assert "does not belong to the project" in err
    for name in ("train.py", "bezoar.toml", "dbom/cifar10@1.toml"):
        (project / name).unlink()
    assert bezoar("check")[0] == 4
    (project / "more.py").write_text(NEW)
    assert bezoar("check", "--diff", "main", "--baseline", "nope.json")[0] == 2


# What a pull request may try.


def test_a_suppression_does_not_excuse_the_change_that_adds_it(against_main, project):
    comment = "# bezoar: ignore[BZ101,BZ103] trust me"
    (project / "more.py").write_text(NEW.replace("\n", f"  {comment}\n"))
    code, found = against_main()
    assert code == 1
    assert [one for one in found if one[0] != "BZ142"] == ADDED
    assert found.count(("BZ142", "more.py:1", "low")) == 2
    commit(project)
    assert against_main()[0] == 0  # merged: from now on it counts


def test_nor_does_one_that_stood_there_for_something_else(against_main, project):
    line = "fetch wget https://x.org/old.zip # bezoar: ignore[BZ101,BZ103] the lab's own\n"
    (project / "more.py").write_text(line)
    commit(project)
    assert against_main() == (0, [])
    (project / "more.py").write_text(line.replace("old", "a"))
    assert [one for one in against_main()[1] if one[0] != "BZ142"] == ADDED


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ('[scan]\nexclude = ["more.py"]\n', "scan.exclude"),
        ('fail_on = "critical"\n', "fail_on"),
        ('[policy]\nquarantine_at = "critical"\n', "policy.quarantine_at"),
        ('[scan]\nmirrors = ["https://x.org"]\n', "scan.mirrors"),
    ],
)
def test_settings_do_not_excuse_the_change_that_writes_them(bezoar, project, settings, key):
    (project / "bezoar.toml").write_text(settings)
    (project / "more.py").write_text(NEW)
    code, out, _ = bezoar("check", "--diff", "main", "--format", "json")
    assert code == 1
    findings = {one["code"]: one for one in json.loads(out)["findings"]}
    assert set(findings) == {"BZ101", "BZ103", "BZ142"}
    assert findings["BZ142"]["message"] == f"{key} is judged as it was: not set"
    assert findings["BZ142"]["place"]["name"] == "bezoar.toml"


def test_settings_of_before_count_where_the_change_deletes_them(against_main, project):
    (project / "bezoar.toml").write_text('fail_on = "low"\n[scan]\nexclude = ["tests"]\n')
    (project / "tests").mkdir()
    commit(project)
    (project / "bezoar.toml").unlink()
    (project / "tests" / "more.py").write_text(NEW)
    (project / "low.py").write_text("fetch wget x:1 checksum=call by=x\n")
    code, found = against_main()
    assert code == 1
    assert not any("tests/" in place for _, place, _ in found)
    assert {one for one in found if one[0] == "BZ142"} == {("BZ142", "bezoar.toml:1", "low")}


def test_settings_that_cannot_be_read_are_seen_and_change_nothing(against_main, project):
    (project / "bezoar.toml").write_text("[[[")
    assert against_main() == (0, [("BZ142", "bezoar.toml:1", "low")])


def test_a_project_that_begins_elsewhere_is_judged_by_the_old_one(
    against_main, project, monkeypatch
):
    (project / "bezoar.toml").write_text('fail_on = "low"\n')
    (project / "ml").mkdir()
    (project / "ml" / "a.py").write_text("")
    commit(project)
    (project / "ml" / "bezoar.toml").write_text('fail_on = "critical"\n')
    (project / "ml" / "more.py").write_text(NEW)
    monkeypatch.chdir(project / "ml")
    code, found = against_main()
    assert code == 1
    assert ("BZ101", "ml/more.py:1", "medium") in found
    assert ("BZ142", "ml/bezoar.toml:1", "low") in found


def test_the_baseline_of_before_counts(bezoar, against_main, project):
    (project / "more.py").write_text(NEW)
    bezoar("scan", "--write-baseline", "b.json")
    assert bezoar("check", "--baseline", "b.json")[0] == 0
    code, found = against_main("--baseline", "b.json")
    assert code == 1
    assert found == [*ADDED, ("BZ142", "b.json:1", "low")]
    (project / "more.py").unlink()
    commit(project)
    (project / "more.py").write_text(NEW)
    assert against_main("--baseline", "b.json") == (0, [])


def test_a_ledger_in_git_is_seen(against_main, bezoar, project):
    bezoar("check")
    (project / ".bezoar" / ".gitignore").unlink()
    git(project, "add", "-Af", ".bezoar")
    assert against_main() == (1, [("BZ142", ".bezoar:1", "medium")])


def test_a_broken_pyproject_does_not_stop_the_gate(against_main, project):
    (project / "bezoar.toml").unlink()
    commit(project)
    (project / "pyproject.toml").write_text("[[[")
    (project / "more.py").write_text(NEW)
    code, found = against_main()
    assert code == 1
    assert [*ADDED, ("BZ142", "bezoar.toml:1", "low")] == found


def test_folders_that_a_scan_leaves_out_hide_nothing_that_git_knows(against_main, project):
    for folder in ("vendor", "env"):
        (project / folder).mkdir()
        (project / folder / "more.py").write_text(NEW)
    (project / "env" / "pyvenv.cfg").write_text("")
    git(project, "checkout", "-qb", "change")
    commit(project)
    code, found = against_main()
    assert code == 1
    assert {place for code, place, _ in found if code == "BZ101"} == {
        "vendor/more.py:1",
        "env/more.py:1",
    }


def test_a_source_that_the_change_itself_registers_is_shown_and_passes(against_main, project):
    (project / "more.py").write_text(NEW)
    entry(project, "a", "https://x.org/a.zip")
    assert against_main() == (0, [("BZ141", "more.py:1", "low")])
    commit(project)
    assert against_main() == (0, [])


def test_nobody_approves_himself(bezoar, project):
    (project / "more.py").write_text(NEW)
    entry(project, "a", "https://x.org/a.zip", "approved")
    code, out, _ = bezoar("check", "--diff", "main", "--format", "json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["code"]) == (0, "BZ141")
    assert finding["message"].endswith("is registered by this change (a@1), not yet approved")


def test_what_is_registered_without_a_use_is_shown(against_main, project):
    entry(project, "a", "https://x.org/a.zip")
    assert against_main() == (0, [("BZ141", "dbom/a@1.toml:1", "low")])


def test_a_withdrawn_source_is_not_set_free_by_the_change_that_uses_it(against_main, project):
    entry(project, "a", "https://x.org/a.zip", "revoked", "poisoned")
    commit(project)
    entry(project, "a", "https://x.org/a.zip")
    entry(project, "again", "https://x.org/a.zip")
    (project / "more.py").write_text(NEW)
    code, found = against_main()
    assert code == 1
    assert ("BZ101", "more.py:1", "high") in found
    assert ("BZ142", "dbom/a@1.toml:1", "medium") in found
    assert ("BZ141", "dbom/again@1.toml:1", "low") in found


def test_an_entry_that_is_widened_covers_no_more_than_before(against_main, project):
    entry(project, "cifar10", 'torchvision:CIFAR10", "https://x.org/a.zip', "approved")
    (project / "more.py").write_text(NEW)
    code, found = against_main()
    assert code == 0
    assert found == [("BZ141", "more.py:1", "low"), ("BZ142", "dbom/cifar10@1.toml:1", "low")]


def test_a_version_that_is_given_other_bytes_is_grave(against_main, project):
    path = project / "dbom" / "cifar10@1.toml"
    path.write_text(path.read_text().replace("v1:00", "v1:11"))
    assert against_main() == (1, [("BZ142", "dbom/cifar10@1.toml:1", "high")])


def test_the_stricter_word_of_the_change_counts_at_once(against_main, project):
    entry(project, "cifar10", "torchvision:CIFAR10", "revoked", "poisoned")
    code, found = against_main()
    assert code == 1
    assert ("BZ101", "train.py:1", "high") in found
    (project / "dbom" / "cifar10@1.toml").unlink()
    code, found = against_main()
    assert code == 1
    assert ("BZ101", "train.py:1", "medium") in found
    assert ("BZ142", "dbom/cifar10@1.toml:1", "low") in found


def test_an_entry_that_cannot_be_read_is_a_finding(against_main, bezoar, project):
    (project / "dbom" / "bad@1.toml").write_text("name = 7")
    assert against_main() == (1, [("BZ143", "dbom/bad@1.toml:1", "medium")])
    assert bezoar("check")[0] == 1


def test_a_draft_without_bytes_is_shown_until_it_is_complete(against_main, bezoar, project):
    (project / "more.py").write_text(NEW)
    arguments = ("--name", "a", "--version", "1", "--origin", "https://x.org/a.zip")
    assert bezoar("dbom", "add", "--draft", *arguments)[0] == 0
    code, found = against_main()
    assert code == 0
    assert found == [
        ("BZ103", "more.py:1", "low"),
        ("BZ141", "more.py:1", "low"),
        ("BZ144", "dbom/a@1.toml:1", "low"),
    ]
    commit(project)
    assert against_main() == (0, [])
    assert "BZ144" in bezoar("check")[1]
    write_files(project / "data" / "a", four_files())
    assert bezoar("dbom", "add", "data/a", "--name", "a", "--version", "1")[0] == 0
    assert against_main() == (0, [("BZ141", "dbom/a@1.toml:1", "low")])
    assert "BZ144" not in bezoar("check", "--format", "github")[1]


# Data that lies in the project.


@pytest.fixture
def signs(bezoar, project):
    """Return a registered data set, committed with its entry and taken for known."""
    folder = write_files(project / "signs", four_files())
    arguments = ("--name", "signs", "--version", "1", "--origin", "https://x.org/signs")
    assert bezoar("dbom", "add", folder, *arguments)[0] == 0
    commit(project)
    return folder


def test_data_that_lies_here_is_verified(against_main, bezoar, signs):
    code, out, _ = bezoar("check")
    assert code == 0
    assert "; 1 data set verified\n" in out
    events = json.loads(bezoar("log", "show", "--format", "json")[1])["events"]
    (verified,) = [one for one in events if one["kind"] == "dataset.verified"]
    assert (verified["subject"], verified["detail"]["intact"]) == ("signs@1", True)
    write_files(signs, {"go/0.png": png(99)})
    code, found = against_main()
    assert code == 1
    assert found == [("BZ151", "signs/go/0.png:None", "high")]
    code, out, _ = bezoar("check", "--no-verify")
    assert code == 0
    assert "skipped\n     it was not asked for (--no-verify)\n" in out


@pytest.mark.parametrize("place", ["../secret", "{absolute}", "link", ".", "data/../../secret"])
def test_an_entry_does_not_choose_what_is_read(bezoar, project, tmp_path, place):
    write_files(tmp_path / "secret", four_files())
    (project / "data").mkdir()
    (project / "link").symlink_to(tmp_path / "secret")
    entry(project, "a", "https://x.org/a.zip")
    path = project / "dbom" / "a@1.toml"
    place = place.format(absolute=tmp_path / "secret")
    path.write_text(path.read_text().replace("data/a", place))
    for arguments in ((), ("--diff", "main")):
        _, out, _ = bezoar("check", "--format", "json", *arguments)
        document = json.loads(out)
        assert not any(one["verified"] for one in document["datasets"])
        assert not any(one["code"].startswith("BZ15") for one in document["findings"])


def test_data_that_no_reader_knows_leaves_it_undecided(bezoar, project):
    (project / "data").mkdir()
    (project / "data" / "cifar10").write_text("no data set")
    code, out, _ = bezoar("check")
    assert code == 3
    assert out.startswith("UNDECIDED")


def test_a_project_below_the_repository_is_annotated_from_its_top(bezoar, project, monkeypatch):
    (project / "ml").mkdir()
    (project / "ml" / "bezoar.toml").write_text("")
    (project / "ml" / "more.py").write_text(NEW)
    monkeypatch.chdir(project / "ml")
    _, out, _ = bezoar("check", "--format", "github")
    assert out.startswith("::error file=ml/more.py,")
