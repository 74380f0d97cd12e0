"""`Library`: what the commands of a pipeline may run: the other pipelines of a tree."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bezoar.evaluate.journey.words import Words
from bezoar.evaluate.pipelines.definition import Pipeline, Step


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


def asked(makefile: Pipeline, words: Words) -> Sequence[Step]:
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
