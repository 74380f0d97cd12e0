"""Tests that validate data: what `pytest tests/data` looks at.

Source: docs.pytest.org, "How to use fixtures", "conftest.py: sharing fixtures".
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bezoar.evaluate.pipelines.definition import Command, Text
from bezoar.evaluate.pipelines.python_code import Modules, PythonCode, module_name
from bezoar.evaluate.pipelines.python_flow import Flow
from bezoar.evaluate.pipelines.python_places import parameter_names
from bezoar.evaluate.pipelines.python_record import Recorder
from bezoar.evaluate.pipelines.python_values import Data
from bezoar.facts.pipeline_tools import pipeline_tools
from bezoar.syntax.python.scopes import END, Point, Scope
from bezoar.syntax.python.value import Symbol, Value

_MOST_TESTS: Final = 200
_MOST: Final = 512
_DEEPEST: Final = 3  # a fixture that takes one that takes one


@dataclass(slots=True)
class _Handed:
    """What fixtures hand to a test: the data that it holds, and what made it."""

    data: dict[str, Data] = field(default_factory=dict)
    filled: dict[str, Value] = field(default_factory=dict)


def validations(code: PythonCode, others: Mapping[str, Text]) -> tuple[Command, ...]:
    """Return what tests do that validate data, each with its fixtures; nothing of the others.

    A test trains and registers nothing that lives on, whatever it calls.
    """
    modules = Modules(others, code)
    found: list[Command] = []
    tests = [
        scope
        for scope in code.survey.functions.values()
        if scope.name.rpartition(".")[2].startswith("test")
    ]
    for scope in tests[:_MOST_TESTS]:
        recorder = Recorder()
        flow = Flow(modules, recorder)
        handed = _fixtures(flow, code, scope, _DEEPEST)
        flow.function(code, scope, handed.data, handed.filled)
        made = recorder.commands()
        if any(map(_validates, made)):
            found += [one for one in made if _validates(one) or one.reads]
        if len(found) > _MOST:
            break
    return tuple(found)


def _fixtures(flow: Flow, code: PythonCode, scope: Scope, deep: int) -> _Handed:
    """Return what the fixtures of a test, of its file or of a conftest, hand to it."""
    handed = _Handed()
    for name in parameter_names(scope) if deep else ():
        fixture = _fixture(flow, code, name)
        if fixture is None or fixture[1] is scope:
            continue
        inner = _fixtures(flow, *fixture, deep - 1)
        handed.data[name] = flow.function(*fixture, inner.data, inner.filled)
        made = _returned(*fixture)
        if isinstance(made, Symbol):
            handed.filled[name] = made
    return handed


def _fixture(flow: Flow, code: PythonCode, name: str) -> tuple[PythonCode, Scope] | None:
    own = code.function(f"{code.survey.module.name}.{name}")
    if own is not None:
        return code, own
    folder = code.path.rpartition("/")[0]
    while True:
        conftest = module_name(f"{folder}/conftest.py".lstrip("/"))
        found = flow.modules.function(f"{conftest}.{name}", code)
        if found is not None or not folder:
            return found
        folder = folder.rpartition("/")[0]


def _returned(code: PythonCode, scope: Scope) -> Value | None:
    """Return what a function returns, or yields, in the end."""
    for node in reversed(getattr(scope.node, "body", [])):
        value = node.value if isinstance(node, ast.Return | ast.Expr) else None
        value = value.value if isinstance(value, ast.Yield) else value
        if value is not None and (isinstance(node, ast.Return) or value is not node.value):
            return code.value(value, Point(scope, (), END))
    return None


def _validates(command: Command) -> bool:
    name = command.text.partition("(")[0]
    return pipeline_tools()["validate"].calls_one(name)
