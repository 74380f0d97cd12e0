"""Makefiles: a step for each target, after those of its prerequisites.

Source: GNU make manual, "Rules", "Recipe Execution", "Errors in Recipes".
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.container_commands import shell_flags
from bezoar.evaluate.pipelines.definition import (
    Command,
    OnFailure,
    Pipeline,
    Reference,
    Step,
    Text,
    Trigger,
)
from bezoar.evaluate.pipelines.docker_run import image_within
from bezoar.evaluate.pipelines.faults import cyclic, missing, unreadable
from bezoar.evaluate.pipelines.inline_secrets import of_script
from bezoar.evaluate.pipelines.makefile_text import Line, Variables, logical_lines
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.reading import Names, file_name, guarded, place
from bezoar.evaluate.pipelines.shell_commands import commands_of, shifted
from bezoar.syntax.unreadable import UnreadableError

_FILE: Final = re.compile(r"(?:GNU)?[Mm]akefile(?:\.\w+)?|.*\.mk")
_INCLUDE: Final = re.compile(r"(-|s)?include\s+(.+)")
_CONDITION: Final = re.compile(r"(ifeq|ifneq|ifdef|ifndef|else|endif)\b\s*(.*)")
_SPECIAL: Final = re.compile(r"\.[A-Z_]+")
_MOST_INCLUDES: Final = 50
_MOST_EDGES: Final = 200_000


class Makefile:
    """Reads makefiles."""

    format = "makefile"

    def claims(self, file: Text) -> bool:
        """Say whether a file is called as make's files are."""
        return _FILE.fullmatch(file_name(file.path)) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the targets that run something, as one pipeline."""
        return guarded(file, self.format, lambda: _Targets(file, others).pipelines())


@dataclass
class _Target:
    """A target with all of its rules."""

    name: str
    path: str
    line: int
    needs: dict[str, int] = field(default_factory=dict)
    recipe: list[Line] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)


class _Targets:
    """Collects targets, then turns them into steps."""

    def __init__(self, file: Text, others: Mapping[str, Text]) -> None:
        self.file = file
        self.others = others
        self.folder = posixpath.dirname(file.path)
        self.variables = Variables()
        self.targets: dict[str, _Target] = {}
        self.phony: set[str] = set()
        self.ignored: set[str] = set()
        self.oneshell = False
        self.found: list[Finding] = []
        self.included: set[str] = set()

    def pipelines(self) -> list[Pipeline]:
        """Return the pipeline; none where no target runs anything."""
        self._read(self.file)
        if not any(one.recipe for one in self.targets.values()) and not self.found:
            return []
        needs = {name: list(one.needs) for name, one in self.targets.items()}
        if sum(map(len, needs.values())) > _MOST_EDGES:
            raise UnreadableError("its targets have more prerequisites than people write")
        names = Names()
        steps = [self._step(self.targets[name], names) for name in in_order(needs, self._cycle)]
        return [
            Pipeline(
                name=self.file.path,
                format=Makefile.format,
                place=place(self.file.path),
                steps=tuple(steps),
                triggers=frozenset({Trigger.MANUAL}),
                found=tuple(self.found),
            )
        ]

    def _cycle(self, name: str) -> None:
        target = self.targets[name]
        self._say(cyclic(target.path, f"the target {name}", target.line))

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _read(self, file: Text) -> None:
        if file.path in self.included:
            return
        self.included.add(file.path)
        current: list[_Target] = []
        conditions: list[str] = []
        for line in logical_lines(file.text):
            stripped = line.text.strip()
            if conditional := _CONDITION.match(stripped):
                _nest(conditions, conditional[1], conditional[2])
            elif line.recipe:
                for target in current[:1]:
                    target.recipe.append(line)
                    target.conditions.append(" && ".join(conditions)[:500])
            elif included := _INCLUDE.fullmatch(stripped):
                self._include(included[2], line.number, file, optional=included[1] is not None)
            elif not self.variables.assign(line.text):
                current = self._rule(line, file.path, " && ".join(conditions)[:500]) or current

    def _include(self, names: str, number: int, file: Text, *, optional: bool) -> None:
        for name in self.variables.fold(names).split():
            path = posixpath.normpath(posixpath.join(self.folder, name))
            if path in self.others and len(self.included) < _MOST_INCLUDES:
                self._read(self.others[path])
            elif path not in self.others and not optional and "*" not in name:
                self._say(missing(file.path, name, number))

    def _rule(self, line: Line, path: str, condition: str) -> list[_Target]:
        """Take a rule's head; return its targets, none where the line is no rule."""
        head = self.variables.fold(line.text)
        before, colon, after = head.partition(":")
        names = before.rstrip("&").split()
        if not colon or not names or "=" in before:
            return []
        needs, _, inline = after.lstrip(":").partition(";")
        wanted = [] if "=" in needs else needs.replace("|", " ").split()
        if all(_SPECIAL.fullmatch(name) for name in names):
            self._special(names, wanted)
            return []
        made: list[_Target] = []
        for name in names:
            target = self.targets.setdefault(name, _Target(name, path, line.number))
            target.needs |= dict.fromkeys(wanted, line.number)
            if inline.strip():
                target.recipe.append(Line(inline.strip(), line.number, recipe=True))
                target.conditions.append(condition)
            made.append(target)
        return made

    def _special(self, names: list[str], wanted: list[str]) -> None:
        if ".PHONY" in names:
            self.phony.update(wanted)
        if ".IGNORE" in names:
            self.ignored.update(wanted or ["*"])
        if ".ONESHELL" in names:
            self.oneshell = True

    def _step(self, target: _Target, names: Names) -> Step:
        commands, secrets = self._commands(target)
        reads = [
            Reference(self._path(name), line)
            for name, line in target.needs.items()
            if name not in self.phony and "%" not in name and not self._is_stamp(name)
        ]
        named = target.name not in self.phony and "%" not in target.name
        written = named and target.recipe and not self._is_stamp(target.name)
        return Step(
            name=names.unique(target.name),
            place=place(target.path, target.line),
            commands=commands,
            image=image_within(commands),
            reads=tuple(reads),
            writes=(Reference(self._path(target.name), target.line),) if written else (),
            after=tuple(name for name in target.needs if name in self.targets),
            secrets=secrets,
            workspace="repository",
        )

    def _is_stamp(self, name: str) -> bool:
        """Say whether a target only notes that its recipe was run: it is no data."""
        target = self.targets.get(name)
        last = target.recipe[-1].text.lstrip("@+- \t") if target and target.recipe else ""
        body = self.variables.recipe(last, name, "", "") if last.startswith("touch ") else ""
        return name in body.split()[1:]

    def _commands(self, target: _Target) -> tuple[tuple[Command, ...], tuple[tuple[str, int], ...]]:
        first = next(iter(target.needs), "")
        every = " ".join(target.needs)
        found: list[Command] = []
        secrets: list[tuple[str, int]] = []
        if self.folder:
            found.append(Command(f"cd {self.folder}", target.line))
        errexit, pipefail = shell_flags(self.variables.fold("$(.SHELLFLAGS) $(SHELL)").split())
        lines = list(zip(target.recipe, target.conditions, strict=True))
        if self.oneshell and lines:
            whole = "\n".join(line.text for line, _ in lines)
            lines = [(Line(whole, lines[0][0].number, recipe=True), lines[0][1])]
        ignoring = bool(self.ignored & {"*", target.name}) or self.variables.ignores_errors()
        for line, condition in lines:
            stripped = line.text.lstrip("@+- \t")
            prefix = line.text[: len(line.text) - len(stripped)]
            body = self.variables.recipe(stripped, target.name, first, every)
            secrets += of_script(body, line.number)
            try:
                made = commands_of(body, line.number, errexit=errexit, pipefail=pipefail)
            except UnreadableError as error:
                self._say(unreadable(target.path, str(error), line.number))
                continue
            for one in shifted(made, found):
                moved = one
                if "-" in prefix or ignoring:
                    moved = replace(moved, on_failure=OnFailure.IGNORED)
                if condition:
                    moved = replace(
                        moved, condition=" && ".join(filter(None, (condition, one.condition)))
                    )
                found.append(moved)
        return tuple(found if len(found) > bool(self.folder) else ()), tuple(secrets)

    def _path(self, name: str) -> str:
        if "://" in name or name.startswith("/"):
            return name
        return posixpath.normpath(posixpath.join(self.folder, name))


def _nest(conditions: list[str], word: str, rest: str) -> None:
    """Follow a conditional of make."""
    if word == "endif":
        if conditions:
            conditions.pop()
    elif word == "else":
        before = conditions.pop() if conditions else ""
        conditions.append(f"not ({before})" + (f" and {rest.strip()}" if rest.strip() else ""))
    else:
        conditions.append(f"{word} {rest.strip()}"[:200])


PARSER: Final = Makefile()
