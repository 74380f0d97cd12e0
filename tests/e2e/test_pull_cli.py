"""`bezoar pull` as people type it: paths, exit codes, explanations."""

import json

import fortify_scene
import pytest
from dataset_layouts import four_files, png
from pull_scene import blob, forget, mirrored, overwrite, tree

from bezoar.cli.app import run
from bezoar.core.manifest import Manifest
from bezoar.datasets.entry_toml import format_entry
from bezoar.datasets.manifest import manifest_path, read_manifest, write_manifest
from bezoar.fortify.pull.cache import Cache
from bezoar.fortify.signing.signing_off import revoke
from bezoar.fortify.vetting.record import read_vet_record, write_vet_record


@pytest.fixture
def scene(tmp_path, monkeypatch):
    scene = mirrored(tmp_path / "project")
    forget(scene)
    monkeypatch.chdir(scene.project.root)
    return scene


def explained(capsys, *words, code=1):
    """Return an explanation's JSON."""
    capsys.readouterr()
    assert run(["pull", "signs", "--explain", "--format", "json", *words]) == code
    return json.loads(capsys.readouterr().out)


def messages(answer):
    return [(f["code"], f["place"]["name"], f["message"]) for f in answer["findings"]]


def test_prints_where_it_is(scene, capsys):
    assert run(["pull", "signs"]) == 0
    out, err = capsys.readouterr()
    path = scene.project.state / "data" / "signs@1"
    assert out == f"{path}\n"
    assert "signs@1 is here: 4 files, " in err
    assert "approved by alice on " in err
    assert tree(path) == four_files()
    assert run(["pull", "signs"]) == 0
    assert "was here" in capsys.readouterr().err


