"""Operators, methods and functions of which the result can be told without running them."""

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final
from urllib.parse import urljoin

from bezoar.recon.scan.python.arguments import Given
from bezoar.recon.scan.python.value import (
    Either,
    Hole,
    Items,
    Plain,
    Symbol,
    Table,
    Text,
    Unknown,
    Value,
    either,
    joined,
    text,
    texts,
)

_MOST_ITEMS: Final = 256
_PERCENT: Final = re.compile(r"%(?:\((?P<key>\w+)\))?[#0\- +]*\d*(?:\.\d+)?[sdifgxr%]")
_FIELD: Final = re.compile(r"\{\{|\}\}|\{(?P<key>[^{}:!]*)(?:![rsa])?(?::(?P<spec>[^{}]*))?\}")


def added(values: Sequence[Value], by: str) -> Value:
    """Return the sum of texts, or of lists."""
    if any(isinstance(one, Items) for one in values):
        items = (item for one in values for item in _items(one))
        return Items(tuple(islice(filter(_is_flat, items), _MOST_ITEMS)))
    return joined(values, by)


def _is_flat(value: Value) -> bool:
    """Say whether a value is no list of lists: what is added to itself grows without end."""
    options = value.options if isinstance(value, Either) else (value,)
    inner = [one for option in options for one in getattr(option, "items", (option,))]
    return not any(isinstance(one, Items | Table | Either) for one in inner)


def _items(value: Value) -> tuple[Value, ...]:
    """Return the elements of a list; of one of several lists, all that may be in it."""
    options = value.options if isinstance(value, Either) else (value,)
    lists = (one.items for one in options if isinstance(one, Items))
    return tuple(dict.fromkeys(item for items in lists for item in items))


def path(values: Sequence[Value], by: str) -> Value:
    """Return what `/` puts together: a path on this machine, unless it begins as an address."""
    found = _with_slashes(values, by)
    return _localised(found) if isinstance(values[0], Text | Either | Unknown) else found


def percent(left: Value, right: Value, by: str) -> Value:
    """Return the result of `text % values`."""
    options = list(texts(left))
    if not isinstance(left, Text | Either):
        return Unknown(by)
    values = right.items if isinstance(right, Items) else (right,)
    table = right if isinstance(right, Table) else None
    return either((_filled(one, values, table, by) for one in options), by)


def _filled(template: Text, values: Sequence[Value], table: Table | None, by: str) -> Value:
    left = list(values)
    pieces: list[Value] = []
    for part in template.parts:
        if isinstance(part, Hole):
            pieces.append(Text((part,)))
            continue
        end = 0
        for found in _PERCENT.finditer(part):
            pieces.append(text(part[end : found.start()]))
            end = found.end()
            if found[0].endswith("%"):
                pieces.append(text("%"))
            elif found["key"]:
                value = looked_up(table, text(found["key"])) if table else None
                pieces.append(Unknown(found["key"]) if value is None else value)
            else:
                pieces.append(left.pop(0) if left else Unknown(by))
        pieces.append(text(part[end:]))
    return _named_pieces(pieces, by)


def _format(template: Text, arguments: Given, by: str) -> Value:
    pieces: list[Value] = []
    number = 0
    for part in template.parts:
        if isinstance(part, Hole):
            pieces.append(Text((part,)))
            continue
        end = 0
        for found in _FIELD.finditer(part):
            pieces.append(text(part[end : found.start()]))
            end = found.end()
            if found[0] in ("{{", "}}"):
                pieces.append(text(found[0][0]))
                continue
            key = found["key"]
            if not key:
                key, number = str(number), number + 1
            name = re.split(r"[.\[]", key, maxsplit=1)[0]
            value = arguments.get(int(name) if name.isdecimal() else None, (name,))
            if value is None or name != key:
                value = Unknown(key if not key.isdecimal() else by)
            spec = found["spec"]
            pieces.append(formatted(value, text(spec)) if spec else value)
        pieces.append(text(part[end:]))
    return _named_pieces(pieces, by)


def _named_pieces(pieces: list[Value], by: str) -> Value:
    written = [one if texts(one) else Unknown(by) for one in pieces]
    return joined((one for one in written if one != text("")), by)


def formatted(value: Value, spec: Value) -> Value:
    """Return a number written as its format says."""
    form = spec.literal if isinstance(spec, Text) else None
    if not isinstance(value, Plain) or form is None or not isinstance(value.value, int | float):
        return value
    if not re.fullmatch(r"0?[1-9]?\d?(?:\.\d)?[df]?", form):
        return value
    try:
        return text(format(value.value, form))
    except ValueError:
        return value


