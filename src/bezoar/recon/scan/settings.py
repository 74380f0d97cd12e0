"""Configuration values that name data or a model: addresses, and names on a hub."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from os.path import commonprefix
from typing import Final

from bezoar.core.source import Pin
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Checksum, Context, Fetch, Kind
from bezoar.recon.scan.hub import named
from bezoar.recon.scan.keys import told
from bezoar.syntax.nodes import Mapping, Node, Scalar, scalars

_DIGEST: Final = re.compile(
    r"\s*(?:(?:sha-?(?:1|256|384|512)|md5|blake2b)[:=-]\s*)?"
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})\s*",
    re.IGNORECASE,
)
_REVISION_KEYS: Final = ("revision", "rev", "rev_lock", "commit", "sha", "ref", "git_ref", "tag")
_FILE_KEYS: Final = (
    "filename",
    "file_name",
    "file",
    "local_path",
    "path",
    "dest",
    "name",
    "output",
)
_INTERPOLATION: Final = re.compile(
    r"\$\{\{?-?\s*(?P<a>[^{}\n]{1,200})\}\}?|\{\{-?\s*(?P<b>[^{}\n]{1,200})\}\}"
    r"|%\((?P<c>\w{1,100})\)s|\$(?P<d>[A-Za-z_]\w{0,100})"
)
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")
_LEFT: Final = re.compile(r"\{([A-Za-z_][\w.*-]{0,120})\}")
_OPTION: Final = re.compile(r"--?[\w.-]{1,80}=(?=[A-Za-z][A-Za-z0-9+.-]{1,15}://)")
_MAY_NAME: Final = re.compile(r"[\w.{-]+(?:[/:@][\w.{}@:/-]+)?$")
_PATH: Final = re.compile(r"://[^/]+/[^/]")
_ROW: Final = re.compile(r"\d+")
_CHECKED: Final = (Checksum.NONE, Checksum.LIBRARY, Checksum.CALL)
_LONGEST: Final = 2048
_ROUNDS: Final = 4  # A value that names a value that names a value.
_WIDEST: Final = 64  # Keys of one mapping that speak of each other.
_DEEPEST: Final = 8  # Of a name that interpolation can mean.
_MANY: Final = 100  # More of one kind are a table of data, not settings.


class Settings:
    """Reads the values of one file.

    Attributes:
        path: Of the file.
        context: Of the file.
        names: The file's own literal values by dotted key, for `${data.url}`.
    """

    def __init__(self, path: str, context: Context, root: Node | None = None) -> None:
        self.path = path
        self.context = context
        self.names: dict[str, str] = dict(_named_values(root)) if root else {}

    def of_mapping(self, node: Mapping, keys: tuple[str, ...]) -> Iterator[Fetch]:
        """Yield what the values of one mapping fetch, not what lies deeper."""
        found = list(self.untied(node, keys))
        around = _around(node)
        lonely = len({fetch.line for fetch in found if "://" in fetch.uri}) == 1
        for fetch in found:
            yield self._tied(fetch, around, lonely=lonely)

    def untied(self, node: Mapping, keys: tuple[str, ...]) -> Iterator[Fetch]:
        """Yield what the values of one mapping fetch, as they are found: nothing ties them yet."""
        around = _around(node)
        for key, under in node.entries:
            for value in scalars(under):
                yield from self.of_value(key.text, value, (*keys, key.text), around)

    def of_value(
        self, key: str, value: Scalar, keys: tuple[str, ...], around: Mapping | None = None
    ) -> Iterator[Fetch]:
        """Yield what one value fetches; `around` is the mapping that it stands in."""
        text = value.text.strip()
        if not text or len(text) > _LONGEST or "\n" in text:
            return
        if "/" not in text and not _may_be_bare(key, text):
            return
        uri = self.fold(_OPTION.sub("", text) if text.startswith("-") else text, keys)
        place = ".".join(filter(None, keys[-3:]))
        if addresses.scheme(uri):
            if not _is_aside(keys) and (kind := _kind_of(uri, key, around)):
                yield self._fetch(uri, kind, value, place)
        elif around is not None and _MAY_NAME.match(uri) and (hub := named(key, uri, keys, around)):
            found = self._fetch(hub.uri, hub.kind, value, place)
            yield replace(found, revision=hub.revision, pin=hub.pin)

    def fold(self, text: str, keys: tuple[str, ...] = ()) -> str:
        """Replace interpolations: by the file's own value, else by `{name}`."""
        for _ in range(_ROUNDS):
            if "$" not in text and "{{" not in text and "%(" not in text:
                break
            folded = _INTERPOLATION.sub(lambda match: self._value(match, keys), text)
            if folded == text or len(folded) > _LONGEST:
                break
            text = folded
        return text

    def _value(self, match: re.Match[str], keys: tuple[str, ...]) -> str:
        inner = (match["a"] or match["b"] or match["c"] or match["d"] or "").strip()
        if inner.startswith(("oc.env:", "env:", "oc.decode:")):
            inner = inner.partition(":")[2].partition(",")[0]
        name = _NAME.search(inner)
        if not name:
            return "{expression}"
        wanted = name[0].removeprefix("Values.")
        for depth in range(len(keys) - 1, -1, -1):
            if (value := self.names.get(".".join((*keys[:depth], wanted)))) is not None:
                return value
        return f"{{{name[0].rstrip('.-')}}}"

    def _fetch(self, uri: str, kind: Kind, value: Scalar, place: str) -> Fetch:
        names = tuple(dict.fromkeys(_LEFT.findall(uri)))
        revision, pin = addresses.revision_in(uri)
        return Fetch(
            path=self.path,
            line=value.line,
            end_line=value.end_line,
            loader=place or "value",
            kind=kind,
            uri=uri,
            decided_by=names,
            revision=revision,
            pin=Pin.DYNAMIC if names and uri.startswith("{") and pin is Pin.NONE else pin,
            dangers=frozenset(addresses.dangers(uri)),
            snippet=value.script.strip().partition("\n")[0][:200],
            in_ci=self.context.in_ci,
        )

    def _tied(self, fetch: Fetch, around: Mapping, *, lonely: bool) -> Fetch:
        """Return a fetch with the digest and the revision that stand beside it."""
        key = fetch.loader.rpartition(".")[2]
        if _digest_of(key, around, lonely=lonely):
            return replace(fetch, pin=Pin.HASH, checksum=Checksum.CALL)
        revision = around.text(*_REVISION_KEYS)
        if revision and fetch.pin in (Pin.NONE, Pin.TAG) and _LEFT.search(revision) is None:
            revision = self.fold(revision)
            return replace(fetch, revision=revision, pin=addresses.pin_of(revision))
        return fetch


