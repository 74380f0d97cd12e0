"""Jupyter notebooks: the code of their cells, each fetch at its line of the raw file."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from bezoar.recon.scan import dispatch
from bezoar.recon.scan import python as python_reader
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.syntax.notebook_cells import Cell, as_python, is_shell, notebook, shell_of

_WRITTEN: Final = re.compile(r"%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?[\"']?([^\s\"']{1,200})")
_LANGUAGES: Final = {"julia": dispatch.Language.JULIA, "r": dispatch.Language.R}


def may_fetch(data: bytes) -> bool:
    """Say from its bytes whether a notebook can fetch anything."""
    return b'"code"' in data or b'"cells"' not in data  # What has no cells is no notebook.


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read a notebook's fetches.

    Raises:
        UnreadableError: It is no JSON.
    """
    found = notebook(text)
    language = _LANGUAGES.get(found.language.lower(), dispatch.Language.PYTHON)
    cells = found.cells
    if language is not dispatch.Language.PYTHON:
        yield from _of_other_language(cells, language, path, context)
        return
    for cell in cells:
        if is_shell(cell):
            script = shell_of(cell)
            yield from _placed(
                dispatch.embedded(dispatch.Language.SHELL, script, path, context), cell
            )
        elif written := _WRITTEN.match(cell.lines[0] if cell.lines else ""):
            yield from _of_written(cell, written[1], path, context)
    code, origin = as_python(cells)
    for fetch in _of_python(code, path, context):
        number, cell = origin[min(fetch.line, len(origin)) - 1]
        end, _ = origin[min(fetch.end_line, len(origin)) - 1]
        yield _at(fetch, cell, number, end)


def _of_python(code: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read the cells as one module: what cannot be read is the notebook's fault, not a detail."""
    if not python_reader.may_fetch(code.encode("utf-8", "replace")):
        return []
    return python_reader.read(code, path, context)


def _of_other_language(
    cells: list[Cell], language: dispatch.Language, path: str, context: Context
) -> Iterator[Fetch]:
    for cell in cells:
        found = dispatch.embedded(language, "\n".join(cell.lines), path, context)
        yield from _placed(found, cell)


def _of_written(cell: Cell, name: str, path: str, context: Context) -> Iterator[Fetch]:
    """Yield what a cell fetches that writes a file: a script within the notebook."""
    found = dispatch.reader(name)
    if found is not None:
        script = "\n".join(["", *cell.lines[1:]])
        yield from _placed(dispatch.embedded(found.language, script, path, context), cell)


def _placed(found: Iterable[Fetch], cell: Cell) -> Iterator[Fetch]:
    for fetch in found:
        yield _at(fetch, cell, fetch.line - 1, fetch.end_line - 1)


def _at(fetch: Fetch, cell: Cell, line: int, end: int) -> Fetch:
    last = len(cell.raw) - 1
    snippet = cell.lines[min(line, last)].strip()[:200]
    return replace(
        fetch,
        line=cell.raw[min(line, last)],
        end_line=cell.raw[max(min(end, last), min(line, last))],
        cell=cell.number,
        snippet=snippet,
    )
