"""Defaults that a program declares for its command line."""

import ast
from dataclasses import dataclass, field
from typing import Final

from bezoar.syntax.python.scopes import Point, Scope, Site, Survey
from bezoar.syntax.python.survey import spelled_last

_DEFINERS: Final = frozenset({"add_argument", "add_option"})
_FLAGS: Final = frozenset({"DEFINE_string", "DEFINE_enum", "DEFINE_list", "DEFINE_multi_string"})
Default = tuple[ast.expr, Point]


@dataclass(slots=True)
class Declared:
    """What a module declares.

    Attributes:
        defaults: By the name of the attribute that holds the value.
        fields: Defaults of the fields of dataclasses, by name.
        options: Defaults of `click` options by function and parameter.
    """

    defaults: dict[str, Default] = field(default_factory=dict)
    fields: dict[str, Default] = field(default_factory=dict)
    options: dict[tuple[str, str], Default] = field(default_factory=dict)

    def default(self, name: str) -> Default | None:
        """Return the default of `args.NAME`."""
        return self.defaults.get(name) or self.fields.get(name)

    def option(self, name: str, scope: Scope) -> Default | None:
        """Return the default of a parameter that the command line fills."""
        return self.options.get((scope.name, name))

    def is_namespace(self, symbol: str) -> bool:
        """Say whether a value is what a parser returned."""
        return symbol.endswith(
            ("parse_args()", "parse_known_args()", "into_dataclasses()", "parse()", "Namespace()")
        )


def declared(survey: Survey) -> Declared:
    """Collect what a module declares."""
    found = Declared()
    for site in survey.sites:
        if site.last in _DEFINERS:
            _argument(site, found)
        elif site.last in _FLAGS and len(site.call.args) > 1:
            _flag(site, found)
    for scope in survey.classes.values():
        _fields(scope, found)
    for scope in survey.functions.values():
        _options(scope, found)
    return found


def _argument(site: Site, found: Declared) -> None:
    default = _keyword(site.call, "default")
    dest = _literal(_keyword(site.call, "dest")) or _dest(site.call)
    if default is not None and dest:
        found.defaults.setdefault(dest, (default, site.point))


def _dest(call: ast.Call) -> str:
    """Return the attribute that argparse makes of `--long-name`, `-s` or `name`."""
    names = [one for one in map(_literal, call.args) if one]
    long = [name for name in names if name.startswith("--")]
    chosen = (long or names or [""])[0]
    return chosen.lstrip("-").replace("-", "_")


def _flag(site: Site, found: Declared) -> None:
    name = _literal(site.call.args[0])
    if name:
        found.defaults.setdefault(name, (site.call.args[1], site.point))


def _fields(scope: Scope, found: Declared) -> None:
    decorators = getattr(scope.node, "decorator_list", [])
    if not any(
        spelled_last(one.func if isinstance(one, ast.Call) else one) in ("dataclass", "define")
        for one in decorators
    ):
        return
    for name, bindings in scope.bindings.items():
        binding = bindings[-1]
        if binding.node is None:
            continue
        node: ast.expr | None = binding.node
        if isinstance(node, ast.Call) and spelled_last(node.func) in ("field", "Field"):
            node = _keyword(node, "default")
        if node is not None:
            found.fields.setdefault(name, (node, binding.point))


def _options(scope: Scope, found: Declared) -> None:
    for one in getattr(scope.node, "decorator_list", []):
        if not isinstance(one, ast.Call) or spelled_last(one.func) not in ("option", "argument"):
            continue
        default = _keyword(one, "default")
        plain = [name for name in map(_literal, one.args) if name and not name.startswith("-")]
        name = plain[0] if plain else _dest(one)
        if default is not None and scope.parent is not None:
            found.options.setdefault((scope.name, name), (default, Point(scope.parent)))


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _literal(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""