def summed(fetches: Iterable[Fetch]) -> Iterator[Fetch]:
    """Yield fetches; where a file repeats a key again and again, all the rest of it as one.

    A table of addresses is one source whose rows decide which.
    """
    rest: dict[str, list[Fetch]] = {}
    seen: Counter[str] = Counter()
    for fetch in fetches:
        kind = _ROW.sub("", fetch.loader)
        seen[kind] += 1
        if seen[kind] <= _MANY:
            yield fetch
        else:
            rest.setdefault(kind, []).append(fetch)
    for rows in rest.values():
        yield _as_one(rows) if len(rows) > 1 else rows[0]


def _as_one(rows: list[Fetch]) -> Fetch:
    """Return rows of a table as one fetch: what they share, and the key that decides."""
    key = rows[0].loader.rpartition(".")[2] or "row"
    start = commonprefix([row.uri for row in rows])  # noqa: RUF071 - cut at a slash below
    return replace(
        rows[0],
        uri=f"{start[: start.rfind('/') + 1]}{{{key}}}",
        decided_by=(key,),
        revision=None,
        pin=Pin.DYNAMIC,
        checksum=min((row.checksum for row in rows), key=_CHECKED.index),
        dangers=frozenset().union(*(row.dangers for row in rows)),
    )


def _may_be_bare(key: str, text: str) -> bool:
    """Say whether a value without a slash may be a name on a hub, or fold to more."""
    if "$" in text or "{{" in text or "%(" in text:
        return True
    says = told(key)
    return says.hub or says.model or key == "dataset_path"


def _around(node: Mapping) -> Mapping:
    """Return what the values of a mapping may learn from each other: of a table, nothing."""
    return node if len(node.entries) <= _WIDEST else Mapping(node.line)


def _digest_of(key: str, around: Mapping, *, lonely: bool) -> bool:
    """Say whether a mapping holds the digest of what stands under a key."""
    stem = re.sub(r"(?i)[_.-]?(?:url|uri|link|path|file)s?$", "", key).lower()
    for name, value in around.entries:
        if not told(name.text).digest:
            continue
        mine = lonely or (stem and name.text.lower().startswith(stem))
        if mine and any(_DIGEST.fullmatch(one.text) for one in scalars(value)):
            return True
    return False


def _kind_of(uri: str, key: str, around: Mapping | None) -> Kind | None:
    """Judge an address; where it says nothing itself, its key may."""
    name = _file_of(around)
    if kind := addresses.judge(uri, name):
        return kind
    says = told(key)
    if not says.place or addresses.is_software(uri, name) or not _PATH.search(uri):
        return None
    return Kind.DATASET if says.data else Kind.MODEL if says.model else None


def _is_aside(keys: tuple[str, ...]) -> bool:
    """Say whether a value lies under something that is for people, or goes out."""
    return any(told(key).aside for key in keys)


def _file_of(around: Mapping | None) -> str:
    """Return the name that a mapping gives to the file behind its address."""
    if around is None:
        return ""
    name = around.text(*_FILE_KEYS)
    return name if "." in name else ""


def _named_values(root: Node) -> Iterator[tuple[str, str]]:
    """Yield a file's literal values by dotted key."""
    pending: list[tuple[tuple[str, ...], Node]] = [((), root)]
    while pending:
        keys, node = pending.pop()
        if not isinstance(node, Mapping) or len(keys) >= _DEEPEST:
            continue
        for key, value in node.entries:
            if isinstance(value, Scalar):
                if len(value.text) <= _LONGEST // 4 and "\n" not in value.text:
                    yield ".".join((*keys, key.text)), value.text
            else:
                pending.append(((*keys, key.text), value))
