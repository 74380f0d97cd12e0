"""What the programs that a script starts fetch: source, kind, pin, checksum, dangers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bezoar.core.source import Pin
from bezoar.recon.scan import addresses
from bezoar.recon.scan.dispatch import Language, embedded
from bezoar.recon.scan.fetch import Checksum, Context, Danger, Fetch, Kind
from bezoar.recon.scan.shell.arguments import Arguments, read
from bezoar.recon.scan.shell.checks import Checks
from bezoar.recon.scan.shell.run import Place, Run
from bezoar.recon.scan.shell.sources import Source, sources
from bezoar.recon.scan.shell.value import names_in
from bezoar.recon.scan.shell.wrapping import SHELLS, is_python
from bezoar.syntax.unreadable import UnreadableError

if TYPE_CHECKING:
    from bezoar.recon.scan.scripts import Scripts

_UNPACKS: Final = re.compile(
    r"(?:bsd)?tar|g?unzip|[gbxl]?z?cat|funzip|gzip|bunzip2|bzip2|xz|unxz|lzma|zstd|unzstd|7z|lz4"
    r"|pigz|pbzip2|tee|dd|pv|cpio|split|shuf|head|tail|sed|awk|cut|sort|mysql|psql|sqlite3"
)
_MOST: Final = 2000  # Sources of one script; what has more was made to have them.
_UNPACKS_ARCHIVES: Final = frozenset({"tar", "bsdtar", "funzip", "cpio", "unzip"})
_RUNS_IT: Final = re.compile(
    r"node|ruby|perl|php|Rscript|R|apt-key|gpg|rpm|dpkg|patch|pip3?|kubectl|docker|crontab"
)
_ANSWERS: Final = re.compile(
    r"jq|grep|egrep|python[0-9.]*|wc|yq|xmllint|diff|test|less|more|md5sum|sha256sum"
)


@dataclass
class Fetching:
    """Turns the runs of one script into fetches.

    Attributes:
        path: Of the file.
        context: Of the file.
        lines: The text, for what is shown of it.
        first_line: The line of the file that the first of them is.
    """

    path: str
    context: Context
    lines: list[str]
    first_line: int = 1

    def read(self, runs: list[Run]) -> list[Fetch]:
        """Return the fetches of all runs.

        Raises:
            UnreadableError: There are more than a person writes.
        """
        checks = Checks(runs)
        found: list[tuple[Run, Fetch]] = []
        fruitless: set[Place] = set()
        for run in runs:
            before = len(found)
            for fetch, kept in self._of(run):
                found.append((run, checks.judged(run, fetch, kept)))
                if len(found) > _MOST:
                    raise UnreadableError(f"more than {_MOST:,} sources")
            if run.calls:
                (fruitless.add if len(found) == before else fruitless.discard)(run.place)
        called = {run.place for run, _ in found if run.calls}
        kept_back = fruitless - called
        told = _Told(self.context.scripts)
        for run, fetch in sorted(found, key=lambda one: (not one[0].body, len(one[0].calls))):
            if run.calls or not (run.body and fetch.decided_by and run.place in kept_back):
                told.tell(run, fetch)
        shown = (replace(fetch, snippet=self._snippet(fetch.line)) for fetch in told.fetches)
        python = (fetch for run in runs for fetch in self._python(run))
        return list(dict.fromkeys([*shown, *python]))

    def _of(self, run: Run) -> Iterator[tuple[Fetch, str]]:
        """Yield a run's fetches, each with the name of the file that it is kept in."""
        arguments = read(run.argv)
        if arguments is None:
            return
        kept = _kept(arguments, run)
        for source in sources(arguments):
            kind = _kind(source, arguments, run, kept)
            if kind is not None:
                yield self._fetch(source, kind, arguments, run), kept

    def _fetch(self, source: Source, kind: Kind, arguments: Arguments, run: Run) -> Fetch:
        program = arguments.program
        given = [value.text for value in arguments.given(program.revision)]
        revision = (given[0] if given else source.revision) or None
        pin = _pin_of(revision) if revision else Pin.NONE
        if not revision:
            revision, pin = addresses.revision_in(source.uri)
        if program.pin:
            pin = Pin(program.pin)
        checksum = Checksum(program.checked) if program.checked else Checksum.NONE
        if arguments.given(program.checksum):
            pin, checksum = Pin.HASH, Checksum.CALL
        return Fetch(
            self.path,
            run.line,
            run.end_line,
            loader=" ".join(program.name),
            kind=kind,
            uri=source.uri,
            decided_by=names_in(source.uri, revision),
            revision=revision,
            pin=pin,
            checksum=checksum,
            dangers=frozenset(_dangers(source, arguments)),
            in_ci=self.context.in_ci,
        )

    def _snippet(self, line: int) -> str:
        at = line - self.first_line
        return self.lines[at].strip()[:200] if 0 <= at < len(self.lines) else ""

    def _python(self, run: Run) -> Iterator[Fetch]:
        """Yield what Python code within the script fetches."""
        if run.calls or not (code := _python_code(run)):
            return
        text, line = code
        for fetch in embedded(Language.PYTHON, text, self.path, self.context, first_line=line):
            named = names_in(fetch.uri, fetch.revision)
            decided = tuple(dict.fromkeys((*fetch.decided_by, *named)))
            yield replace(fetch, decided_by=decided)


