"""What a file holds: its calls by their lines, its imports, and all names in it."""

import libcst as cst
from libcst import metadata


class Seen(cst.CSTVisitor):
    """What a file holds.

    Attributes:
        calls: Calls by their first and last line.
        statements: Calls whose result nobody uses.
        imported: Modules that are imported under their own name, at the top level.
        names: Names that stand in code, or that an import makes.
    """

    METADATA_DEPENDENCIES = (
        metadata.PositionProvider,
        metadata.ParentNodeProvider,
        metadata.ScopeProvider,
    )

    def __init__(self) -> None:
        super().__init__()
        self._scopes: dict[cst.Call, metadata.Scope | None] = {}
        self._given: dict[object, cst.BaseExpression] = {}
        self.calls: dict[tuple[int, int], list[cst.Call]] = {}
        self.statements: set[cst.Call] = set()
        self.imported: set[str] = set()
        self.names: set[str] = set()
        self._aliases: dict[str, str] = {}

    def last_part(self, call: cst.Call) -> str:
        """Return the last part of what a call calls, by the name that its library gave it."""
        func = call.func
        if isinstance(func, cst.Attribute):
            return func.attr.value
        return self._aliases.get(func.value, func.value) if isinstance(func, cst.Name) else ""

    def may_import(self, module: str) -> bool:
        """Say whether a module's name means that module, or nothing so far."""
        return module in self.imported or module not in self.names

    def is_constant(self, value: cst.BaseExpression, call: cst.Call) -> bool:
        """Say whether an argument is one text, whoever runs the code.

        That is a literal, a name in capitals that is bound once, or a function's own variable
        that is bound once, to a literal. Any other name may be something else at run time: a
        parameter, an option, what a configuration overwrites.
        """
        if _is_literal(value):
            return True
        scope = self._scopes.get(call)
        if not isinstance(value, cst.Name) or scope is None:
            return False
        bound = scope[value.value]
        if len(bound) != 1:
            return False
        (one,) = bound
        if value.value.isupper():
            return True
        own = isinstance(one.scope, metadata.FunctionScope)
        return own and _is_literal(self._given.get(getattr(one, "node", None)))

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802 - libcst's name
        """Note what a name is given."""
        for target in node.targets:
            self._given[target.target] = node.value

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802 - libcst's name
        """Note a call."""
        place = self.get_metadata(metadata.PositionProvider, node)
        self.calls.setdefault((place.start.line, place.end.line), []).append(node)
        self._scopes[node] = self.get_metadata(metadata.ScopeProvider, node, None)
        if isinstance(self.get_metadata(metadata.ParentNodeProvider, node), cst.Expr):
            self.statements.add(node)

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802 - libcst's name
        """Note a name."""
        self.names.add(node.value)

    def visit_Import(self, node: cst.Import) -> bool:  # noqa: N802 - libcst's name
        """Note what an import makes."""
        line = self.get_metadata(metadata.ParentNodeProvider, node)
        top = isinstance(self.get_metadata(metadata.ParentNodeProvider, line), cst.Module)
        for alias in node.names:
            if alias.evaluated_alias is not None:
                self.names.add(alias.evaluated_alias)
            elif top:
                self.imported.add(alias.evaluated_name)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:  # noqa: N802 - libcst's name
        """Note what an import makes."""
        for alias in () if isinstance(node.names, cst.ImportStar) else node.names:
            self.names.add(alias.evaluated_alias or alias.evaluated_name)
            if alias.evaluated_alias is not None:
                self._aliases[alias.evaluated_alias] = alias.evaluated_name
        return False


def _is_literal(value: object) -> bool:
    return isinstance(value, cst.SimpleString | cst.ConcatenatedString) and (
        value.evaluated_value is not None
    )
