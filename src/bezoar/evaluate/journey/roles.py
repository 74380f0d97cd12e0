"""What a command, a call or an action is for."""

import posixpath
from typing import Final

from bezoar.evaluate.journey.act import Role
from bezoar.evaluate.journey.library import Library
from bezoar.evaluate.journey.words import Words
from bezoar.facts.pipeline_tools import pipeline_tools

# The first that fits is what a command is for.
IN_ORDER: Final = (Role.VALIDATE, Role.GATE, Role.PROMOTE, Role.REGISTER, Role.TRAIN, Role.FETCH)
"""The first that fits is what it is for."""


def role_of(words: Words, library: Library) -> Role:
    """Return what a command is for."""
    tools = pipeline_tools()
    listed = list(words.words)
    if not listed:
        return Role.OTHER
    if is_own(words, library):
        return Role.VALIDATE
    if not words.script:
        for role in IN_ORDER:
            if tools[role].runs(listed):
                return Role.TRANSFORM if role is Role.FETCH and _uploads(words) else role
    for role in (Role.TRAIN, Role.PROMOTE, Role.GATE):
        if tools[role].is_script(words.script):
            return role
    return Role.TRANSFORM if words.reads or words.writes else Role.OTHER


def is_own(words: Words, library: Library) -> bool:
    """Say whether a command is a validator of the team's own."""
    listed = list(words.words)
    named = {words.script, posixpath.basename(words.script)} if words.script else set()
    named |= {" ".join(listed[:2]), *listed[:1]}
    return bool(named & library.validators)


def _uploads(words: Words) -> bool:
    return any("://" in one for one in words.writes)


def role_of_action(name: str) -> Role | None:
    """Return what an action, an operator or a component is for, None where nothing tells."""
    if not name:
        return None
    tools = pipeline_tools()
    return next((one for one in IN_ORDER if tools[one].is_action(name)), None)
