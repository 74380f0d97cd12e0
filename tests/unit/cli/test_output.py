import io
import os
import stat
import sys
from pathlib import Path

import pytest

from bezoar.cli import output
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.policy import Decision, Verdict
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

RULE = Rule("BZ199", "x", "X", Severity.MEDIUM, "Because.")


def finding(severity):
    return Finding(RULE, Place(PlaceKind.DATASET, "signs"), "message", severity)


def test_a_result_goes_to_stdout_with_one_line_end(capsysbinary):
    output.write_result("a")
    output.write_result("b\n", Path("-"))
    output.write_result("lone \udcff\n")
    assert capsysbinary.readouterr().out == b"a\nb\nlone \\udcff\n"


def test_a_file_is_replaced_whole_and_keeps_nothing_else(tmp_path):
    old = os.umask(0o022)
    try:
        (tmp_path / "x").write_text("old")
        output.write_result("new", tmp_path / "x")
    finally:
        os.umask(old)
    assert (tmp_path / "x").read_text() == "new\n"
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    (tmp_path / "x").write_text("old")
    with pytest.raises(RuntimeError), output.whole_file(tmp_path / "x") as draft:  # noqa: PT012 - the block under test
        draft.write_text("half")
        raise RuntimeError
    assert (tmp_path / "x").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    output.write_result("new", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new\n"


def test_a_device_is_written_and_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    output.write_result("x", tmp_path / "pipe")
    assert os.read(reader, 10) == b"x\n"
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["missing/x", ".", "file/x", "x" * 300])
def test_what_cannot_be_written_is_an_error_for_a_person(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(BezoarError, match="cannot write") as caught:
        output.write_result("x", tmp_path / name)
    assert caught.value.next


def test_a_table_is_80_columns_off_a_terminal_and_escapes_its_cells():
    text = output.table(("a", "b"), [("[bold]x\x1b[0m", "y" * 200), ("1", "2")])
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert "[bold]x\\x1b[0m" in text
    assert text.count("y") == 200


def test_progress_draws_nothing_off_a_terminal(capsys):
    with output.progress_bar("work") as step:
        step(1, 10)
        step(10, 10)
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_draws_on_stderr_of_a_terminal_without_colour(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with output.progress_bar("training [bold]\x1b[31m") as step:
        step(0, 0)
        step(3, 4)
        step(4, 4)
    drawn = screen.getvalue()
    assert "training [bold]\\x1b[31m" in drawn
    assert "100%" in drawn
    assert "\x1b[31m" not in drawn
    assert "\x1b[38" not in drawn


ADMIT, UNDECIDED = Verdict(Decision.ADMIT), Verdict(Decision.UNDECIDED, ("x",))
QUARANTINE = Verdict(Decision.QUARANTINE, ("x",))
CODES = [
    ([], None, 0),
    ([Severity.LOW], None, 0),
    ([Severity.LOW, Severity.MEDIUM], None, 1),
    ([], ADMIT, 0),
    ([Severity.LOW], ADMIT, 0),
    ([Severity.HIGH], ADMIT, 1),
    ([], QUARANTINE, 1),
    ([], UNDECIDED, 3),
    ([Severity.HIGH], UNDECIDED, 3),
]


@pytest.mark.parametrize(("severities", "verdict", "code"), CODES)
def test_exit_codes(severities, verdict, code):
    findings = [finding(severity) for severity in severities]
    assert output.exit_code(findings, Severity.MEDIUM, verdict) == code
    hidden = 0 if code == 1 else code
    assert output.exit_code(findings, Severity.MEDIUM, verdict, exit_zero=True) == hidden


def test_severities_are_read_by_name():
    assert output.severity("high") is Severity.HIGH
    with pytest.raises(UsageError, match="want one of info, low"):
        output.severity("3")


def test_missing_packages_are_named_with_what_installs_them(monkeypatch):
    output.require("drill", "torch", "scipy")
    monkeypatch.setattr(output, "find_spec", lambda name: None if name == "torch" else name)
    with pytest.raises(BezoarError, match=r"(?m)drill needs .* not installed: torch$") as caught:
        output.require("drill", "torch", "scipy")
    assert caught.value.next == "pip install 'bezoar[expose]'"
