"""`bezoar release` and `bezoar rollback`, as they are typed."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import release_scene

BEZOAR = Path(sys.executable).with_name("bezoar")
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "rollback.py"


def bezoar(folder, *arguments, code=0):
    ran = subprocess.run(
        [BEZOAR, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == code, (ran.stdout, ran.stderr)
    assert "Traceback" not in ran.stderr
    if "json" not in arguments:
        lines = (line for line in ran.stdout.split("\n") if "sha256:" not in line)
        assert [line for line in lines if len(line) > 80] == []
    return ran


def test_a_release_goes_live_and_comes_back_by_commands(tmp_path):
    release_scene.prepared(tmp_path)
    for number in ("1", "2"):
        release_scene.graph(tmp_path / "m.onnx", float(number))
        arguments = ["register", "signs", "m.onnx", "--version", number, "--data", "signs"]
        assert "in staging" in bezoar(tmp_path, "release", *arguments).stdout
        refused = bezoar(tmp_path, "release", "promote", f"signs@{number}", code=1)
        assert "has not judged" in refused.stderr
        assert "signed by alice" in bezoar(tmp_path, "release", "gate", f"signs@{number}").stderr
        assert "in production" in bezoar(tmp_path, "release", "promote", "signs").stdout
    listed = json.loads(bezoar(tmp_path, "release", "list", "--format", "json").stdout)
    assert [one["state"] for one in listed["releases"]] == ["archived", "production"]
    assert "archived, previous" in bezoar(tmp_path, "release", "list").stdout
    assert "model" in bezoar(tmp_path, "release", "diff", "signs@1", "signs@2").stdout
    assert "a rollback has a reason" in bezoar(tmp_path, "rollback", "signs", code=2).stderr
    said = bezoar(tmp_path, "rollback", "signs", "--reason", "stop signs").stdout
    assert "signs: 2 -> 1" in said
    assert "elapsed" in said
    said = bezoar(tmp_path, "rollback", "signs", "--auto", "key", code=1).stderr
    assert "auto_rollback is false" in said
    assert "mean time to recovery" in bezoar(tmp_path, "status", "limit").stdout
    bezoar(tmp_path, "release", "sync", code=2)


def test_what_is_not_admitted_exits_with_1_and_says_what_to_type(tmp_path):
    scene = release_scene.prepared(tmp_path)
    release_scene.staged(scene, "1", ())
    said = bezoar(tmp_path, "release", "gate", "signs", "--format", "json", code=1)
    assert json.loads(said.stdout)["verdict"] == "quarantine"
    refused = bezoar(tmp_path, "release", "promote", "signs", code=1).stderr
    assert "--override BZ421 --reason" in refused
    go = ["release", "promote", "signs", "--override", "BZ421", "--reason", "a toy"]
    assert "override  BZ421" in bezoar(tmp_path, *go).stdout


def test_revoking_data_names_the_releases_and_the_way_back(tmp_path):
    release_scene.released(tmp_path, 1, 2)
    said = bezoar(tmp_path, "revoke", "signs", "--reason", "poison").stdout
    assert "Releases of signs trained on it: 1, 2; one of them is IN PRODUCTION" in said
    assert "newest untouched: none that was live" in said
    refused = bezoar(tmp_path, "rollback", "signs", "--reason", "x", code=1).stderr
    assert "BZ425" in refused
    traced = json.loads(bezoar(tmp_path, "trace", "signs", "--format", "json").stdout)
    assert traced["releases"][0]["in_production"] is True


def test_revoking_a_sample_offers_the_newest_release_without_it(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    said = bezoar(tmp_path, "revoke", "signs@1/stop/0.png", "--reason", "a sticker")
    assert "signs@1/stop/0.png is revoked: a sticker" in said.stdout
    assert "withdrawn: signs@1" in said.stdout
    assert "Releases of signs trained on it: 1, 2; one of them is IN PRODUCTION" in said.stdout
    assert "bezoar mirror signs@1" in said.stderr
    refused = bezoar(tmp_path, "rollback", "signs", "--reason", "x", code=1).stderr
    assert "BZ425" in refused
    assert "signs@1/stop/0.png: a sticker" in refused
    assert "REVOKED" in bezoar(tmp_path, "trace", "signs@1/stop/0.png").stdout
    arguments = ["revoke", "0" * 64, "1" * 64, "--reason", "seen elsewhere", "--format", "json"]
    told = json.loads(bezoar(tmp_path, *arguments).stdout)
    assert [one["sha256"][-1] for one in told["samples"]] == ["0", "1"]
    assert (told["versions"], told["releases"]) == ([], [])
    bezoar(tmp_path, "revoke", "signs", "0" * 64, "--reason", "x", code=2)
    assert scene.champion() == "2"


def test_a_rollback_that_is_killed_leaves_one_valid_pointer_and_can_be_run_again(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    command = [BEZOAR, "rollback", "signs", "--reason", "x"]
    for delay in (0.5, 0.8, 1.1, 1.4):
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(delay)
            process.kill()
        if scene.champion() == "1":
            break
        assert scene.champion() == "2"
    if scene.champion() == "2":
        bezoar(tmp_path, "rollback", "signs", "--reason", "x")
    assert scene.champion() == "1"
    bezoar(tmp_path, "release", "promote", "signs@2")
    assert scene.champion() == "2"


@pytest.mark.parametrize("registry", ["", "mlflow:http://127.0.0.1:9"])
def test_three_replicas_are_safe_under_load_and_no_request_is_lost(registry):
    command = [sys.executable, str(BENCHMARK), "--json", "--rounds", "1", "--registry", registry]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    (row,) = json.loads(ran.stdout)
    assert (row["replicas"], row["failed"]) == (3, 0)
    assert row["requests"] > 400
    assert row["safe_seconds"] <= 10
    assert bool(row["notes"]) == bool(registry)
