"""Where Python code stops: `raise`, `sys.exit`, `return`; and what swallows an exception."""

import ast
from collections.abc import Iterable
from typing import Final, Literal

_EXITS: Final = frozenset({"exit", "_exit", "abort", "quit", "fail"})
_OWNERS: Final = frozenset({"sys", "os", "pytest"})
# What is caught by these names says nothing about data.
_HARMLESS: Final = frozenset(
    {"ImportError", "ModuleNotFoundError", "KeyboardInterrupt", "FileExistsError", "StopIteration"}
    | {"AttributeError", "StopAsyncIteration", "EOFError", "UnicodeDecodeError"}
)

End = Literal["", "raise", "exit", "leave"]


def is_exit(node: ast.expr) -> bool:
    """Say whether a call ends the program with a failure."""
    if not isinstance(node, ast.Call):
        return False
    arguments = node.args
    if arguments and isinstance(arguments[0], ast.Constant) and arguments[0].value in (0, None):
        return False
    match node.func:
        case ast.Name("exit" | "quit"):
            return True
        case ast.Attribute(ast.Name(owner), name):
            return owner in _OWNERS and name in _EXITS
        case _:
            return False


def ends(body: Iterable[ast.stmt]) -> End:  # noqa: PLR0911 - one case each
    """Say how statements end what is around them, "" where they do not.

    `raise` by an exception, `exit` with the program, `leave` by leaving a function or a loop.
    """
    for one in body:
        match one:
            case ast.Raise(ast.Call(ast.Name("SystemExit"))):
                return "exit"
            case ast.Raise() | ast.Assert(ast.Constant(False)):
                return "raise"
            case ast.Expr(value) if is_exit(value):
                return "exit"
            case ast.Expr(ast.Call(ast.Attribute(ast.Name("sys"), "exit"))):
                return "leave"
            case ast.Return() | ast.Continue() | ast.Break():
                return "leave"
            case ast.If(_, inner, other) if other and (found := ends(inner)) and ends(other):
                return found
            case ast.With(_, inner) if found := ends(inner):
                return found
            case _:
                continue
    return ""


def has_return(body: Iterable[ast.stmt]) -> bool:
    """Say whether statements leave a function, or the program, without a failure."""
    return ends(body) == "leave"


def turned_round(test: ast.expr) -> bool:
    """Say whether a test holds where something failed: `not ok`, `ok is False`."""
    match test:
        case ast.UnaryOp(ast.Not()):
            return True
        case ast.Compare(_, [ast.Is() | ast.Eq()], [ast.Constant(False)]):
            return True
        case ast.BoolOp(values=values):
            return any(turned_round(one) for one in values)
        case _:
            return False


def swallows(handler: ast.ExceptHandler, *, followed: bool) -> bool:
    """Say whether a handler lets the program go on.

    Args:
        handler: Of a `try`.
        followed: Whether more of the function comes after, which a `return` leaves out.
    """
    if _names(handler.type) and _names(handler.type) <= _HARMLESS:
        return False
    how = ends(handler.body)
    if how == "leave":
        last = handler.body[-1]
        bare = isinstance(last, ast.Return) and last.value is None
        return not (bare and followed)
    return not how


def _names(node: ast.expr | None) -> set[str]:
    match node:
        case ast.Name(name) | ast.Attribute(_, name):
            return {name}
        case ast.Tuple(items):
            return {name for one in items for name in _names(one)}
        case _:
            return set()
