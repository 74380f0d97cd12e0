"""What a reviewer said, kept so that not even a power cut takes an answer away."""

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError

LONGEST_NOTE: Final = 2000
LONGEST_NAME: Final = 80


class Opinion(StrEnum):
    """What a reviewer can say about a sample."""

    OK = "ok"
    WRONG_LABEL = "wrong-label"
    ARTEFACT = "artefact"
    UNSURE = "unsure"

    @property
    def bad(self) -> bool:
        """True where the sample should not be trained on."""
        return self in (Opinion.WRONG_LABEL, Opinion.ARTEFACT)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said about one sample.

    Attributes:
        opinion: The answer.
        note: What else there is to say.
    """

    opinion: Opinion
    note: str = ""

    @classmethod
    def parse(cls, opinion: object, note: object = "") -> "Answer":
        """Read an answer that came from outside.

        Raises:
            ValueError: If it is none.
        """
        if not isinstance(note, str) or len(note) > LONGEST_NOTE:
            raise ValueError(f"a note is text of at most {LONGEST_NOTE} characters")
        if not isinstance(opinion, str):
            raise ValueError("an answer is a word")  # noqa: TRY004 - all that is off is one error
        return cls(Opinion(opinion), note.encode("utf-8", "backslashreplace").decode())


def check_reviewer(name: str) -> str:
    """Return a reviewer's name.

    Raises:
        UsageError: If it is empty, long or not printable: it will stand in the ledger.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(
            f"not a reviewer's name: {name!r} (at most {LONGEST_NAME} printable characters)",
            next="bezoar review --help",
        )
    return name.strip()


def answers_digest(answers: Mapping[str, Answer]) -> Digest:
    """Return a digest over all answers; their order does not matter."""
    rows = sorted((path, one.opinion, one.note) for path, one in answers.items())
    return Digest.of(json.dumps(rows, separators=(",", ":")).encode())


class History:
    """Answers as they came, so that each change can be taken back.

    Law: `revert` after `apply` changes nothing.

    Attributes:
        answers: What is said now, by sample.
    """

    def __init__(self, lines: bytes = b"") -> None:
        """Replay the lines of a book; what is no answer is left out."""
        self._changes: list[tuple[str, Answer | None]] = []
        self.answers: dict[str, Answer] = {}
        for record in _records(lines):
            if record.get("undo"):
                self.revert()
            else:
                with contextlib.suppress(ValueError):
                    answer = Answer.parse(record.get("opinion"), record.get("note", ""))
                    self.apply(str(record.get("path")), answer)

    def __len__(self) -> int:
        """Return how many changes can be taken back."""
        return len(self._changes)

    def apply(self, path: str, answer: Answer) -> None:
        """Set the answer for a sample."""
        self._changes.append((path, self.answers.get(path)))
        self.answers[path] = answer

    def revert(self) -> str | None:
        """Take back the last change and return which sample it was about; None without one."""
        if not self._changes:
            return None
        path, before = self._changes.pop()
        if before is None:
            del self.answers[path]
        else:
            self.answers[path] = before
        return path


class AnswerBook:
    """One reviewer's answers: a line for each change, on the disk before anybody is thanked.

    Only one process writes to it at a time; the lock ends with the process, however it ends.

    Law: what `answers` says after a change, a new book of the same file says too; a line that
    was cut short counts as never written.
    """

    def __init__(self, path: Path) -> None:
        """Open the book, make it if need be, and read what it holds.

        Raises:
            BezoarError: If it cannot be written, or another process has it open.
        """
        self._path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            raise self._failed(error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise BezoarError(
                "this reviewer has this review open already, in another process",
                next="end the other one, or give --reviewer NAME",
            ) from error
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):  # the machine went down within a line
            os.ftruncate(self._file, whole)
        self._history = History(data[:whole])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    @property
    def answers(self) -> Mapping[str, Answer]:
        """What is said now, by sample."""
        return self._history.answers

    def answer(self, path: str, answer: Answer) -> None:
        """Set the answer for a sample.

        Raises:
            BezoarError: If it cannot be saved; then nothing has changed.
        """
        self._append({"path": path, "opinion": answer.opinion, "note": answer.note})
        self._history.apply(path, answer)

    def undo(self) -> str | None:
        """Take back the last change and return which sample it was about; None if none is left.

        Raises:
            BezoarError: If that cannot be saved.
        """
        if not len(self._history):
            return None
        self._append({"undo": True})
        return self._history.revert()

    def _append(self, record: Mapping[str, Any]) -> None:
        line = json.dumps({**record, "at": datetime.now(UTC).isoformat(timespec="seconds")})
        data = line.encode() + b"\n"
        try:
            size = os.fstat(self._file).st_size
            if os.write(self._file, data) < len(data):
                os.ftruncate(self._file, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # noqa: TRY301 - one message
            os.fsync(self._file)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> BezoarError:
        why = f"cannot keep answers in {self._path}: {error.strerror}"
        return BezoarError(why, next=f"ls -ld {self._path.parent}")


def read_book(path: Path) -> Mapping[str, Answer]:
    """Return what another reviewer's book says; nothing where it cannot be read."""
    try:
        return History(path.read_bytes()).answers
    except OSError:
        return {}


def _records(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines(keepends=True):
        with contextlib.suppress(ValueError, RecursionError):
            record = json.loads(line) if line.endswith(b"\n") else None
            if isinstance(record, dict):
                yield record
