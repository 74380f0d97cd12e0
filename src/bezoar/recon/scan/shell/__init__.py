"""Shell: scripts, fragments and single commands, read and never run.

`lex` cuts the text into commands, `walk` follows them with their variables (`folding`, `value`)
and takes off what stands around them (`wrapping`), `arguments` and `sources` know the programs
that fetch, `fetching` says what each brings in, `checks` whether somebody compares its bytes.
"""

from collections.abc import Iterable

from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.shell.fetching import Fetching
from bezoar.recon.scan.shell.prefilter import may_fetch
from bezoar.recon.scan.shell.value import Scope
from bezoar.recon.scan.shell.walk import Walk
from bezoar.recon.scan.shell.windows import as_shell

__all__ = ["may_fetch", "read", "read_in"]


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
    walk = Walk(scope, path, context.scripts)
    runs = walk.script(text, first_line)
    lines = (text if shown is None else shown).split("\n")
    return Fetching(path, context, lines, first_line).read(runs)
