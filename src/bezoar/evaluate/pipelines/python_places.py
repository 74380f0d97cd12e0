"""Branches, conditions, names and parameters of Python code that is walked over."""

import ast
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.python_code import PythonCode
from bezoar.evaluate.pipelines.python_values import Here
from bezoar.syntax.python.scopes import Arms, Point, Scope
from bezoar.syntax.python.survey import parameters
from bezoar.syntax.python.value import Plain, Value, truth

_LONGEST: Final = 300


def both(first: str, second: str) -> str:
    """Return two conditions as one."""
    joined = f"{first} and {second}" if first and second else first or second
    return joined[: _LONGEST * 3]


def arm_of(here: Here, branch: int, arm: int) -> Here:
    """Return where a branch stands."""
    arms: Arms = (*here.point.arms, (branch, arm))
    return replace(here, point=Point(here.point.scope, arms, here.point.position))


def said_of(test: ast.expr) -> str:
    """Return a test as text."""
    if sum(1 for _ in zip(ast.walk(test), range(200), strict=False)) >= 200:  # noqa: PLR2004
        return "a condition"
    return ast.unparse(test)[:_LONGEST]


def told_by(test: ast.expr, here: Here) -> bool | None:
    """Say how a test comes out, None where nobody can tell."""
    match test:
        case ast.Compare(ast.Name("__name__"), [ast.Eq()], [ast.Constant("__main__")]):
            return here.depth == 0
        case ast.Name("TYPE_CHECKING") | ast.Attribute(_, "TYPE_CHECKING"):
            return False
        case ast.Constant(value):
            return bool(value)
        case ast.Name() | ast.UnaryOp(ast.Not(), ast.Name()):
            found = here.code.value(test, here.point, here.filled)
            return truth(found) if isinstance(found, Plain) else None
        case _:
            return None


def children_of(node: ast.AST) -> list[ast.expr]:
    """Return the expressions right within one."""
    return [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]


def key_of(node: ast.expr) -> str:
    """Return the name that holds a value, "" where none does."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(ast.Name(owner), name):
            return f"{owner}.{name}"
        case _:
            return ""


def assigned_in(body: list[ast.stmt]) -> list[str]:
    """Return the names that statements give a value."""
    return [
        key_of(target)
        for one in body
        if isinstance(one, ast.Assign)
        for target in one.targets
        if key_of(target)
    ]


def parameter_names(scope: Scope) -> list[str]:
    """Return the parameters that a call fills, in order."""
    node = scope.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    names = [name for name, _, _ in parameters(node)]
    return names[1:] if scope.receiver and names[:1] == [scope.receiver] else names


def defaults_of(code: PythonCode, scope: Scope) -> dict[str, Value]:
    """Return the defaults of a function's parameters."""
    node = scope.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {}
    point = Point(scope.parent or code.survey.module, (), scope.opens_at)
    return {
        name: code.value(default, point)
        for name, _, default in parameters(node)
        if default is not None
    }
