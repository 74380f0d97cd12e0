"""Programs of the team's own: findings are findings, and what goes wrong is `failed`."""

import json
import sys
import time

import pytest

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.severity import Severity
from bezoar.fortify.vetting import programs
from bezoar.fortify.vetting.program_output import MOST_FOUND, read_junit, read_sarif
from bezoar.project.settings import ProgramSettings
from bezoar.report.junit import junit_xml
from bezoar.report.sarif import sarif_json
from bezoar.rules import rule

JUNIT = '<testsuite><testcase name="a"/><testcase name="b">{}</testcase></testsuite>'
PRINT = "import sys; print(sys.argv[1]); sys.exit(int(sys.argv[2]))"


def run(tmp_path, code, *arguments, output="junit", timeout_s=30):
    """Run a line of Python as the team's program, on a folder `data`."""
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    setting = ProgramSettings(
        command=(sys.executable, "-c", code, *arguments), output=output, timeout_s=timeout_s
    )
    return programs.run_program("checker", setting, data, tmp_path)


def test_a_failure_is_a_finding(tmp_path):
    text = JUNIT.format('<failure message="too few"/>')
    (outcome,) = run(tmp_path, PRINT, text, "1")
    (finding,) = outcome.findings
    assert (finding.code, finding.title, finding.severity) == (
        "BZ331",
        "Program checker",
        Severity.MEDIUM,
    )
    assert finding.message == "b: too few"


def test_tests_that_pass_pass(tmp_path):
    (outcome,) = run(tmp_path, PRINT, JUNIT.format(""), "0")
    assert outcome.passed


def test_an_error_is_no_pass(tmp_path):
    (outcome,) = run(tmp_path, PRINT, JUNIT.format("<error/>"), "0")
    assert outcome.status is Status.FAILED
    both = JUNIT.format('<failure message="x" type="low"/>').replace(
        '<testcase name="a"/>', '<testcase name="a"><error/></testcase>'
    )
    statuses = [outcome.status for outcome in run(tmp_path, PRINT, both, "1")]
    assert statuses == [Status.FOUND, Status.FAILED]


def test_the_data_is_the_last_argument_or_where_it_is_named(tmp_path):
    failure = JUNIT.format("<failure>%s</failure>").replace('"', "'")
    code = f'import sys; print("{failure}" % sys.argv[1])'
    assert str(tmp_path / "data") in run(tmp_path, code)[0].findings[0].message
    assert f"in={tmp_path / 'data'}" in run(tmp_path, code, "in={data}")[0].findings[0].message


def test_an_output_file_is_read(tmp_path):
    junit = JUNIT.format("").replace('"', "'")
    code = f'import sys; open(sys.argv[1], "w").write("{junit}"); print("chatter")'
    (outcome,) = run(tmp_path, code, "{output}", "{data}")
    assert outcome.passed


FAILING = {
    "nothing": "pass",
    "rubbish": "print('all is well')",
    "another document": "print('<html/>')",
    "no test": "print('<testsuites/>')",
    "an exit code": "print('<testsuite><testcase/></testsuite>'); raise SystemExit(3)",
    "a document type": "print('<!DOCTYPE a><testsuite><testcase/></testsuite>')",
    "no text": "import sys; sys.stdout.buffer.write(b'\\xff\\xfe<\\0')",
    "a traceback": "raise ValueError('oh')",
    "depth": "print('<a>' * 100000)",
}


@pytest.mark.parametrize("code", FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("output", ["junit", "sarif"])
def test_what_goes_wrong_is_failed(tmp_path, code, output):
    (outcome,) = run(tmp_path, code, output=output)
    assert outcome.status is Status.FAILED
    assert outcome.reason.isprintable()


def test_a_program_that_is_not_there_is_failed(tmp_path):
    setting = ProgramSettings(command=("/none/such",), output="junit")
    (outcome,) = programs.run_program("x", setting, tmp_path, tmp_path)
    assert "cannot be started" in outcome.reason


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path):
    code = "import os, time; os.fork(); time.sleep(60)"
    began = time.monotonic()
    (outcome,) = run(tmp_path, code, timeout_s=0.5)
    assert "more than 0.5 s" in outcome.reason
    assert time.monotonic() - began < 20


def test_a_program_that_never_stops_talking_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "MOST_BYTES", 100_000)
    code = "import sys\nwhile True: sys.stdout.write('x' * 10_000)"
    (outcome,) = run(tmp_path, code)
    assert "it wrote more than" in outcome.reason


def result(**fields):
    return {"ruleId": "r", "level": "error", "message": {"text": "m"}} | fields


def sarif(*results, **run_fields):
    return json.dumps(
        {"version": "2.1.0", "runs": [{"results": list(results)} | run_fields]}
    ).encode()


def test_results_of_sarif_are_findings():
    where = {"physicalLocation": {"artifactLocation": {"uri": "a/b.py"}}}
    said = read_sarif(sarif(result(locations=[where]), result(level="note"), result(kind="pass")))
    assert said.found == (("a/b.py", "r: m", Severity.HIGH), ("", "r: m", Severity.LOW))
    assert said.failed == ""


def test_a_suppression_in_the_data_itself_does_not_count():
    inside, outside = {"kind": "inSource"}, {"kind": "external"}
    said = read_sarif(sarif(result(suppressions=[inside]), result(suppressions=[outside])))
    assert len(said.found) == 1


def test_a_run_that_did_not_succeed_is_told():
    assert read_sarif(sarif(invocations=[{"executionSuccessful": False}])).failed
    assert read_sarif(b'{"runs": []}').failed


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"runs": 3}', b'{"runs": [[]]}', b"[" * 100_000])
def test_what_is_no_sarif_is_refused(data):
    with pytest.raises(ValueError, match="no SARIF"):
        read_sarif(data)


def test_more_results_than_are_kept_are_counted():
    said = read_sarif(sarif(*[result() for _ in range(MOST_FOUND + 7)]))
    assert said.found[-1] == ("", "7 more", Severity.HIGH)


def test_what_bezoar_writes_it_reads():
    finding = Finding(rule("BZ312"), Place(PlaceKind.FILE, "a.bin"), "a program", Severity.HIGH)
    outcomes = [Outcome.of(rule("BZ312"), [finding]), Outcome.of(rule("BZ313"), [])]
    assert [one[2] for one in read_junit(junit_xml(outcomes).encode()).found] == [Severity.HIGH]
    assert [one[:1] for one in read_sarif(sarif_json(outcomes).encode()).found] == [("a.bin",)]
