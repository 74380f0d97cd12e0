"""`examples/stop-sign`: its pipeline run as it stands, audited, and audited spoiled."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pull_scene
import pytest
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "stop-sign"
BEZOAR = Path(sys.executable).with_name("bezoar")
PICTURES = 24  # of each class


def drawn(label: str, number: int, folder: Path) -> bytes:
    """Draw a sign: a red octagon or a white disc with a red rim, a little different each time."""
    picture = Image.new("RGB", (40, 40), (90 + 3 * number, 120, 100 + 2 * number))
    pen, off = ImageDraw.Draw(picture), number % 5
    if label == "stop":
        pen.regular_polygon((20 + off - 2, 20, 15), 8, fill=(190, 10 + number, 20))
    else:
        pen.ellipse(
            (5 + off, 5, 32 + off, 32), fill=(240, 240, 235), outline=(200, 20, 20), width=4
        )
    path = folder / "drawn.png"
    picture.save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def approved(tmp_path_factory):
    """Return a copy of the example with an approved data set in its mirror, and its home."""
    folder, patch = tmp_path_factory.mktemp("example"), pytest.MonkeyPatch()
    home = tmp_path_factory.mktemp("home")
    patch.setenv("BEZOAR_HOME", str(home))
    files = {
        f"{label}/{number:02}.png": drawn(label, number, folder)
        for label in ("stop", "speed-limit-80")
        for number in range(PICTURES)
    }
    project = folder / "stop-sign"
    scene = pull_scene.mirrored(project, files=files)
    shutil.rmtree(scene.data)
    shutil.copytree(EXAMPLE, project, dirs_exist_ok=True)
    patch.undo()
    return project, home


@pytest.fixture
def project(approved, tmp_path):
    """Return a copy of its own for a test."""
    folder = tmp_path / "stop-sign"
    shutil.copytree(approved[0], folder, ignore=shutil.ignore_patterns(".bezoar"))
    return folder


@pytest.fixture
def run(project, approved):
    """Return what starts a program in the project: its exit code and what it printed."""
    # Keys are pinned for the folder that they were made in.
    trust = json.loads(
        subprocess.check_output(
            [BEZOAR, "keys", "list", "--format", "json"],
            cwd=approved[0],
            env={**os.environ, "BEZOAR_HOME": str(approved[1])},
        )
    )
    environment = {
        **os.environ,
        "PATH": f"{BEZOAR.parent}{os.pathsep}{os.environ['PATH']}",
        "BEZOAR_TRUST": trust["pinned"],
    }

    def start(*command):
        done = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return start


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="no make on this machine")


@needs_make
def test_the_pipeline_runs_from_the_mirror_to_the_gate(run, project):
    code, said = run("make", "gate")
    assert code == 0, said
    assert "the data is as expected" in said
    assert "stop: 100 % right" in said
    assert (project / "model.npz").exists()


@needs_make
def test_data_that_nobody_expects_stops_it_before_training(run, project):
    assert run("make", "data/signs")[0] == 0
    (project / "data" / "signs" / "yield").mkdir()
    shutil.copy(project / "data/signs/stop/00.png", project / "data/signs/yield/0.png")
    code, said = run("make", "gate")
    assert code == 2
    assert "nobody expects the label yield" in said
    assert not (project / "model.npz").exists()


@needs_make
def test_bytes_that_nobody_approved_are_not_delivered(run, project):
    for path in (project / "mirror").rglob("*"):
        if path.is_file() and path.stat().st_size > 100:
            path.chmod(0o644)
            data = bytearray(path.read_bytes())
            data[-1] ^= 1
            path.write_bytes(data)
    assert run("make", "check")[0] == 2
    assert not (project / "data" / "signs").exists()


SPOILED = {
    "a check that cannot stop": (
        "Makefile",
        "check_signs.py $(DATA)",
        "check_signs.py $(DATA) || true",
        "BZ236",
    ),
    "training that waits for no check": ("Makefile", "train: check", "train: $(DATA)", "BZ225"),
    "a check of other data": (
        "Makefile",
        "check_signs.py $(DATA)",
        "check_signs.py data/old",
        "BZ226",
    ),
    "a check on some days": (
        "Makefile",
        "\t$(PYTHON) check_signs.py $(DATA)",
        '\tif [ -n "$$CHECK" ]; then $(PYTHON) check_signs.py $(DATA); fi',
        "BZ226",
    ),
    "data that comes after the check": (
        "Makefile",
        "\t$(PYTHON) train.py",
        "\taws s3 sync s3://uploads/signs $(DATA)\n\t$(PYTHON) train.py",
        "BZ227",
    ),
    "a public source": (
        "Makefile",
        "bezoar pull signs@1 --to $(DATA)",
        "curl -fsSL https://data.example.org/signs.csv --create-dirs -o $(DATA)/signs.csv",
        "BZ221",
    ),
}


def audited(project, *arguments):
    done = subprocess.run(
        [BEZOAR, "audit", "--format", "json", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def tree(tmp_path):
    """Return a copy of the example's files alone."""
    folder = tmp_path / "stop-sign"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".bezoar"))
    return folder


def test_its_audit_is_clean(tree):
    code, found = audited(tree)
    assert (code, found["findings"]) == (0, [])
    assert found["validated_percent"] == 100
    assert set(found["definitions"]) >= {"Makefile", ".github/workflows/train.yml"}


@pytest.mark.parametrize("how", SPOILED)
def test_its_audit_sees_each_way_to_spoil_it(tree, how):
    name, old, new, code = SPOILED[how]
    text = (tree / name).read_text()
    assert text.count(old) == 1
    (tree / name).write_text(text.replace(old, new))
    exit_code, found = audited(tree)
    assert exit_code == 1
    assert code in {one["code"] for one in found["findings"]}
