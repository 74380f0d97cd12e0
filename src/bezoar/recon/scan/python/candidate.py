"""One call of a loader with one source, and whether it counts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from bezoar.core.source import Pin
from bezoar.facts.loaders import Loader, Needs, loaders
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Checksum, Danger, Kind
from bezoar.recon.scan.python import sources
from bezoar.recon.scan.python.sources import Chain
from bezoar.syntax.python.value import (
    Either,
    Hole,
    Items,
    Plain,
    Symbol,
    Text,
    Unknown,
    Value,
    texts,
    truth,
)

_MOST: Final = 16  # sources of one call; more are one `{name}`
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s'\"()<>,;]+")
_FILE: Final = re.compile(
    r"\.(?:py|json|ya?ml|txt|pth?|bin|h5|gz|csv|ckpt|zip|tar|onnx|gguf|safetensors)$", re.IGNORECASE
)
_DOUBLE: Final = re.compile(r"[a-z.-]{2,24}:(?=[A-Za-z][A-Za-z0-9+.-]{1,15}://)")
_WEIGHTS: Final = re.compile(r"[\w.-]+\.pt")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call of a loader with one source.

    Attributes:
        loader: What is known of the call.
        name: Its full name, as the catalogue writes it.
        source: What it fetches.
        revision: As written.
        pin: What the revision ties.
        checksum: Who checks the bytes.
        dangers: What the call does, whatever the source.
        used: Whether the answer is used as data.
    """

    loader: Loader
    name: str
    source: Text
    revision: str | None = None
    pin: Pin = Pin.NONE
    checksum: Checksum = Checksum.NONE
    dangers: frozenset[Danger] = frozenset()
    used: bool = False


def candidates(loader: Loader, name: str, chain: Chain) -> Iterator[Candidate]:
    """Yield one candidate for each source that a call may have."""
    if not sources.fetches(loader, chain):
        return
    if (loader.hub or loader.needs is Needs.NAME) and _is_object(loader, chain):
        return
    source = sources.source(loader, name, chain)
    if source is None:
        return
    revision, pin = sources.revision(loader, chain)
    written = texts(source)
    if len(written) > _MOST:
        written = [Text((Hole((written[0].by or ("source",))[-1]),))]
    written = [_own_scheme(one) for one in written]
    for text in written:
        for found in _read_by_builder(loader, text, chain):
            yield Candidate(
                loader,
                name,
                _typed(found, chain),
                revision,
                pin,
                sources.checksum(loader, chain),
                frozenset(_dangers(loader, chain)),
            )


def admitted(candidate: Candidate) -> Kind | None:
    """Say what comes in, None where it is nothing that a model learns from."""
    loader, found = candidate.loader, candidate.source
    likely = found.likely
    start = addresses.scheme(likely)
    local = loader.hub and _is_local(loader, found)
    if local or _is_relative(loader, found) or not _needed(loader, likely, told=bool(start)):
        return None
    if not start and (likely.startswith("hf-datasets:") or loader.kind != "address"):
        return Kind.DATASET if likely.startswith("hf-datasets:") else Kind(loader.kind)
    judged = addresses.judge(likely) if start else None
    unsaid = loader.needs is Needs.DATA and judged is None and not candidate.used
    if unsaid or addresses.is_software(likely):
        return None
    return judged or (Kind.OTHER if loader.kind == "address" else Kind(loader.kind))


def pinned(candidate: Candidate) -> tuple[str | None, Pin]:
    """Return the revision of a candidate, be it in the call or in the address, and what it ties."""
    revision, pin = candidate.revision, candidate.pin
    likely = candidate.source.likely
    if revision is None:
        revision, pin = addresses.revision_in(likely)
    if revision is None and likely.startswith("torch.hub:") and ":" in likely[10:]:
        revision = likely.rpartition(":")[2]
        pin = addresses.pin_of(revision)
    if revision is None and likely.startswith("wandb:") and ":" in likely[6:]:
        revision, pin = likely.rpartition(":")[2], Pin.TAG
    if revision is None and str(candidate.source).startswith("{"):
        pin = Pin.DYNAMIC
    return revision, pin


def _is_local(loader: Loader, found: Text) -> bool:
    """Say whether a name is visibly a path: a hub knows owners and names, and nothing below."""
    inner = _without_scheme(found)
    if sources.is_local(inner):
        return True
    likely = inner.likely
    if addresses.scheme(likely):
        return False
    slashes = loader.uri[0].count("/")
    return likely.count("/") > slashes + 1 or (not slashes and _FILE.search(likely) is not None)


