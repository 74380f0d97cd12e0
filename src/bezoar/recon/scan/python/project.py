"""What the modules of a project tell one another: constants, and functions that fetch.

Each module is read once by itself. Then those are read again that import a function which fetches
for others, or a constant that a source is made of: only they can say more than before.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from bezoar.recon.scan.python.parsing import parsed
from bezoar.recon.scan.python.wrappers import Wrapper
from bezoar.syntax.python.declared import declared
from bezoar.syntax.python.folding import Folding
from bezoar.syntax.python.scopes import Point
from bezoar.syntax.python.survey import survey
from bezoar.syntax.python.value import (
    Either,
    Items,
    Plain,
    Table,
    Text,
    Unknown,
    Value,
)
from bezoar.syntax.unreadable import UnreadableError

# Names of libraries that people also give to a folder of their own.
_SHARED: Final = frozenset(
    {"datasets", "evaluate", "clip", "wget", "streaming", "hub", "mnist", "emnist", "comet"}
    | {"whisper", "nlp", "bark", "tdc", "git", "minio", "models", "lpips", "recommenders", "spark"}
    | {"streaming", "roboflow", "adapters", "comet", "paddlehub", "shap", "mne", "TTS", "art"}
)
_MOST_CONSTANTS: Final = 2_000


@dataclass(slots=True)
class Module:
    """A module of the project, after its first reading.

    Attributes:
        path: Its file.
        imports: Full names of what it imports.
        wanted: Full names that were asked for in vain when it was read.
    """

    path: str
    imports: tuple[str, ...]
    wanted: frozenset[str] = frozenset()


@dataclass
class Modules:
    """The modules of a project.

    Attributes:
        known: By path.
        wrappers: Functions that fetch for others, by path and name within the module.
        lasts: The last parts of their names, once all modules are read.
    """

    known: dict[str, Module] = field(default_factory=dict)
    wrappers: dict[str, dict[str, Wrapper]] = field(default_factory=dict)
    _by_name: dict[str, str] = field(default_factory=dict)
    _words: set[str] = field(default_factory=set)
    _packages: set[str] = field(default_factory=set)
    _places: dict[tuple[str, str], tuple[str, str] | None] = field(default_factory=dict)
    _by_end: dict[str, list[str]] = field(default_factory=dict)
    _constants: dict[tuple[str, str], Value] = field(default_factory=dict)
    _offers: dict[str, frozenset[str]] = field(default_factory=dict)
    lasts: frozenset[str] = frozenset()

    def see(self, path: str, imports: Iterable[str]) -> None:
        """Note that there is a module."""
        name = module_name(path)
        self.known[path] = Module(path, tuple(_absolute(one, path) for one in imports))
        self._by_name[name] = path
        parts = name.split(".")
        self._words.update(parts)
        self._packages.update(".".join(parts[:count]) for count in range(1, len(parts) + 1))
        self._by_end.setdefault(name.rpartition(".")[2], []).append(name)

    def listen(self, path: str) -> None:
        """Note that a notebook may ask for what the modules say; nobody imports it."""
        self.known[path] = Module(path, ())

    def learn(self, path: str, wrappers: dict[str, Wrapper], wanted: Iterable[str]) -> None:
        """Note what the first reading of a module told."""
        if path not in self.known:
            return
        self.known[path].wanted = frozenset(wanted)
        own = {
            name.removeprefix(module_name(path) + "."): wrapper
            for name, wrapper in wrappers.items()
        }
        if own and self._by_name.get(module_name(path)) == path:
            self.wrappers[path] = own

    def again(self, text_of: Callable[[str], str]) -> Iterator[str]:
        """Yield the paths of modules that are to be read again, now that the others are known.

        Args:
            text_of: Returns the text of a module; `UnreadableError` where it has none.
        """
        names = {name for own in self.wrappers.values() for name in own}
        self.lasts = frozenset(name.rpartition(".")[2] for name in names)
        asked: dict[str, set[str]] = {}
        for module in self.known.values():
            for name in module.wanted:
                found = self.place(name, module.path)
                if found is not None and found[0] != module.path and found[1]:
                    asked.setdefault(found[0], set()).add(found[1])
        for path, wanted in asked.items():
            with suppress(Exception):  # one hostile module must not end the scan of the others
                self._fold(path, wanted, text_of)
        yield from [one.path for one in self.known.values() if self._says_more(one, text_of)]

    def place(self, name: str, path: str) -> tuple[str, str] | None:
        """Return the module that a name leads to from a file, and the rest of the name."""
        parts = name.split(".")
        if parts[0] not in self._words:
            return None
        key = (name, _folder(path))
        if key not in self._places:
            self._places[key] = self._placed(parts, key[1])
        return self._places[key]

    def _placed(self, parts: list[str], folder: str) -> tuple[str, str] | None:
        for count in range(len(parts), 0, -1):
            found = self._module(".".join(parts[:count]), folder)
            if found is not None:
                return found, ".".join(parts[count:])
        return None

    def view(self, path: str) -> "View":
        """Return the project as one of its modules sees it."""
        return View(self, path)

    def constant(self, path: str, name: str) -> Value | None:
        """Return what a name of a module was folded to."""
        return self._constants.get((path, name))

    def wrapper(self, path: str, name: str) -> Wrapper | None:
        """Return a function that fetches for others, be it that a package only passes it on."""
        own = self.wrappers.get(path, {})
        if name in own:
            return own[name]
        if not path.endswith("__init__.py"):
            return None
        below = path.removesuffix("__init__.py")
        found = [
            there[name]
            for other, there in self.wrappers.items()
            if other.startswith(below) and name in there
        ]
        return found[0] if len(found) == 1 else None

    def has_wrapper(self, last: str) -> bool:
        """Say whether any function of this last name fetches for others."""
        return last in self.lasts

    def _module(self, name: str, folder: str) -> str | None:
        """Return the file of a module, looked for in a folder and above it, then anywhere."""
        while True:
            found = self._by_name.get(f"{folder}.{name}" if folder else name)
            if found is not None:
                return found
            if not folder:
                break
            folder = folder.rpartition(".")[0]
        ends = [
            one for one in self._by_end.get(name.rpartition(".")[2], ()) if one.endswith("." + name)
        ]
        # One part alone is a name like `utils`, that half the modules of a project have.
        return self._by_name[ends[0]] if len(ends) == 1 and "." in name else None

    def _says_more(self, module: Module, text_of: Callable[[str], str]) -> bool:
        if any(self._known_constant(name, module.path) for name in module.wanted):
            return True
        for name in module.imports:
            root = name.partition(".")[0]
            if root in _SHARED and self.shadowed(root, module.path):
                return True
            found = self.place(name, module.path)
            if found is None or found[0] == module.path:
                continue
            offered = self._offered(found[0])
            if found[1].partition(".")[0] in offered:
                return True
            if not found[1] and offered and self._mentions(module.path, offered, text_of):
                return True
        return False

    def _offered(self, path: str) -> frozenset[str]:
        """Return the names in a module that fetch for others, or lead to what does."""
        if path not in self._offers:
            below = path.removesuffix("__init__.py")
            paths = [
                one
                for one in self.wrappers
                if one == path or (below != path and one.startswith(below))
            ]
            names = {name.partition(".")[0] for one in paths for name in self.wrappers[one]}
            self._offers[path] = frozenset(names)
        return self._offers[path]

    def _mentions(self, path: str, names: frozenset[str], text_of: Callable[[str], str]) -> bool:
        try:
            text = text_of(path)
        except UnreadableError:
            return False
        return any(f"{name}(" in text for name in names)

    def _known_constant(self, name: str, path: str) -> bool:
        found = self.place(name, path)
        return found is not None and found in self._constants

    def shadowed(self, root: str, path: str) -> bool:
        """Say whether a module of the project hides a library of the same name."""
        beside = _folder(path)
        return root in self._packages or (f"{beside}.{root}" if beside else root) in self._packages

    def _fold(self, path: str, wanted: set[str], text_of: Callable[[str], str]) -> None:
        if len(self._constants) > _MOST_CONSTANTS:
            return
        try:
            text = text_of(path)
            if not any(_assigned(name, text) for name in wanted):
                return
            tree = parsed(text)
        except (UnreadableError, RecursionError, MemoryError):
            return
        found = survey(tree, module_name(path), package=path.endswith("__init__.py"))
        folding = Folding(found, declared(found), None)
        names = [
            name for name in sorted(wanted)[:200] if name.split(".")[0] in found.module.bindings
        ]
        # All at once: what is folded is remembered by the identity of its expression.
        expressions = [ast.parse(name, mode="eval").body for name in names]
        for name, expression in zip(names, expressions, strict=True):
            value = folding.value(expression, Point(found.module))
            if _is_constant(value):
                self._constants[path, name] = value


@dataclass(frozen=True, slots=True)
class View:
    """The project as one of its modules sees it."""

    modules: Modules
    path: str

    def value(self, name: str) -> Value | None:
        """Return the value of a full dotted name."""
        found = self.modules.place(name, self.path)
        return None if found is None else self.modules.constant(*found)

    def wrapper(self, name: str) -> Wrapper | None:
        """Return the function of a full dotted name, if it fetches for others."""
        found = self.modules.place(name, self.path)
        return None if found is None else self.modules.wrapper(*found)

    def has_wrapper(self, last: str) -> bool:
        """Say whether a function of this last name fetches for others."""
        return self.modules.has_wrapper(last)

    def is_own(self, name: str) -> bool:
        """Say whether a name is the project's own, though a library has one like it."""
        root = name.partition(".")[0]
        return root in _SHARED and self.modules.shadowed(root, self.path)