def looked_up(container: Table | Items, key: Value) -> Value | None:
    """Return an element by a key that is a literal, None where it is not known."""
    if isinstance(key, Either):
        found = [looked_up(container, one) for one in key.options]
        known = [one for one in found if one is not None]
        return either(known, key.by) if known else None
    if isinstance(container, Items):
        number = key.value if isinstance(key, Plain) else None
        if isinstance(number, int) and -len(container.items) <= number < len(container.items):
            return container.items[number]
        return None
    if isinstance(key, Unknown) and key.default is not None:
        found_default = looked_up(container, key.default)
        if found_default is not None:
            written = texts(found_default)
            literal = written[0].literal if written else None
            return Unknown(key.name, text(literal)) if literal else found_default
    for known_key, value in container.pairs:
        if _plain_key(known_key) == _plain_key(key) != None:  # noqa: E711 - both are texts
            return value
    return None


def _plain_key(key: Value) -> object:
    if isinstance(key, Text):
        return key.literal
    return ("plain", key.value) if isinstance(key, Plain) else None


def of_text(base: Text, name: str) -> Value:
    """Return an attribute of a path."""
    if name in ("parent", "name", "stem", "suffix"):
        return _path_part(base, name)
    return Unknown(name, local=base.local)


def _path_part(base: Text, name: str) -> Value:
    whole = base.literal
    if whole is None:
        return Unknown(name, local=True)
    head, tail = posixpath.split(whole.rstrip("/"))
    stem, suffix = posixpath.splitext(tail)
    parts = {"parent": head or ".", "name": tail, "stem": stem, "suffix": suffix}
    return Text((parts[name],), base.by, name == "parent")


def method(base: Value, name: str, arguments: Given) -> Value | None:
    """Return the result of a method of a text or container, None where it is not known."""
    if isinstance(base, Either):
        results = [method(one, name, arguments) for one in base.options]
        known = [one for one in results if one is not None]
        return either(known, base.by) if len(known) == len(results) and known else None
    if isinstance(base, Text):
        return _of_a_text(base, name, arguments)
    if isinstance(base, Table):
        return _of_a_table(base, name, arguments)
    if isinstance(base, Unknown) and name == "joinpath":
        return path([base, *arguments.positional], "path")
    if base == Symbol("os.environ") and name == "get":
        return _environment(arguments, "")
    same = isinstance(base, Unknown) and name in _KEEPING
    return base if same or (isinstance(base, Items) and name == "copy") else None


_KEEPING: Final = frozenset({"as_posix", "lower", "strip", "expanduser", "resolve", "encode"})
_CHANGING: Final = frozenset(
    {"strip", "lower", "upper", "rstrip", "lstrip", "removesuffix", "replace"}
)
_PATHS: Final = frozenset({"resolve", "absolute", "expanduser", "as_posix", "with_suffix"})


def _of_a_text(base: Text, name: str, arguments: Given) -> Value | None:
    if name == "format":
        return _format(base, arguments, "value")
    if name == "join":
        return _joined_by(base, arguments)
    if name in _CHANGING:
        return _changed(base, name, arguments)
    if name == "joinpath":
        return path([base, *arguments.positional], "path")
    if name in _PATHS:
        return replace(base, local=True)
    return base if name in ("encode", "decode") else None


def _of_a_table(base: Table, name: str, arguments: Given) -> Value | None:
    match name:
        case "get":
            return _get(base, arguments)
        case "items":
            return Items(tuple(Items(pair) for pair in base.pairs))
        case "values":
            return Items(tuple(value for _, value in base.pairs))
        case "keys":
            return Items(tuple(key for key, _ in base.pairs))
        case _:
            return base if name == "copy" else None


def _changed(base: Text, name: str, arguments: Given) -> Value:
    whole = base.literal
    given = [one.literal for value in arguments.positional for one in texts(value)[:1]]
    if whole is None or None in given:
        return base
    words = [one for one in given if one is not None]
    allowed = {"strip": 1, "lstrip": 1, "rstrip": 1, "lower": 0, "upper": 0, "removesuffix": 1}
    if name == "replace":
        if len(words) != 2:  # noqa: PLR2004 - old and new
            return base
        return Text((whole.replace(words[0], words[1])[:4096],), base.by, base.local)
    if len(words) > allowed[name]:
        return base
    changed: str = getattr(whole, name)(*words)
    return Text((changed,), base.by, base.local)


def _joined_by(base: Text, arguments: Given) -> Value:
    items = arguments.get(0)
    if not isinstance(items, Items) or len(items.items) > 64:  # noqa: PLR2004 - no address has more parts
        return Unknown("items")
    pieces: list[Value] = []
    for number, item in enumerate(items.items):
        pieces += [base, item] if number else [item]
    return joined(pieces, "items") if pieces else text("")


def _get(base: Table, arguments: Given) -> Value:
    key = arguments.get(0)
    found = looked_up(base, key) if key is not None else None
    if found is not None:
        return found
    by = texts(key)[0].decided_by if key is not None and texts(key) else ()
    return either([value for _, value in base.pairs], by[0] if by else "key")


