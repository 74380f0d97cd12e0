"""What the calls of Julia and R fetch, by the facts of `calls.toml`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.core.source import Pin
from bezoar.facts.calls import Fetcher
from bezoar.recon.scan import addresses
from bezoar.recon.scan.calls import Call, Folding
from bezoar.recon.scan.fetch import Checksum, Context, Fetch, Kind
from bezoar.recon.scan.tokens import Sort, Token

_NAME: Final = re.compile(r"\{([^{}]*)\}")
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{32,128}")
_WRITES: Final = frozenset({"write_disk", "destfile", "path"})


@dataclass(frozen=True)
class Calling:
    """Turns calls into fetches.

    Attributes:
        path: Of the file.
        context: Of the file.
        lines: Of its text.
        folding: Its variables.
    """

    path: str
    context: Context
    lines: list[str]
    folding: Folding

    def fetches(self, call: Call, fetcher: Fetcher, name: str) -> Iterator[Fetch]:
        """Yield what a call fetches.

        Args:
            call: The call.
            fetcher: What is known of it.
            name: Its name as the facts write it.
        """
        if not self._allowed(call, fetcher):
            return
        for source in self._sources(call, fetcher, name):
            kind = self._kind(source, call, fetcher)
            if kind is not None:
                yield self._fetch(source, kind, call, fetcher)

    def _allowed(self, call: Call, fetcher: Fetcher) -> bool:
        given = {
            f"{one.name}={one.tokens[0].text}"
            for one in call.arguments
            if one.name and len(one.tokens) == 1
        }
        if fetcher.only_if and given.isdisjoint(fetcher.only_if):
            return False
        return given.isdisjoint(fetcher.unless)

    def _sources(self, call: Call, fetcher: Fetcher, name: str) -> Iterator[str]:
        pattern = fetcher.uri.replace("{call}", name)
        if not fetcher.source:
            yield pattern
            return
        tokens = call.argument(*fetcher.source)
        for text in self.folding.texts(_unwrapped(tokens)) if tokens else ():
            yield text if addresses.scheme(text) else pattern.replace("{}", text)

    def _kind(self, source: str, call: Call, fetcher: Fetcher) -> Kind | None:
        found = addresses.judge(source)
        if fetcher.needs in ("address", "file") and not _is_address(source):
            return None
        if fetcher.needs == "file" and found is None and not _writes(call):
            return None
        if fetcher.needs == "data" and (found is None or not addresses.scheme(source)):
            return None
        if fetcher.kind != "address":
            return found if addresses.scheme(source) and found else Kind(fetcher.kind)
        if found is None and addresses.is_software(source):
            return None
        return found or Kind.OTHER

    def _fetch(self, source: str, kind: Kind, call: Call, fetcher: Fetcher) -> Fetch:
        revision = self._given(call, fetcher.revision)
        pin = addresses.pin_of(revision) if revision else Pin.NONE
        if revision is None:
            revision, pin = addresses.revision_in(source)
        checksum = Checksum.LIBRARY if fetcher.checked else Checksum.NONE
        if (digest := self._given(call, fetcher.checksum)) and (
            _DIGEST.search(digest) or "{" in digest
        ):
            pin, checksum = Pin.HASH, Checksum.CALL
        line = self.lines[call.line - 1] if call.line <= len(self.lines) else ""
        return Fetch(
            self.path,
            call.line,
            call.end_line,
            loader=call.name,
            kind=kind,
            uri=source,
            decided_by=tuple(dict.fromkeys(_NAME.findall(f"{source} {revision or ''}"))),
            revision=revision,
            pin=pin,
            checksum=checksum,
            dangers=frozenset(addresses.dangers(source)),
            snippet=line.strip()[:200],
            in_ci=self.context.in_ci,
        )

    def _given(self, call: Call, names: tuple[str, ...]) -> str | None:
        tokens = call.argument(*names) if names else None
        texts = list(self.folding.texts(tokens)) if tokens else []
        return texts[0] if texts else None


def _unwrapped(tokens: list[Token]) -> list[Token]:
    """Take `url(...)`, `gzcon(...)` and the like off a source."""
    while len(tokens) == 1 and (call := tokens[0].call):
        if call.name not in ("url", "gzcon", "URI", "HTTP.URI", "request") or not call.arguments:
            break
        tokens = call.arguments[0].tokens
    return tokens


def _is_address(source: str) -> bool:
    start = addresses.scheme(source)
    return start in addresses.WEB or start in addresses.STORES or source.startswith("{")


def _writes(call: Call) -> bool:
    """Say whether an answer is written to a file."""
    return any(
        one.name in _WRITES
        or any(
            token.sort is Sort.CALL and token.text.rpartition("::")[2] in _WRITES
            for token in one.tokens
        )
        for one in call.arguments
    )
