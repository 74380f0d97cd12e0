"""A Python file of the tree: its syntax tree, full names, and what expressions come to."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from bezoar.evaluate.pipelines.definition import Text
from bezoar.evaluate.pipelines.inline_secrets import is_secret
from bezoar.syntax.notebook_cells import Cell, as_python, notebook
from bezoar.syntax.python.declared import declared
from bezoar.syntax.python.folding import Folding, substituted
from bezoar.syntax.python.scopes import END, Point, Scope
from bezoar.syntax.python.survey import survey
from bezoar.syntax.python.value import (
    Either,
    Items,
    Plain,
    Symbol,
    Table,
    Unknown,
    Value,
    alternatives,
    texts,
)
from bezoar.syntax.python.value import Text as TextValue
from bezoar.syntax.python_tree import parsed
from bezoar.syntax.unreadable import UnreadableError

# What a pipeline, or a script that trains, is nothing without.
_MATTERS: Final = re.compile(
    r"(?:dag|pipeline|flow|step|task|asset|job|component|op|operator|fit|train|valid\w{0,8}|check"
    r"|read_\w{1,20}|load\w{0,20}|pull|fetch|download|deploy|register\w{0,20}|run|main)s?\s?\(",
    re.IGNORECASE,
)
_LONGEST: Final = 300
_MOST_SHOWN: Final = 12
_MOST_CALLS: Final = 60_000  # In 2 MiB people write 30,000 at the most.


class PythonCode:
    """One module.

    Attributes:
        path: Of its file.
        tree: Its syntax tree.
        survey: What is bound and called where.
        folding: What expressions come to.
    """

    def __init__(self, path: str, text: str) -> None:
        """Parse a module; nothing of it is run.

        Raises:
            UnreadableError: It is no Python, nested too deeply, or longer than anybody writes.
        """
        self.path = path
        self._origin: list[tuple[int, Cell]] = []
        if path.endswith(".ipynb"):
            text, self._origin = as_python(notebook(text).cells)
        try:
            self.tree = parsed(text, lambda piece: _MATTERS.search(piece) is not None)
            package = path.endswith("__init__.py")
            self.survey = survey(self.tree, module_name(path), package=package)
        except (RecursionError, MemoryError):
            raise UnreadableError("nested too deeply") from None
        if len(self.survey.sites) > _MOST_CALLS:
            raise UnreadableError(f"more than {_MOST_CALLS:,} calls")
        self.folding = Folding(self.survey, declared(self.survey), None)

    @property
    def imports(self) -> frozenset[str]:
        """The packages that it imports, by their first part."""
        whole = [*self.survey.imported, *self.survey.stars]
        return frozenset(one.partition(".")[0] for one in whole)

    def line(self, node: ast.AST) -> int:
        """Return the line of the file in which a node begins."""
        number: int = getattr(node, "lineno", 1)
        if not self._origin:
            return number
        at, cell = self._origin[min(number, len(self._origin)) - 1]
        return cell.raw[min(at, len(cell.raw) - 1)]

    def secrets(self) -> list[tuple[str, int]]:
        """Return where a secret stands as plain text: a name that is given one, and the line."""
        found = []
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            value = getattr(node, "value", None)
            names = [one.id for one in targets if isinstance(one, ast.Name)]
            text = value.value if isinstance(value, ast.Constant) else None
            if names and isinstance(text, str) and is_secret(names[0], text):
                found.append((names[0], self.line(node)))
        return [*found, *self._keyed()]

    def _keyed(self) -> Iterator[tuple[str, int]]:
        """Yield the secrets under keys: `{"password": "…"}`, `environ["TOKEN"] = "…"`."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Dict(keys, values):
                    pairs = list(zip(keys, values, strict=True))
                case ast.Assign([ast.Subscript(_, key)], value):
                    pairs = [(key, value)]
                case _:
                    continue
            for named, held in pairs:
                match named, held:
                    case ast.Constant(str() as name), ast.Constant(str() as text):
                        if is_secret(name, text):
                            yield name, self.line(held)
                    case _:
                        pass

    def function(self, name: str) -> Scope | None:
        """Return a function or method of this module by its full name."""
        return self.survey.functions.get(name)

    def value(
        self, node: ast.expr, point: Point, filled: Mapping[str, Value] | None = None
    ) -> Value:
        """Return what an expression comes to.

        Args:
            node: The expression.
            point: Where it stands.
            filled: What the parameters of the function around it are given.
        """
        found = self.folding.value(node, point)
        return substituted(found, dict(filled)) if filled else found

    def called(self, node: ast.expr, point: Point) -> str:
        """Return the full dotted name of what is called; `{name}` where nobody can tell."""
        found = self.folding.value(node, point)
        for one in alternatives(found):
            if isinstance(one, Symbol):
                return one.name.replace("()", "")
        if isinstance(node, ast.Attribute):
            # A method of something unknown: what is known of it, and its name.
            owner = self.folding.value(node.value, point)
            if isinstance(owner, Symbol):
                return f"{owner.name}.{node.attr}".replace("()", "")
            return f"{_owner(node.value)}.{node.attr}"
        return found.name if isinstance(found, Unknown) else _owner(node)

    def decorators(self, scope: Scope) -> list[tuple[str, ast.Call | None]]:
        """Return the full name of each decorator of a function or class, and its call if any."""
        point = Point(scope.parent or self.survey.module, (), END)
        found = []
        for node in getattr(scope.node, "decorator_list", []):
            call = node if isinstance(node, ast.Call) else None
            target = node.func if isinstance(node, ast.Call) else node
            found.append((self.called(target, point), call))
        return found


