"""`validate` as a journey: a table, a suite from an approved version, poison, an event."""

import io
from importlib.util import find_spec
from pathlib import Path

import fortify_scene
import numpy as np
import polars as pl
import pytest
from dataset_layouts import write_files
from PIL import Image

from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.outcome import Status
from bezoar.flows import sample_tables
from bezoar.flows.sample_tables import table_of, table_of_version
from bezoar.flows.validate import Wanted, suggest, validate
from bezoar.ledger import open_ledger
from bezoar.report.json import json_text

CLASSES = ("go", "slow", "stop", "yield")
needs_gx = pytest.mark.skipif(
    find_spec("great_expectations") is None, reason="great-expectations is not installed"
)


def sign(seed: int, form: str = "PNG") -> bytes:
    draw = np.random.default_rng(seed)
    coarse = draw.integers(40, 200, (5, 5, 3), dtype=np.uint8)
    side = int(draw.integers(20, 40))
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(buffer, form)
    return buffer.getvalue()


def signs(each: int = 50) -> dict[str, bytes]:
    return {
        f"{name}/{number:03d}.png": sign(1000 * place + number)
        for place, name in enumerate(CLASSES)
        for number in range(each)
    }


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return fortify_scene.approved(tmp_path_factory.mktemp("team"), files=signs())


def found(result) -> set[str]:
    return {finding.code for finding in result.findings}


def test_a_table_is_kept_by_its_root_and_built_once(scene, monkeypatch):
    one = table_of("signs", scene.project)
    assert one.path.name == f"{scene.entry.root.hex}.parquet"
    assert one.scan().collect().height == 200
    monkeypatch.setattr("bezoar.flows.sample_tables.build_table", None)
    assert table_of("signs@1", scene.project).path == one.path


def test_changed_data_is_not_taken_for_what_was_registered(tmp_path):
    scene = fortify_scene.approved(tmp_path)
    next(Path(scene.data).rglob("*.png")).write_bytes(sign(1))
    with pytest.raises(BezoarError, match="not what was registered"):
        table_of("signs", scene.project)
    before = table_of_version("signs@1", scene.project)
    assert (before.root, before.whole) == (scene.entry.root, False)
    assert before.scan().collect()["label"].null_count() == 0


def test_data_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    where = fortify_scene.project(tmp_path / "p")
    root = write_files(tmp_path / "d", {"a/1.png": sign(1), "b/2.png": sign(2)})
    real = sample_tables.build_table

    def changes(path, target, **options):
        (root / "a/1.png").write_bytes(sign(3))
        return real(path, target, **options)

    monkeypatch.setattr(sample_tables, "build_table", changes)
    with pytest.raises(BezoarError, match="changed while it was read"):
        table_of(str(root), where)
    assert not list((where.state / "tables").glob("*.parquet"))


def test_a_provenance_file_beside_the_data(tmp_path):
    where = fortify_scene.project(tmp_path / "p")
    root = write_files(tmp_path / "d", {"a/1.png": sign(1), "b/2.png": sign(2)})
    (root / "provenance.csv").write_text("path,uploader,added_at\na/1.png,m,2026-01-02T03:04:05Z\n")
    rows = table_of(str(root), where).scan().collect()
    assert rows["uploader"].to_list() == ["m", None]
    assert rows["added_at"][0].year == 2026
    (root / "provenance.csv").write_text("name\nx\n")
    with pytest.raises(UsageError, match="no column path"):
        table_of(str(root), where)


def test_an_event_is_left(scene):
    result = validate("signs", scene.project)
    assert not result.findings
    with open_ledger(scene.project) as ledger:
        event = [one for one in ledger.events() if one.kind == "dataset.validated"][-1]
    assert event.subject == str(scene.entry.root)
    assert event.detail["rows"] == 200


def poisoned(tmp_path, files):
    return str(write_files(tmp_path / "poisoned", files))


def flipped(count: int) -> dict[str, bytes]:
    """Move a block of `stop` to `go`."""
    files = signs()
    for number in range(count):
        files[f"go/x{number}.png"] = files.pop(f"stop/{number:03d}.png")
    return files


POISON = {
    "new label": (lambda: {**signs(), "stopp/0.png": sign(77)}, "label"),
    "flipped block": (lambda: flipped(25), "label 'go'"),
    "other format": (lambda: {**signs(), "stop/x.png": sign(78, "JPEG")}, "format"),
    "other size": (lambda: {**signs(), "stop/x.png": large()}, "width"),
    "unreadable": (lambda: {**signs(), "stop/x.png": b"\x89PNG\r\n\x1a\n"}, "outcome"),
    "duplicate": (lambda: {**signs(), "stop/x.png": sign(2000)}, "pixel_sha256"),
}


def large() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (400, 400), (90, 120, 80)).save(buffer, "PNG")
    return buffer.getvalue()


@needs_gx
@pytest.mark.parametrize("kind", POISON)
def test_a_suggested_suite_passes_on_its_version_and_sees_poison(scene, tmp_path, kind):
    suite, approved = suggest("signs", scene.project)
    assert approved
    path = tmp_path / "signs.json"
    path.write_text(json_text(suite))
    clean = validate("signs", scene.project, Wanted(suite=path))
    assert "BZ261" not in found(clean)
    assert any(one.rule.code == "BZ261" and one.passed for one in clean.outcomes)
    files, column = POISON[kind]
    seen = validate(poisoned(tmp_path, files()), scene.project, Wanted(suite=path))
    messages = [one.message for one in seen.findings if one.code == "BZ261"]
    assert any(column in message for message in messages), messages


def test_built_in_rules_see_poison_against_the_approved_version(scene, tmp_path):
    wanted = Wanted(against="signs@1")
    new = validate(poisoned(tmp_path / "1", POISON["new label"][0]()), scene.project, wanted)
    assert "BZ252" in found(new)
    moved = validate(poisoned(tmp_path / "2", flipped(7)), scene.project, wanted)
    assert len([one for one in moved.findings if one.code == "BZ260"]) == 7


@needs_gx
def test_the_projects_own_suite_is_found_by_name(tmp_path):
    scene = fortify_scene.approved(tmp_path)
    folder = scene.project.root / "expectations"
    folder.mkdir()
    rows = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 99}}
    (folder / "signs.json").write_text(json_text({"name": "signs", "expectations": [rows]}))
    assert "BZ261" in found(validate("signs", scene.project))


def test_tabular_and_text_sets(tmp_path):
    where = fortify_scene.project(tmp_path / "p")
    table = tmp_path / "t.csv"
    pl.DataFrame({"a": [1, 1, 2], "risk": ["x", "y", "x"]}).write_csv(table)
    result = validate(str(table), where, Wanted(label="risk"))
    assert (result.kind, result.rows, found(result)) == ("tabular", 3, {"BZ260"})
    with pytest.raises(UsageError, match="no column 'nope'"):
        validate(str(table), where, Wanted(label="nope"))
    text = tmp_path / "t.jsonl"
    pl.DataFrame({"text": ["a b", "A  b", ""], "label": ["x", "y", "x"]}).write_ndjson(text)
    result = validate(str(text), where)
    assert (result.kind, found(result)) == ("text", {"BZ256", "BZ258", "BZ260"})


def test_nothing_to_look_at(tmp_path):
    where = fortify_scene.project(tmp_path / "p")
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(NothingToInspectError):
        validate(str(tmp_path / "t.csv"), where)
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 cut")
    assert "BZ208" in found(validate(str(tmp_path / "x.zip"), where))
    assert any(
        one.status is Status.NOT_APPLICABLE
        for one in validate(str(tmp_path / "x.zip"), where).outcomes
    )
