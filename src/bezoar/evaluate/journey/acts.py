"""`Act`: one thing that a pipeline does to data, in the order in which it does it."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.journey.identity import INTERNAL, identity, overlap
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


class Role(StrEnum):
    """What an act is for."""

    FETCH = "fetch"
    TRANSFORM = "transform"
    VALIDATE = "validate"
    TRAIN = "train"
    GATE = "gate"
    REGISTER = "register"
    PROMOTE = "promote"
    OTHER = "other"


# The first that fits is what a command is for.
_IN_ORDER: Final = (Role.VALIDATE, Role.GATE, Role.PROMOTE, Role.REGISTER, Role.TRAIN, Role.FETCH)


_TELLING: Final = frozenset({Role.VALIDATE, Role.TRAIN, Role.REGISTER, Role.PROMOTE})


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a pipeline does.

    Attributes:
        role: What for.
        name: The program, call or action.
        place: Where it is written.
        at: Where the definition runs it: another place where that is a script.
        step: Name of the step.
        reads: Identities of what it reads; empty where nothing tells.
        writes: Of what it writes.
        stops: Whether its failure keeps what follows from running.
        condition: What may skip it; empty for nothing.
        after_failure: Whether it runs although something before it failed.
        text: As written, for a person.
        guards: The `&&` lists and conditions that fail with it, each with the command there.
        within: Those that have to succeed for it to run.
    """

    role: Role
    name: str
    place: Place
    step: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    stops: bool = True
    condition: str = ""
    after_failure: bool = False
    text: str = ""
    guards: frozenset[tuple[str, str]] = frozenset()
    within: frozenset[tuple[str, str]] = frozenset()
    at: Place | None = None

    @property
    def defined(self) -> Place:
        """Where the definition runs it."""
        return self.at or self.place


@dataclass(frozen=True, slots=True)
class Library:
    """What a command may run: the other pipelines of a tree.

    Attributes:
        scripts: By path.
        by_folder: Pipelines of make, dvc and MLflow, by format and folder.
        validators: Programs and calls of the team's own that count as validators.
    """

    scripts: Mapping[str, Pipeline]
    by_folder: Mapping[tuple[str, str], Pipeline]
    validators: frozenset[str] = frozenset()


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
    elif (role := _role_of_action(step.uses)) in _TELLING and role not in {a.role for a in found}:
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
    role = _role_of_action(step.uses) or carries
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
    inner = None if _is_own(words, library) else _inner(words, library, folder, depth)
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
            _role_of(words, library),
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
    role = next((one for one in _IN_ORDER if tools[one].calls_one(name)), None)
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
    steps = _asked(wanted, words) if wanted.format == "makefile" else list(wanted.steps)
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


def _asked(makefile: Pipeline, words: Words) -> Sequence[Step]:
    """Return a make target's steps, with all that they need before them."""
    names = {step.name: step for step in makefile.steps}
    targets = [word for word in words.words[1:] if not word.startswith("-") and "=" not in word]
    pending = [name for name in targets if name in names] or [
        step.name for step in makefile.steps[:1]
    ]
    needed: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in needed and name in names:
            needed.add(name)
            pending += names[name].after
    return in_order([step for step in makefile.steps if step.name in needed])


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Return steps such that each comes after those that it waits for; a cycle is cut."""
    names = {step.name: step for step in steps}
    done: dict[str, Step] = {}
    open_: set[str] = set()
    for first in steps:
        stack: list[tuple[Step, Iterator[str]]] = [(first, iter(first.after))]
        if first.name in done:
            continue
        open_.add(first.name)
        while stack:
            step, rest = stack[-1]
            other = next((n for n in rest if n in names and n not in done and n not in open_), None)
            if other is None:
                stack.pop()
                done[step.name] = step
            else:
                open_.add(other)
                stack.append((names[other], iter(names[other].after)))
    return list(done.values())


def _role_of(words: Words, library: Library) -> Role:
    tools = pipeline_tools()
    listed = list(words.words)
    if not listed:
        return Role.OTHER
    if _is_own(words, library):
        return Role.VALIDATE
    if not words.script:
        for role in _IN_ORDER:
            if tools[role].runs(listed):
                return Role.TRANSFORM if role is Role.FETCH and _uploads(words) else role
    for role in (Role.TRAIN, Role.PROMOTE, Role.GATE):
        if tools[role].is_script(words.script):
            return role
    return Role.TRANSFORM if words.reads or words.writes else Role.OTHER


def _is_own(words: Words, library: Library) -> bool:
    """Say whether a command is a validator of the team's own."""
    listed = list(words.words)
    named = {words.script, posixpath.basename(words.script)} if words.script else set()
    named |= {" ".join(listed[:2]), *listed[:1]}
    return bool(named & library.validators)


def _uploads(words: Words) -> bool:
    return any("://" in one for one in words.writes)


def _role_of_action(name: str) -> Role | None:
    if not name:
        return None
    tools = pipeline_tools()
    return next((one for one in _IN_ORDER if tools[one].is_action(name)), None)


def library_of(pipelines: Iterable[Pipeline], validators: Iterable[str] = ()) -> Library:
    """Return what commands may run."""
    scripts: dict[str, Pipeline] = {}
    folders: dict[tuple[str, str], Pipeline] = {}
    for one in pipelines:
        if one.format in ("python", "shell"):
            scripts.setdefault(one.place.name, one)
        elif one.format in ("makefile", "dvc", "mlproject", "mlflow-recipe"):
            folders.setdefault((one.format, posixpath.dirname(one.place.name)), one)
    return Library(scripts, folders, frozenset(validators))
