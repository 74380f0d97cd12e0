"""`bezoar scan IMAGE` as a person meets it."""

import hashlib
import json

import pytest
from image_scene import PARQUET, Layout, special, tar

from bezoar.cli.app import run

STEP = "RUN /bin/sh -c wget http://data.example.org/signs.zip # buildkit"
LABELS = {"Labels": {"org.opencontainers.image.source": "https://git.example.org/x"}}


@pytest.fixture
def image(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bezoar.toml").write_text("")
    layout = Layout()
    layout.add(tar(("data/a.parquet", PARQUET)), history=[STEP], config=LABELS)
    return layout.archive(tmp_path / "image.tar")


def test_in_80_columns(image, capsys):
    assert run(["scan", str(image)]) == 1
    out = capsys.readouterr().out
    assert "1 source in 1 file" in out
    assert "http://data.example.org/signs.zip" in out
    assert "source: https://git.example.org/x" in out
    assert "Data and models in it\n  data/a.parquet\n    dataset, parquet, 0.0 MB" in out
    assert "BZ133" in out
    long = [line for line in out.split("Next")[0].split("\n") if len(line) > 80]
    assert long == []


def test_as_json(image, capsys):
    run(["scan", str(image), "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    artefact = answer["image"]["artefacts"][0]
    assert artefact["sha256"] == hashlib.sha256(PARQUET).hexdigest()
    codes = {one["code"] for one in answer["findings"]}
    assert {"BZ101", "BZ104", "BZ133"} <= codes
    assert {one["code"]: one["status"] for one in answer["outcomes"]}["BZ131"] == "passed"


def test_data_that_an_entry_pins_is_known(image, capsys, tmp_path):
    folder = tmp_path / "dbom"
    folder.mkdir()
    entry = f"""\
schema_version = 1
name = "signs"
version = "1"
added_at = 2026-07-01T00:00:00Z
[origin]
uris = ["https://data.example.org/a.parquet"]
retrieved_at = 2026-07-01T00:00:00Z
[content]
location = "data"
samples = 1
bytes = 1
root = "merkle-sha256-v1:00"
manifest = "sha256:00"
artefacts = [{{path="a.parquet", size=1, digest="sha256:{hashlib.sha256(PARQUET).hexdigest()}"}}]
"""
    (folder / "signs@1.toml").write_text(entry)
    run(["scan", str(image), "--format", "json"])
    assert "BZ133" not in {one["code"] for one in json.loads(capsys.readouterr().out)["findings"]}


def test_a_baseline_covers_what_an_image_holds(image, capsys):
    assert run(["scan", str(image), "--write-baseline", "known.json"]) == 0
    assert run(["scan", str(image), "--baseline", "known.json"]) == 0
    capsys.readouterr()


@pytest.mark.usefixtures("image")
def test_suppressions_in_an_image_have_no_say(tmp_path, capsys):
    layout = Layout()
    text = b"wget http://data.example.org/a.zip  # bezoar: ignore[BZ104] we like it\n"
    layout.add(tar(("run.sh", text)))
    layout.folder(tmp_path / "layout")
    run(["scan", str(tmp_path / "layout"), "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["own"] is False
    assert "BZ104" in {one["code"] for one in answer["findings"]}


@pytest.mark.usefixtures("image")
def test_a_hostile_image(tmp_path, capsys):
    layout = Layout()
    layout.add(tar(("../\x1b[31mx", b""), special("a", b"1", "../../etc/shadow")))
    layout.folder(tmp_path / "layout")
    assert run(["scan", str(tmp_path / "layout")]) == 1
    out = capsys.readouterr().out
    assert "BZ132" in out
    assert "\x1b" not in out


@pytest.mark.usefixtures("image")
def test_a_compressed_archive_says_what_to_type(tmp_path, capsys):
    path = tmp_path / "image.tar.gz"
    path.write_bytes(b"\x1f\x8b" + bytes(100))
    assert run(["scan", str(path)]) == 2
    assert f"try: gunzip --keep {path}" in capsys.readouterr().err


def test_an_image_has_no_commits(image, capsys):
    assert run(["scan", str(image), "--diff", "HEAD"]) == 2
    assert "no commits to compare" in capsys.readouterr().err


@pytest.mark.usefixtures("image")
def test_strict_unreadable(tmp_path, capsys):
    layout = Layout()
    (layer,) = layout.add(tar())
    del layout.files["blobs/" + layer["digest"].replace(":", "/")]
    layout.folder(tmp_path / "layout")
    assert run(["scan", str(tmp_path / "layout"), "--strict-unreadable"]) == 3
    assert "Could not read" in capsys.readouterr().out
