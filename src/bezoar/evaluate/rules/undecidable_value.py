"""BZ243: a value that only a run decides says which data is trained on."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.act import Role
from bezoar.evaluate.journey.declared import Declarations, is_parameter, may_declare
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.journey.templates import is_asked, names_data, templates_in, undecided_in
from bezoar.evaluate.pipelines.definition import Step, Trigger

RULE: Final = Rule(
    code="BZ243",
    name="undecidable-value",
    title="Only a run decides which data is trained on",
    severity=Severity.LOW,
    why="Nobody can say by reading what the model learns from: whoever may start a run may choose."
    " Give the value a default that is reviewed, or a list to choose from.",
    taxonomy=("ATLAS:AML.T0020",),
)
# A script is given its data by whoever runs it: that is what it is for.
_SCRIPTS: Final = frozenset({"python", "shell"})
_NO_INPUT: Final = frozenset({Role.VALIDATE, Role.GATE, Role.REGISTER, Role.PROMOTE})
_MOST: Final = 100  # names of one definition
_Value = tuple[str, str, int | None]


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each template without a value that a training's data depends on."""
    files = {path: Declarations(path, text) for path, text in journey.declaring.items()}
    for one in journey.followed:
        home = one.pipeline.place.name
        if not one.trains or one.pipeline.format in _SCRIPTS or home not in files:
            continue
        # What another definition calls is given its values there.
        called = Trigger.CALL in one.pipeline.triggers
        near = [files[path] for path in files if path == home or called or may_declare(path)]
        for place, value, name in islice(_asked(journey, one), _MOST):
            if not any(file.gives(name.rpartition(".")[2]) for file in near):
                yield _finding(place, value, name)


def _asked(journey: Journey, one: Followed) -> Iterator[tuple[Place, str, str]]:
    """Yield what data is decided by a template: where, as written, and by which; each name once."""
    home = one.pipeline.place.name
    code = journey.declaring[home] if home.endswith(".py") else ""
    arrivals = journey.arriving(one)
    held = {(one.path, one.line) for one in arrivals if one.pinned or one.verified}
    told: set[str] = set()
    for step in _before_training(one):
        for value, name, line in _values(step, code):
            at = step.place.name, line or step.place.line or 1
            last = name.rpartition(".")[2]
            if last not in told and at not in held:
                told.add(last)
                yield Place(PlaceKind.FILE, *at), value, name


def _before_training(one: Followed) -> Iterator[Step]:
    """Yield the steps that train, and those that have surely ended before."""
    before = one.before_training
    for step in one.steps:
        acts = one.by_step.get(step.name, ())
        if any(act.role is Role.TRAIN or before & 1 << one.order.number(act) for act in acts) and (
            not all(act.role in _NO_INPUT for act in acts)
        ):
            yield step


def _values(step: Step, code: str) -> Iterator[_Value]:
    """Yield what a step takes as data, the template in it, and the line.

    Args:
        step: The step.
        code: The definition, where it is code: there a name may stand for anything.
    """
    for command in step.commands:
        if command.language == "shell":
            for value, name in undecided_in(command.text):
                yield value, name, command.line
    for ref in step.reads:
        yield from ((ref.name, name, ref.line) for name in templates_in(ref.name) if is_asked(name))
    for key, value in step.settings.items():
        if names_data(key) and value.startswith("{") and not key.startswith("env."):
            names = [one for one in templates_in(value) if is_asked(one) or is_parameter(code, one)]
            yield from ((value, name, None) for name in names)


def _finding(place: Place, value: str, name: str) -> Finding:
    return Finding(
        RULE,
        place,
        f"{value} is trained on, and nothing here says what {name} is",
        evidence={"value": value, "name": name},
        next="bezoar rule BZ243",
    )
