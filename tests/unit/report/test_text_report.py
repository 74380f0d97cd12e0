import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_scene import TRIGGER, UNREADABLE, inspection

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.severity import Severity
from bezoar.report.json import json_text, outcomes_json
from bezoar.report.junit import junit_xml
from bezoar.report.sarif import sarif_json
from bezoar.report.text import findings_text, inspection_text
from bezoar.report.wording import Step, clipped, figure, quoted, share

HOSTILE = ["\x1b[31mred", "a\nb", "\u202eevil", "\udc80", "\ud800", "x" * 10_000, "</x>&\"'", ""]


def outcome_at(name, message="It is odd.", kind=PlaceKind.SAMPLE, **fields):
    return Outcome.of(TRIGGER, [Finding(TRIGGER, Place(kind, name or "-"), message, **fields)])


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", HOSTILE)
def test_every_line_is_printable_and_no_wider_than_asked(name, width):
    held = clipped(name) if "\ud800" <= name[:1] <= "\udfff" else name  # a table holds no surrogate
    found, _ = inspection(label=held, alike=held, name="{:03}" + held)
    for text in (
        inspection_text(found, width),
        findings_text([outcome_at(name, name)], verdict=found.verdict, subject=name, width=width),
    ):
        lines = text.split("\n")
        assert all(line.isprintable() for line in lines)
        assert max(map(len, lines)) <= width


def test_the_verdict_comes_first_and_the_commands_last():
    found, _ = inspection()
    lines = inspection_text(found, steps=[Step("Sign it", "bezoar approve 'a b'")]).splitlines()
    assert lines[0].startswith("QUARANTINE")
    assert lines[-2:] == ["  bezoar clean signs@2", "  bezoar approve 'a b'"]


def test_a_command_is_never_broken():
    command = "bezoar clean " + "x" * 200
    assert f"  {command}\n" in findings_text([outcome_at("a", next=command)], width=80)


def test_twenty_thousand_findings_stay_readable():
    findings = [
        Finding(UNREADABLE, Place(PlaceKind.SAMPLE, f"{n}.png"), "Cut.", next=f"bezoar see {n}")
        for n in range(20_000)
    ]
    text = findings_text([Outcome.of(UNREADABLE, findings)], shown=3)
    assert "and 19,997 more" in text
    assert "and 19,990 more" in text
    assert len(text.splitlines()) < 40


def test_each_silent_outcome_is_told_with_its_reason():
    text = findings_text([Outcome(TRIGGER, Status.SKIPPED, reason="it needs labels")])
    assert "skipped" in text
    assert "it needs labels" in text
    assert "0 of 1 check passed" in text


@given(st.text(max_size=80), st.integers(11, 60))
def test_a_clipped_name_is_printable_and_short(text, longest):
    short = clipped(text, longest)
    assert short.isprintable()
    assert len(short) <= longest
    assert len(clipped(text * 1000, longest)) <= longest


def test_an_empty_label_and_no_label_look_different():
    assert quoted("") == "“”"
    assert quoted(None) == "no label"


def test_figures_read_well():
    values = [553.21, 12_345, 12.34, 5.0, 0.0012, None, float("nan")]
    assert [figure(v) for v in values] == ["553", "12,345", "12.3", "5.0", "0.0012", "-", "nan"]
    assert [share(v) for v in (0, 0.00005, 0.983, 1, None)] == [
        "0.0%",
        "0.005%",
        "98.3%",
        "100.0%",
        "not measured",
    ]


def test_json_has_no_number_that_json_does_not_know():
    document = outcomes_json([outcome_at("a", evidence={"x": [float("nan"), 1.5]})])
    assert json.loads(document)["findings"][0]["evidence"] == {"x": [None, 1.5]}
    assert json.loads(json_text({"b": float("inf"), "a": "\udc80"})) == {"b": None, "a": "\udc80"}


@pytest.mark.parametrize("name", HOSTILE)
def test_junit_and_sarif_hold_hostile_names(name):
    outcomes = [outcome_at(name, name, next=name), outcome_at(name, kind=PlaceKind.CLASS)]
    suite = ET.fromstring(junit_xml(outcomes).encode()).find("testsuite")  # noqa: S314 - our own text
    assert suite.get("tests") == suite.get("failures") == "2"
    results = json.loads(sarif_json(outcomes))["runs"][0]["results"]
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].isascii()
    assert results[0]["partialFingerprints"] != results[1]["partialFingerprints"]


def test_junit_fails_only_from_the_severity_that_is_asked_for():
    mild = [outcome_at("a", severity=Severity.LOW)]
    assert "<failure" not in junit_xml(mild)
    assert "<failure" in junit_xml(mild, fail_on=Severity.LOW)
