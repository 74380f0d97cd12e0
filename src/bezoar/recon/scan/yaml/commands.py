"""Commands that stand in YAML: scripts, lists of lines, and words of one command."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bezoar.recon.scan.dispatch import Language, embedded
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.yaml.scope import Scope, decided_by
from bezoar.syntax.nodes import Scalar
from bezoar.syntax.unreadable import UnreadableError

_SHELLS: Final = re.compile(r"(?:.*/)?(?:ba|z|k|da|a)?sh(?:\.exe)?$")
_PYTHON: Final = re.compile(r"(?:.*/)?python[0-9.]*$")
_BEGINNING: Final = 4096
_MOST: Final = 5000  # No pipeline has so many commands.
_CODE: Final = re.compile(r"-[a-z]*c$")
_PYTHON_CODE: Final = re.compile(r"^(?:import|from|def|class|@)\s?\w", re.MULTILINE)
_PYTHON_START: Final = re.compile(r"from\s+[\w.]+\s+import\s|import\s+[\w.]+(?:\s+as\s+\w+)?\s*$")
_IMPORTED: Final = re.compile(
    r"^[ \t]*from[ \t]+([\w.]{1,200})[ \t]+import[ \t]+([^#\n]{1,400})", re.MULTILINE
)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_SHEBANG: Final = re.compile(r"\s*#!\s*(\S+)(?:[ \t]+(?:-S[ \t]+)?(\S+))?")


class Commands:
    """Reads commands in one file.

    Attributes:
        path: Of the file.
        context: Of the file.
    """

    def __init__(self, path: str, context: Context) -> None:
        self.path = path
        self.context = context
        self._count = 0

    def script(self, value: Scalar, scope: Scope, shell: str = "") -> Iterator[Fetch]:
        """Read one script; its first line, or `shell`, says what it is written in."""
        if is_python(value.text, shell):
            yield from self.code(Language.PYTHON, value, scope)
        else:
            yield from self.lines([value], scope)

    def lines(self, values: list[Scalar], scope: Scope) -> Iterator[Fetch]:
        """Read commands that one shell runs, one after the other."""
        text = _aligned(values)
        if not text.strip():
            return
        prelude = scope.prelude(text)
        whole = "".join(f"{line}\n" for line in prelude) + scope.fold(text)
        first = values[0].line
        found = self._read(Language.SHELL, whole, first - len(prelude))
        yield from map(_decided, (one for one in found if one.line >= first))

    def code(self, language: Language, value: Scalar, scope: Scope) -> Iterator[Fetch]:
        """Read code in a known language."""
        found = self._read(language, scope.fold(value.script), value.line)
        yield from map(_decided, found)

    def words(self, values: list[Scalar], scope: Scope) -> Iterator[Fetch]:
        """Read the words of one command, as `exec` takes them."""
        plain: list[Scalar] = []
        for number, value in enumerate(values):
            before = values[number - 1].text.strip() if number else ""
            program = values[max(number - 2, 0)].text.strip()
            long, code = "\n" in value.text.strip(), _CODE.match(before) is not None
            shell = code and _SHELLS.match(program)
            python = code and _PYTHON.match(program)
            if python or (long and not shell and _PYTHON_CODE.search(value.text)):
                yield from self.code(Language.PYTHON, value, scope)
            elif shell or long:
                yield from self.lines([value], scope)
            else:
                plain.append(value)
        yield from self._command(plain, scope)

    def _read(self, language: Language, text: str, first_line: int) -> list[Fetch]:
        self._count += 1
        if self._count > _MOST:
            raise UnreadableError(f"more than {_MOST:,} commands")
        context = self.context
        if language is Language.PYTHON:
            fetching: dict[str, int | str] = dict.fromkeys(_fetching(text), 0)
            context = replace(context, wrappers=fetching | context.wrappers)
        return embedded(language, text, self.path, context, first_line=first_line)

    def _command(self, values: list[Scalar], scope: Scope) -> Iterator[Fetch]:
        """Read words that make one command, which may begin behind a `sh -c`."""
        if not values:
            return
        if len(values) == 1:
            yield from self.lines(values, scope)
            return
        text, line = "", values[0].line
        for value in values:
            gap = max(value.line - line, 0)
            text += " \\\n" * gap + " " + _word(scope.fold(value.text))
            line += gap
        whole = Scalar(text, values[0].line, line, text)
        yield from self.lines([whole], scope)


def _fetching(code: str) -> Iterator[str]:
    """Yield the functions that code imports to fetch with: here they are taken at their word."""
    for module, names in _IMPORTED.findall(code):
        for name in _NAME.findall(names):
            if "download" in name.lower():
                yield f"{module}.{name}"


def is_python(text: str, shell: str = "") -> bool:
    """Say whether a script is Python: by the shell asked for, or by how it begins."""
    if shell:
        return shell.strip().startswith("python")
    lines = (line.strip() for line in text[:_BEGINNING].split("\n"))
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if _PYTHON_START.match(first):
        return True
    match = _SHEBANG.match(text)
    return match is not None and "python" in f"{match[1]} {match[2] or ''}"


def _aligned(values: list[Scalar]) -> str:
    """Put commands into one text, each as far below the first as it is in the file."""
    parts: list[str] = []
    line = values[0].line if values else 0
    for value in values:
        script = value.script.rstrip("\n")
        if value.line < line and parts:
            parts[-1] = " ; "  # They share a line.
            line -= 1
        parts += ["\n" * (value.line - line), script, "\n"]
        line = max(value.line, line) + script.count("\n") + 1
    return "".join(parts)


def _word(text: str) -> str:
    """Quote a word, unless it is a variable's."""
    return f'"{text}"' if "$" in text and not set(text) & set('"`\\') else shlex.quote(text)


def _decided(fetch: Fetch) -> Fetch:
    """Name what decides a source beside what the inner reader named."""
    names = (*fetch.decided_by, *decided_by(fetch.uri))
    return replace(fetch, decided_by=tuple(dict.fromkeys(names)))
