"""The words of a command sorted into options with their values and arguments."""

import re
from dataclasses import dataclass, field
from typing import Final

from bezoar.facts.programs import Program, programs
from bezoar.recon.scan.shell.value import Value
from bezoar.recon.scan.shell.wrapping import is_python

_SHORT: Final = re.compile(r"-[A-Za-z0-9]")


@dataclass(slots=True)
class Arguments:
    """A command as its program reads it.

    Attributes:
        program: What is known of the program.
        options: Values by option; an option without one has an empty list.
        rest: What is no option, without the words of the subcommand.
    """

    program: Program
    options: dict[str, list[Value]] = field(default_factory=dict)
    rest: list[Value] = field(default_factory=list)

    def given(self, names: frozenset[str]) -> list[Value]:
        """Return the values of these options."""
        return [value for name in self.options if name in names for value in self.options[name]]

    def has(self, names: frozenset[str]) -> bool:
        """Say whether one of these options is there; `--a=b` asks for its value as well."""
        for name in names:
            option, equals, wanted = name.partition("=")
            if option in self.options:
                values = self.options[option]
                if not equals or any(value.text.lower() == wanted.lower() for value in values):
                    return True
            elif not name.startswith("-") and self.rest and self.rest[0].text == name:
                return True
        return False


def read(argv: list[Value]) -> Arguments | None:
    """Return a command's arguments if its program can fetch, else None."""
    argv = _module(argv)
    if not argv:
        return None
    name = argv[0].text.rpartition("/")[2]
    for program in programs().fetching.get(name, ()) or programs().fetching.get(name.lower(), ()):
        arguments = _sorted(argv[1:], program)
        words = tuple(value.text for value in arguments.rest[: len(program.name) - 1])
        if words == program.name[1:]:
            arguments.rest = arguments.rest[len(words) :]
            return arguments
    return None


def _module(argv: list[Value]) -> list[Value]:
    """Write `python -m X` as `X`."""
    if not argv or not is_python(argv[0].text.rpartition("/")[2]):
        return argv
    texts = [value.text for value in argv[:8]]
    if "-m" in texts:
        at = texts.index("-m")
        if all(text.startswith("-") for text in texts[1:at]):
            return argv[at + 1 :]
    return argv


def _sorted(words: list[Value], program: Program) -> Arguments:
    """Tell options from arguments."""
    found = Arguments(program)
    fold_case = program.name[0].islower() and program.name[0].find("-") > 0
    pending = list(reversed(words))
    while pending:
        word = pending.pop()
        text = word.text
        if text == "--":
            found.rest += reversed(pending)
            break
        if not text.startswith("-") or text == "-" or text in program.name:
            found.rest.append(word)
            continue
        name, equals, value = text.partition("=")
        if fold_case and not name.startswith("--"):
            name = name.lower()
        if equals:
            found.options.setdefault(name, []).append(Value((value,)))
        elif name in program.values:
            taken = [pending.pop()] if pending else []
            found.options.setdefault(name, []).extend(taken)
        elif name.startswith("--") or not _SHORT.match(name):
            found.options.setdefault(name, [])
        else:
            _cluster(text, program, found, pending)
    return found


def _cluster(text: str, program: Program, found: Arguments, pending: list[Value]) -> None:
    """Read `-sSLo FILE`: letters, the last of which may have a value."""
    for at, letter in enumerate(text[1:], 1):
        name = "-" + letter
        values = found.options.setdefault(name, [])
        if name in program.values:
            if at + 1 < len(text):
                values.append(Value((text[at + 1 :],)))
            elif pending:
                values.append(pending.pop())
            return
    found.options.setdefault(text, [])
