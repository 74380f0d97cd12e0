"""Plain scripts and notebooks: the calls that they make, in order, as one step."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from bezoar.evaluate.pipelines.data_tests import validations
from bezoar.evaluate.pipelines.definition import Command, Pipeline, Reference, Step, Text
from bezoar.evaluate.pipelines.python_code import Modules, PythonCode
from bezoar.evaluate.pipelines.python_flow import Flow
from bezoar.evaluate.pipelines.python_places import defaults_of, parameter_names
from bezoar.evaluate.pipelines.python_record import Recorder
from bezoar.evaluate.pipelines.reading import file_name, place

FORMAT: Final = "python"
_ENTRIES: Final = ("main", "cli", "app", "run", "train", "pipeline")
_HANDLERS: Final = ("lambda_handler", "handler")
_OF_CLOUD: Final = frozenset({"event", "context"})
"""What a cloud gives to a function that it calls."""
_TESTS: Final = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|conftest)\.py$")
_MOST: Final = 512


def script_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return a script as a pipeline of one step; none where it calls nothing of interest."""
    recorder = Recorder()
    flow = Flow(Modules(others, code), recorder)
    flow.module(code)
    _subcommands(flow, code)
    _entries(flow, code, _HANDLERS if recorder.made else (*_ENTRIES, *_HANDLERS))
    commands = recorder.commands()
    if _TESTS.search(code.path) is not None:
        commands = validations(code, others) or commands
    if not commands:
        return []
    step = Step(
        name=file_name(code.path),
        place=place(code.path, commands[0].line),
        commands=commands,
        reads=references(one for command in commands for one in command.reads),
        writes=references(one for command in commands for one in command.writes),
        secrets=tuple(dict.fromkeys([*code.secrets(), *recorder.secrets])),
        workspace="script",
    )
    production = _TESTS.search(code.path) is None
    name = file_name(code.path)
    return [Pipeline(name, FORMAT, place(code.path), steps=(step,), production=production)]


def commands_of_code(text: str, path: str, others: Mapping[str, Text]) -> tuple[Command, ...]:
    """Return the calls of code that a definition holds (`python -c`, a component's source).

    Raises:
        UnreadableError: It is no Python, nested too deeply, or longer than anybody writes.
    """
    code = PythonCode(path, text)
    recorder = Recorder()
    Flow(Modules(others, code), recorder).module(code)
    return recorder.commands()


def references(given: Iterable[Reference]) -> tuple[Reference, ...]:
    """Return references without those that name the same again."""
    found: dict[str, Reference] = {}
    for one in given:
        found.setdefault(one.name, one)
        if len(found) >= _MOST:
            break
    return tuple(found.values())


def _subcommands(flow: Flow, code: PythonCode) -> None:
    """Walk over what a command line calls by its subcommands: `@app.command()`."""
    for scope in code.survey.functions.values():
        marks = [name for name, _ in code.decorators(scope)]
        if any(one.endswith(".command") and one != "click.command" for one in marks):
            flow.function(code, scope, {})


def _entries(flow: Flow, code: PythonCode, names: Iterable[str]) -> None:
    """Walk over what an entry point of a package calls.

    One that has to be given something is a function that another file calls: it is read there.
    """
    for name in names:
        scope = code.function(f"{code.survey.module.name}.{name}")
        if scope is None:
            continue
        filled_in = code.decorators(scope)  # by `@click.option` and its kind
        known = _OF_CLOUD | set(defaults_of(code, scope))
        if filled_in or set(parameter_names(scope)) <= known:
            flow.function(code, scope, {})