def test_as_json(scene, capsys, tmp_path):
    assert run(["pull", "signs@1", "--to", str(tmp_path / "x"), "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["path"] == str(tmp_path / "x")
    assert (answer["dataset"], answer["files"], answer["signers"]) == ("signs@1", 4, ["alice"])
    assert answer["root"] == str(scene.entry.root)


def test_a_mismatch_exits_with_1_and_says_what_explains_it(scene, capsys):
    overwrite(blob(scene, png(0)), png(9))
    assert run(["pull", "signs"]) == 1
    err = capsys.readouterr().err
    assert "error: signs@1: blobs/sha256/" in err
    assert "try: bezoar pull signs@1 --explain" in err


def test_there_is_no_switch_that_turns_it_off(capsys):
    assert run(["pull", "--help"]) == 0
    out = capsys.readouterr().out
    assert not any(word in out for word in ("--no-", "--force", "--skip", "--insecure"))


def test_html_is_for_explanations(scene, capsys):
    assert run(["pull", "signs", "--format", "html"]) == 2
    del scene, capsys


class TestExplain:
    """What changed, where, and who did what."""

    def test_nothing_changed(self, scene, capsys):
        assert run(["pull", "signs"]) == 0
        answer = explained(capsys, code=0)
        assert (answer["compared"], messages(answer)) == (4, [])
        what = [line["what"] for line in answer["history"]]
        assert any(line.startswith("approved by alice: looked at it") for line in what)
        assert any(line.startswith("published to mirror") for line in what)
        assert any(line.startswith("dataset.pulled by ") for line in what)
        del scene

    def test_a_byte_in_the_copy(self, scene, capsys):
        assert run(["pull", "signs"]) == 0
        data = png(0)
        changed = data[:40] + bytes([data[40] ^ 1]) + data[41:]
        overwrite(scene.project.state / "data/signs@1/go/0.png", changed)
        ((code, name, message),) = messages(explained(capsys))
        assert (code, name) == ("BZ361", "go/0.png")
        assert message == (
            "in the copy it is other bytes, labelled 'go'; the first that differs is byte 40"
        )

    def test_each_place_is_looked_at(self, scene, capsys):
        assert run(["pull", "signs"]) == 0
        overwrite(blob(scene, png(0)), png(9))
        cached = Cache().folder / Cache().path(read_entry(scene, "go/1.png").sha256)
        overwrite(cached, b"short")
        blob(scene, png(2)).unlink()
        copy = scene.project.state / "data/signs@1"
        (copy / "stop/1.png").unlink()
        (copy / "stop/9.png").write_bytes(b"x")
        found = messages(explained(capsys))
        assert [(code, name) for code, name, _ in found] == [
            ("BZ361", "go/0.png"),
            ("BZ361", "go/1.png"),
            ("BZ362", "stop/0.png"),
            ("BZ362", "stop/1.png"),
            ("BZ363", "stop/9.png"),
        ]
        assert "in the mirror" in found[0][2]
        assert found[1][2].startswith("in the cache it has 5 bytes in place of ")

    def test_an_edited_entry_field_by_field(self, scene, capsys):
        edited = scene.entry.model_copy(update={"purpose": "other"})
        scene.dbom.path("signs", "1").write_text(format_entry(edited))
        found = messages(explained(capsys))
        assert "its entry was edited after it was signed" in found[0][2]
        assert found[1] == ("BZ365", "dbom/signs@1.toml", "purpose was '' and is 'other'")

    def test_an_edited_vet_record(self, scene, capsys):
        record = read_vet_record(scene.vet_path)
        write_vet_record(record.model_copy(update={"checked_files": 7}), scene.vet_path)
        found = messages(explained(capsys))
        assert found[1][2] == "checked_files was 4 and is 7"

    def test_a_label_in_a_manifest(self, scene, capsys):
        assert run(["pull", "signs"]) == 0
        path = manifest_path(scene.project.state / "manifests", scene.entry.manifest)
        entries = list(read_manifest(path, scene.entry.manifest).entries)
        entries[0] = entries[0]._replace(label="stop")
        draft = scene.project.root / "draft"
        forged = write_manifest(Manifest.of(entries), draft)
        overwrite(path, manifest_path(draft, forged).read_bytes())
        found = messages(explained(capsys))
        assert found[1][2] == "go/0.png: its label was 'go' and is 'stop'"

    def test_revoked(self, scene, capsys):
        ring = fortify_scene.keyring(scene.project)
        revoke(scene.project.dbom, scene.entry, "poison", ring, fortify_scene.key("alice"))
        ((code, _, message),) = messages(explained(capsys))
        assert (code, "poison" in message) == ("BZ365", True)

    def test_keys_that_do_not_hold(self, scene, capsys):
        (scene.project.dbom / "keys/1.json").write_text("{}")
        answer = explained(capsys)
        assert answer["compared"] == 0
        assert "the keys in dbom/keys do not hold" in messages(answer)[0][2]

    def test_as_text(self, scene, capsys):
        overwrite(blob(scene, png(0)), png(9))
        assert run(["pull", "signs", "--explain"]) == 1
        out = capsys.readouterr().out
        assert out.startswith("signs@1: 1 of 4 files differ from what was approved\n")
        assert "BZ361" in out
        assert "Who did what, and when\n" in out

    def test_as_a_page_with_both_pictures(self, scene, tmp_path):
        assert run(["pull", "signs"]) == 0
        overwrite(scene.project.state / "data/signs@1/go/0.png", png(9))
        (scene.project.state / "data/signs@1/<script>.png").write_bytes(b"x")
        page = tmp_path / "page.html"
        assert run(["pull", "signs", "--explain", "--format", "html", "-o", str(page)]) == 1
        text = page.read_text()
        assert text.count('src="data:image/png;base64,') == 2
        assert "As it was approved: go/0.png" in text
        assert "<script" not in text


def read_entry(scene, path):
    found = read_manifest(
        manifest_path(scene.project.state / "manifests", scene.files), scene.files
    )
    return next(entry for entry in found.entries if entry.path == path)
