"""What the steps of a pipeline are, by the programs, calls and actions that they name."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib.resources import files
from typing import Final

_FILE: Final = "pipeline_tools.toml"
_LONGEST_PROGRAM: Final = 5
"""Words of the longest program's name."""
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class PipelineTools:
    """What is known of one sort of step.

    Attributes:
        programs: Each as its first words.
        calls: Finds a dotted name.
        other_calls: Finds one that `calls` finds, too, and that is none of these.
        actions: Finds an action, an operator or a component.
        scripts: Finds a script by its name, where nothing else tells.
        raises: Finds a call that raises by itself where something is wrong.
    """

    programs: frozenset[tuple[str, ...]]
    calls: re.Pattern[str]
    other_calls: re.Pattern[str]
    actions: re.Pattern[str]
    scripts: re.Pattern[str] | None
    raises: re.Pattern[str]

    def runs(self, words: list[str]) -> bool:
        """Say whether a command is one of the programs."""
        return any(
            tuple(words[:count]) in self.programs
            for count in range(1, min(len(words), _LONGEST_PROGRAM) + 1)
        )

    def calls_one(self, name: str) -> bool:
        """Say whether a dotted name is one of the calls."""
        if len(name) > _LONGEST or self.calls.fullmatch(name) is None:
            return False
        return self.other_calls.fullmatch(name) is None

    def is_action(self, name: str) -> bool:
        """Say whether an action is one of these; its version does not count."""
        plain = name.partition("@")[0]
        return bool(plain) and len(plain) <= _LONGEST and self.actions.fullmatch(plain) is not None

    def is_script(self, path: str) -> bool:
        """Say whether a script's name tells that it is one of these."""
        return self.scripts is not None and self.scripts.search(path[-_LONGEST:]) is not None


@cache
def pipeline_tools() -> dict[str, PipelineTools]:
    """Return what is known of steps that validate, train, fetch, register, promote, or gate."""
    text = (files(__package__ or "") / _FILE).read_text(encoding="utf-8")
    return {name: _tools(table) for name, table in tomllib.loads(text).items()}


def _tools(table: dict[str, list[str]]) -> PipelineTools:
    scripts = table.get("scripts")
    return PipelineTools(
        frozenset(tuple(name.split()) for name in table.get("programs", ())),
        _any_of(table.get("calls", ())),
        _any_of(table.get("other_calls", ())),
        _any_of(table.get("actions", ())),
        re.compile("|".join(scripts)) if scripts else None,
        _any_of(table.get("raises", ())),
    )


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")
