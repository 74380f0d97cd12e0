"""Unpacking an archive below a folder, entry by entry; what is wrong with it becomes findings."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.containers import at_file, readable
from bezoar.datasets.unpack.entries import Entry
from bezoar.datasets.unpack.kinds import HEAD, kind_of, unsupported
from bezoar.datasets.unpack.limits import Meter, UnpackLimits, bomb
from bezoar.datasets.unpack.names import Names, parts_of
from bezoar.datasets.unpack.reading import entries
from bezoar.datasets.unpack.rules import NESTED_ARCHIVE, PRIVILEGED_ENTRY, Refused
from bezoar.datasets.unpack.writer import Writer

_MOST_FINDINGS: Final = 100
_MOST_NAMES: Final = 20
_LONGEST_NAME: Final = 1_000


class Unpacking:
    """One archive under way.

    Once an entry is refused nothing more is written: the rest is only looked at, so that all that
    is wrong comes to light at once.

    Attributes:
        findings: What is wrong with it, so far.
    """

    def __init__(self, root: int, limits: UnpackLimits) -> None:
        """Take the handle of an empty folder; it stays the caller's."""
        self._writer, self._limits = Writer(root), limits
        self._names, self._entries = Names(), 0
        self._remarks: dict[Rule, _Remark] = {}
        self._refused = False
        self.findings: list[Finding] = []

    def steps(self, file: BinaryIO, size: int, name: str) -> Iterator[int]:
        """Unpack; yield how far into the archive it is, after each entry.

        Args:
            file: The archive, at its beginning.
            size: Its bytes.
            name: Its name.

        Raises:
            OSError: If a file cannot be written, or the archive not be read.
        """
        self._total = Meter(self._limits.total_bytes, size, self._limits)
        last = name
        try:
            for entry in entries(file, size, name, self._limits):
                last = entry.name
                self._take(entry)
                if len(self.findings) >= _MOST_FINDINGS:
                    return
                yield file.tell()
        except Refused as refused:
            self._refuse(last, refused)
        finally:
            self._writer.close()
            self.findings += [remark.finding() for remark in self._remarks.values()]

    def _take(self, entry: Entry) -> None:
        try:
            self._check(entry)
            self._write(entry)
        except Refused as refused:
            if refused.final:
                raise
            self._refuse(entry.name, refused)

    def _check(self, entry: Entry) -> None:
        if entry.refused:
            raise entry.refused
        self._count(1)
        if entry.size is not None and entry.size > self._limits.file_bytes:
            raise bomb(f"it is larger than {self._limits.file_bytes:,} bytes")
        if entry.privileged:
            self._remark(PRIVILEGED_ENTRY, entry.name)

    def _write(self, entry: Entry) -> None:
        parts = parts_of(entry.name, folder=entry.folder)
        if not parts:
            return
        # The folders that a name implies are made as well, and are counted.
        self._count(self._names.add(parts, folder=entry.folder) - 1)
        if self._refused:
            return
        if entry.folder:
            self._writer.folder(parts)
        else:
            self._writer.file(parts, self._watched(entry))

    def _watched(self, entry: Entry) -> Iterator[bytes]:
        most = self._limits.file_bytes
        meter = Meter(most, most if entry.packed is None else entry.packed, self._limits)
        first = True
        for piece in entry.pieces:
            meter.spend(len(piece))
            self._total.spend(len(piece))
            if first and (kind_of(piece[:HEAD]) or unsupported(piece[:HEAD])):
                self._remark(NESTED_ARCHIVE, entry.name)
            first = False
            yield piece

    def _count(self, new: int) -> None:
        self._entries += max(new, 0)
        if self._entries > self._limits.entries:
            raise bomb(f"more than {self._limits.entries:,} files and folders")

    def _refuse(self, name: str, refused: Refused) -> None:
        self._refused = True
        self.findings.append(refused.finding(name[:_LONGEST_NAME]))

    def _remark(self, rule: Rule, name: str) -> None:
        self._remarks.setdefault(rule, _Remark(rule)).add(name)


class _Remark:
    """What is said once of many entries."""

    def __init__(self, rule: Rule) -> None:
        self._rule, self._count, self._first = rule, 0, list[str]()

    def add(self, name: str) -> None:
        self._count += 1
        if len(self._first) < _MOST_NAMES:
            self._first.append(readable(name[:_LONGEST_NAME]))

    def finding(self) -> Finding:
        what = {
            NESTED_ARCHIVE: "it is an archive itself, and stays packed",
            PRIVILEGED_ENTRY: "it asks for setuid or setgid, which is not taken over",
        }[self._rule]
        more = f" (and {self._count - 1:,} more like it)" if self._count > 1 else ""
        evidence = {"count": self._count, "names": self._first}
        return at_file(self._rule, self._first[0], what + more, None, **evidence)


def blocks(finding: Finding) -> bool:
    """Say whether an archive with this finding is not used."""
    return finding.severity > Severity.LOW
