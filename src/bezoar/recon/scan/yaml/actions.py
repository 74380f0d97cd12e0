"""Steps of GitHub Actions that fetch data without a command: `uses:`."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.facts.addresses import addresses as facts
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Context, Fetch, Kind
from bezoar.syntax.nodes import Mapping, Scalar

_WORD: Final = re.compile(r"[a-z]+[0-9]*[a-z]*")
_FETCHES: Final = frozenset({"download", "downloader", "fetch", "get", "pull", "prepare", "setup"})
# What sets a program up, or hands over what this very workflow made.
_NO_DATA: Final = frozenset({"artifact", "artifacts", "release", "releases", "cli", "coverage"})


def action(step: Mapping, used: Scalar, path: str, context: Context) -> Iterator[Fetch]:
    """Yield what a step's action fetches, as far as its name or its inputs tell."""
    name, _, revision = used.text.strip().partition("@")
    if name.startswith(("./", "docker://")) or "/" not in name:
        return
    found = _by_name(name) or _checkout(name, step)
    if found:
        uri, kind, ref = found
        yield Fetch(
            path=path,
            line=used.line,
            end_line=used.end_line,
            loader=f"gha:{name}",
            kind=kind,
            uri=uri,
            revision=ref if ref is not None else revision or None,
            pin=addresses.pin_of(ref if ref is not None else revision or "HEAD"),
            snippet=f"uses: {used.text.strip()}"[:200],
            in_ci=context.in_ci,
        )


def _by_name(name: str) -> tuple[str, Kind, str | None] | None:
    """Judge an action by its name: it says what it downloads, or it downloads nothing of ours."""
    words = set(_WORD.findall(name.partition("/")[2].lower()))
    known = facts().words
    if not words & _FETCHES or words & (_NO_DATA | known["software"]):
        return None
    if words & known["data"]:
        return f"gha:{name}", Kind.DATASET, None
    return (f"gha:{name}", Kind.MODEL, None) if words & known["model"] else None


def _checkout(name: str, step: Mapping) -> tuple[str, Kind, str | None] | None:
    """Judge a checkout of another repository: data where its name says so."""
    given = step.get("with")
    if not name.lower().startswith("actions/checkout") or not isinstance(given, Mapping):
        return None
    repository = given.text("repository")
    words = set(_WORD.findall(repository.partition("/")[2].lower()))
    if "{" in repository or not words & (facts().words["data"] - {"test", "benchmark"}):
        return None
    return f"git+https://github.com/{repository}", Kind.DATASET, given.text("ref")
