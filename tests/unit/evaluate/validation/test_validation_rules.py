"""Each built-in rule sees what it is for, and nothing in a table that nobody touched."""

import polars as pl
import pytest
from table_scene import clean_table

from bezoar.core.outcome import Status
from bezoar.core.severity import Severity
from bezoar.evaluate.validation.running import CHECKS, validate
from bezoar.evaluate.validation.subject import SHOWN, Subject, tabular_rows


def outcome(code, table, against=None, **more):
    found = validate(Subject(table, against, "signs@1" if against is not None else "", **more))
    (one,) = [one for one in found if one.rule.code == code]
    return one


def changed(table, rows, **values):
    """Put values into the rows of a table."""
    number = pl.int_range(pl.len())
    wanted = number.is_in(list(rows))
    return table.with_columns(
        pl.when(wanted)
        .then(pl.lit(value))
        .otherwise(pl.col(name))
        .alias(name)
        .cast(table.schema[name])
        for name, value in values.items()
    )


CLEAN = clean_table()


def test_there_is_one_outcome_for_each_rule():
    assert [one.rule for one in validate(Subject(CLEAN))] == list(CHECKS)


def test_clean_tables_have_no_finding():
    found = [
        (seed, finding.code, finding.message)
        for seed in range(30)
        for one in validate(Subject(clean_table(seed=seed), clean_table(seed=1000 + seed), "v"))
        for finding in one.findings
    ]
    assert found == []


def test_a_table_without_columns_or_rows_is_not_applicable():
    for table in (pl.DataFrame({"path": ["a"]}), CLEAN.head(0)):
        found = validate(Subject(table))
        assert {one.status for one in found} <= {Status.NOT_APPLICABLE, Status.PASSED}


def test_a_label_outside_the_expected_set():
    table = changed(CLEAN, [5, 9], label="stopp")
    labels = frozenset(CLEAN["label"].unique())
    (finding,) = outcome("BZ251", table, expected=labels).findings
    assert finding.place.name == "stopp"
    assert finding.evidence["samples"] == 2
    assert outcome("BZ251", CLEAN, expected=labels).passed


@pytest.mark.parametrize(
    ("label", "look_alike"),
    [("stop", "Stop"), ("stop", "stop "), ("stop", "st\u043ep"), ("14", "014"), ("a b", "a_b")],
)
def test_a_label_that_looks_like_another(label, look_alike):
    table = changed(changed(CLEAN, range(100), label=label), range(100, 103), label=look_alike)
    (finding,) = outcome("BZ251", table).findings
    assert finding.place.name == look_alike


def test_samples_without_a_label():
    (finding,) = outcome("BZ251", changed(CLEAN, [3], label=None)).findings
    assert "1 sample without a label" in finding.message


def test_new_and_vanished_classes():
    table = changed(CLEAN.filter(pl.col("label") != "2"), [1], label="new")
    assert [one.place.name for one in outcome("BZ252", table, CLEAN).findings] == ["new"]
    assert [one.place.name for one in outcome("BZ253", table, CLEAN).findings] == ["2"]
    assert outcome("BZ252", table).status is Status.NOT_APPLICABLE


def test_a_share_that_jumped():
    of_seven = CLEAN.with_row_index().filter(pl.col("label") == "7")["index"].to_list()
    table = changed(CLEAN, of_seven[:120], label="0")
    codes = {one.place.name for one in outcome("BZ254", table, CLEAN).findings}
    assert "0" in codes
    grown = pl.concat([CLEAN, clean_table(seed=9)])
    assert outcome("BZ254", grown, CLEAN).passed


def test_rare_formats_and_far_sizes():
    table = changed(CLEAN, [7], format="JPEG")
    (finding,) = outcome("BZ255", table).findings
    assert (finding.place.name, finding.severity) == (CLEAN["path"][7], Severity.MEDIUM)
    (finding,) = outcome("BZ255", changed(CLEAN, [8], width=40_000)).findings[:1]
    assert finding.place.name == CLEAN["path"][8]
    half = changed(CLEAN, range(1000), format="JPEG")
    assert outcome("BZ255", half).passed
    assert outcome("BZ255", half, CLEAN).findings[0].severity is Severity.MEDIUM


