"""What each step of a pipeline does, in order, scripts and targets that it runs included."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.identity import INTERNAL, identity, overlap
from bezoar.evaluate.journey.library import Library, asked
from bezoar.evaluate.journey.roles import IN_ORDER, is_own, role_of, role_of_action
from bezoar.evaluate.journey.words import Words, is_data, taken_apart
from bezoar.evaluate.pipelines.definition import Command, OnFailure, Pipeline, Reference, Step
from bezoar.evaluate.pipelines.scripts import commands_of_code
from bezoar.facts.pipeline_tools import pipeline_tools
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST: Final = 4
_OUTPUT: Final = re.compile(
    r"(?:^|[._])(?:s3_?)?output(?:_?(?:path|uri|dir|s3_?uri))?$", re.IGNORECASE
)
_MOST: Final = 20_000
_CALL: Final = re.compile(r"[\w.]+")
_MAKE: Final = re.compile(r"g?make|nmake")


_TELLING: Final = frozenset({Role.VALIDATE, Role.TRAIN, Role.REGISTER, Role.PROMOTE})


def acts_of(pipeline: Pipeline, step: Step, library: Library, depth: int = 0) -> list[Act]:
    """Return what a step does, in order."""
    found: list[Act] = []
    folder = posixpath.dirname(pipeline.place.name)
    if pipeline.format.startswith("github") or pipeline.format in (
        "gitlab-ci",
        "azure-pipelines",
        "circleci",
    ):
        folder = ""
    for command in step.commands:
        found += _of_command(step, command, (library, folder, depth))
        if len(found) > _MOST:
            break
    if not step.commands:
        for script in step.scripts:
            command = Command(f"python {script}", step.place.line or 1)
            found += _of_command(step, command, (library, folder, depth))
    if step.uses and not step.commands and not found:
        found.append(_used(step))
    elif (role := role_of_action(step.uses)) in _TELLING and role not in {a.role for a in found}:
        found = [_as_role(found, role, step)] if found else [_used(step)]
    if not found:
        found = [_bare(step)]
    given = {identity(text) for key, text in step.settings.items() if _OUTPUT.search(key)}
    declared = [
        (one, ref.path)
        for ref in step.reads
        if (one := _reference(ref, step)) and identity(ref.name) not in given
    ]
    # What a call says itself that it reads is no other's.
    told = {identity(ref.name) for command in step.commands for ref in command.reads}
    declared = [one for one in declared if one[0].rpartition("|")[2] not in told]
    carried = _carried(found, declared)
    acts = [_in_step(act, step, declared, carried) for act in found]
    return [*_carrying(carried, step), *acts]


def _carried(acts: Sequence[Act], declared: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return which paths that commands name are what the engine hands to their step."""
    outside = ("/", INTERNAL)
    names = dict.fromkeys(n for act in acts for n in act.reads if not n.startswith(outside))
    return {
        name: handed
        for name in names
        for handed, path in declared
        if handed.startswith(INTERNAL)
        and (handed.endswith(name) or (path and overlap(identity(path), name)))
    }


def _carrying(carried: Mapping[str, str], step: Step) -> Iterator[Act]:
    """Yield what the engine does before a step: it puts data where the step's commands read it."""
    for name, handed in carried.items():
        yield Act(Role.FETCH, "artifact", step.place, step.name, (handed,), (_local(name, step),))


def _as_role(found: list[Act], role: Role | None, step: Step) -> Act:
    reads = tuple(one for act in found for one in act.reads)
    writes = tuple(one for act in found for one in act.writes)
    return replace(found[-1], role=role or Role.OTHER, name=step.uses, reads=reads, writes=writes)


def _used(step: Step) -> Act:
    carries = Role.FETCH if step.reads and step.writes else Role.OTHER
    role = role_of_action(step.uses) or carries
    return Act(role, step.uses, step.place, step.name, text=step.uses)


