"""What a function does with what it fetched: keeps it, unpickles it, compares its digest."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bezoar.syntax.python.scopes import Scope, Site, Survey
from bezoar.syntax.python.survey import spelled_last
from bezoar.syntax.python.value import spelled

# Calls that take bytes as data: they write them, unpack them, or read a format from them.
_KEPT: Final = frozenset(
    {"write", "write_bytes", "write_text", "writelines", "copyfileobj", "BytesIO", "StringIO"}
    | {"ZipFile", "TarFile", "GzipFile", "decompress", "extractall", "fromarray", "frombuffer"}
    | {"read_csv", "read_table", "read_json", "read_excel", "read_parquet", "read_feather"}
    | {"imdecode", "imread", "loadtxt", "genfromtxt", "load_state_dict", "TextIOWrapper", "reader"}
    | {"save", "tofile", "put_object", "upload_fileobj", "loadmat", "parse_xml", "DictReader"}
)
_UNPICKLED: Final = frozenset(
    {"pickle.load", "pickle.loads", "cPickle.load", "cPickle.loads", "dill.load", "dill.loads"}
    | {"torch.load", "joblib.load", "cloudpickle.load", "pandas.read_pickle", "pd.read_pickle"}
    | {"np.load", "numpy.load", "yaml.load", "yaml.unsafe_load", "pkl.load", "_pickle.load"}
    | {"sklearn.externals.joblib.load", "keras.models.load_model", "marshal.loads"}
)
_STEPS: Final = 6  # `r = get(u)`, `chunks = r.iter_content()`, `for chunk in tqdm(chunks)`
_LASTS: Final = frozenset(name.rpartition(".")[2] for name in _UNPICKLED)
_DIGEST: Final = re.compile(
    r"(?:^|[._])(?:sha[-_]?\d{0,3}|md5|hash|digest|checksum)(?:$|[._()\[])|hexdigest", re.IGNORECASE
)
_COMPARED: Final = re.compile(
    r"(?:check|verify|validate|assert|compare)_?\w{0,16}(?:md5|sha\d{1,3}|hash|integrity|checksum)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Body:
    """What a function mentions where.

    Attributes:
        holders: For each name or call, the names that hold something made of it.
        kept: What is given to calls that take bytes as data.
        unpickled: What is given to calls that run what they load.
    """

    holders: dict[str | int, list[str]] = field(default_factory=dict)
    kept: set[str | int] = field(default_factory=set)
    unpickled: set[str | int] = field(default_factory=set)


class Usage:
    """What the functions of a module do with the results of calls."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._sites: dict[int, list[Site]] | None = None
        self._bodies: dict[int, _Body] = {}
        self._checked: dict[int, bool] = {}
        self._unpickles: bool | None = None

    def kept(self, site: Site) -> bool:
        """Say whether the answer of a call is written, unpacked or parsed as data."""
        body = self._body(site)
        return not body.kept.isdisjoint(_reached(body, {id(site.call)})) if body.kept else False

    def unpickled(self, site: Site) -> bool:
        """Say whether what a call fetched, or the file that it wrote, is unpickled."""
        if self._unpickles is None:
            sites = self._survey.sites
            self._unpickles = any(one.last in _LASTS and _is_unsafe(one.call) for one in sites)
        if not self._unpickles or not (body := self._body(site)).unpickled:
            return False
        arguments = (*site.call.args[1:], *(one.value for one in site.call.keywords))
        written = {node.id for node in arguments if isinstance(node, ast.Name)}
        return not body.unpickled.isdisjoint(_reached(body, {id(site.call), *written}))

    def checked(self, site: Site) -> bool:
        """Say whether the function around a call compares a digest."""
        function = _function(site.point.scope)
        if id(function) not in self._checked:
            self._checked[id(function)] = any(
                _COMPARED.search(one.last) for one in self._within(function)
            ) or _compared(function.node)
        return self._checked[id(function)]

    def _body(self, site: Site) -> _Body:
        function = _function(site.point.scope)
        if id(function) not in self._bodies:
            self._bodies[id(function)] = self._looked_at(function)
        return self._bodies[id(function)]

    def _looked_at(self, function: Scope) -> _Body:
        body = _Body()
        for name, bindings in function.bindings.items():
            for one in bindings:
                if one.node is None or _is_answer_of_an_interface(one.node):
                    continue
                for token in _mentioned([one.node]):
                    holders = body.holders.setdefault(token, [])
                    if not holders or holders[-1] != name:
                        holders.append(name)
        for site in self._within(function):
            if site.last in _KEPT or (site.last == "open" and _opens_bytes(site.call)):
                given = [*site.call.args, *(one.value for one in site.call.keywords)]
                body.kept |= _mentioned([*given, site.call.func]) - {id(site.call)}
            if site.last in _LASTS and _is_unsafe(site.call):
                body.unpickled |= _mentioned(site.call.args[:1])
        return body

    def _within(self, function: Scope) -> list[Site]:
        """Return the calls of a function."""
        if self._sites is None:
            self._sites = {}
            for one in self._survey.sites:
                self._sites.setdefault(id(_function(one.point.scope)), []).append(one)
        return self._sites.get(id(function), [])