def test_near_duplicates_under_two_labels():
    rows = [i for i, label in enumerate(CLEAN["label"]) if label == "7"][:2]
    other = [i for i, label in enumerate(CLEAN["label"]) if label == "6"][:1]
    same = changed(CLEAN, rows, near_dup_group=rows[0])
    assert outcome("BZ256", same).passed
    mixed = changed(CLEAN, [*rows, *other], near_dup_group=rows[0])
    (finding,) = outcome("BZ256", mixed).findings
    assert finding.evidence["labels"] == ["6", "7"]


def test_duplicates_over_splits():
    halves = changed(changed(CLEAN, range(1000), split="train"), range(1000, 2000), split="test")
    assert outcome("BZ257", halves).passed
    twice = changed(halves, [3, 1500], pixel_sha256=b"p" * 32)
    (finding,) = outcome("BZ257", twice).findings
    assert finding.evidence["splits"] == ["test", "train"]
    assert outcome("BZ257", changed(halves, [3, 4], pixel_sha256=b"p" * 32)).passed


def test_every_failure_is_counted():
    table = changed(CLEAN, range(200), outcome="unreadable-image", outcome_why="cut")
    findings = outcome("BZ258", table).findings
    assert len(findings) == SHOWN + 1
    assert findings[-1].message == "150 more like these"


def test_equal_content_under_two_labels():
    labels = CLEAN["label"].to_list()
    one, other = labels.index("6"), labels.index("7")
    (finding,) = outcome(
        "BZ260", changed(CLEAN, [one, other], sha256=b"s" * 32, pixel_sha256=b"p" * 32)
    ).findings
    assert finding.evidence["labels"] == ["6", "7"]


def test_a_label_that_was_another_before():
    flipped = [i for i, label in enumerate(CLEAN["label"]) if label == "7"][:7]
    table = changed(CLEAN, flipped, label="0")
    findings = outcome("BZ260", table, CLEAN).findings
    assert len(findings) == 7
    assert {one.severity for one in findings} == {Severity.HIGH}
    assert "'7' in signs@1" in findings[0].message


def test_rows_of_a_table_that_are_equal_but_for_the_label():
    frame = pl.LazyFrame({"a": [1, 2, 1], "b": ["x", "y", "x"], "target": [0, 0, 1]})
    table = tabular_rows(frame, "target")
    (finding,) = outcome("BZ260", table, tabular=True).findings
    assert (finding.place.name, finding.severity) == ("row 1", Severity.LOW)


def test_a_block_of_one_encoder_in_one_class():
    rows = CLEAN.with_row_index().filter(pl.col("label") == "7")["index"].to_list()
    late = CLEAN.with_columns(pl.Series("position", range(len(CLEAN))))
    late = changed(late, rows[:60], encoder="jpeg 9")
    number = pl.int_range(pl.len())
    block = number.is_in(rows[:60])
    late = late.with_columns(
        pl.when(block).then(10_000 + number).otherwise("position").alias("position")
    )
    (finding,) = outcome("BZ259", late).findings
    assert "60 samples of one encoder" in finding.message
    # The same files strewn over the whole set, and over all classes, are no block.
    strewn = changed(CLEAN, range(0, 2000, 25), encoder="jpeg 9")
    assert outcome("BZ259", strewn).passed


def test_a_block_that_looks_unlike_all_others():
    rows = CLEAN.with_row_index().filter(pl.col("label") == "7")["index"].to_list()
    dark = changed(CLEAN, rows[64:96], brightness=20.0)
    findings = outcome("BZ259", dark).findings
    assert [(one.place.name, one.severity) for one in findings] == [("7", Severity.LOW)]
    assert "brightness" in findings[0].message


def test_classes_that_were_made_one_after_the_other_are_no_anomaly():
    ordered = CLEAN.sort("label").with_columns(pl.Series("position", range(len(CLEAN))))
    by_class = ordered.with_columns(pl.format("encoder {}", "label").alias("encoder"))
    assert outcome("BZ259", ordered).passed
    assert outcome("BZ259", by_class).passed
