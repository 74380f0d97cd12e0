"""What the page asks for and what it says: one reviewer at one review, without any HTTP."""

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from bezoar.recon.spot_check.answers import Answer, AnswerBook, Opinion
from bezoar.recon.spot_check.review import Review
from bezoar.recon.spot_check.statement import sentences
from bezoar.report.wording import clipped, quoted
from bezoar.web.shown import LONGEST_NAME, Shown, card, peer_card, show

LONGEST_SIDE: Final = 1024
PEER_SIDE: Final = 128
_DECODING_AT_ONCE: Final = 2
MOST_LISTED: Final = 200


class Desk:
    """One reviewer at one review.

    Attributes:
        review: What is looked at.
        reviewer: Who looks.
        finished: True once the reviewer said so.
    """

    def __init__(
        self, review: Review, reviewer: str, book: AnswerBook, finish: Callable[[], None]
    ) -> None:
        """Sit down.

        Args:
            review: What is looked at.
            reviewer: Who looks.
            book: The reviewer's answers.
            finish: Called when the reviewer is through, before anybody is told so.
        """
        self.review, self.reviewer, self._book, self._finish = review, reviewer, book, finish
        self.finished = False
        # A picture may unpack to 200 MB: a page that asks for eight must not hold eight.
        self._turn = threading.Semaphore(_DECODING_AT_ONCE)
        self._show = lru_cache(maxsize=128)(self._look)

    def state(self) -> dict[str, Any]:
        """Return what the page begins with."""
        paths, answers = self.review.draw.paths, self._book.answers
        return {
            "dataset": clipped(self.review.subject, LONGEST_NAME),
            "reviewer": self.reviewer,
            "seed": self.review.plan.seed,
            "sampling": str(self.review.plan.sampling),
            "population": self.review.draw.population,
            "answers": [_as_json(answers.get(path)) for path in paths],
        }

    def sample(self, number: int) -> dict[str, Any] | None:
        """Return a sample and its peers; None where there is no such number."""
        path = self._path(number)
        if path is None:
            return None
        shown = self._show(path, LONGEST_SIDE)
        peers = [
            peer_card(peer, self._show(peer, PEER_SIDE), f"/peer/{number}/{n}")
            for n, peer in enumerate(self.review.peers(path))
        ]
        return card(self.review, path, shown, f"/picture/{number}") | {"peers": peers}

    def picture(self, number: int) -> bytes | None:
        """Return a sample's picture as PNG; None where there is none."""
        path = self._path(number)
        return self._show(path, LONGEST_SIDE).png if path is not None else None

    def peer(self, number: int, which: int) -> bytes | None:
        """Return the picture of one of a sample's peers as PNG; None where there is none."""
        path = self._path(number)
        peers = self.review.peers(path) if path is not None else ()
        return self._show(peers[which], PEER_SIDE).png if 0 <= which < len(peers) else None

    def answer(self, number: object, opinion: object, note: object) -> None:
        """Save an answer.

        Raises:
            ValueError: If it is none, or there is no such sample.
            BezoarError: If it cannot be saved.
        """
        path = self._path(number)
        if path is None or self.finished:
            raise ValueError("there is no such sample, or the review is finished")
        self._book.answer(path, Answer.parse(opinion, note))

    def undo(self) -> int | None:
        """Take back the last answer and return its sample's number; None if none is left.

        Raises:
            BezoarError: If that cannot be saved.
        """
        path = None if self.finished else self._book.undo()
        return self.review.draw.paths.index(path) if path in self.review.draw.paths else None

    def summary(self) -> dict[str, Any]:
        """Return what the review says so far."""
        answers = self._book.answers
        tally = self.review.tally(answers)
        marked = [
            {"number": n, "name": clipped(path, LONGEST_NAME), **_marked(answers[path])}
            | {"label": quoted(self.review.entry(path).label, LONGEST_NAME)}
            for n, path in enumerate(self.review.draw.paths)
            if path in answers and answers[path].opinion is not Opinion.OK
        ]
        # What others said is for afterwards: before, it would be an answer of theirs.
        differ = self.review.disagreements(self.reviewer, answers) if self.finished else ()
        return {
            "statement": list(sentences(tally)),
            "tally": tally.as_json(),
            "marked": marked[:MOST_LISTED],
            "marked_more": max(0, len(marked) - MOST_LISTED),
            "disagreements": [
                {
                    "number": self.review.draw.paths.index(each.path),
                    "name": clipped(each.path, LONGEST_NAME),
                    "label": quoted(each.label, LONGEST_NAME),
                    "said": {clipped(who, 80): str(what) for who, what in each.said.items()},
                }
                for each in differ[:MOST_LISTED]
            ],
            "disagreements_more": max(0, len(differ) - MOST_LISTED),
            "finished": self.finished,
        }

    def finish(self) -> None:
        """End the review.

        Raises:
            ValueError: If nothing was answered.
            BezoarError: If it cannot be recorded; then it is not finished.
        """
        if not self.review.tally(self._book.answers).looked:
            raise ValueError("nothing was looked at")
        if not self.finished:
            self._finish()
            self.finished = True

    def _path(self, number: object) -> str | None:
        paths = self.review.draw.paths
        if not isinstance(number, int) or isinstance(number, bool):
            return None
        return paths[number] if 0 <= number < len(paths) else None

    def _look(self, path: str, longest: int) -> Shown:
        with self._turn:
            return show(self.review.look(path), longest)


def _as_json(answer: Answer | None) -> dict[str, str] | None:
    return None if answer is None else {"opinion": str(answer.opinion), "note": answer.note}


def _marked(answer: Answer) -> dict[str, str]:
    return {"opinion": str(answer.opinion), "note": clipped(answer.note, LONGEST_NAME)}
