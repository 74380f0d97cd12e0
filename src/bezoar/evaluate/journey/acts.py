"""What each step of a pipeline does, in order, scripts and targets that it runs included."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.calls import SHOWN, act_of_call, acts_of_code
from bezoar.evaluate.journey.effort import Effort
from bezoar.evaluate.journey.library import Library, asked
from bezoar.evaluate.journey.roles import is_own, role_of, role_of_action
from bezoar.evaluate.journey.step_data import StepData
from bezoar.evaluate.journey.words import Words, taken_apart
from bezoar.evaluate.pipelines.definition import Command, OnFailure, Pipeline, Step
from bezoar.facts.pipeline_tools import pipeline_tools

_DEEPEST: Final = 4
_COST: Final = 8  # of a command taken apart, in questions
_A_FEW: Final = 16  # steps of another pipeline, in the time of one question
_MAKE: Final = frozenset({"make", "gmake", "nmake"})
_RUN: Final = {
    ("dvc", "repro"): "dvc",
    ("dvc", "exp"): "dvc",
    ("mlflow", "run"): "mlproject",
    ("mlflow", "recipes"): "mlflow-recipe",
}
_TESTING: Final = (
    ("pytest",),
    ("py.test",),
    ("python", "-m", "pytest"),
    ("python3", "-m", "pytest"),
)
_AT_ROOT: Final = ("github", "gitlab-ci", "azure-pipelines", "circleci")
_TELLING: Final = frozenset({Role.VALIDATE, Role.TRAIN, Role.REGISTER, Role.PROMOTE})
# A script that only compares a figure or a digest may be for anything.
_UNTOLD: Final = frozenset({Role.OTHER, Role.TRANSFORM, Role.GATE})
_BY_NAME: Final = (Role.TRAIN, Role.PROMOTE, Role.GATE)


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a command stands.

    Attributes:
        library: What it may run.
        effort: What following it may take.
        folder: Its current folder.
        depth: How many scripts and targets lie around it.
    """

    library: Library
    effort: Effort
    folder: str
    depth: int = 0


def acts_of(
    pipeline: Pipeline, step: Step, library: Library, effort: Effort, depth: int = 0
) -> list[Act]:
    """Return what a step does, in order.

    Raises:
        TooMuchError: If that is more than a definition may do.
    """
    stand = _Stand(library, effort, _folder(pipeline), depth)
    found = _by_use(step, list(_by_commands(step, stand)))
    data = StepData(step, found, effort)
    return [*data.brought(), *(data.of(act) for act in found)]


def _folder(pipeline: Pipeline) -> str:
    """Return the folder that a pipeline's commands begin in: that of the repository, mostly."""
    path = pipeline.place.name
    for hidden in (".github/", ".circleci/"):
        if f"/{hidden}" in f"/{path}":
            return f"/{path}".partition(f"/{hidden}")[0].lstrip("/")
    return "" if pipeline.format.startswith(_AT_ROOT) else posixpath.dirname(path)


def _by_commands(step: Step, stand: _Stand) -> Iterator[Act]:
    line = step.place.line or 1
    commands = step.commands or [Command(f"python {script}", line) for script in step.scripts]
    for command in commands:
        yield from _of_command(step, command, stand)


def _by_use(step: Step, found: list[Act]) -> list[Act]:
    """Return what a step's commands do, as far as its action or operator does not say more."""
    role = role_of_action(step.uses)
    if not found:
        return [_used(step) if step.uses and not step.commands else _bare(step)]
    if role in _TELLING and role not in {act.role for act in found}:
        reads = tuple(one for act in found for one in act.reads)
        writes = tuple(one for act in found for one in act.writes)
        return [replace(found[-1], role=role, name=step.uses, reads=reads, writes=writes)]
    return found


def _used(step: Step) -> Act:
    carries = Role.FETCH if step.reads and step.writes else Role.OTHER
    role = role_of_action(step.uses) or carries
    return Act(role, step.uses, step.place, step.name, text=step.uses)


def _bare(step: Step) -> Act:
    role = Role.TRANSFORM if step.reads or step.writes else Role.OTHER
    return Act(role, step.name, step.place, step.name, text=step.name)


def _of_command(step: Step, command: Command, stand: _Stand) -> list[Act]:
    stand.effort.spend(_COST)
    place = Place(PlaceKind.FILE, command.path or step.place.name, command.line)
    if command.language == "call":
        return [act_of_call(step, command, place, stand.library)]
    if command.language == "python":
        return acts_of_code(step, command, place, stand.library, stand.effort)
    words = taken_apart(command.text)
    plain = _of_words(step, command, place, words, stand.library)
    # What the team calls a validator counts as one, whatever it is made of.
    inner = None if is_own(words, stand.library) else _inner(words, stand)
    if inner is None:
        return [plain, *(_outer(act, plain, words) for act in _tested(words, stand))]
    return [_outer(act, plain, words) for act in inner]