def _is_relative(loader: Loader, found: Text) -> bool:
    """Say whether what ought to be an address begins as none."""
    first = found.parts[0] if found.parts else ""
    if loader.kind != "address" and not any("url" in one for one in loader.uri):
        return False
    return isinstance(first, str) and not addresses.scheme(found.likely)


def _needed(loader: Loader, likely: str, *, told: bool) -> bool:
    match loader.needs:
        case Needs.ADDRESS | Needs.WITHIN:
            return told and not likely.startswith("file:")
        case Needs.REMOTE:
            return told or likely.startswith("{")
        case Needs.WEIGHTS:
            return told or _WEIGHTS.fullmatch(likely.rpartition(":")[2]) is not None
        case _:
            return True


def _read_by_builder(loader: Loader, found: Text, chain: Chain) -> Iterator[Text]:
    """Yield the source itself, or the addresses that it only says how to read."""
    name = found.likely.rpartition(":")[2]
    if loader.needs is Needs.WITHIN:
        whole = str(found)
        yield from (Text((one,)) for one in _ADDRESS.findall(whole[:100_000])[:_MOST])
    elif loader.files is None or name not in loader.builders:
        yield found
    else:
        files = chain.get(loader.files)
        for one in _flat(files) if files is not None else ():
            if addresses.scheme(one.likely):
                yield one


def _flat(value: Value) -> Iterator[Text]:
    """Yield the texts in a value, in a list, or in the values of a dictionary."""
    match value:
        case Items(items):
            for item in items[:_MOST]:
                yield from _flat(item)
        case Either(options):
            for option in options:
                yield from _flat(option)
        case Text():
            yield value
        case Unknown():
            yield from texts(value)
        case _:
            for _, item in getattr(value, "pairs", ())[:_MOST]:
                yield from _flat(item)


def _own_scheme(found: Text) -> Text:
    """Take the scheme of a hub off what is an address by itself."""
    first = found.parts[0] if found.parts else ""
    match = _DOUBLE.match(first) if isinstance(first, str) else None
    if match is None or not isinstance(first, str):
        return found
    return replace(found, parts=(first[match.end() :], *found.parts[1:]))


def _typed(found: Text, chain: Chain) -> Text:
    """Let `repo_type="dataset"` say that a repository of the Hub holds data."""
    first = found.parts[0] if found.parts else ""
    kind = chain.last.named.get("repo_type")
    written = texts(kind)[0].likely if kind is not None and texts(kind) else ""
    if not isinstance(first, str) or not first.startswith("hf:") or written not in _TYPES:
        return found
    return replace(found, parts=(_TYPES[written] + first.removeprefix("hf:"), *found.parts[1:]))


_TYPES: Final = {"dataset": "hf-datasets:", "space": "hf-spaces:"}


def _without_scheme(found: Text) -> Text:
    first = found.parts[0] if found.parts else ""
    scheme, colon, rest = first.partition(":") if isinstance(first, str) else ("", "", "")
    if not colon or rest.startswith("//") or len(scheme) < 2:  # noqa: PLR2004 - `C:` is a drive
        return found
    return replace(found, parts=(*((rest,) if rest else ()), *found.parts[1:]))


def _is_object(loader: Loader, chain: Chain) -> bool:
    """Say whether a call is given what was made before in place of a name."""
    asked = [one for one in sources.asked(loader, chain) if isinstance(one, Symbol) and one.calls]
    if loader.needs is Needs.NAME:
        return bool(asked)
    # What another loader has fetched lies on this machine.
    return any(loaders().find(one.name.removesuffix("()")) is not None for one in asked)


def _dangers(loader: Loader, chain: Chain) -> Iterator[Danger]:
    named = chain.last.named
    if "remote-code" in loader.dangers or _is_on(named.get("trust_remote_code")):
        yield Danger.REMOTE_CODE
    if "unsafe-load" in loader.dangers and not _is_on(named.get("weights_only")):
        yield Danger.UNSAFE_LOAD
    verify, context = named.get("verify"), named.get("context")
    unverified = isinstance(context, Symbol) and "unverified" in context.name
    if verify == Plain(False) or named.get("ssl") == Plain(False) or unverified:
        yield Danger.UNVERIFIED_TLS


def _is_on(value: Value | None) -> bool:
    if isinstance(value, Unknown):
        value = value.default
    return value is not None and truth(value) is True