def module_name(path: str) -> str:
    """Return the dotted name of a module by its path."""
    whole = path.removesuffix(".ipynb").removesuffix(".py").removesuffix("/__init__")
    return whole.replace("/", ".")


class Modules:
    """The modules of a tree, each parsed when it is asked for, and only so many."""

    _MOST: Final = 40

    def __init__(self, others: Mapping[str, Text], own: PythonCode) -> None:
        self._others = others
        self._own = own
        self._known: dict[str, PythonCode | None] = {own.path: own}

    def function(
        self, name: str, code: PythonCode, deep: int = 2
    ) -> tuple[PythonCode, Scope] | None:
        """Return the function of a full name, in this module or another one of the tree.

        Args:
            name: The full name.
            code: The module that calls it.
            deep: Over how many packages that only pass it on it may be followed.
        """
        scope = code.function(name)
        if scope is not None:
            return code, scope
        module, _, last = name.rpartition(".")
        while module:
            for path in (*_paths(module, code.path), *self._packaged(module)):
                if path in self._others and (found := self._parsed(path)) is not None:
                    scope = found.function(f"{module_name(path)}.{last}")
                    return (found, scope) if scope is not None else self._passed(last, found, deep)
            module, _, above = module.rpartition(".")
            last = f"{above}.{last}"
            if last.count(".") > 1:  # `module.Class.method` is as far as it goes
                break
        return None

    def _passed(self, name: str, code: PythonCode, deep: int) -> tuple[PythonCode, Scope] | None:
        """Return a function that a module imports, for others to import it from there."""
        if not deep or "." in name:
            return None
        node = ast.Name(name, ast.Load(), lineno=1, col_offset=0)
        known = code.called(node, Point(code.survey.module, (), END))
        return self.function(known, code, deep - 1) if "." in known else None

    def _packaged(self, module: str) -> list[str]:
        """Return where a module of a package of the tree lies, wherever the package does."""
        package, _, rest = module.partition(".")
        folder = _packages(_Tree(self._others)).get(package)
        if folder is None:
            return []
        whole = f"{folder}/{rest.replace('.', '/')}".rstrip("/")
        return [f"{whole}.py", f"{whole}/__init__.py"]

    def _parsed(self, path: str) -> PythonCode | None:
        if path not in self._known and len(self._known) < self._MOST:
            try:
                self._known[path] = PythonCode(path, self._others[path].text)
            except UnreadableError:
                self._known[path] = None  # It is told where that file is read itself.
        return self._known.get(path)


