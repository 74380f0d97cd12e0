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

    METADATA_DEPENDENCIES = (metadata.PositionProvider, metadata.ParentNodeProvider)

    def __init__(self) -> None:
        super().__init__()
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

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802 - libcst's name
        """Note a call."""
        place = self.get_metadata(metadata.PositionProvider, node)
        self.calls.setdefault((place.start.line, place.end.line), []).append(node)
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
