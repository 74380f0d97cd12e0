"""`scan`: every place of a tree where data comes in, and every file that could not be read."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.recon.scan.dispatch import Language, Reader, decoded, reader, runs_in_ci
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.python.prefilter import imported
from bezoar.recon.scan.python.project import Modules
from bezoar.recon.scan.redaction import without_secrets
from bezoar.recon.scan.registered import Registry, registered
from bezoar.recon.scan.scripts import Scripts
from bezoar.recon.scan.suppression import MARK, Suppression, suppressions
from bezoar.recon.scan.tree import File, Tree, Unreadable, head_of
from bezoar.syntax.unreadable import UnreadableError

Progress = Callable[[int, int], None]
"""Called with (done, total); total 0 = not known."""

# A parsed file takes some forty times its size: larger ones are made by programs, or by somebody
# who wants a reader to choke.
_LARGEST: Final = 2 << 20
_LARGEST_NOTEBOOK: Final = 24 << 20


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a scan saw.

    Attributes:
        fetches: By path and line; secrets are taken out.
        unreadable: What could not be read.
        suppressions: Comments that ask for silence.
        skipped: Folders that nobody looked into.
        files: How many files the tree has.
        bytes: How many bytes they have.
        read: How many files had a reader.
        seconds: How long it took.
    """

    fetches: tuple[Fetch, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    skipped: tuple[str, ...] = ()
    files: int = 0
    bytes: int = 0
    read: int = 0
    seconds: float = 0.0


@dataclass
class _Scan:
    """A scan under way."""

    context: Context
    modules: Modules
    fetches: dict[str, list[Fetch]] = field(default_factory=dict)
    python: dict[str, File] = field(default_factory=dict)
    scripts: Scripts = field(default_factory=lambda: Scripts(_script))
    unreadable: list[Unreadable] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    read: int = 0

    def look(self, file: File) -> None:
        """Read one file; what goes wrong is noted, and the scan goes on."""
        try:
            if found := reader(file.path, head_of(file)):
                self._read(file, found)
        except UnreadableError as error:
            self.unreadable.append(Unreadable(file.path, str(error)))

    def _read(self, file: File, found: Reader) -> None:
        self.read += 1
        data = _bytes(file, found)
        if MARK in data:
            self.suppressions += suppressions(decoded(data), file.path)
        if found.language is Language.PYTHON:
            self.python[file.path] = file
            self.modules.see(file.path, imported(data))
        elif found.language is Language.NOTEBOOK:
            self.python[file.path] = file
            self.modules.listen(file.path)
        elif found.language is Language.SHELL:
            self.scripts.see(file, data)
        self._keep(file.path, _fetches(found, data, file.path, self.context))

    def look_again(self) -> None:
        """Read those files anew that other files say more about."""
        self._modules_again()
        self._scripts_again()

    def _scripts_again(self) -> None:
        scripts = self.scripts
        scripts.learn(self.fetches)
        context = replace(self.context, scripts=scripts)
        for file in scripts.again(self.fetches):
            found = Reader(Language.SHELL, in_ci=runs_in_ci(file.path))
            with suppress(UnreadableError):  # It was read before.
                self._keep(file.path, _fetches(found, _bytes(file, found), file.path, context))

    def _modules_again(self) -> None:
        context = replace(self.context, again=True)
        for path in self.modules.again(self._text):
            try:
                is_notebook = path.lower().endswith(".ipynb")
                language = Language.NOTEBOOK if is_notebook else Language.PYTHON
                found = Reader(language, in_ci=runs_in_ci(path))
                data = _bytes(self.python[path], found)
                self._keep(path, _fetches(found, data, path, context))
            except UnreadableError as error:
                self.unreadable.append(Unreadable(path, str(error)))

    def _text(self, path: str) -> str:
        return decoded(_bytes(self.python[path], Reader(Language.PYTHON, in_ci=False)))

    def _keep(self, path: str, fetches: list[Fetch]) -> None:
        if fetches or path in self.fetches:
            self.fetches[path] = list(map(without_secrets, fetches))


def scan(
    tree: Tree,
    *,
    wrappers: Mapping[str, int | str] | None = None,
    registry: Registry | None = None,
    progress: Progress | None = None,
) -> Inventory:
    """Find every place of a tree where data comes in; nothing of it is run or imported.

    Args:
        tree: Its files.
        wrappers: Functions that fetch what they are given; see `Context`.
        registry: The sources that the DBOM knows.
        progress: Called now and then with (files done, 0).
    """
    began = time.monotonic()
    modules = Modules()
    under_way = _Scan(Context(wrappers=dict(wrappers or {}), project=modules), modules)
    for number, item in enumerate(tree):
        if isinstance(item, Unreadable):
            under_way.unreadable.append(item)
        else:
            under_way.look(item)
        if progress and not number % 64:
            progress(number, 0)
    under_way.look_again()
    fetches = [fetch for found in under_way.fetches.values() for fetch in found]
    return Inventory(
        fetches=tuple(_registered(fetches, registry or Registry())),
        unreadable=tuple(under_way.unreadable),
        suppressions=tuple(under_way.suppressions),
        skipped=tuple(sorted(tree.skipped)),
        files=tree.files,
        bytes=tree.bytes,
        read=under_way.read,
        seconds=time.monotonic() - began,
    )


def _script(file: File) -> str:
    return decoded(_bytes(file, Reader(Language.SHELL, in_ci=False)))


def _bytes(file: File, found: Reader) -> bytes:
    largest = _LARGEST_NOTEBOOK if found.language is Language.NOTEBOOK else _LARGEST
    if file.size > largest or len(data := file.read(largest + 1)) > largest:
        raise UnreadableError(f"larger than {largest >> 20} MiB ({file.size:,} bytes)")
    return data


def _fetches(found: Reader, data: bytes, path: str, context: Context) -> list[Fetch]:
    try:
        with _uncollected():
            return found.read(data, path, context)
    except (RecursionError, MemoryError):
        raise UnreadableError("nested too deeply") from None
    except UnreadableError:
        raise
    except Exception as error:  # noqa: BLE001 - one hostile file must not end the scan of the others
        raise UnreadableError(f"its reader failed ({type(error).__name__}: {error})") from None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the collector of cycles wait for the end of a file.

    Else it walks over the growing tree of a file again and again, and finds nothing to free.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _registered(fetches: list[Fetch], registry: Registry) -> Iterator[Fetch]:
    for fetch in sorted(fetches, key=lambda one: (one.path, one.line, one.end_line)):
        cover = registry.cover(fetch)
        yield registered(fetch, cover.entry) if cover and cover.covers else fetch
