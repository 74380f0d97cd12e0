"""`docker run`: the image, and the command within as it would read outside.

Source: docs.docker.com, "docker container run".
"""

import re
from collections.abc import Iterable
from typing import Final

from bezoar.evaluate.pipelines.definition import Command, Reference
from bezoar.evaluate.pipelines.reading import image_of

_ENGINES: Final = frozenset({"docker", "podman", "nerdctl"})
_ALONE: Final = re.compile(
    r"--(?:rm|detach|init|interactive|tty|privileged|read-only|no-healthcheck|quiet|sig-proxy)"
    r"|-[itdq]+|--[\w-]+=.*"
)
_HERE: Final = re.compile(
    r"^[\"']?(?:\$\(pwd\)|`pwd`|\$\{?PWD\}?|\$\{?GITHUB_WORKSPACE\}?|\$\{?CI_PROJECT_DIR\}?"
    r"|\{github\.workspace\}|\.)(?:/|$)"
)
_MOUNTS: Final = ("-v", "--volume")


def contained(words: list[str]) -> tuple[str, list[str]] | None:
    """Return the image of a `docker run` and the words that it runs, None for another command.

    Args:
        words: Of the command, as written; paths within come back as they are called outside.
    """
    start = 1 if words[:1] == ["sudo"] else 0
    if len(words) < start + 3 or words[start] not in _ENGINES:
        return None
    at = start + (2 if words[start + 1] != "container" else 3)
    if words[at - 1] != "run":
        return None
    mounts: list[tuple[str, str]] = []
    while at < len(words) and words[at].startswith("-"):
        option, sign, value = words[at].partition("=")
        if _ALONE.fullmatch(words[at]) is None:
            at += 1
            value = words[at] if at < len(words) else ""
        if option in _MOUNTS and (sign or value):
            host, _, inner = value.strip("\"'").partition(":")
            mounts.append((_HERE.sub("", host), inner.partition(":")[0].rstrip("/")))
        at += 1
    if at >= len(words):
        return None
    return words[at].strip("\"'"), [_outside(word, mounts) for word in words[at + 1 :]]


def image_within(commands: Iterable[Command]) -> Reference | None:
    """Return the first image that commands run something in."""
    for one in commands:
        if one.language == "shell" and (found := contained(one.text.split())) is not None:
            return image_of(found[0], one.line)
    return None


def _outside(word: str, mounts: list[tuple[str, str]]) -> str:
    for host, inner in mounts:
        if inner and (word == inner or word.startswith(inner + "/")):
            return (host.rstrip("/") + word[len(inner) :]).lstrip("/") or "."
    return word