def _environment(arguments: Given, _: str) -> Value:
    key, default = arguments.get(0, ("key",)), arguments.get(1, ("default",))
    names = texts(key) if key is not None else []
    name = f"os.environ[{names[0]}]" if names else "os.environ"
    return Unknown(name, None if default == Plain(None) else default)


def _with_slashes(values: Sequence[Value], by: str) -> Value:
    pieces: list[Value] = []
    for number, value in enumerate(values):
        if number:
            pieces.append(text("/"))
        pieces.append(value if texts(value) else Unknown(by))
    found = joined(pieces, by)
    return either((_single_slashes(one) for one in texts(found)), by)


def _single_slashes(found: Text) -> Text:
    parts = tuple(
        part if isinstance(part, Hole) else re.sub(r"(?<!:)/{2,}", "/", part)
        for part in found.parts
    )
    return Text(parts, found.by, found.local)


def _localised(value: Value) -> Value:
    """Mark a path as one on this machine, unless it begins as an address or a hub's name."""
    found = [one if "://" in str(one)[:32] else replace(one, local=True) for one in texts(value)]
    return either(found, "path")


def _path_of(arguments: Given, by: str) -> Value:
    values = arguments.positional or [Unknown(by, local=True)]
    return _localised(_with_slashes(values, by))


def _local(_: Given, by: str) -> Value:
    return Unknown(by, local=True)


def _same(arguments: Given, by: str) -> Value:
    found = arguments.get(0)
    return Unknown(by) if found is None else found


def _user(arguments: Given, by: str) -> Value:
    return _localised(_same(arguments, by))


def _base_name(arguments: Given, by: str) -> Value:
    found = [one for value in arguments.positional[:1] for one in texts(value)]
    return either((_path_part(one, "name") for one in found), by) if found else Unknown(by)


def _url_join(arguments: Given, by: str) -> Value:
    first, second = arguments.get(0), arguments.get(1)
    if first is None or second is None:
        return Unknown(by)
    results: list[Value] = []
    for one in texts(first):
        for other in texts(second):
            if one.literal is not None and other.literal is not None:
                results.append(text(_url_joined(one.literal, other.literal)))
            else:
                results.append(_with_slashes([one, other], by))
    return either(results, by)


def _url_joined(base: str, other: str) -> str:
    try:
        return urljoin(base, other)
    except ValueError:
        return f"{base}{other}"


def _table(arguments: Given, by: str) -> Value:
    if arguments.positional:
        first = arguments.positional[0]
        return first if isinstance(first, Table) else Unknown(by)
    return Table(tuple((text(key), value) for key, value in arguments.named.items()))


def _zip(arguments: Given, by: str) -> Value:
    lists = [one.items for one in arguments.positional if isinstance(one, Items)]
    if len(lists) != len(arguments.positional) or not lists:
        return Unknown(by)
    return Items(tuple(Items(row) for row in zip(*lists, strict=False)))


def _enumerate(arguments: Given, by: str) -> Value:
    items = arguments.get(0)
    if not isinstance(items, Items):
        return Unknown(by)
    return Items(tuple(Items((Unknown("index"), item)) for item in items.items))


def _list(arguments: Given, by: str) -> Value:
    items = arguments.get(0)
    if isinstance(items, Table):
        return Items(tuple(key for key, _ in items.pairs))
    return items if isinstance(items, Items) else Unknown(by)


FUNCTIONS: Final[dict[str, Callable[[Given, str], Value]]] = {
    "os.path.join": _path_of,
    "posixpath.join": lambda arguments, by: (
        _with_slashes(arguments.positional, by) if arguments.positional else Unknown(by)
    ),
    "os.path.expanduser": _user,
    "os.path.expandvars": _user,
    "os.path.abspath": _user,
    "os.path.realpath": _user,
    "os.path.normpath": _user,
    "os.path.dirname": _local,
    "os.path.basename": _base_name,
    "os.getcwd": _local,
    "bezoar.pull": _local,
    "os.listdir": _local,
    "glob.glob": _local,
    "tempfile.mkdtemp": _local,
    "tempfile.TemporaryDirectory": _local,
    "tempfile.NamedTemporaryFile": _local,
    "tempfile.gettempdir": _local,
    "pathlib.Path": _path_of,
    "pathlib.PurePosixPath": _path_of,
    "pathlib.Path.cwd": _local,
    "pathlib.Path.home": _local,
    "str": _same,
    "os.fspath": _same,
    "typing.cast": lambda arguments, by: arguments.get(1) or Unknown(by),
    "urllib.parse.urljoin": _url_join,
    "urlparse.urljoin": _url_join,
    "os.getenv": _environment,
    "dict": _table,
    "list": _list,
    "tuple": _list,
    "sorted": _list,
    "set": _list,
    "tqdm.tqdm": _list,
    "tqdm": _list,
    "tqdm.auto.tqdm": _list,
    "tqdm.notebook.tqdm": _list,
    "reversed": _list,
    "iter": _list,
    "zip": _zip,
    "enumerate": _enumerate,
}
