"""Functions of which the result can be told without running them."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin

from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.methods import environment
from bezoar.syntax.python.paths import localised, path_part, with_slashes
from bezoar.syntax.python.value import Items, Table, Unknown, Value, either, text, texts


def _path_of(arguments: Given, by: str) -> Value:
    values = arguments.positional or [Unknown(by, local=True)]
    return localised(with_slashes(values, by))


def _local(_: Given, by: str) -> Value:
    return Unknown(by, local=True)


def _same(arguments: Given, by: str) -> Value:
    found = arguments.get(0)
    return Unknown(by) if found is None else found


def _user(arguments: Given, by: str) -> Value:
    return localised(_same(arguments, by))


def _base_name(arguments: Given, by: str) -> Value:
    found = [one for value in arguments.positional[:1] for one in texts(value)]
    return either((path_part(one, "name") for one in found), by) if found else Unknown(by)


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
                results.append(with_slashes([one, other], by))
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
        with_slashes(arguments.positional, by) if arguments.positional else Unknown(by)
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
    "os.getenv": environment,
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