def _folder(path: str) -> str:
    """Return the dotted name of the folder that a module lies in."""
    return path.rpartition("/")[0].replace("/", ".")


def module_name(path: str) -> str:
    """Return the full dotted name of a module from the root of the tree."""
    name = path.removesuffix(".pyw").removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__") if name != "__init__" else name


def _assigned(name: str, text: str) -> bool:
    """Say whether a module gives a name a value, or has a class that does."""
    first, _, rest = name.partition(".")
    pattern = rf"^class\s+{first}\b" if rest else rf"^{first}\b\s*(?::[^=\n]{{1,80}})?="
    return re.search(pattern, text, re.MULTILINE) is not None


def _absolute(name: str, path: str) -> str:
    """Return an imported name without the dots of a relative import."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    package = PurePosixPath(path).parent.parts
    above = package[: len(package) - level + 1] if level <= len(package) + 1 else ()
    return ".".join([*above, name[level:]]).strip(".")


def _is_constant(value: Value) -> bool:
    """Say whether a value may be told to other modules: it holds nothing of its own."""
    match value:
        case Text() | Plain():
            return True
        case Items(items):
            return bool(items) and all(map(_is_constant, items))
        case Table(pairs):
            return bool(pairs) and all(_is_constant(one) for pair in pairs for one in pair)
        case Either(options):
            return all(map(_is_constant, options))
        case Unknown(_, default):
            return default is not None and _is_constant(default)
        case _:
            return False
