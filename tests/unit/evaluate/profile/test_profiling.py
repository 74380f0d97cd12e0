"""Profiles of whole tables, friendly and hostile ones."""

import hashlib
import json
import math

import polars as pl
import pytest

from bezoar.core.errors import NothingToInspectError
from bezoar.datasets.sample_table.columns import IMAGE_COLUMNS, schema
from bezoar.evaluate.profile.comparison import compare
from bezoar.evaluate.profile.duplicates import Alike
from bezoar.evaluate.profile.profiling import MOST_COLUMNS, profile_table
from bezoar.evaluate.profile.reading import Columns
from bezoar.evaluate.profile.roles import Kind
from bezoar.report.profile_json import profile_json
from bezoar.report.profile_words import headline, look_first


def tabular(table, label="label"):
    return Columns(pl.DataFrame(table).lazy(), Kind.TABULAR, label if label in table else None)


def images(rows):
    kinds = schema(IMAGE_COLUMNS)
    filled = [{"outcome": "decoded", "bytes": 10, **row} for row in rows]
    for row in filled:
        row.setdefault("sha256", hashlib.sha256(row["path"].encode()).digest())
    return Columns(pl.DataFrame(filled, schema=kinds).lazy(), Kind.IMAGES, "label")


def picture(number, label, **more):
    return {"path": f"{label}/{number}.png", "label": label, "uploader": "ann", **more}


def signs():
    return [picture(number, label) for label in ("stop", "80") for number in range(50)]


def profiled(columns):
    found = profile_table(columns)
    json.loads(profile_json(found, None, "x"))  # whatever it holds, it is JSON
    return found


@pytest.mark.parametrize(
    "table", [{}, {"label": []}, {"x": pl.Series([], dtype=pl.Float64), "label": []}]
)
def test_nothing_is_nothing_to_inspect(table):
    with pytest.raises(NothingToInspectError):
        profile_table(tabular(table))


@pytest.mark.parametrize(
    "table",
    [
        {"label": ["a"]},
        {"label": ["a"] * 100, "x": range(100)},
        {"label": [None] * 100, "x": range(100)},
        {"label": ["a", "b"] * 50, "x": [math.nan] * 100},
        {"label": ["a", "b"] * 50, "x": [math.inf, -math.inf] * 50},
        {"label": ["a", "b"] * 50, "x": [1.7e308, -1.7e308] * 50},
        {"label": ["a", "b"] * 50, "x": [None] * 100, "y": [[1]] * 100, "z": [{"a": 1}] * 100},
        {"label": ["a", "b"] * 50, "x": [b"\0"] * 100},
        {"label": [str(n) for n in range(100)], "x": range(100)},
        {"x": [2**63] * 60, "y": [-(2**63)] * 60},
    ],
    ids=lambda table: str(table)[:40],
)
def test_hostile_tables_are_described(table):
    assert profiled(tabular(table)).samples == len(next(iter(table.values())))


def test_a_name_is_a_name_and_no_pattern():
    names = ["*", "^.*$", "a.b", "", "\u202egnp", "<script>", "label"]
    table = {name: [number, number + 1] * 30 for number, name in enumerate(names)}
    assert [one.name for one in profiled(tabular(table)).columns] == names


def test_ten_thousand_classes_and_more():
    labels = [f"c{number % 12_000}" for number in range(36_000)]
    found = profiled(tabular({"label": labels, "x": range(36_000)}))
    assert found.classes.total == 12_000
    assert len(found.classes.listed) == 10_000


def test_labels_that_are_ids_are_no_classes():
    labels = [f"c{number}" for number in range(500)]
    found = profiled(tabular({"label": labels, "x": range(500)}))
    assert not found.classes.discrete
    assert found.associations == ()


def test_a_thousand_columns_are_counted_and_some_described():
    found = profiled(tabular({f"c{number}": [1, 2] for number in range(1000)}))
    assert (found.columns_total, len(found.columns)) == (1000, MOST_COLUMNS)


def test_correlations_and_duplicates_of_rows():
    x = [float(number * number) for number in range(100)]
    table = {"x": [*x, 4.0, 9.0], "y": [-v for v in [*x, 4.0, 9.0]], "label": ["a"] * 101 + ["b"]}
    found = profiled(tabular(table))
    assert found.correlations[0].rho == pytest.approx(-1)
    rows, features = found.duplicates
    assert (rows.alike, rows.groups, rows.samples) == (Alike.ROW, 1, 2)
    assert (features.alike, features.groups, features.over_labels) == (Alike.FEATURES, 1, 1)
    assert [member.label for member in features.shown[0].members] == ["a", "b"]


