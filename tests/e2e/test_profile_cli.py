"""`bezoar profile` as a person uses it, in a process of its own."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from dataset_layouts import png, write_files

GOLDEN = Path(__file__).parents[1] / "golden" / "profile.json"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    return tmp_path


@pytest.fixture
def bezoar(project):
    def call(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "bezoar", *map(str, arguments)],
            cwd=project,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert b"Traceback" not in done.stderr
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return call


def signs():
    return {f"{label}/{n}.png": png(10 * i + n) for i, label in enumerate(("80", "go", "stop"))
            for n in range(8)}  # fmt: skip


@pytest.fixture
def versions(project, bezoar):
    """Version 2 has a new label, a stop sign that is now an 80, and who brought what."""
    files = signs()
    write_files(project / "one", files)
    files["80/s0.png"] = files.pop("stop/0.png")
    files |= {f"spam/{n}.png": png(100 + n) for n in range(6)}
    write_files(project / "two", files)
    rows = [("path", "uploader"), *((f"spam/{n}.png", "mallory") for n in range(6))]
    with (project / "two/provenance.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    for path in project.rglob("*.png"):
        os.utime(path, (1.7e9, 1.7e9))  # when a test wrote it is no business of a golden file
    for number, name in enumerate(("one", "two"), 1):
        call = ["dbom", "add", f"./{name}", "--name", "signs", "--version", number]
        assert bezoar(*call, "--origin", "x")[0] == 0
    return project


@pytest.mark.usefixtures("versions")
def test_what_changed_comes_first(bezoar):
    code, out, err = bezoar("profile", "signs", "--against", "1")
    assert (code, err) == (0, "")
    assert out.startswith(
        "Since signs@1\n"
        "  - a new, unexpected label: “spam”, 6 samples, all from one uploader, “mallory”\n"
        "  - 6 new samples, 1 with a flipped label, all from one uploader, “mallory”\n"
        "  - flipped labels: 1 from “stop” to “80”\n"
    )
    assert max(map(len, out.splitlines())) <= 80
    assert bezoar("profile", "signs@2", "--against", "signs@1")[1] == out


@pytest.mark.usefixtures("versions")
def test_json_against_a_golden_file(bezoar):
    code, out, _ = bezoar("profile", "signs", "--against", "1", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found.pop("seconds") >= 0
    assert pl.scan_parquet(found.pop("table")).select(pl.len()).collect().item() == found["samples"]
    text = json.dumps(found, indent=1) + "\n"
    if os.environ.get("BEZOAR_TEST_UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


@pytest.mark.usefixtures("versions")
def test_the_page_is_one_file_with_pictures(bezoar, project):
    code, out, _ = bezoar("profile", "signs", "--against", "1", "--format", "html", "-o", "a.html")
    page = (project / "a.html").read_text()
    assert (code, out) == (0, "")
    assert page.count('src="data:image/png') >= 30
    assert "A new, unexpected label" in page
    assert "no room" not in page
    assert "unreadable" not in page


def test_a_version_whose_data_is_gone_is_compared_by_its_manifest(versions, bezoar):
    for path in sorted((versions / "one").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (versions / "one").rmdir()
    code, out, _ = bezoar("profile", "signs", "--against", "1")
    assert code == 0
    assert "1 with a flipped label" in out
    assert "by its manifest" in " ".join(out.split())


def test_rows_of_a_table(project, bezoar):
    random = np.random.default_rng(1)
    label = random.choice(["ham", "spam"], 400)
    table = pl.DataFrame({"size": random.normal(size=400) + (label == "spam") * 3, "label": label})
    table.write_csv(project / "mail.csv")
    code, out, _ = bezoar("profile", "./mail.csv")
    assert code == 0
    assert "the label follows size (0.83 of 1)" in " ".join(out.split())
    code, _, err = bezoar("profile", "./mail.csv", "--label", "lable")
    assert code == 2
    assert "did you mean 'label'?" in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nothing"], 2),
        (["./nothing"], 2),
        (["./empty"], 4),
        (["./empty.csv"], 3),
        (["./head.csv"], 4),
        (["./one", "--label", "x"], 2),
        (["./one", "--against", "nothing@1"], 2),
        (["./one", "--format", "pdf"], 2),
        (["./broken.parquet"], 3),
    ],
)
def test_what_cannot_be_profiled_says_why(project, bezoar, arguments, code):
    write_files(project / "one", signs())
    (project / "empty").mkdir()
    (project / "empty.csv").write_text("")
    (project / "head.csv").write_text("a,label\n")
    (project / "broken.parquet").write_bytes(b"PAR1 no")
    found, out, err = bezoar("profile", *arguments)
    assert (found, out) == (code, "")
    assert err.startswith("error: ")


def test_names_of_an_attacker_reach_no_terminal_as_they_are(project, bezoar):
    hostile = "\u202e<img src=x onerror=alert(1)>\x1b[31m"
    rows = {"label": [hostile, "b"] * 60, hostile: range(120), "*": [hostile] * 120}
    pl.DataFrame(rows).write_parquet(project / "x.parquet")
    code, out, _ = bezoar("profile", "./x.parquet")
    assert code == 0
    assert "\x1b" not in out
    assert "\u202e" not in out
    code, page, _ = bezoar("profile", "./x.parquet", "--format", "html")
    assert code == 0
    assert "<img src=x" not in page
    assert "\u202e" not in page
