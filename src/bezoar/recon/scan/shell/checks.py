"""Commands that compare fetched bytes with a digest that was known before."""

import re
from dataclasses import replace
from typing import Final

from bezoar.core.source import Pin
from bezoar.recon.scan.fetch import Checksum, Fetch
from bezoar.recon.scan.shell.arguments import read
from bezoar.recon.scan.shell.run import Run
from bezoar.recon.scan.shell.sources import sources

_SUMMING: Final = re.compile(
    r"g?(?:sha(?:1|224|256|384|512)?|md5|b2|b3)(?:sum)?|shasum|rhash|openssl|cksum"
)
_DIGEST: Final = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{32}){1,4}(?![0-9A-Fa-f])")
_SHA1: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{40}(?![0-9A-Fa-f])")
_TOKEN: Final = re.compile(r"[^\s\"'*()]+")
_CHECKS: Final = frozenset({"-c", "--check", "--strict", "--status"})
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_MOST: Final = 400


class Checks:
    """The checks of one script.

    A check speaks of the files that it names. One that reads its names from a file speaks of all
    that is fetched, unless that file is itself fetched: then nobody knew the digests before.
    """

    def __init__(self, runs: list[Run]) -> None:
        self._fetched = {name for run in runs for name in _names_of(run)}
        self._named: set[str] = set()
        self._all = False
        for run in runs[: _MOST * 50]:
            self._look(run)
        self._commits = {run.line: commit for run in runs if (commit := _checked_out(run))}
        self._clones = sorted(run.line for run in runs if run.texts[:2] == ["git", "clone"])

    def judged(self, run: Run, fetch: Fetch, kept: str) -> Fetch:
        """Return a fetch with what the script's checks say of it."""
        if fetch.loader == "git clone" and fetch.pin is not Pin.REVISION:
            return self._at_commit(run, fetch)
        names = [tail for tail in (_tail(kept), _tail(fetch.uri)) if tail and tail != "{}"]
        if self._all or not self._named.isdisjoint(names):
            return replace(fetch, pin=Pin.HASH, checksum=Checksum.CALL)
        return fetch

    def _look(self, run: Run) -> None:
        texts = run.texts
        summing = bool(texts) and _SUMMING.fullmatch(run.program) is not None
        if summing and _asks(texts):
            given = _given(run)
            if _has_digest(given) or "{" in given:
                self._name(given)
            else:
                files = [text for text in texts[1:] if not text.startswith("-")]
                known = [name for name in files if _tail(name) not in self._fetched]
                self._all |= bool(known) or (not files and run.before is None)
        elif run.program in ("[", "[[", "test") and _has_digest(line := " ".join(texts)):
            self._name(line)

    def _name(self, text: str) -> None:
        """Note the files that a check names."""
        self._named.update(_tail(token) for token in _TOKEN.findall(text))

    def _at_commit(self, run: Run, fetch: Fetch) -> Fetch:
        """Pin a clone to the commit that is checked out before the next clone."""
        later = [line for line in self._clones if line > run.line]
        for line, commit in self._commits.items():
            if run.line <= line and (not later or line < later[0]):
                return replace(fetch, revision=commit, pin=Pin.REVISION)
        return fetch


def _has_digest(text: str) -> bool:
    return bool(_DIGEST.search(text) or _SHA1.search(text))


def _asks(texts: list[str]) -> bool:
    return any(text in _CHECKS or re.fullmatch(r"-[a-z]*c[a-z]*", text) for text in texts[1:])


def _given(run: Run) -> str:
    """Return the text that a check reads: of the command before it, or a document."""
    parts = [run.document or ""]
    if run.before is not None and run.before.program in ("echo", "printf", "cat"):
        parts += [*run.before.texts[1:], run.before.document or ""]
    return " ".join(parts)


def _names_of(run: Run) -> list[str]:
    """Return the names of the files that a run fetches."""
    arguments = read(run.argv)
    if arguments is None:
        return []
    given = [value.text for value in arguments.given(arguments.program.output)]
    return [_tail(name) for name in (*given, *(source.uri for source in sources(arguments)))]


def _tail(name: str) -> str:
    return name.partition("?")[0].rstrip("/").rpartition("/")[2]


def _checked_out(run: Run) -> str:
    texts = run.texts
    if texts[:1] == ["git"] and ("checkout" in texts[:5] or "reset" in texts[:5]):
        return next((text for text in texts[2:] if _COMMIT.fullmatch(text)), "")
    return ""