def test_duplicates_over_labels_and_splits_of_pictures():
    rows = [picture(n, "stop", split="train") for n in range(4)]
    rows += [picture(0, "80", split="test")]
    for row in (rows[0], rows[4]):
        row["sha256"] = b"\1" * 32
    for row in rows[1:3]:
        row["near_dup_group"] = 1
    found = {one.alike: one for one in profiled(images(rows)).duplicates}
    same = found[Alike.BYTES]
    assert (same.groups, same.over_labels, same.over_splits) == (1, 1, 1)
    assert {member.id for member in same.shown[0].members} == {"stop/0.png", "80/0.png"}
    assert (found[Alike.NEAR].samples, found[Alike.NEAR].over_labels) == (2, 0)


def test_an_outlier_and_a_rare_value_are_named():
    rows = [picture(n, "stop", width=40 + n % 5, height=40, format="PNG") for n in range(2000)]
    rows[7] |= {"width": 4000, "format": "GIF"}
    found = {one.column: one for one in profiled(images(rows)).outliers}
    assert found["width"].farthest[0].id == "stop/7.png"
    assert found["format"].farthest[0].value == "GIF"


def test_examples_are_spread_over_a_class():
    rows = [picture(f"{n:03}", "stop") for n in range(120)]
    examples = profiled(images(rows)).classes.listed[0].examples
    assert examples == tuple(f"stop/{n:03}.png" for n in (10, 30, 50, 70, 90, 110))


def test_a_label_that_follows_the_brightness_is_told():
    rows = [
        picture(n, label, brightness=v + n) for label, v in (("a", 0), ("b", 99)) for n in range(60)
    ]
    assert any("follows brightness" in line for line in look_first(profiled(images(rows))))


def test_the_same_version_differs_in_nothing():
    found = compare(images(signs()), images(signs()), "signs@1")
    assert headline(found) == ["Nothing differs from signs@1."]


def test_what_changed_is_said_in_order():
    before, after = signs(), signs()
    for row in after[:7]:  # the same bytes under another label
        row |= {"sha256": hashlib.sha256(row["path"].encode()).digest(), "label": "80"}
    for row in after[60:63]:
        row["sha256"] = b"?" * 32
    after += [picture(100 + n, "80", uploader="mallory") for n in range(12)]
    after += [picture(n, "spam", uploader="bob") for n in range(6)]
    lines = headline(compare(images(before), images(after), "signs@1"))
    assert lines[0] == ("a new, unexpected label: “spam”, 6 samples, all from one uploader, “bob”")
    assert lines[1] == "18 new samples, 3 changed, 7 with a flipped label"
    assert lines[2] == "flipped labels: all from “stop” to “80”"
    assert lines[3] == (
        "class “80” grew by 38% (50 to 69), all that is new from one uploader, “mallory”"
    )


def test_a_vanished_label_and_samples_that_are_gone():
    found = compare(images(signs()), images(signs()[:50]), "signs@1")
    assert headline(found)[:2] == ["a label is gone: “80”, which had 50 samples", "50 gone"]


def test_rows_are_compared_by_content_whatever_their_order():
    old = tabular({"x": [1.0, 2.0, 3.0, math.nan], "label": ["a", "a", "b", None]})
    new = tabular({"x": [math.nan, 3.0, 9.0, 1.0], "label": [None, "a", "b", "a"]})
    found = compare(old, new, "old").samples
    assert found.added == ("row 3",)
    assert found.removed == ("row 2",)
    assert [(one.id, one.before, one.after) for one in found.flipped] == [("row 2", "b", "a")]


def test_equal_rows_are_counted():
    old, new = tabular({"x": [1, 1, 2]}), tabular({"x": [1, 1, 1, 2]})
    assert compare(old, new, "old").samples.added == ("row 3",)
    assert compare(new, old, "new").samples.removed == ("row 3",)


def test_columns_that_come_go_and_change_their_type():
    found = compare(tabular({"a": [1], "b": [1]}), tabular({"a": ["1"], "c": [1]}), "old")
    assert (found.new_columns, found.vanished_columns) == (("c",), ("b",))
    assert found.retyped_columns == (("a", "Int64", "String"),)


def test_versions_of_different_kinds():
    found = compare(tabular({"a": [1]}), images(signs()), "old")
    assert found.samples is None
    json.loads(profile_json(profile_table(images(signs())), found, "x"))
