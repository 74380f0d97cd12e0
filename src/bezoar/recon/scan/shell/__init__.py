"""Shell: scripts, fragments and single commands, read and never run.

`lex` cuts the text into commands, `walk` follows them with their variables (`folding`, `value`)
and takes off what stands around them (`wrapping`), `arguments` and `sources` know the programs
that fetch, `fetching` says what each brings in, `checks` whether somebody compares its bytes.
"""

import re
from collections.abc import Iterable
from functools import partial
from typing import Final

from bezoar.facts.programs import programs
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.shell.fetching import Fetching
from bezoar.recon.scan.shell.value import Scope
from bezoar.recon.scan.shell.walk import Walk
from bezoar.recon.scan.shell.windows import as_shell
from bezoar.recon.scan.words import Words

# Every script has an address in a comment; few of them call the program of that name.
_OTHERWISE: Final = {
    "http": rb"http(?<![\w.-]http)s?[ \t]+(?:-|:|[A-Z]+[ \t]|https?:)",
    "python": rb"python(?<![\w.-]python)[0-9.]*\s+(?:-\s|-?<<|-[a-z]*c\b)",
}
_UNASKED: Final = frozenset({"ADD", "FROM", "https"})


def _named(name: str, seconds: set[str]) -> bytes:
    """Return a pattern for a program's name, with its subcommands where it has only such."""
    word = re.escape(name.encode())
    named = rb"%s(?<![\w.-]%s)(?![\w-])" % (word, word)
    if "" in seconds:
        return named
    second = b"|".join(re.escape(one.encode()) for one in sorted(seconds))
    # Up to the next such name, which is looked at for itself: else `git git git` takes minutes.
    between = rb"(?:(?!%s)[^\n]){0,200}?" % named
    return named + between + rb"(?:\\\n" + between + rb")?(?<![\w-])(?:" + second + rb")\b"


def _programs(*, cmdlets: bool) -> Words:
    """Return what finds a program that fetches, or a cmdlet: their names have no case."""
    patterns = {} if cmdlets else dict(_OTHERWISE)
    for name, known in sorted(programs().fetching.items()):
        if name not in _UNASKED and ("-" in name) is cmdlets:
            seconds = {(*program.name, "")[1] for program in known}
            patterns.setdefault(name, _named(name.lower() if cmdlets else name, seconds))
    return Words({name.encode(): pattern for name, pattern in patterns.items()})


_PROGRAMS: Final = _programs(cmdlets=False)
_CMDLETS: Final = _programs(cmdlets=True)


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a script names a program that fetches."""
    return _PROGRAMS.are_in(data) or _CMDLETS.are_in(data.lower())


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
    walk = Walk(scope)
    if context.sourced is not None:
        walk.sourced = partial(context.sourced, path)
    runs = walk.script(text, first_line)
    lines = (text if shown is None else shown).split("\n")
    return Fetching(path, context, lines, first_line).read(runs)
