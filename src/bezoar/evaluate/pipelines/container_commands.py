"""What a container runs: a program and its words, as `exec` takes them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bezoar.evaluate.pipelines.definition import Command
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.syntax.nodes import Scalar

_SHELL: Final = re.compile(r"(?:\S*/)?(?:ba|da|z|k|a)?sh")
_PYTHON: Final = re.compile(r"(?:\S*/)?python[0-9.]*")
_CODE: Final = re.compile(r"-[a-z]*c")
_ERREXIT: Final = re.compile(r"-[a-z]*e[a-z]*")
_PYTHON_CODE: Final = re.compile(r"^[ \t]*(?:import|from|def|class|@)\s?\w", re.MULTILINE)
_PLAIN: Final = re.compile(r"[\w./:=@%+,{}$\[\]-]+")


def shell_flags(words: Sequence[str], *, errexit: bool = False) -> tuple[bool, bool]:
    """Return whether a shell that is started with these words has `-e` and `pipefail` on."""
    options = [word for word in words if word.startswith("-") and not word.startswith("--")]
    found = errexit or any(_ERREXIT.fullmatch(word) for word in options)
    return found or "errexit" in words, any("pipefail" in word for word in words)


def container_commands(
    words: Sequence[Scalar],
    fold: Callable[[str], str] = str,
    variables: Mapping[str, str] | None = None,
) -> tuple[Command, ...]:
    """Return the commands of a container: of the script within, or the one that the words make.

    Raises:
        UnreadableError: A script in it has more commands than a person writes.
    """
    if not words:
        return ()
    program = words[0].text.strip()
    at = next((n for n, one in enumerate(words) if n and _CODE.fullmatch(one.text)), len(words))
    if at + 1 < len(words) and _SHELL.fullmatch(program):
        script = words[at + 1]
        errexit, pipefail = shell_flags([one.text for one in words[1 : at + 1]])
        found = commands_of(
            fold(script.text), script.line, errexit=errexit, pipefail=pipefail, variables=variables
        )
        return (*found, *_code(words[at + 2 :], fold))
    if at + 1 < len(words) and _PYTHON.fullmatch(program):
        return (Command(fold(words[at + 1].text), words[at + 1].line, "python"),)
    if len(words) == 1:
        return commands_of(fold(program), words[0].line, errexit=False, variables=variables)
    text = " ".join(_quoted(fold(one.text)) for one in words if "\n" not in one.text.strip())
    found = commands_of(text, words[0].line, errexit=False, variables=variables)
    return (*found, *_code(words, fold))


def _code(words: Sequence[Scalar], fold: Callable[[str], str]) -> list[Command]:
    """Return the Python code among words, as compiled components carry it."""
    return [
        Command(fold(one.text), one.line, "python")
        for one in words
        if "\n" in one.text.strip() and _PYTHON_CODE.search(one.text)
    ]


def _quoted(word: str) -> str:
    """Quote a word for the shell where it needs it."""
    word = word.strip()
    return word if _PLAIN.fullmatch(word) else "'" + word.replace("'", "'\\''") + "'"