def _of_words(step: Step, command: Command, place: Place, words: Words, library: Library) -> Act:
    """Return what a command does as its own words say."""
    chain = f"{step.place.name}:{step.name}:"
    guards = {(f"{chain}{command.chain}", command.text)} if command.chain else ()
    return Act(
        role_of(words, library),
        " ".join(words.words[:2]),
        place,
        step.name,
        words.reads,
        words.writes,
        command.on_failure is OnFailure.STOPS,
        command.condition,
        text=command.text[:SHOWN],
        guards=frozenset(guards),
        within=frozenset((f"{chain}{number}", command.text) for number in command.within),
    )


def _outer(act: Act, command: Act, words: Words) -> Act:
    """Return what is done within a script or target, as the command does it that runs that."""
    return replace(
        act,
        step=command.step,
        at=command.place,
        reads=_bound(act.reads, words.reads),
        writes=tuple(dict.fromkeys((*act.writes, *words.writes))),
        stops=act.stops and command.stops,
        condition=act.condition or command.condition,
        guards=act.guards | command.guards,
        within=act.within | command.within,
    )


def _bound(reads: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a script reads, with what its command line gives it in the place of names."""
    known = tuple(one for one in reads if not one.startswith("{"))
    return known if known and len(known) == len(reads) else tuple(dict.fromkeys((*known, *given)))


def _inner(words: Words, stand: _Stand) -> list[Act] | None:
    """Return what a script, a make target or another pipeline does that a command runs."""
    if stand.depth >= _DEEPEST or not words.words:
        return None
    if words.script:
        script = _script(words.script, stand)
        return None if script is None else _told(list(_within(script, stand)), words)
    name, second = (*words.words, "")[:2]
    form = "makefile" if name in _MAKE else _RUN.get((name, second), "")
    wanted = stand.library.by_folder.get((form, stand.folder))
    if wanted is None:
        return None
    stand.effort.spend(len(wanted.steps) // _A_FEW)
    steps: Iterable[Step] = asked(wanted, words) if form == "makefile" else wanted.steps
    deeper = stand.depth + 1
    return [
        act for one in steps for act in acts_of(wanted, one, stand.library, stand.effort, deeper)
    ] or None


def _script(name: str, stand: _Stand) -> Pipeline | None:
    paths = (posixpath.normpath(one) for one in (posixpath.join(stand.folder, name), name))
    scripts = stand.library.scripts
    return next((scripts[path] for path in paths if path in scripts), None)


def _tested(words: Words, stand: _Stand) -> Iterator[Act]:
    """Yield what tests do that validate data, where a command runs tests."""
    program = next((one for one in _TESTING if words.words[: len(one)] == one), None)
    if program is None or stand.depth >= _DEEPEST:
        return
    tests = [one for one in stand.library.scripts.values() if not one.production]
    stand.effort.spend(1 + len(tests) // _A_FEW)
    named = [one.partition("::")[0] for one in words.words[len(program) :]]
    named = [one for one in named if not one.startswith("-") and ("/" in one or one == "tests")]
    paths = {posixpath.normpath(one) for each in named for one in (each, f"{stand.folder}/{each}")}
    for test in tests:
        name = test.place.name
        if named and not any(name == path or name.startswith(f"{path}/") for path in paths):
            continue
        acts = list(_within(test, stand))
        if any(act.role is Role.VALIDATE for act in acts):
            yield from acts


def _within(script: Pipeline, stand: _Stand) -> Iterator[Act]:
    folder = posixpath.dirname(script.place.name)
    deeper = replace(stand, folder=folder, depth=stand.depth + 1)
    for step in script.steps:
        for command in step.commands:
            yield from _of_command(step, command, deeper)


def _told(acts: list[Act], words: Words) -> list[Act] | None:
    """Let a script that nothing is known of be judged by its name."""
    roles = {act.role for act in acts}
    if not acts or roles - _UNTOLD:
        return acts or None
    tools = pipeline_tools()
    role = next((one for one in _BY_NAME if tools[one].is_script(words.script)), None)
    if role is None or role in roles:
        return acts
    reads = words.reads or tuple(one for act in acts for one in act.reads)
    named = replace(acts[-1], role=role, reads=reads)
    return [*acts, named] if acts[-1].role is Role.GATE else [*acts[:-1], named]
