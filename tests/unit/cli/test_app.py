import json
import os
import signal
import subprocess
import sys

import pytest

from bezoar.cli.app import run
from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError


@pytest.fixture
def raising(monkeypatch):
    """Make `bezoar log` raise what the test wants."""

    def make(error):
        def open_it():
            raise error

        monkeypatch.setattr("bezoar.cli.log._open", open_it)

    return make


@pytest.mark.parametrize(
    ("kind", "code"), [(BezoarError, 3), (UsageError, 2), (NothingToInspectError, 4)]
)
def test_an_error_for_a_person_has_its_exit_code_and_its_next_step(raising, capsys, kind, code):
    raising(kind("the set is gone", next="bezoar dbom list"))
    assert run(["log"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: the set is gone\n  try: bezoar dbom list\n"


def test_without_a_next_step_none_is_named(raising, capsys):
    raising(BezoarError("the set is gone"))
    run(["log"])
    assert capsys.readouterr().err == "error: the set is gone\n"


def test_names_in_an_error_cannot_act_on_the_terminal(raising, capsys):
    raising(BezoarError("no \x1b[31m[bold]x\u202e\udcff\r file", next="ls '\x07'"))
    run(["log"])
    err = capsys.readouterr().err
    assert err == "error: no \\x1b[31m[bold]x\\u202e\\udcff\\r file\n  try: ls '\\x07'\n"


def test_a_bug_shows_a_traceback_and_does_not_look_like_findings(raising, capsys):
    raising(RuntimeError("a bug"))
    assert run(["log"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_quietly(raising, capsys):
    raising(KeyboardInterrupt())
    assert run(["log"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "arguments", [["nope"], ["--nope"], ["log", "--format", "xml"], ["log", "import"]]
)
def test_a_wrong_call_is_exit_2_with_the_help_to_read(arguments, capsys):
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.splitlines()[-1].startswith("  try: bezoar")
    assert err.splitlines()[-1].endswith(" --help")


def test_no_command_shows_the_help(capsys):
    assert run([]) == 0
    assert "All stages" in capsys.readouterr().out


def test_a_group_without_a_command_shows_its_help_and_no_empty_error(capsys):
    assert run(["dbom"]) == 2
    out, err = capsys.readouterr()
    assert "Commands" in out
    assert err == ""


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_80_columns_without_colour(option, capsys):
    assert run([option]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("bezoar 0.")


def bezoar(*arguments, **more):
    return subprocess.Popen([sys.executable, "-m", "bezoar", *arguments], **more)


def test_a_reader_that_leaves_is_no_error(tmp_path):
    fill = """
import sys
from bezoar.ledger import open_ledger
from bezoar.project import find_project
with open_ledger(find_project()) as ledger:
    for _ in range(20):
        ledger.append('a', 'b' * 20_000)
"""
    (tmp_path / "bezoar.toml").write_text("")
    subprocess.run([sys.executable, "-c", fill], cwd=tmp_path, check=True)
    process = bezoar("log", cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(timeout=60)


def test_sigint_is_130_and_quiet(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    process = bezoar("log", "import", tmp_path / "pipe", cwd=tmp_path, stderr=subprocess.PIPE)
    with (tmp_path / "pipe").open("w"):  # opened by both: it is reading now
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b""


def test_json_goes_to_stdout_alone(tmp_path):
    process = bezoar(
        "log", "--format", "json", cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = process.communicate(timeout=60)
    assert json.loads(out) == {"schema_version": 1, "events": []}
    assert err == b""
