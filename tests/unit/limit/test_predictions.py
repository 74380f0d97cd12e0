"""Streams of predictions: three formats, and what a hostile line can do."""

import json

import numpy as np
import polars as pl
import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.limit.predictions import read_predictions

ROWS = [
    {"time": 0.5, "class": "stop", "confidence": 0.9, "camera": "a"},
    {"time": 3600, "class": "80", "confidence": None, "camera": "b"},
]


def stream(tmp_path, form, rows=ROWS):
    """Write rows in one of the formats."""
    path = tmp_path / f"s.{form}"
    if form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif form == "csv":
        pl.DataFrame(rows).write_csv(path)
    else:
        pl.DataFrame(rows).write_parquet(path)
    return path


def whole(path, columns=()):
    """Return the only batch of a small file."""
    (batch,) = read_predictions(path, columns)
    return batch


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_each_format_gives_the_same(tmp_path, form):
    batch = whole(stream(tmp_path, form), ["camera", "absent"])
    assert batch.classes == ["stop", "80"]
    assert batch.confidences[0] == 0.9
    assert np.isnan(batch.confidences[1])
    assert batch.seconds.tolist() == [0.5, 3600.0]
    assert batch.columns["camera"] == ["a", "b"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_numbers_are_classes_too(tmp_path, form):
    assert whole(stream(tmp_path, form, [{"class": 14}, {"class": 5}])).classes == ["14", "5"]


def test_times_are_read_in_three_ways(tmp_path):
    rows = [{"class": "a", "time": "1970-01-01T01:00:00Z"}] * 2
    assert whole(stream(tmp_path, "csv", rows)).seconds.tolist() == [3600.0] * 2
    path = tmp_path / "t.parquet"
    frame = pl.DataFrame({"class": ["a"], "time": [3600]})
    frame.with_columns(pl.from_epoch("time")).write_parquet(path)
    assert whole(path).seconds.tolist() == [3600.0]


HOSTILE = [
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"class": null}',
    b'{"class": ""}',
    b'{"class": true}',
    b'{"class": {"a": 1}}',
    b'{"class": 1.5}',
    b'{"class": "' + b"x" * 2000 + b'"}',
    b"[" * 60_000,
    b'{"class": "' + b"x" * 10_000_000 + b'"}',
]
BAD_CONFIDENCE = [b"-1", b"2", b"NaN", b"Infinity", b'"0.5"', b"true", b"[]", b"1e999"]


def test_a_hostile_line_is_one_gap_and_the_rest_is_read(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_bytes(b"\n".join([*HOSTILE, b'{"class": "a"}']) + b"\n")
    assert whole(path).classes == [None] * len(HOSTILE) + ["a"]


def test_a_confidence_that_is_none_is_marked(tmp_path):
    path = tmp_path / "s.jsonl"
    lines = [b'{"class": "a", "confidence": %s}' % value for value in BAD_CONFIDENCE]
    path.write_bytes(b"\n".join(lines))
    assert np.isinf(whole(path).confidences).all()


def test_a_bad_cell_of_a_table_is_one_bad_row(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("class,confidence,time\na,x,1\nb,0.5,never\n,0.5,2\nc,nan,3\nd,7,4\n")
    batch = whole(path)
    assert batch.classes == ["a", "b", None, "c", "d"]
    assert np.isinf(batch.confidences).tolist() == [True, False, False, True, True]
    assert np.isnan(batch.seconds).tolist() == [False, True, False, False, False]


@pytest.mark.parametrize("name", ["s.parquet", "s.csv"])
def test_rubbish_is_an_error_with_a_way_out(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x00\x01rubbish")
    with pytest.raises(BezoarError) as caught:
        list(read_predictions(tmp_path / name))
    assert caught.value.next


def test_what_is_absent_or_of_another_kind_is_a_usage_error(tmp_path):
    (tmp_path / "s.txt").touch()
    for name in ("s.txt", "none.csv"):
        with pytest.raises(UsageError):
            list(read_predictions(tmp_path / name))
