"""A spot check of Parquet: rows of texts and of tables, and pictures where there are any."""

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset_layouts import png

from bezoar.cli.app import run
from bezoar.datasets import parquet_rows
from bezoar.datasets.dbom import Dbom
from bezoar.ledger import open_ledger
from bezoar.project import find_project
from bezoar.recon.spot_check.preview import Fields, Picture, Text, Unshowable, preview
from bezoar.recon.spot_check.record import in_short, last_review
from bezoar.recon.spot_check.subject import find_subject

CLASSES = json.dumps({"info": {"features": {"label": {"names": ["bad", "good"]}}}})


@pytest.fixture(autouse=True)
def _project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bezoar.toml").write_text("")


def subject(text):
    project = find_project()
    return find_subject(text, Dbom(project), project.state / "reviews")


def seen(text):
    return {one.id: preview(one.fetch()) for one in subject(text).dataset}


def sheet(*options):
    assert run(["review", *options, "--export", "sheet.html"]) == 0
    page = Path("sheet.html").read_text()
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def texts(path, rows=4):
    table = pa.table({"text": [f"film {n}" for n in range(rows)], "label": [0, 1] * (rows // 2)})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata({"huggingface": CLASSES}), path)


def test_rows_of_texts_are_samples_with_their_labels():
    texts(Path("films/data/train-0.parquet"))
    texts(Path("films/data/train-1.parquet"), 2)
    Path("films/README.md").write_text("# Films\n")
    found = subject("./films")
    assert {one.id: one.label for one in found.dataset} == {
        "data/train-0.parquet#0": "bad",
        "data/train-0.parquet#1": "good",
        "data/train-0.parquet#2": "bad",
        "data/train-0.parquet#3": "good",
        "data/train-1.parquet#0": "bad",
        "data/train-1.parquet#1": "good",
    }
    shown = seen("./films")["data/train-0.parquet#3"]
    assert shown == Fields((("text", "film 3"), ("label", "1")))


def test_values_of_each_kind_are_shown():
    day = dt.date(2026, 7, 1)
    columns = {
        "age": [41],
        "weight": [float("nan")],
        "since": [day],
        "price": [Decimal("1.50")],
        "none": pl.Series([None], dtype=pl.String),
        "tags": [["a", "b"]],
        "raw": [b"\x00\x01"],
    }
    pl.DataFrame(columns).write_parquet("t.parquet")
    shown = dict(seen("./t.parquet")["t.parquet#0"].fields)
    assert shown.pop("raw").startswith("2 bytes, sha256:")
    assert shown == {
        "age": "41",
        "weight": "NaN",
        "since": "2026-07-01",
        "price": "1.50",
        "none": "null",
        "tags": '["a", "b"]',
    }


def test_the_same_seed_draws_the_same_rows_and_another_one_others():
    texts(Path("films.parquet"), 200)
    options = ("./films.parquet", "--samples", "9")
    names = [
        [card["name"] for card in sheet(*options, "--seed", str(seed))["cards"]]
        for seed in (1, 1, 2)
    ]
    assert names[0] == names[1] != names[2]


def test_each_class_has_its_share():
    texts(Path("films.parquet"), 20)
    drawn = sheet("./films.parquet", "--samples", "4", "--sampling", "per-class")
    assert sorted(card["label"] for card in drawn["cards"]) == [
        "“bad”",
        "“bad”",
        "“good”",
        "“good”",
    ]


def test_pictures_stay_pictures_and_other_bytes_become_rows():
    pl.DataFrame({"image": [png(1), png(2)], "label": ["a", "b"]}).write_parquet("p.parquet")
    assert all(isinstance(one, Picture) for one in seen("./p.parquet").values())
    sounds = {"audio": [{"bytes": b"RIFF1234", "path": "a.wav"}], "label": ["a"]}
    pl.DataFrame(sounds).write_parquet("s.parquet")
    shown = dict(seen("./s.parquet")["s.parquet#0"].fields)
    assert "8 bytes, sha256:" in shown["audio"]


def test_a_review_of_registered_rows_speaks_of_what_is_registered(capsysbinary):
    texts(Path("films/train.parquet"))
    origin = ["--origin", "https://a.example/films", "--files"]
    assert run(["dbom", "add", "./films", "--name", "films", "--version", "1", *origin]) == 0
    found = subject("films")
    assert (found.name, len(found.dataset), found.root) == ("films@1", 4, found.entry.root)
    data = sheet("films", "--samples", "2")
    answers = [{"sample": n, "opinion": "ok", "note": ""} for n in range(2)]
    about = {key: data[key] for key in ("review", "sampling", "samples", "seed")}
    filled = {"schema_version": 1, "reviewer": "Cy", **about, "answers": answers}
    Path("answers.json").write_text(json.dumps(filled))
    assert run(["review", "films", "--answers", "answers.json"]) == 0
    with open_ledger(find_project()) as ledger:
        event = last_review(ledger, found.root)
    assert in_short(event) == "2 of 4, 0 bad"
    assert run(["review", "films", "--since", "1", "--export", "x.html"]) == 2
    assert b"which rows changed is not kept" in capsysbinary.readouterr().err


def test_a_column_that_stands_twice_is_shown_as_it_is():
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["x", "x"])
    pq.write_table(table, "t.parquet")
    assert seen("./t.parquet")["t.parquet#0"] == Text('{"x": "a", "x": "b"}')


def test_a_long_text_is_cut_and_many_fields_are_too():
    wide = {f"c{n}": ["x" * 5_000] for n in range(300)}
    pl.DataFrame(wide).write_parquet("wide.parquet")
    pl.DataFrame({"text": ["y" * 100_000]}).write_parquet("long.parquet")
    assert isinstance(seen("./wide.parquet")["wide.parquet#0"], Text | Fields)
    ((_, text),) = seen("./long.parquet")["long.parquet#0"].fields
    assert (len(text), text[-1]) == (20_001, "…")
    (card,) = sheet("./long.parquet")["cards"]
    assert len(card["content"]["fields"][0][1]) == 4_001


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"PAR1" + b"\xff" * 64 + b"PAR1"])
def test_what_only_has_the_name_is_shown_as_a_file_that_cannot_be(damage, capsysbinary):
    Path("t.parquet").write_bytes(damage)
    code = run(["review", "./t.parquet", "--export", "sheet.html"])
    err = capsysbinary.readouterr().err
    assert b"Traceback" not in err
    assert code == 4


