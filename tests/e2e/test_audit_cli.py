"""`bezoar audit`: the command, its formats, its answers, its memory."""

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import fortify_scene as fs
import pytest
from ci_scene import BEZOAR, commit, git

from bezoar.cli.app import run
from bezoar.evaluate.four_answers import Grade
from bezoar.evaluate.questions import QUESTIONS
from bezoar.flows.audit import audit as run_audit
from bezoar.project import Project, find_project

WORKFLOW = """\
name: train
on:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  train:
    runs-on: ubuntu-24.04
    steps:
      - run: bezoar pull signs@1 --to data/signs
      - run: bezoar validate data/signs --suite expectations/signs.json
      - run: python train.py --data data/signs --out model.joblib
"""
UNSTOPPABLE = WORKFLOW.replace("signs.json", "signs.json || true")
UNVALIDATED = WORKFLOW.replace(
    "      - run: bezoar validate data/signs --suite expectations/signs.json\n", ""
)
PATH = ".github/workflows/train.yml"
SAFE = {one.name: min(one.choices.keys() - one.unsafe) for one in QUESTIONS}


def write(root, text, path=PATH):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Return a project with a pipeline that is sound, and be in it."""
    project = fs.project(tmp_path / "project")
    git(project.root, "init", "-q", "-b", "main")
    write(project.root, WORKFLOW)
    monkeypatch.chdir(project.root)
    return project.root


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
def audit(bezoar):
    """Return what audits: exit code, and what the JSON says."""

    def call(*arguments):
        code, out, err = bezoar("audit", *arguments, "--format", "json")
        assert out, err
        return code, json.loads(out)

    return call


def codes(found):
    return [one["code"] for one in found["findings"]]


def replies(found):
    return {one["name"]: one["reply"] for one in found["answers"]}


@pytest.mark.usefixtures("root")
def test_a_sound_pipeline(bezoar, audit):
    code, found = audit()
    assert (code, codes(found)) == (0, [])
    assert found["validated_percent"] == 100
    assert [one["place"] for one in found["pipelines_that_train"]] == [PATH]
    assert list(found["definitions"]) == [PATH]
    assert replies(found) == {
        "public-pull": "sound",
        "mutable-name": "sound",
        "validation": "sound",
        "who-may-add": "unknown",
    }
    assert found["grade"] == "B"
    code, out, _ = bezoar("audit")
    assert code == 0
    assert out.startswith("GRADE B  .\n")
    assert "automated validation step: 100 %" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(("text", "code"), [(UNSTOPPABLE, "BZ236"), (UNVALIDATED, "BZ225")])
def test_an_unsound_one(bezoar, audit, root, text, code):
    write(root, text)
    exit_code, found = audit()
    assert exit_code == 1
    assert codes(found) == [code]
    assert found["validated_percent"] == 0
    assert replies(found)["validation"] == "unsafe"
    assert found["grade"] == "F"
    assert bezoar("audit", "--exit-zero")[0] == 0
    assert bezoar("audit", "--fail-on", "critical")[0] == 0


def test_each_format(bezoar, root):
    write(root, UNSTOPPABLE)
    assert json.loads(bezoar("audit", "--format", "sarif")[1])["runs"][0]["results"]
    suite = ET.fromstring(bezoar("audit", "--format", "junit")[1]).find("testsuite")  # noqa: S314
    assert suite.get("failures") == "1"
    assert bezoar("audit", "--format", "github")[1].startswith(f"::error file={PATH},")
    mermaid = bezoar("audit", "--format", "mermaid")[1]
    assert mermaid.startswith("flowchart TD\n")
    assert "-.-x|" in mermaid
    code, out, _ = bezoar("audit", "--format", "html", "--output", "audit.html")
    page = (root / "audit.html").read_text()
    assert (code, out) == (1, "")
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert 'class="octagon"' in page
    assert "<script" not in page


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "html", "mermaid"])
def test_a_secret_in_a_script_is_found_and_never_shown(bezoar, root, form):
    secret = "hf_" + "s3cr3tS3CR3T" * 3
    lines = [
        f"curl -u bot:{secret} -o data/signs/a.zip https://bot:{secret}@data.example.org/a.zip",
        f"wget https://data.example.org/b.csv?token={secret} -O data/signs/b.csv",
        f"python train.py --data data/signs --token {secret}",
        f"kubectl apply -f https://x:{secret}@deploy.example.org/{secret}.yaml",
    ]
    steps = "".join(f"      - name: load {secret}\n        run: {line}\n" for line in lines)
    write(
        root, WORKFLOW.partition("      - run")[0].replace("name: train", f"name: {secret}") + steps
    )
    code, out, err = bezoar("audit", "--format", form)
    assert code == 1
    assert "s3cr3t" not in out + err
    assert form == "mermaid" or "BZ235" in out


def test_a_folder_without_a_pipeline(bezoar, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = bezoar("audit", tmp_path / "empty")
    assert code == 4
    assert "defines a pipeline" in err
    assert bezoar("audit", tmp_path / "gone")[0] == 2


# Who has a say.


def test_a_check_of_the_teams_own_counts_where_the_project_says_so(audit, root):
    write(root, WORKFLOW.replace("bezoar validate data/signs", "python check_signs.py data/signs"))
    assert codes(audit()[1]) == ["BZ225"]
    (root / "bezoar.toml").write_text('[audit]\nvalidators = ["check_signs.py"]\n')
    assert codes(audit()[1]) == []


def test_a_mirror_is_no_public_pull_and_neither_is_a_tool(audit, root):
    pull = "bezoar pull signs@1 --to data/signs"
    sums = "echo '%s  data/signs/a.zip' | sha256sum -c" % ("0" * 64)
    mirrored = "curl -o data/signs/a.zip https://mirror.acme.org/signs/a.zip && " + sums
    tool = "curl -LsSf https://astral.sh/uv/install.sh -o install.sh\n      - run: "
    write(root, WORKFLOW.replace(pull, f"{tool}{mirrored}"))
    assert codes(audit()[1]) == ["BZ221"]
    (root / "bezoar.toml").write_text('[scan]\nmirrors = ["https://mirror.acme.org/signs"]\n')
    assert codes(audit()[1]) == []


def test_a_strangers_tree_has_no_say_and_is_not_noted(bezoar, audit, root, tmp_path, monkeypatch):
    comment = "python train.py --data data/signs # bezoar: ignore[BZ225] trust me\n"
    write(
        root, UNVALIDATED.replace("python train.py --data data/signs --out model.joblib", comment)
    )
    (root / "bezoar.toml").write_text('[audit]\nexclude = [".github/*"]\n')
    judge = fs.project(tmp_path / "judge")
    monkeypatch.chdir(judge.root)
    code, found = audit(root)
    assert (code, codes(found)) == (1, ["BZ225"])
    assert found["suppressions_without_a_say"] == 1
    assert json.loads(bezoar("log", "show", "--format", "json")[1])["events"] == []


def test_a_suppression_of_the_teams_own_counts_and_is_counted(bezoar, audit, root):
    line = "- run: python train.py"
    comment = f"# bezoar: ignore[BZ225] drawn by the job itself\n      {line}"
    write(root, UNVALIDATED.replace(line, comment))
    code, found = audit()
    assert (code, codes(found)) == (0, [])
    assert found["silenced"][0]["reason"] == "drawn by the job itself"
    assert "1 finding silenced" in bezoar("audit")[1]
    assert "BZ112" not in codes(json.loads(bezoar("scan", "--format", "json")[1]))


def test_excluded_paths_are_not_audited(audit, root):
    write(root, UNVALIDATED, ".github/workflows/old.yml")
    assert codes(audit()[1]) == ["BZ225"]
    (root / "bezoar.toml").write_text('[audit]\nexclude = [".github/workflows/old.yml"]\n')
    assert codes(audit()[1]) == []


def test_a_change_is_judged_by_the_word_of_before(bezoar, audit, root):
    base = commit(root)
    assert codes(audit("--diff", base)[1]) == []
    write(root, UNVALIDATED.replace("train.py", "train.py # bezoar: ignore[BZ225] trust me"))
    (root / "bezoar.toml").write_text('[audit]\nexclude = [".github/*"]\n')
    code, found = audit("--diff", base)
    assert (code, codes(found)) == (1, ["BZ225"])
    merged = commit(root)
    (root / "bezoar.toml").write_text("")
    assert bezoar("audit", "--diff", merged)[0] == 4  # merged: from now on it counts


# What no file shows.


def answers(root, **changes):
    write(root, "/dbom/ @acme/data\n", "CODEOWNERS")
    lines = [f'{name} = "{choice}"' for name, choice in {**SAFE, **changes}.items()]
    (root / "answers.toml").write_text("\n".join(lines))
    return ("audit", "--questions", "--answers", "answers.toml")


def test_answers_are_asked_for_recorded_and_counted(bezoar, audit, root):
    code, out, _ = bezoar(*answers(root))
    assert (code, "not signed: there are no keys" in out) == (0, True)
    code, found = audit()
    assert replies(found)["who-may-add"] == "sound"
    assert found["grade"] == "A"
    bezoar(*answers(root, **{"who-may-add": "anyone"}))
    code, found = audit()
    assert replies(found)["who-may-add"] == "unsafe"
    assert found["grade"] == "D"


def test_signed_answers_that_were_edited_are_found(bezoar, audit, root):
    fs.with_key(Project(root))
    assert "signed by alice" in bezoar(*answers(root))[1]
    assert audit()[1]["answers_standing"] == "signed by alice"
    record = root / "dbom" / "records" / "audit-answers.json"
    record.write_bytes(record.read_bytes().replace(b'"reviewed"', b'"team"'))
    code, found = audit()
    assert (code, codes(found)) == (1, ["BZ237"])
    assert replies(found)["who-may-add"] == "unknown"


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "--questions"),
        ("audit", "--questions", "--answers", "gone.toml"),
        ("audit", "--answers", "answers.toml"),
        ("audit", "--days", "3"),
        ("audit", "--questions", "--answers", "answers.toml", "--days", "0"),
        ("audit", "--questions", "--answers", "answers.toml", "--days", "99999"),
    ],
)
def test_what_cannot_be_asked(bezoar, root, arguments):
    answers(root)
    code, _, err = bezoar(*arguments)
    assert code == 2
    assert "try: bezoar audit --questions" in err
    assert not (root / "dbom" / "records").exists()


# What is remembered.


@pytest.mark.usefixtures("root")
def test_an_audit_is_noted_with_what_it_read(bezoar):
    bezoar("audit")
    events = json.loads(bezoar("log", "show", "--format", "json")[1])["events"]
    (event,) = [one for one in events if one["kind"] == "pipelines.audited"]
    assert event["subject"].startswith("sha256:")
    assert list(event["detail"]["definitions"]) == [PATH]
    assert event["detail"]["validated_percent"] == 100


def test_status_shows_the_measure_and_what_is_stale(bezoar, root):
    code, out, _ = bezoar("status", "evaluate")
    assert code == 0
    assert "production data pipelines with an automated validation step" in out
    assert "100.0 % (1 of 1)" in out
    (root / "bezoar.toml").write_text("[audit]\nrequire_fresh_days = 30\n")
    assert "Nobody audited" in bezoar("status", "evaluate")[1]
    bezoar("audit")
    assert "audited" not in bezoar("status", "evaluate")[1]
    write(root, UNVALIDATED)
    out = bezoar("status", "evaluate")[1]
    assert "0.0 % (0 of 1)" in out
    assert "It was changed after the audit" in out


def test_this_repository_is_sound():
    project = find_project(Path(__file__))
    found = run_audit(project.root, project, noted=False)
    assert [f"{one.code} {one.place}" for one in found.findings] == []
    assert found.grade is Grade.B  # nobody answers its questions


def test_as_a_process(root):
    write(root, UNSTOPPABLE)
    done = subprocess.run([BEZOAR, "audit"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("GRADE F")
    assert "Traceback" not in done.stderr
