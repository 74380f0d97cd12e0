"""Submodules of Git that hold data or a model: `git clone --recursive` fetches them."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.source import Pin
from bezoar.facts.addresses import addresses as facts
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Context, Fetch, Kind

_URL: Final = re.compile(r"[ \t]*url[ \t]*=[ \t]*(\S+)[ \t]*$")
_PATH: Final = re.compile(r"[ \t]*path[ \t]*=[ \t]*(\S+)[ \t]*$")
_WORD: Final = re.compile(r"[a-z]+[0-9]*")
# What speaks of data in an address of a file is, in a repository's name, often a program's.
_UNCLEAR: Final = frozenset(
    {
        "test",
        "dev",
        "benchmark",
        "benchmarks",
        "image",
        "images",
        "graph",
        "graphs",
        "audio",
        "video",
    }
    | {"training", "train", "label", "amazon", "clip", "transformer", "speech", "features"}
)


def submodules(text: str, path: str, context: Context) -> Iterator[Fetch]:
    """Yield the submodules whose name or place says that they hold data or a model.

    The commit stands in the tree that holds this file, so each is pinned.
    """
    folder = ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            folder = ""
        elif match := _PATH.match(line):
            folder = match[1]
        elif (match := _URL.match(line)) and (kind := _kind(match[1], folder)):
            yield Fetch(
                path=path,
                line=number,
                end_line=number,
                loader="git.submodule",
                kind=kind,
                uri=f"git+{match[1]}" if "://" in match[1] else f"git:{match[1]}",
                pin=Pin.REVISION,
                dangers=frozenset(addresses.dangers(match[1])),
                snippet=line.strip()[:200],
                in_ci=context.in_ci,
            )


def _kind(url: str, folder: str) -> Kind | None:
    known = facts().words
    if "huggingface.co/" in url:
        return addresses.judge(url)
    name = url.rstrip("/").removesuffix(".git").rpartition("/")[2].rpartition(":")[2]
    words = set(_WORD.findall(f"{name} {folder}".lower())) - _UNCLEAR
    if words & known["data"]:
        return Kind.DATASET
    return Kind.MODEL if words & {"weights", "checkpoints", "pretrained"} else None