def _bare(step: Step) -> Act:
    role = Role.TRANSFORM if step.reads or step.writes else Role.OTHER
    return Act(role, step.name, step.place, step.name, text=step.name)


def _in_step(
    act: Act, step: Step, declared: Sequence[tuple[str, str]], carried: Mapping[str, str]
) -> Act:
    """Return an act with what its step says of all of them."""
    handed = [one for one, _ in declared if one not in carried.values()]
    # Where the engine puts data in a container, a path tells nothing beside what is declared.
    own = [_local(one, step) for one in act.reads if not (declared and one.startswith("/"))]
    if act.role is Role.VALIDATE and own and not any("{" in one for one in own):
        # A validator that names its data looks at that, whatever else its step waits for.
        handed = [one for one in handed if any(overlap(one, other) for other in own)]
    reads = own or handed if act.role is Role.FETCH else [*own, *handed]
    writes = [_local(one, step) for one in act.writes]
    told = {identity(ref.name) for command in step.commands for ref in command.writes}
    written = [one for ref in step.writes if (one := _reference(ref, step))]
    writes += [one for one in written if one.rpartition("|")[2] not in told]
    conditions = " && ".join(dict.fromkeys(filter(None, (step.condition, act.condition))))
    return replace(
        act,
        reads=tuple(dict.fromkeys(one for one in reads if _tells(act, one, writes))),
        writes=tuple(dict.fromkeys(one for one in writes if one)),
        stops=act.stops and step.on_failure is OnFailure.STOPS,
        condition=conditions,
        after_failure=step.runs_after_failure,
    )


def _tells(act: Act, name: str, writes: Sequence[str]) -> bool:
    """Say whether a name tells anything: some only a run decides, and a model is no input."""
    dynamic = name.rpartition("|")[2].startswith("{")
    return bool(name) and not dynamic and (act.role is not Role.TRAIN or name not in writes)


def _reference(reference: Reference, step: Step) -> str:
    return _local(identity(reference.name), step) if is_data(reference.name) else ""


def _local(name: str, step: Step) -> str:
    """Return an identity that tells a path of one workspace from that of another."""
    if (
        not name
        or "|" in name
        or name.startswith(INTERNAL)
        or "://" in name
        or name.partition(":")[0] in ("bezoar", "dvc")
    ):
        return name
    return f"{step.workspace}|{name}"


def _of_command(step: Step, command: Command, way: tuple[Library, str, int]) -> list[Act]:
    library, folder, depth = way
    place = Place(PlaceKind.FILE, step.place.name, command.line)
    if command.language == "call":
        return [_of_call(step, command, place, library)]
    if command.language == "python":
        return _of_code(step, command, place, library)
    words = taken_apart(command.text)
    stops = command.on_failure is OnFailure.STOPS
    chain = f"{step.place.name}:{step.name}:"
    guards = frozenset({(f"{chain}{command.chain}", command.text)} if command.chain else ())
    within = frozenset((f"{chain}{number}", command.text) for number in command.within)
    # What the team calls a validator counts as one, whatever it is made of.
    inner = None if is_own(words, library) else _inner(words, library, folder, depth)
    if inner is not None:
        return [
            replace(
                act,
                step=step.name,
                at=place,
                reads=_bound(act.reads, words.reads),
                writes=tuple(dict.fromkeys((*act.writes, *words.writes))),
                stops=act.stops and stops,
                condition=act.condition or command.condition,
                guards=act.guards | guards,
                within=act.within | within,
            )
            for act in inner
        ]
    return [
        Act(
            role_of(words, library),
            " ".join(words.words[:2]),
            place,
            step.name,
            words.reads,
            words.writes,
            stops,
            command.condition,
            text=command.text[:200],
            guards=guards,
            within=within,
        )
    ]


