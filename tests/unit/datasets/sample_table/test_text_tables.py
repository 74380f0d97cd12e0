"""Sample tables of texts and of tables: what is measured, and what bad files end in."""

import polars as pl
import pytest

from bezoar.core.errors import BezoarError, NothingToInspectError
from bezoar.datasets.sample_table.columns import TEXT_COLUMNS, schema
from bezoar.datasets.sample_table.rows import build_rows, kind_of_rows
from bezoar.datasets.sample_table.texts import text_rows

ENGLISH = "The dog is in the house and that was it."


def test_what_is_measured_of_a_text():
    texts = [
        ENGLISH,
        "Der Hund ist nicht in dem Haus und das ist gut",
        "これは日本語の本です",
        "Это не то что я хотел как и по",
        "see https://example.org and www.example.org \u202e\u200b",
        "aaaa",
        None,
    ]
    rows = text_rows(pl.Series(texts), pl.Series([1, 2, 3, 4, 5, 6, 7]), 10)
    assert rows.schema == schema(TEXT_COLUMNS)
    assert rows["language"].to_list() == ["en", "de", "ja", "ru", None, None, None]
    assert rows["script"][:4].to_list() == ["Latin", "Latin", "Hiragana", "Cyrillic"]
    assert rows["urls"].to_list() == [0, 0, 0, 0, 2, 0, 0]
    assert rows["control_characters"].to_list() == [0, 0, 0, 0, 2, 0, 0]
    assert rows["entropy"][5] == 0
    assert rows["outcome"].to_list() == ["decoded"] * 6 + ["empty-file"]
    assert rows["position"].to_list() == list(range(10, 17))
    assert rows["label"].to_list() == list("1234567")


def test_texts_have_ids_and_groups_of_their_own(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"text,label\n{ENGLISH},a\nother,b\n{ENGLISH},b\n{ENGLISH.upper()},a\n")
    rows = pl.read_parquet(build_rows(path, tmp_path / "o.parquet"))
    assert kind_of_rows(path) == "text"
    assert rows["path"].n_unique() == 4
    assert [name[-2:] for name in rows["path"]] == ["#0", "#0", "#1", "#0"]
    assert rows["near_dup_group"].to_list() == [0, None, 0, 0]
    assert not list(tmp_path.glob("*.parts"))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_tabular_data_keeps_its_columns(tmp_path, suffix):
    frame = pl.DataFrame({"age": [1, 2], "city": ["x", "y"]})
    path = tmp_path / f"t.{suffix}"
    writers = {
        "csv": frame.write_csv,
        "tsv": lambda out: frame.write_csv(out, separator="\t"),
        "jsonl": frame.write_ndjson,
        "parquet": frame.write_parquet,
    }
    writers[suffix](path)
    assert kind_of_rows(path) == "tabular"
    assert pl.read_parquet(build_rows(path, tmp_path / "o.parquet")).equals(frame)


def test_a_name_that_is_a_pattern_opens_one_file(tmp_path):
    (tmp_path / "a*.jsonl").write_text('{"age": 3}\n')
    (tmp_path / "ab.jsonl").write_text('{"age": 4}\n')
    lines = pl.read_parquet(build_rows(tmp_path / "a*.jsonl", tmp_path / "p.parquet"))
    assert lines["age"].to_list() == [3]
    (tmp_path / "a*.csv").write_text("age\n1\n")
    (tmp_path / "ab.csv").write_text("age\n2\n")
    rows = pl.read_parquet(build_rows(tmp_path / "a*.csv", tmp_path / "o.parquet"))
    assert rows["age"].to_list() == [1]


BAD = {
    "ragged.csv": b"a,b\n1,2\n3,4,5\n",
    "binary.csv": b"text,label\n\xff\xfe,1\n",
    "empty.csv": b"",
    "cut.jsonl": b'{"a":1}\n{"a":\n[[[[\xff',
    "cut.parquet": b"PAR1nonsense",
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_a_clean_error(tmp_path, name):
    (tmp_path / name).write_bytes(BAD[name])
    with pytest.raises(BezoarError, match="cannot be read as rows"):
        build_rows(tmp_path / name, tmp_path / "o.parquet")
    assert not (tmp_path / "o.parquet").exists()


def test_nothing_to_read(tmp_path):
    (tmp_path / "x.bin").write_bytes(b"")
    with pytest.raises(NothingToInspectError):
        kind_of_rows(tmp_path)
