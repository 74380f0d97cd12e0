"""`bezoar monitor report`: Evidently itself where it is installed; else what installs it."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

BEZOAR = Path(sys.executable).with_name("bezoar")


def written(path, size, risen=0.0, seed=0):
    rng = np.random.default_rng(seed)
    names = rng.choice(["stop", "80"], size, p=[0.99 - risen, 0.01 + risen])
    sure = rng.random(size)
    rows = [
        {"class": str(a), "confidence": float(b), "camera": "</script>"}
        for a, b in zip(names, sure, strict=True)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def run(tmp_path):
    def start(*arguments):
        return subprocess.run(
            [BEZOAR, "monitor", *arguments],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    written(tmp_path / "trusted.jsonl", 20_000)
    written(tmp_path / "today.jsonl", 1_000, risen=0.1, seed=1)
    made = start("baseline", "signs", "--from", "trusted.jsonl", "-o", "b.json", "--by", "camera")
    assert made.returncode == 0, made.stderr
    return start


ARGUMENTS = ("report", "today.jsonl", "--baseline", "b.json", "--reference", "trusted.jsonl")


def test_evidently_writes_its_page_and_bezoar_says_what_it_sees(run, tmp_path):
    if find_spec("evidently") is None:
        pytest.skip("evidently is not installed (it wants pandas < 3)")
    found = run(*ARGUMENTS, "--with", "evidently", "-o", "report.html")
    assert found.returncode == 1, found.stderr
    assert "1,000 predictions beside 20,000 trusted ones" in found.stdout
    assert "Prediction distribution for class '80'" in found.stdout
    assert "Jensen-Shannon" in found.stdout
    assert max(map(len, found.stdout.splitlines())) <= 200
    assert "wrote report.html" in found.stderr
    page = (tmp_path / "report.html").read_text()
    assert "</script></script>" not in page
    assert '"</script>"' not in page
    told = run(*ARGUMENTS, "-o", "report.html", "--format", "json", "--exit-zero")
    assert told.returncode == 0
    result = json.loads(told.stdout)
    assert result["bezoar"]["alerts"][0]["class"] == "80"
    assert {one["column"] for one in result["evidently"]["columns"]} == {
        "class",
        "confidence",
        "camera",
    }


def test_without_evidently_it_says_what_installs_it_and_writes_nothing(run, tmp_path):
    if find_spec("evidently") is not None:
        pytest.skip("evidently is installed")
    found = run(*ARGUMENTS, "-o", "report.html")
    assert found.returncode == 3
    assert found.stderr.endswith("try: pip install 'bezoar[evidently]'\n")
    assert not (tmp_path / "report.html").exists()


def test_another_reference_than_the_baseline_s_is_refused(run):
    found = run(
        "report", "today.jsonl", "--baseline", "b.json", "--reference", "today.jsonl", "-o", "r"
    )
    assert found.returncode == 2
    assert "is not what the baseline was made from" in found.stderr
