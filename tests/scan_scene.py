"""A language of its own for tests of what surrounds the readers: one fetch a line.

    fetch LOADER URI [key=value ...]

It stands in for each reader, so that these tests say nothing about Python or shell.
"""

from collections.abc import Iterator

from bezoar.core.source import Pin
from bezoar.recon.scan import dispatch
from bezoar.recon.scan.fetch import Checksum, Context, Danger, Fetch, Kind
from bezoar.syntax.unreadable import UnreadableError


def may_fetch(data: bytes) -> bool:
    return b"fetch " in data or b"broken" in data


def read(text: str, path: str, context: Context) -> Iterator[Fetch]:
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        if words[:1] == ["broken"]:
            raise UnreadableError("it says so")
        if words[:1] == ["bug"]:
            raise KeyError("bug")
        if words[:1] != ["fetch"]:
            continue
        given = dict(word.partition("=")[::2] for word in words[3:])
        yield Fetch(
            path=path,
            line=number,
            end_line=number + int(given.get("lines", "1")) - 1,
            loader=words[1],
            kind=Kind(given.get("kind", "dataset")),
            uri=words[2],
            decided_by=tuple(filter(None, given.get("by", "").split(","))),
            revision=given.get("revision"),
            pin=Pin(given.get("pin", "none")),
            checksum=Checksum(given.get("checksum", "none")),
            dangers=frozenset(map(Danger, filter(None, given.get("dangers", "").split(",")))),
            snippet=line.strip()[:200],
            in_ci=context.in_ci,
        )


def stand_in(monkeypatch) -> None:
    """Let this module read every file that has a reader."""
    modules = dict.fromkeys(dispatch.Language, __name__)
    monkeypatch.setattr(dispatch, "_MODULES", modules)
