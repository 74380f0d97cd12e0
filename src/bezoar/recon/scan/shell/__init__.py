"""Shell: scripts, fragments and single commands, read and never run.

`lex` cuts the text into commands, `walk` follows them with their variables (`folding`, `value`)
and takes off what stands around them (`wrapping`), `arguments` and `sources` know the programs
that fetch, `fetching` says what each brings in, `checks` whether somebody compares its bytes.
"""

import re
from collections.abc import Iterable
from typing import Final

from bezoar.facts.programs import programs
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.shell.fetching import Fetching
from bezoar.recon.scan.shell.value import Scope
from bezoar.recon.scan.shell.walk import Walk
from bezoar.recon.scan.shell.windows import as_shell

_PYTHON: Final = rb"python[0-9.]*\s+(?:-\s|-?<<|-[a-z]*c\b)"
# Every script has an address in a comment; few of them call the program of that name.
_OTHERWISE: Final = {"http": rb"https?[ \t]+(?:-|:|[A-Z]+[ \t]|https?:)", "https": b""}
_INSTRUCTIONS: Final = frozenset({"ADD", "FROM"})


def _named(name: str, seconds: set[str]) -> bytes:
    """Return a pattern for a program's name, with its subcommands where it has only such."""
    word = re.escape(name.encode())
    word = rb"(?i:%s)" % word if "-" in name else word
    if "" in seconds:
        return word + rb"(?![\w-])"
    second = b"|".join(re.escape(one.encode()) for one in sorted(seconds))
    return word + rb"(?![\w-])[^\n]{0,200}?(?:\\\n[^\n]{0,200}?)?(?<![\w-])(?:" + second + rb")\b"


def _programs() -> bytes:
    patterns = []
    for name, known in sorted(programs().fetching.items()):
        if name not in _INSTRUCTIONS:
            seconds = {(*program.name, "")[1] for program in known}
            patterns.append(_OTHERWISE.get(name, _named(name, seconds)))
    return b"|".join(filter(None, patterns))


_FETCHING: Final = re.compile(rb"(?<![\w.-])(?:" + _programs() + rb"|" + _PYTHON + rb")")


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a script names a program that fetches."""
    return _FETCHING.search(data) is not None


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Return the fetches of a script.

    Args:
        text: The script; `{name}` in it stands for what was folded before.
        path: Its file.
        context: What is known of the file.
    """
    return read_in(Scope(), as_shell(text, path), path, context)


def read_in(
    scope: Scope,
    text: str,
    path: str,
    context: Context,
    *,
    first_line: int = 1,
    shown: str | None = None,
) -> list[Fetch]:
    """Return the fetches of a script whose variables are partly known.

    Args:
        scope: The variables; the script changes them.
        text: The script.
        path: Its file.
        context: What is known of the file.
        first_line: The line of the file on which the script begins.
        shown: What is shown of the fetches' lines where the script is not what the file says.
    """
    runs = Walk(scope).script(text, first_line)
    lines = (text if shown is None else shown).split("\n")
    return Fetching(path, context, lines, first_line).read(runs)