class _Told:
    """Fetches, each told once: where it stands, or at the call that decides its source."""

    def __init__(self, scripts: "Scripts | None") -> None:
        self.fetches: list[Fetch] = []
        self._scripts = scripts
        self._known: dict[Place, set[str]] = {}

    def tell(self, run: Run, fetch: Fetch) -> None:
        """Take a fetch, unless one of the lines that lead to it tells the same already."""
        places = (*run.calls[1:], run.place)
        if any(self._tells(place, fetch.uri) for place in places):
            return
        first = run.calls[0] if run.calls else run.place
        self._known.setdefault(first, set()).add(fetch.uri)
        end_line = first[1] if run.calls else run.end_line
        self.fetches.append(replace(fetch, line=first[1], end_line=end_line))

    def _tells(self, place: Place, uri: str) -> bool:
        elsewhere = self._scripts is not None and self._scripts.tells(place, uri)
        return elsewhere or uri in self._known.get(place, ())


def _pin_of(revision: str) -> Pin:
    if re.fullmatch(r"sha(?:256|512):[0-9a-f]{64,128}", revision):
        return Pin.HASH
    return addresses.pin_of(revision)


def _kept(arguments: Arguments, run: Run) -> str:
    """Return the name of the file that is written, as far as it is told."""
    given = [value.text for value in arguments.given(arguments.program.output)]
    return next((text for text in given if text not in ("-", "/dev/stdout")), run.written)


def _kind(source: Source, arguments: Arguments, run: Run, kept: str) -> Kind | None:
    """Say what comes in, None for software, an answer of an interface, or nothing."""
    program = arguments.program
    reader = run.after.program if run.after else ""
    if reader in SHELLS or _RUNS_IT.fullmatch(reader) or kept == "/dev/null":
        return None
    name = kept or ("x.tar" if reader in _UNPACKS_ARCHIVES else "")
    found = addresses.judge(source.uri, name)
    if program.kind:
        return found or _by_hub(source.uri) or Kind(program.kind)
    if found is not None or program.judged:
        return found
    shown = _prints(arguments) and not _saved(arguments, run, kept)
    if addresses.is_software(source.uri, name) or shown or _ANSWERS.fullmatch(reader):
        return None
    return Kind.OTHER


def _by_hub(uri: str) -> Kind | None:
    return Kind.DATASET if uri.startswith("hf-datasets:") else None


def _prints(arguments: Arguments) -> bool:
    given = arguments.given(arguments.program.output)
    return arguments.program.prints or any(value.text == "-" for value in given)


def _saved(arguments: Arguments, run: Run, kept: str) -> bool:
    """Say whether what a program would print is kept in a file."""
    if kept or (run.after and _UNPACKS.fullmatch(run.after.program)):
        return True
    return arguments.has(arguments.program.keeps) and not any(
        value.text == "-" for value in arguments.given(arguments.program.output)
    )


def _dangers(source: Source, arguments: Arguments) -> Iterator[Danger]:
    yield from addresses.dangers(source.uri)
    if arguments.has(arguments.program.insecure):
        yield Danger.UNVERIFIED_TLS
    if arguments.has(arguments.program.code):
        yield Danger.REMOTE_CODE


def _python_code(run: Run) -> tuple[str, int] | None:
    """Return Python code and its first line."""
    if not is_python(run.program):
        if run.document is not None and run.written.endswith(".py"):
            return run.document, run.document_line
        if run.document is not None and run.after and is_python(run.after.program):
            return run.document, run.document_line
        return None
    texts = run.texts
    for at, text in enumerate(texts[1:8], 1):
        if re.fullmatch(r"-[A-Za-z]*c", text) and at + 1 < len(texts):
            return texts[at + 1], run.line
        if not text.startswith("-"):
            return None
    return (run.document, run.document_line) if run.document is not None else None