def test_one_damaged_file_of_two_is_said(capsysbinary):
    texts(Path("films/a.parquet"))
    data = Path("films/a.parquet").read_bytes()
    Path("films/b.parquet").write_bytes(data[:-20] + b"\xff" * 16 + b"PAR1")
    assert len(sheet("./films")["cards"]) == 4
    assert b"what cannot be read is not among the samples; problems: 1" in (
        capsysbinary.readouterr().err
    )


def test_text_that_is_no_text_is_said(capsysbinary):
    places, data = pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")
    bad = pa.StringArray.from_buffers(1, places, data)
    pq.write_table(pa.table({"text": bad}), "t.parquet")
    assert run(["review", "./t.parquet", "--export", "sheet.html"]) == 4
    assert b"Traceback" not in capsysbinary.readouterr().err


def test_more_rows_than_are_held_are_refused(monkeypatch, capsysbinary):
    monkeypatch.setattr(parquet_rows, "MOST_ROWS", 3)
    texts(Path("films.parquet"))
    assert run(["review", "./films.parquet", "--export", "sheet.html"]) == 2
    assert b"more than 3 rows" in capsysbinary.readouterr().err


def test_a_single_other_file_stays_a_file():
    Path("x.bin").write_bytes(b"\0\1")
    assert isinstance(seen("./x.bin")["x.bin"], Unshowable)
