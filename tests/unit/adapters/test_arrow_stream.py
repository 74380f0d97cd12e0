"""An Arrow stream that a stranger sent: what is read of it, and what unfolds without bound."""

import random
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from bezoar.adapters.arrow import MOST_BATCHES, ArrowError, read_columns

NAMES = ("class", "confidence", "time", "camera", "features")
NUMERIC = ("confidence", "time")
TIME = datetime(2026, 11, 25, 12, tzinfo=UTC)


def stream(table, rows=None, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue().to_pybytes()


def read(body, most=1000):
    return read_columns(body, NAMES, NUMERIC, most)


PLAIN = pa.table({"class": ["stop", "80", None], "confidence": [0.5, None, float("nan")]})


def test_columns_of_plain_types():
    table = pa.table(
        {
            "other": [[{"a": 1}]] * 3,
            "class": pa.array(["stop", None, "80"]).dictionary_encode(),
            "confidence": pa.array([0.5, None, float("nan")], pa.float32()),
            "time": pa.array([TIME, None, TIME], pa.timestamp("ms", "UTC")),
            "camera": [1, 2, None],
            "features": pa.array([[1.0, 2.0], None, [3.0]], pa.list_(pa.float32())),
        }
    )
    for rows in (None, 1):
        size, found = read(stream(table, rows))
        assert size == 3
        assert found["class"] == ["stop", None, "80"]
        np.testing.assert_array_equal(found["confidence"], [0.5, np.nan, np.inf])
        np.testing.assert_array_equal(found["time"], [TIME.timestamp(), np.nan, TIME.timestamp()])
        assert found["camera"] == [1, 2, None]
        assert found["features"] == [[1.0, 2.0], None, [3.0]]
        assert "other" not in found


def test_what_polars_writes():
    frame = pl.DataFrame({"class": ["stop", "x" * 50, None], "confidence": [0.5, 0.6, None]})
    sink = frame.write_ipc_stream(None)
    _, found = read(sink.getvalue())
    assert found["class"] == ["stop", "x" * 50, None]
    empty = stream(PLAIN.slice(0, 0))
    assert read(empty)[0] == 0
    assert read(stream(pa.table({"z": [1]}))) == (1, {})


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_buffers_are_refused_before_they_unfold(codec):
    bomb = pa.table({"class": ["stop" * 1000] * 500})
    with pytest.raises(ArrowError, match="without compression"):
        read(stream(bomb, compression=codec))
    encoded = pa.table({"class": pa.array(["a" * 100_000]).dictionary_encode()})
    with pytest.raises(ArrowError, match="without compression"):
        read(stream(encoded, compression=codec))
    old = PLAIN.to_batches()[0].replace_schema_metadata({"ARROW:experimental_compression": "zstd"})
    with pytest.raises(ArrowError, match="without compression"):
        read(stream(pa.Table.from_batches([old])))


def test_views_of_one_long_text_are_refused():
    text = pa.array(["y" * 1_000_000], pa.string_view())
    buffers = text.buffers()
    views = pa.py_buffer(buffers[1].to_pybytes()[:16] * 500)
    many = pa.Array.from_buffers(pa.string_view(), 500, [None, views, *buffers[2:]])
    body = stream(pa.table({"class": many}))
    assert len(body) < 3_000_000
    with pytest.raises(ArrowError, match="too long"):
        read(body)


def test_a_long_text_that_a_dictionary_means_often_is_made_once():
    often = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int8()), ["z" * 1_000_000])
    _, found = read(stream(pa.table({"class": often})))
    assert len({id(one) for one in found["class"]}) == 1


@pytest.mark.parametrize(
    "column",
    [
        pa.RunEndEncodedArray.from_arrays([1000], [1]),
        pa.array([[["a"]]]),
        pa.array([["a"]]),
        pa.array([{"a": 1}]),
        pa.array([b"x"]),
        pa.array([TIME.date()]),
    ],
    ids=str,
)
def test_other_types_are_refused(column):
    with pytest.raises(ArrowError):
        read(stream(pa.table({"class": column})))


def test_too_much_is_told_from_what_is_wrong():
    with pytest.raises(ArrowError) as rows:
        read(stream(PLAIN), most=2)
    assert rows.value.too_much
    with pytest.raises(ArrowError) as batches:
        read(stream(pa.concat_tables([PLAIN] * MOST_BATCHES), 1), most=10_000)
    assert batches.value.too_much
    twice = pa.table([["a"], ["b"]], names=["class", "class"])
    with pytest.raises(ArrowError, match="twice"):
        read(stream(twice))


def test_bytes_that_were_changed_are_an_error_or_rows_and_never_a_crash():
    table = pa.table(
        {
            "class": pa.array(["stop", "80", None] * 5).dictionary_encode(),
            "confidence": [0.5, None, 1.0] * 5,
            "camera": ["a", "bb", None] * 5,
            "features": [[1.0, 2.0], None, [3.0]] * 5,
        }
    )
    bodies = [stream(table, 4), pl.from_arrow(table).write_ipc_stream(None).getvalue()]
    chance = random.Random(0)  # noqa: S311 - the same changes each time
    errors = 0
    for _ in range(1500):
        body = bytearray(chance.choice(bodies))
        for _ in range(chance.choice([1, 1, 4, 20])):
            body[chance.randrange(len(body))] = chance.choice(
                [0, 1, 127, 255, chance.randrange(256)]
            )
        cut = chance.randrange(len(body)) if chance.random() < 0.2 else len(body)
        try:
            size, found = read(bytes(body[:cut]))
        except ArrowError:
            errors += 1
        else:
            assert all(len(column) == size for column in found.values())
    assert errors > 100