def _of_code(step: Step, command: Command, place: Place, library: Library) -> list[Act]:
    """Return what Python code within a definition does; what is no Python is one act of its own."""
    try:
        calls = commands_of_code(command.text, step.place.name, {})
    except UnreadableError:
        calls = ()
    stops = command.on_failure is OnFailure.STOPS
    acts = [_of_call(step, call, place, library) for call in calls]
    known = [replace(act, at=place, stops=act.stops and stops) for act in acts]
    return known or [Act(Role.OTHER, "python", place, step.name, text=command.text[:200])]


def _bound(reads: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a script reads, with what its command line gives it in the place of names."""
    known = tuple(one for one in reads if not one.startswith("{"))
    return known if known and len(known) == len(reads) else tuple(dict.fromkeys((*known, *given)))


def _of_call(step: Step, command: Command, place: Place, library: Library) -> Act:
    match = _CALL.match(command.text)
    name = match[0] if match else command.text[:100]
    tools = pipeline_tools()
    role = next((one for one in IN_ORDER if tools[one].calls_one(name)), None)
    if role is None and name in library.validators:
        role = Role.VALIDATE
    if role is None:
        role = Role.TRANSFORM
    stops = command.on_failure is OnFailure.STOPS
    # Of calls, those of one chain all depend on the result that was looked at.
    chain = f"{step.place.name}:{step.name}:{command.chain}"
    chained = frozenset({(chain, command.text)} if command.chain else ())
    if role is Role.VALIDATE:
        own = name in library.validators or not tools[Role.VALIDATE].calls_one(name)
        stops &= command.checked or own or tools[Role.VALIDATE].raises.fullmatch(name) is not None
    return Act(
        role,
        name,
        place,
        step.name,
        tuple(one for ref in command.reads if is_data(one := identity(ref.name))),
        tuple(one for ref in command.writes if (one := identity(ref.name))),
        stops,
        command.condition,
        text=command.text[:200],
        guards=chained,
        within=chained,
    )


def _inner(words: Words, library: Library, folder: str, depth: int) -> list[Act] | None:
    """Return what a script, a make target or another pipeline does that a command runs."""
    if depth >= _DEEPEST or not words.words:
        return None
    if words.script:
        for path in (
            posixpath.normpath(posixpath.join(folder, words.script)),
            posixpath.normpath(words.script),
        ):
            if (script := library.scripts.get(path)) is not None:
                return _told(
                    [act for one in script.steps for act in _plain(script, one, library, depth)],
                    words,
                )
        return None
    name, second = words.words[0], (words.words[1] if len(words.words) > 1 else "")
    wanted = None
    if _MAKE.fullmatch(name):
        wanted = library.by_folder.get(("makefile", folder))
    elif (name, second) in (("dvc", "repro"), ("dvc", "exp")):
        wanted = library.by_folder.get(("dvc", folder))
    elif (name, second) == ("mlflow", "run"):
        wanted = library.by_folder.get(("mlproject", folder))
    elif (name, second) == ("mlflow", "recipes"):
        wanted = library.by_folder.get(("mlflow-recipe", folder))
    if wanted is None:
        return None
    steps = asked(wanted, words) if wanted.format == "makefile" else list(wanted.steps)
    return [act for one in steps for act in acts_of(wanted, one, library, depth + 1)] or None


def _told(acts: list[Act], words: Words) -> list[Act] | None:
    """Let a script that nothing is known of be judged by its name."""
    tools = pipeline_tools()
    if not acts:
        return None
    if all(act.role in (Role.OTHER, Role.TRANSFORM) for act in acts):
        named = next(
            (
                one
                for one in (Role.TRAIN, Role.PROMOTE, Role.GATE)
                if tools[one].is_script(words.script)
            ),
            None,
        )
        if named is not None:
            last = acts[-1]
            reads = words.reads or tuple(one for act in acts for one in act.reads)
            return [*acts[:-1], replace(last, role=named, reads=reads)]
    return acts


def _plain(script: Pipeline, step: Step, library: Library, depth: int) -> Iterator[Act]:
    for command in step.commands:
        yield from _of_command(
            step, command, (library, posixpath.dirname(script.place.name), depth + 1)
        )