class _Tree:
    """The files of a tree, the same only as themselves."""

    def __init__(self, files: Mapping[str, Text]) -> None:
        self.files = files

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Tree) and other.files is self.files

    def __hash__(self) -> int:
        return id(self.files)


@lru_cache(maxsize=1)
def _packages(tree: _Tree) -> dict[str, str]:
    """Return the folder of each package that lies in no other one, by its name."""
    folders = {path.rpartition("/")[0] for path in tree.files if path.endswith("/__init__.py")}
    outer = sorted(one for one in folders if one.rpartition("/")[0] not in folders)
    return {one.rpartition("/")[2]: one for one in reversed(outer)}


def _paths(module: str, beside: str) -> list[str]:
    """Return where a module may lie: beside the one that imports it, at the root, in `src`."""
    whole = module.replace(".", "/")
    folder = beside.rpartition("/")[0]
    starts: list[str] = []
    named: list[str] = []
    while folder:
        starts.append(f"{folder}/")
        # `from .nodes import …`: a folder whose own name has dots in it is still that folder.
        if module.startswith(inside := folder.replace("/", ".") + "."):
            named.append(f"{folder}/{module.removeprefix(inside).replace('.', '/')}")
        folder = folder.rpartition("/")[0]
    paths = [*named[:1], *(f"{start}{whole}" for start in (*starts[:8], "", "src/"))]
    return [f"{path}{end}" for path in paths for end in (".py", "/__init__.py")]


def shown(value: Value) -> str:
    """Return a value as code shows it: literals as they are, `{name}` for what is none."""
    return _shown(value, 3)[:_LONGEST]


def literal(value: Value | None) -> str:
    """Return a value as a plain text: a literal, or with `{name}` for what is none."""
    if value is None:
        return ""
    if isinstance(value, Plain):
        return "" if value.value is None else str(value.value)
    if isinstance(value, Symbol):
        return value.name.replace("()", "")
    found = texts(value)
    return found[0].likely[:4096] if found else ""


def _shown(value: Value, deep: int) -> str:  # noqa: PLR0911 - one case each
    match value:
        case TextValue():
            return repr(value.likely[:_LONGEST])
        case Plain(inner):
            return repr(inner) if not isinstance(inner, str | bytes) else "'…'"
        case Symbol(name):
            return name.replace("()", "")
        case Unknown(name, default):
            return f"{{{name}}}" if default is None or not deep else _shown(default, deep - 1)
        case Either(options):
            return _shown(options[0], deep - 1) if deep else "{…}"
        case Items(items) if deep:
            inside = ", ".join(_shown(one, deep - 1) for one in items[:_MOST_SHOWN])
            return f"[{inside}]"
        case Table(pairs) if deep:
            inside = ", ".join(
                f"{_shown(key, deep - 1)}: {_shown(one, deep - 1)}"
                for key, one in pairs[:_MOST_SHOWN]
            )
            return f"{{{inside}}}"
        case _:
            return "{…}"


def _owner(node: ast.expr) -> str:
    """Return how the code spells something, from its first name on."""
    parts: list[str] = []
    while len(parts) < 8:  # noqa: PLR2004 - longer than any name
        match node:
            case ast.Attribute(value, name):
                parts.append(name)
                node = value
            case ast.Call(func):
                node = func
            case ast.Subscript(value) | ast.Await(value):
                node = value
            case ast.Name(name):
                parts.append(name)
                break
            case _:
                parts.append("{…}")
                break
    return ".".join(reversed(parts))
