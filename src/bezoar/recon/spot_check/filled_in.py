"""Reads the answers that somebody downloaded from an offline sheet."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.core.place import printable
from bezoar.recon.spot_check.answers import LONGEST_NOTE, Answer, Opinion, check_reviewer
from bezoar.recon.spot_check.sampling import Sampling

_MOST_BYTES: Final = 1 << 25
_HOW: Final = "bezoar review NAME --export sheet.html"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sample: Annotated[int, Field(ge=0)]
    opinion: Annotated[Opinion, Field(strict=False)]
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


class _Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: Annotated[int, Field(ge=1, le=1)]
    review: str
    reviewer: str
    sampling: Annotated[Sampling, Field(strict=False)]
    samples: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    answers: Annotated[tuple[_Row, ...], Field(strict=False)]


@dataclass(frozen=True, slots=True)
class FilledIn:
    """What a sheet came back with.

    Attributes:
        review: Which draw it says to be about; nothing else that it says about it is believed.
        reviewer: Who says to have looked.
        answers: By the sample's position in the draw.
        again: Options that would draw the same samples.
    """

    review: Digest
    reviewer: str
    answers: dict[int, Answer]
    again: str


def read_answers(path: Path) -> FilledIn:
    """Read a file of answers; it may come from anybody.

    Raises:
        UsageError: If it cannot be read as one.
    """
    try:
        with path.open("rb") as file:
            sheet = _Sheet.model_validate(_parsed(file.read(_MOST_BYTES + 1)))
        review = Digest.parse(sheet.review)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", next=_HOW) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{path} holds no answers: {printable(where)}: {first['msg']}", next=_HOW
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} holds no answers: {printable(str(error))}", _HOW) from error
    answers = {row.sample: Answer.parse(str(row.opinion), row.note) for row in sheet.answers}
    if len(answers) < len(sheet.answers):
        raise UsageError(f"{path} holds no answers: a sample has two", next=_HOW)
    again = f"--sampling {sheet.sampling} --samples {sheet.samples} --seed {sheet.seed}"
    return FilledIn(review, check_reviewer(sheet.reviewer), answers, again)


def _parsed(data: bytes) -> Any:
    if len(data) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES:,} bytes")
    return json.loads(data)
