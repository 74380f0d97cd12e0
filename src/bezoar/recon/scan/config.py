"""Fetches in JSON, TOML, INI, gin and `.gitmodules`: values that name data or a model."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.hints import may_name
from bezoar.recon.scan.settings import Settings, summed
from bezoar.recon.scan.submodules import submodules
from bezoar.syntax import json_tree
from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence, rooted
from bezoar.syntax.unreadable import UnreadableError

_ASIDE: Final = re.compile(
    r"(?:^|/)(?:\.vscode/|\.idea/|\.github/|locales?/|i18n/|package[^/]*\.json$|tsconfig[^/]*\.json$"
    r"|[^/]*\.lock(?:\.json)?$|[^/]*lock\.json$|[^/]*schema[^/]*\.json$|angular\.json$|lerna\.json$"
    r"|bower\.json$|manifest\.json$|[^/]*\.map\.json$|\.eslintrc[^/]*$|grafana[^/]*/)"
)
# What tests compare with configures nothing.
_FIXTURE: Final = re.compile(
    r"(?:^|/)(?:[^/]*(?:test[_-]?data|fixture|mock|snapshot|golden|cassette)[^/]*)/"
)
_SECTION: Final = re.compile(r"\s*\[+\s*([^\]\n]{1,200}?)\s*\]+\s*(?:[#;].*)?$")
_SETTING: Final = re.compile(r"\s*([\w.@/\"'-]{1,120}?)[\"']?\s*[:=]\s*(\S.*)$")
_QUOTED: Final = re.compile(r"\"((?:[^\"\\\n]|\\.){0,2048})\"|'([^'\n]{0,2048})'")
# Of `pyproject.toml` only what is nobody's packaging may be a setting.
_PACKAGING: Final = re.compile(
    r"(?:project|build-system|tool\.(?:poetry|uv|pdm|hatch|setuptools|ruff|mypy|pytest|black|isort"
    r"|cibuildwheel|pixi|coverage|towncrier|commitizen|semantic_release|conda-lock|pyright|rye)"
    r"|metadata|options)(?:\.|$)"
)


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a configuration file names what lies elsewhere."""
    return may_name(data) or (data.lstrip()[:1] == b"[" and b"submodule" in data)


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read a configuration file's fetches.

    Raises:
        UnreadableError: It is nested too deeply, too long, or no JSON although its name says so.
    """
    name = path.rpartition("/")[2].lower()
    if name == ".gitmodules":
        return submodules(text, path, context)
    if _ASIDE.search(path.lower()) or (name.endswith(".json") and _FIXTURE.search(path.lower())):
        return ()
    if not name.endswith(".json"):
        return _fetches(_by_lines(text), path, context)
    # Most JSON is data that names nothing: only what names something is worth its lines.
    quick = json_tree.sketch(text)
    if quick is not None and not _names_any(quick, path, context):
        return ()
    return _fetches(json_tree.document(text), path, context)


def _names_any(root: Node, path: str, context: Context) -> bool:
    """Say whether a document names anything at all."""
    root = rooted(root)
    settings = Settings(path, context, root)
    pending: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
    while pending:
        node, keys = pending.pop()
        if isinstance(node, Mapping):
            if any(True for _ in settings.untied(node, keys)):
                return True
            pending += [(under, (*keys, key.text)) for key, under in node.entries]
        elif isinstance(node, Sequence):
            pending += [(item, keys) for item in node.items]
    return False


def _fetches(root: Node, path: str, context: Context) -> Iterator[Fetch]:
    root = rooted(root)
    settings = Settings(path, context, root)
    return summed(_within(root, (), settings))


def _within(node: Node, keys: tuple[str, ...], settings: Settings) -> Iterator[Fetch]:
    if isinstance(node, Mapping):
        if _is_interface(node, keys):
            return
        yield from settings.of_mapping(node, keys)
        for key, value in node.entries:
            if not isinstance(value, Scalar):
                yield from _within(value, (*keys, key.text), settings)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _within(item, keys, settings)


def _is_interface(node: Mapping, keys: tuple[str, ...]) -> bool:
    """Say whether a document describes an interface, or the shape of other documents."""
    if keys:
        return False
    names = {key.text for key, _ in node.entries[:64]}
    return not names.isdisjoint({"openapi", "swagger"}) or (
        "$schema" in names and not names.isdisjoint({"properties", "definitions", "$defs"})
    )


def _by_lines(text: str) -> Mapping:
    """Return sections of `key = value`, as TOML, INI and gin write them."""
    root = section = Mapping(1)
    skipped = False
    lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        raise UnreadableError(f"more than {_MOST_LINES:,} lines")
    for number, line in enumerate(lines, 1):
        bare = line.lstrip()
        if not bare or bare[0] in "#;" or bare.startswith("//") or len(line) > _LONGEST:
            continue
        if bare[0] == "[" and (match := _SECTION.match(line)):
            name = match[1].replace('"', "")
            skipped = _PACKAGING.match(name) is not None
            section = Mapping(number)
            root.entries.append((Scalar(name, number, number, name), section))
        elif not skipped:
            section.entries += _settings(line, number)
    return root


_LONGEST: Final = 8192
_MOST_LINES: Final = 200_000  # A second's work; what people write has a hundredth of them.


def _settings(line: str, number: int) -> Iterator[tuple[Scalar, Node]]:
    """Yield a line's key with each of its values; a line of a list has no key."""
    match = _SETTING.match(line)
    key, value = (match[1].strip("\"'"), match[2].rstrip(" \t\r,")) if match else ("", line.strip())
    if match and key.lower() in ("http", "https", "s3", "gs") and value.startswith("//"):
        key, value = "", line.strip()
    name = Scalar(key, number, number, key)
    quoted = [one[0] or one[1] for one in _QUOTED.findall(value)]
    if value.startswith(("{", "[")) and len(quoted) > 1:
        inner = Mapping(number)
        for one in re.finditer(
            r"[\"']?([\w.-]{1,80})[\"']?\s*[=:]\s*[\"']([^\"'\n]{0,2048})", value
        ):
            inner.entries.append((_scalar(one[1], number), _scalar(one[2], number)))
        if inner.entries and value.startswith("{"):
            yield name, inner
            return
    for one in quoted or ([value.rstrip(",")] if match or "://" in value else []):
        yield name, _scalar(one, number)


def _scalar(text: str, number: int) -> Scalar:
    return Scalar(text, number, number, text)
