"""How a finished review reads: as text of 80 columns, and as JSON."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from bezoar.cli.output import as_json
from bezoar.core.place import printable
from bezoar.recon.spot_check.answers import Answer, Opinion
from bezoar.recon.spot_check.review import Disagreement, Review

SCHEMA_VERSION = 1
SHOWN = 20
_WIDTH = 80


def review_json(review: Review, detail: Mapping[str, Any], said: Mapping[str, Answer]) -> str:
    """Return a review as JSON: what the ledger keeps of it, and each sample that was marked."""
    return as_json(
        {
            "schema_version": SCHEMA_VERSION,
            "dataset": review.subject,
            **detail,
            "marked": [
                {
                    "path": path,
                    "label": review.entry(path).label,
                    "opinion": str(answer.opinion),
                    "note": answer.note,
                }
                for path, answer in _marked(review, said)
            ],
            "differences": [
                {"path": one.path, "said": {who: str(what) for who, what in one.said.items()}}
                for one in review.disagreements(detail["reviewer"], said)
            ],
        }
    )


def review_text(review: Review, detail: Mapping[str, Any], said: Mapping[str, Answer]) -> str:
    """Return a review for a person."""
    lines = [f"{printable(review.subject)} reviewed by {printable(detail['reviewer'])}"]
    lines += textwrap.wrap(detail["statement"], _WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines += _block("marked", [_mark(review, *one) for one in _marked(review, said)])
    differ = review.disagreements(detail["reviewer"], said)
    lines += _block("reviewers disagree", [_difference(one) for one in differ])
    return "\n".join(lines)


def _marked(review: Review, said: Mapping[str, Answer]) -> list[tuple[str, Answer]]:
    ok = Opinion.OK
    return [(p, said[p]) for p in review.draw.paths if p in said and said[p].opinion is not ok]


def _mark(review: Review, path: str, answer: Answer) -> str:
    label = review.entry(path).label
    words = f"{path} ({'no label' if label is None else label}): {_words(answer.opinion)}"
    return f"{words}, {answer.note}" if answer.note else words


def _difference(one: Disagreement) -> str:
    return f"{one.path}: " + ", ".join(f"{who} {_words(what)}" for who, what in one.said.items())


def _words(opinion: Opinion) -> str:
    return str(opinion).replace("-", " ")


def _block(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}: {len(lines):,}"
        yield from (f"  {printable(line)}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"  and {len(lines) - SHOWN:,} more: --format json lists all"
