"""Data that a pipeline takes from a repository of the team's own, with git or DVC."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.journey.identity import is_public_web
from bezoar.evaluate.journey.overlapping import Overlapping

_CLONE: Final = re.compile(r"\b(?:git\s+clone|dvc\s+(?:get|import))\b")
_BRANCH: Final = frozenset({"-b", "--branch", "--revision", "--rev"})
_COMMIT: Final = re.compile(r"\bgit\b.{0,300}\b(?:checkout|reset|switch)\b.{0,300}\b[0-9a-f]{40}\b")


@dataclass(frozen=True, slots=True)
class Clone:
    """A repository whose files a training reads.

    Attributes:
        act: What clones it.
        uri: Its address.
        revision: The branch, tag or commit that is asked for; empty for none.
    """

    act: Act
    uri: str
    revision: str


def clones(one: Followed) -> Iterator[Clone]:
    """Yield each repository that data is taken from, unless a commit is checked out of it."""
    cloning = [act for act in one.acts if act.role is Role.FETCH and _CLONE.search(act.text)]
    if not cloning or not one.trains or any(_COMMIT.search(act.text) for act in one.acts):
        return
    own = set(map(id, cloning))
    read = Overlapping([[name for act in one.acts if id(act) not in own for name in act.reads]])
    for act in cloning:
        uri = next(iter(act.reads), "")
        if uri and not is_public_web(uri) and any(read.of(name) for name in act.writes):
            yield Clone(act, uri, _revision(act.text))


def _revision(text: str) -> str:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, sign, value = word.partition("=")
        if name in _BRANCH:
            return value if sign else following
    return ""
