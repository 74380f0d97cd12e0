"""What a call does: an operator, a component, or one of the calls that Python code makes."""

import re
from dataclasses import replace
from typing import Final

from bezoar.core.place import Place
from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.arguments import is_data
from bezoar.evaluate.journey.effort import Effort
from bezoar.evaluate.journey.identity import identity
from bezoar.evaluate.journey.library import Library
from bezoar.evaluate.journey.roles import IN_ORDER
from bezoar.evaluate.pipelines.definition import Command, OnFailure, Step
from bezoar.evaluate.pipelines.scripts import commands_of_code
from bezoar.facts.pipeline_tools import pipeline_tools
from bezoar.syntax.unreadable import UnreadableError

SHOWN: Final = 200
"""Characters of a command that are kept."""
_NAME: Final = re.compile(r"[\w.]{1,301}")
_PARSED: Final = 512
"""Characters of code that are parsed in the time of one question."""


def act_of_call(step: Step, command: Command, place: Place, library: Library) -> Act:
    """Return what a call does."""
    match = _NAME.match(command.text)
    name = match[0] if match else command.text[:100]
    role = _role(name, library)
    stops = _stops(name, role, command, library)
    if role is Role.GATE and not stops:
        role = Role.TRANSFORM  # A figure that nobody looks at judges nothing.
    # Of calls, those of one chain all depend on the result that was looked at.
    chain = f"{step.place.name}:{step.name}:{command.chain}"
    chained = frozenset({(chain, command.text)} if command.chain else ())
    return Act(
        role,
        name,
        place,
        step.name,
        tuple(one for ref in command.reads if is_data(one := identity(ref.name))),
        tuple(one for ref in command.writes if (one := identity(ref.name))),
        stops,
        command.condition,
        text=command.text[:SHOWN],
        guards=chained,
        within=chained,
    )


def acts_of_code(
    step: Step, command: Command, place: Place, library: Library, effort: Effort
) -> list[Act]:
    """Return what Python code within a definition does; what is no Python is one act of its own."""
    effort.spend(len(command.text) // _PARSED)
    try:
        calls = commands_of_code(command.text, step.place.name, {})
    except UnreadableError:
        calls = ()
    stops = command.on_failure is OnFailure.STOPS
    acts = [act_of_call(step, call, place, library) for call in calls]
    known = [replace(act, at=place, stops=act.stops and stops) for act in acts]
    return known or [Act(Role.OTHER, "python", place, step.name, text=command.text[:SHOWN])]


def _role(name: str, library: Library) -> Role:
    tools = pipeline_tools()
    role = next((one for one in IN_ORDER if tools[one].calls_one(name)), None)
    own = Role.VALIDATE if name in library.validators else Role.TRANSFORM
    return own if role is None else role


def _stops(name: str, role: Role, command: Command, library: Library) -> bool:
    """Say whether a call's failure, or what it says of the data, stops what follows."""
    if command.on_failure is not OnFailure.STOPS:
        return False
    if role not in (Role.VALIDATE, Role.GATE):
        return True
    raises = pipeline_tools()[role].raises.fullmatch(name) is not None
    return command.checked or name in library.validators or raises
