"""An answer that was thanked for is never lost."""

import os
import signal
import subprocess
import sys
import time

import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.recon.spot_check.answers import (
    Answer,
    AnswerBook,
    Opinion,
    answers_digest,
    check_reviewer,
    read_book,
)

OK, WRONG = Answer(Opinion.OK), Answer(Opinion.WRONG_LABEL, "a sticker\nat the top")


def test_a_new_book_of_the_same_file_says_the_same(tmp_path):
    path = tmp_path / "reviews" / "ann.jsonl"
    with AnswerBook(path) as book:
        book.answer("a", OK)
        book.answer("b", WRONG)
        book.answer("a", WRONG)
        assert book.undo() == "a"
        said = dict(book.answers)
    assert said == {"a": OK, "b": WRONG}
    assert read_book(path) == said
    with AnswerBook(path) as book:
        assert book.answers == said
        assert [book.undo(), book.undo(), book.undo()] == ["b", "a", None]
        assert book.answers == {}


@pytest.mark.parametrize("torn", [b'{"path": "b", "opi', b'{"path": "b", "opinion": "ok"}'])
def test_a_line_that_was_cut_short_was_never_written(tmp_path, torn):
    path = tmp_path / "ann.jsonl"
    with AnswerBook(path) as book:
        book.answer("a", OK)
    path.write_bytes(path.read_bytes() + torn)
    assert read_book(path) == {"a": OK}
    with AnswerBook(path) as book:
        assert book.answers == {"a": OK}
        book.answer("c", WRONG)
    assert read_book(path) == {"a": OK, "c": WRONG}


def test_lines_that_are_no_answers_are_left_out(tmp_path):
    path = tmp_path / "ann.jsonl"
    lines = [
        b"nonsense",
        b"[" * 100_000,
        b"7",
        b'{"path": "a"}',
        b'{"path": "a", "opinion": "fine"}',
        b'{"path": "a", "opinion": ["ok"]}',
        b'{"path": "a", "opinion": "ok", "note": 7}',
        b'{"path": "b", "opinion": "ok"}',
        b"\xff\xfe",
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert read_book(path) == {"b": OK}


def test_one_process_at_a_time(tmp_path):
    path = tmp_path / "ann.jsonl"
    with AnswerBook(path), pytest.raises(BezoarError, match="open already"):
        AnswerBook(path)
    with AnswerBook(path):
        pass


def test_what_cannot_be_saved_is_not_an_answer(tmp_path, monkeypatch):
    path = tmp_path / "ann.jsonl"
    with AnswerBook(path) as book:
        book.answer("a", OK)
        real = os.write
        monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:10]))
        with pytest.raises(BezoarError, match="No space left"):
            book.answer("b", WRONG)
        assert book.answers == {"a": OK}
    assert read_book(path) == {"a": OK}


def test_a_link_in_the_place_of_a_book_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "ann.jsonl").symlink_to("elsewhere")
    with pytest.raises(BezoarError, match="cannot keep answers"):
        AnswerBook(tmp_path / "ann.jsonl")
    assert (tmp_path / "elsewhere").read_text() == "mine"


KILLED = """
import sys
from pathlib import Path
from bezoar.recon.spot_check.answers import Answer, AnswerBook, Opinion
book = AnswerBook(Path(sys.argv[1]))
for number in range(10**6):
    book.answer(str(number), Answer(Opinion.OK))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_a_killed_process_loses_no_answer(tmp_path):
    path = tmp_path / "ann.jsonl"
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(20):
            process.stdout.readline()
        time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        thanked = 19 + len(process.stdout.read().split("\n")[:-1])
    with AnswerBook(path) as book:
        assert set(map(str, range(thanked + 1))) <= set(book.answers)


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb", "a\x1b[31m"])
def test_names_that_are_none(name):
    with pytest.raises(UsageError):
        check_reviewer(name)


def test_names():
    assert check_reviewer(" Ann O'Hara ") == "Ann O'Hara"


def test_the_digest_covers_every_answer_and_no_order():
    one, other = {"a": OK, "b": WRONG}, {"b": WRONG, "a": OK}
    assert answers_digest(one) == answers_digest(other)
    assert answers_digest(one) != answers_digest({"a": OK, "b": OK})
    assert answers_digest(one) != answers_digest({"a": OK, "b": Answer(Opinion.WRONG_LABEL)})


@pytest.mark.parametrize("opinion", ["", "OK", 7, None, ["ok"]])
def test_answers_that_are_none(opinion):
    with pytest.raises(ValueError, match=r"answer|Opinion"):
        Answer.parse(opinion)


def test_a_note_is_short_text():
    assert Answer.parse("ok", "x" * 2000).note == "x" * 2000
    assert Answer.parse("ok", "\ud800").note == "\\ud800"
    for note in ("x" * 2001, 7, None):
        with pytest.raises(ValueError, match="note"):
            Answer.parse("ok", note)
