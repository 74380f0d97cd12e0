"""`fetch`: one version of a dataset into quarantine, whole or not at all."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version as installed
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.datasets.entry import check_names, now
from bezoar.datasets.hashing import FileHashes
from bezoar.datasets.writing import write_whole
from bezoar.fortify.fetch.bay import Bay
from bezoar.fortify.fetch.findings import (
    hostile,
    moved,
    of_plan,
    outcomes,
    unlike,
    unsized,
)
from bezoar.fortify.fetch.names import HostileNameError, check_paths
from bezoar.fortify.fetch.receiving import (
    Budget,
    Received,
    TooMuchError,
    UnlikeAnnouncedError,
    receive,
)
from bezoar.fortify.fetch.source import Plan, RemoteFile, Source
from bezoar.fortify.quarantine import FetchedFile, FetchRecord, Quarantine, digest_of

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT: Final = 12


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for.

    Attributes:
        name: The dataset's name.
        version: Its version; None: the commit, or the date.
        expected: The digest that it must have.
        credentials: Their own are sent.
        most_bytes: How much may come.
        most_files: How many files.
    """

    name: str
    version: str | None = None
    expected: Digest | None = None
    credentials: bool = False
    most_bytes: int = 100 << 30
    most_files: int = 200_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it.

    Attributes:
        spec: `NAME@VERSION`.
        record: What is in quarantine now; None where nothing is.
        outcomes: One of each rule.
        again: It was there already, with the same bytes.
    """

    spec: str
    record: FetchRecord | None
    outcomes: tuple[Outcome, ...]
    again: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)


def fetch(
    request: Request,
    source: Source,
    quarantine: Quarantine,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    before: Callable[[str], None] = lambda _spec: None,
) -> Fetched:
    """Fetch one version of a dataset into quarantine, whole or not at all.

    Args:
        request: What is asked for.
        source: Where it comes from.
        quarantine: Where it goes.
        progress: Called now and then with (done, total) bytes; total 0 = not known.
        before: Called with `NAME@VERSION` before anything of a new version comes; may refuse it.

    Returns:
        What came of it; without a record where other bytes came than were announced, or where a
        name would have led out of the folder. Then nothing is kept.

    Raises:
        UnreachableError: If it cannot be had; what has come is kept for the next time.
        UsageError: If that version is there with other bytes, or from another source.
        BezoarError: If there is too much, or it cannot be written.
    """
    try:
        plan = source.plan()
        check_paths(file.path for file in plan.files)
    except HostileNameError as error:
        spec = f"{request.name}@{request.version}" if request.version else request.name
        return Fetched(spec, None, outcomes([hostile(error, request.name)]))
    if not plan.files:
        raise NothingToInspectError(f"{plan.source} has no file")
    if len(plan.files) > request.most_files:
        raise BezoarError(
            f"{plan.source} has {len(plan.files):,} files, more than {request.most_files:,}",
            next="raise most_files below [fetch] in bezoar.toml, if that is expected",
        )
    spec = f"{request.name}@{request.version or _version(plan, request.name, quarantine)}"
    check_names(*spec.split("@", 1))
    budget = Budget(request.most_bytes, progress, sum(file.size or 0 for file in plan.files))
    budget.check(budget.total)
    if quarantine.find(spec) is None:
        before(spec)
    return _Fetch(request, source, plan, quarantine, spec, budget).run()


@dataclass
class _Fetch:
    """One fetch whose plan is made."""

    request: Request
    source: Source
    plan: Plan
    quarantine: Quarantine
    spec: str
    budget: Budget

    def run(self) -> Fetched:
        """Fetch, unless it is there already."""
        known = self.quarantine.find(self.spec)
        if known is not None and known.source != self.plan.source:
            raise self._taken(f"from {known.source}")
        if known is not None and self._is_the_same(known):
            return self._again(known)
        if known is not None and self.request.expected is not None:
            raise self._taken("with another digest")
        began = time.monotonic()
        with Bay.opened(self.quarantine, self.spec) as bay:
            note = {"source": self.plan.source, "revision": self.plan.revision}
            write_whole(bay.folder / "source.json", json.dumps(note).encode())
            try:
                received = list(self._receive(bay, known))
                if known is not None and any(one.file is None for one in received):
                    bay.discard()
                    return self._again(known)
                files = tuple(one.file for one in received if one.file is not None)
                self._check_expected(files)
            except UnlikeAnnouncedError as error:
                bay.discard()
                return self._ended(None, [unlike(error)])
            except TooMuchError:
                bay.discard()
                raise
            except Exception:
                bay.discard_empty()
                raise
            record = self._record(files, received, time.monotonic() - began)
            if known is not None:
                bay.discard()
                if record.digest != known.digest:
                    raise self._taken("with other bytes")
                return self._again(known)
            bay.settle(record)
        sized = self.request.expected is not None or all(one.sized for one in received)
        found = [] if sized else [unsized(self.spec)]
        earlier = self.quarantine.others(self.spec)
        return self._ended(record, [*found, *moved(self.plan, record, earlier)])

    def _receive(self, bay: Bay, known: FetchRecord | None) -> Iterator[Received]:
        unless = known.files[0].mark if known is not None and not known.folder else ""
        for file in self.plan.files:
            yield receive(self._strict(file), self.source, bay, self.budget, unless=unless)

    def _strict(self, file: RemoteFile) -> RemoteFile:
        """Return the one file with the digest that a person expects of it."""
        expected = self.request.expected
        return file if self.plan.folder or expected is None else replace(file, digest=expected)

    def _check_expected(self, files: tuple[FetchedFile, ...]) -> None:
        wanted = self.request.expected
        if wanted is not None and self.plan.folder:
            found = digest_of(files, folder=True)
            if found.value != wanted.value:
                why = f"the digest of its listing is {found.hex}, not {wanted.hex}"
                raise UnlikeAnnouncedError(self.spec, why, wanted.hex, found.hex)

    def _is_the_same(self, known: FetchRecord) -> bool:
        """Say whether what is here is what is asked for, as far as that is certain unasked."""
        if self.request.expected is not None:
            return known.digest.value == self.request.expected.value
        marks = {file.uri: file.mark for file in known.files}
        return len(marks) == len(self.plan.files) and all(
            file.uri in marks and (file.fixed or (file.mark and file.mark == marks[file.uri]))
            for file in self.plan.files
        )

    def _again(self, known: FetchRecord) -> Fetched:
        folder = self.quarantine.fetched(self.spec)
        paths = [file.path for file in known.files]
        hashed = FileHashes(folder, paths).results() if paths else iter(())
        for file, found in zip(known.files, hashed, strict=True):
            if found.error or found.sha256.hex() != file.sha256:
                raise BezoarError(
                    f"{folder / file.path} is not what was fetched",
                    next=f"rm -r {self.quarantine.folder(self.spec)}",
                )
        return replace(self._ended(known, []), again=True)

    def _ended(self, record: FetchRecord | None, more: list[Finding]) -> Fetched:
        checked = self.request.expected is not None and record is not None
        findings = [*of_plan(self.plan, self.spec, checked=checked), *more]
        return Fetched(self.spec, record, outcomes(findings))

    def _taken(self, how: str) -> UsageError:
        return UsageError(
            f"{self.spec} is in quarantine already, {how}: a version never changes its bytes",
            next=f"bezoar fetch SOURCE --name {self.request.name} --version ANOTHER",
        )

    def _record(
        self, files: tuple[FetchedFile, ...], received: Iterable[Received], seconds: float
    ) -> FetchRecord:
        hosts = dict.fromkeys(host for one in received for host in one.hosts)
        return FetchRecord(
            spec=self.spec,
            source=self.plan.source,
            folder=self.plan.folder,
            revision=self.plan.revision,
            asked=self.plan.asked,
            retrieved_at=now(),
            seconds=round(seconds, 3),
            hosts=tuple(dict.fromkeys((*self.plan.hosts, *hosts))),
            credentials=self.request.credentials,
            bezoar=installed("bezoar"),
            files=tuple(sorted(files, key=lambda file: file.path)),
        )


def _version(plan: Plan, name: str, quarantine: Quarantine) -> str:
    """Return a version's name that says what it is: the commit, or else the day.

    A fetch that was ended on another day is continued, not begun anew.
    """
    if plan.revision and _COMMIT.fullmatch(plan.revision):
        return plan.revision[:_SHORT]
    wanted = {"source": plan.source, "revision": plan.revision}
    for folder in sorted(quarantine.root.glob(f".{name}@*.part")):
        with suppress(OSError, ValueError):
            if json.loads((folder / "source.json").read_bytes()) == wanted:
                return Path(folder.name).stem.partition("@")[2]
    return now().date().isoformat()