def _reached(body: _Body, start: set[str | int]) -> set[str | int]:
    """Return the names that hold what a call gave, or what was made of it."""
    known = set(start)
    edge: list[str | int] = list(start)
    for _ in range(_STEPS):
        found = (name for token in edge for name in body.holders.get(token, ())[:64])
        fresh: list[str | int] = [name for name in found if name not in known]
        edge = fresh[:64]
        known.update(edge)
    return known


def unverified_by_default(survey: Survey) -> bool:
    """Say whether a module switches the verification of certificates off for all of urllib."""
    bindings = survey.module.bindings.get("ssl._create_default_https_context", [])
    everywhere = [*bindings]
    for scope in survey.functions.values():
        everywhere += scope.bindings.get("ssl._create_default_https_context", [])
    return any(one.node is not None and "unverified" in spelled(one.node) for one in everywhere)


def _function(scope: Scope) -> Scope:
    """Return the function around a scope, else the module or class."""
    while scope.parent is not None and not (scope.is_function or scope.is_class):
        scope = scope.parent
    return scope


def _mentioned(nodes: Iterable[ast.expr]) -> set[str | int]:
    """Return the names in expressions, and the identities of the calls in them."""
    found: set[str | int] = set()
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Call):
                found.add(id(node))
    return found


def _is_answer_of_an_interface(node: ast.expr) -> bool:
    """Say whether an expression takes an answer apart as JSON: so do clients of interfaces."""
    return isinstance(node, ast.Call) and spelled_last(node.func) == "json"


def _opens_bytes(call: ast.Call) -> bool:
    """Say whether an `open` reads from an object: `Image.open(x)`, `tarfile.open(fileobj=x)`."""
    return isinstance(call.func, ast.Attribute)


def _is_unsafe(call: ast.Call) -> bool:
    name = spelled(call.func)
    if name not in _UNPICKLED and not name.endswith(("pickle.load", "pickle.loads")):
        return False
    given = {one.arg: one.value for one in call.keywords}
    if name == "torch.load":
        return not _is_true(given.get("weights_only"))
    if name in ("np.load", "numpy.load"):
        return _is_true(given.get("allow_pickle"))
    if name == "yaml.load":
        loader = given.get("Loader", call.args[1] if len(call.args) > 1 else None)
        return loader is None or "Safe" not in spelled(loader)
    return True


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _compared(node: ast.AST | None) -> bool:
    """Say whether a function compares something with a digest."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return any(
        isinstance(one, ast.Compare) and any(map(_is_digest, _operands(one)))
        for one in ast.walk(node)
    )


def _operands(node: ast.Compare) -> Iterator[ast.expr]:
    if all(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
        yield node.left
        yield from node.comparators


def _is_digest(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        node = node.value
    return _DIGEST.search(spelled(node)) is not None
