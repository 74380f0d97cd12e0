"""Adding imports to a file, where its own stand."""

from collections.abc import Iterable

import libcst as cst


def with_imports(module: cst.Module, names: Iterable[str]) -> cst.Module:
    """Add imports below those that begin a file, else below its docstring, else at its top."""
    body = list(module.body)
    at = _end_of_imports(body)
    config = module.config_for_parsing
    lines = [cst.parse_statement(f"import {name}", config=config) for name in names]
    after_docstring = at == 1 and not _is_import(body[0])
    if after_docstring:
        lines[0] = _apart(lines[0])
    if at < len(body) and (after_docstring or not at):
        body[at] = _apart(body[at])
    return module.with_changes(body=[*body[:at], *lines, *body[at:]])


def _end_of_imports(body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement]) -> int:
    """Return how many statements are a docstring and the imports that begin the file."""
    end = 0
    for number, statement in enumerate(body):
        if _is_import(statement) or (not number and _is_docstring(statement)):
            end = number + 1
        else:
            break
    return end


def _is_import(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[0], cst.Import | cst.ImportFrom
    )


def _is_docstring(statement: cst.CSTNode) -> bool:
    first = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(first, cst.Expr) and isinstance(
        first.value, cst.SimpleString | cst.ConcatenatedString
    )


def _apart(
    statement: cst.SimpleStatementLine | cst.BaseCompoundStatement,
) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
    """Return a statement with an empty line above it."""
    lines = list(statement.leading_lines)
    if lines and lines[0].comment is None:
        return statement
    return statement.with_changes(leading_lines=[cst.EmptyLine(indent=False), *lines])
