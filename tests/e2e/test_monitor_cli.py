"""`bezoar monitor` as a user types it."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest


@pytest.fixture
def streams(tmp_path):
    """Write a trusted stream, a clean one, and one where a rare class comes up tenfold."""
    rng = np.random.default_rng(0)

    def write(name, size, eighty):
        classes = rng.choice(["stop", "80", "yield"], size, p=[0.6, eighty, 0.4 - eighty])
        frame = {"time": np.arange(size) * 10.0, "class": classes, "confidence": rng.random(size)}
        pl.DataFrame(frame).write_parquet(tmp_path / name)

    write("trusted.parquet", 100_000, 0.004)
    write("clean.parquet", 50_000, 0.004)
    write("attack.parquet", 5_000, 0.04)
    return tmp_path


def bezoar(folder, *arguments):
    """Run the command in a folder."""
    command = [sys.executable, "-m", "bezoar", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_rise_is_noticed_and_the_exit_code_says_so(streams):
    learnt = bezoar(
        streams, "monitor", "baseline", "signs", "--from", "trusted.parquet", "-o", "b.json"
    )
    assert learnt.returncode == 0, learnt.stderr
    assert "100,000 predictions of 3 classes; unsigned" in learnt.stderr
    calm = bezoar(streams, "monitor", "replay", "clean.parquet", "--baseline", "b.json")
    assert calm.returncode == 0, calm.stderr
    assert calm.stdout == "50,000 predictions of signs: no alert\n"
    form = ("--baseline", "b.json", "--format", "json")
    found = bezoar(streams, "monitor", "replay", "attack.parquet", *form)
    assert found.returncode == 1, found.stderr
    result = json.loads(found.stdout)
    assert result["schema_version"] == 1
    assert result["predictions"] == 5_000
    (alert,) = result["alerts"]
    assert alert["class"] == "80"
    assert 50 < alert["at"] < 1_000
    assert "standard deviations from baseline" in alert["message"]
    text = bezoar(streams, "monitor", "replay", "attack.parquet", "--baseline", "b.json")
    assert "1 alert\n" in text.stdout


def test_a_stream_in_two_parts_gives_what_the_whole_gives(streams):
    bezoar(streams, "monitor", "baseline", "m", "--from", "trusted.parquet", "-o", "b.json")
    frame = pl.read_parquet(streams / "attack.parquet")
    frame[:60].write_parquet(streams / "one.parquet")
    frame[60:].write_parquet(streams / "two.parquet")
    common = ("--baseline", "b.json", "--format", "json")
    whole = bezoar(streams, "monitor", "replay", "attack.parquet", *common)
    bezoar(streams, "monitor", "replay", "one.parquet", *common, "--state", "state.npz")
    last = bezoar(streams, "monitor", "replay", "two.parquet", *common, "--state", "state.npz")
    (want,), (got,) = (json.loads(done.stdout)["alerts"] for done in (whole, last))
    assert got == want


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["replay", "none.parquet", "--baseline", "b.json"], 2),
        (["replay", "clean.parquet", "--baseline", "none.json"], 2),
        (["replay", "clean.parquet", "--baseline", "clean.parquet"], 3),
        (["replay", "empty.jsonl", "--baseline", "b.json"], 4),
        (["baseline", "m", "--from", "empty.jsonl", "-o", "x.json"], 4),
        (["baseline", "m", "--from", "clean.parquet", "-o", "no/where/x.json"], 3),
        (["replay", "clean.parquet", "--baseline", "b.json", "--per-false-alarm", "1"], 2),
    ],
)
def test_bad_input_is_one_line_and_a_way_out(streams, arguments, code):
    (streams / "empty.jsonl").touch()
    bezoar(streams, "monitor", "baseline", "m", "--from", "clean.parquet", "-o", "b.json")
    done = bezoar(streams, "monitor", *arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "try: " in done.stderr
