"""The files of a dataset through every rule, each in the sandbox; what the parent believes of it.

A file that takes its reader down is named, and the others are looked at all the same.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Confidence, Severity
from bezoar.datasets.containers import readable
from bezoar.datasets.unreadable import (
    EMPTY_FILE,
    EXTENSION_MISMATCH,
    OVERSIZED_IMAGE,
    UNREADABLE_IMAGE,
)
from bezoar.fortify.vetting.rules import ON_BYTES, one_off_encoder, unexamined
from bezoar.sandbox import Isolation, Limits, TaskFailed, iterate_task

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

ISOLATION: Final = Rule(
    code="BZ333",
    name="isolation",
    title="What parses the data is locked in",
    severity=Severity.HIGH,
    why="A decoder that is taken over may do what its process may. Below the level that the team"
    " asks for, nothing that it says is believed.",
)

TASK: Final = "bezoar.fortify.vetting.looking:examine"
ON_PICTURES: Final = (UNREADABLE_IMAGE, EMPTY_FILE, EXTENSION_MISMATCH, OVERSIZED_IMAGE)
RULES: Final = (
    *ON_PICTURES,
    *(rule for rule, _ in ON_BYTES),
    one_off_encoder.RULE,
    unexamined.RULE,
)
BATCH: Final = 64
_AT_ONCE: Final = 20_000
"""Files of one process."""
_MOST_CRASHES: Final = 20
_MOST_FINDINGS: Final = 10_000
_LONGEST: Final = 600
_NAMES_KEPT: Final = 3
_LIMITS: Final = Limits(address_space=2 << 30, cpu_seconds=1800, wall_seconds=1800)


@dataclass(slots=True)
class Examination:
    """What came of it.

    Attributes:
        isolation: The least that was reached; None where no process began.
        files: How many files were looked at.
        bytes: Their bytes.
        pictures: How many of them are pictures.
        findings: By code.
        more: Findings that are counted and not kept, by code.
        failure: Why not every file was looked at; empty where each was.
    """

    isolation: Isolation | None = None
    files: int = 0
    bytes: int = 0
    pictures: int = 0
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    more: Counter[str] = field(default_factory=Counter)
    failure: str = ""
    _encoders: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, list[str]] = field(default_factory=dict)

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return one outcome for each rule on bytes and on pictures."""
        outcomes = [self._outcome(rule) for rule in RULES]
        if self.failure and self.findings.get(unexamined.RULE.code):
            # What was found must not hide that the rest was not looked at.
            outcomes.append(Outcome(unexamined.RULE, Status.FAILED, reason=self.failure))
        return tuple(outcomes)

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it."""
        kept = self.findings.setdefault(finding.code, [])
        if len(kept) < _MOST_FINDINGS:
            kept.append(finding)
        else:
            self.more[finding.code] += 1

    def believe(self, item: Mapping[str, Any]) -> None:
        """Take over what a process told.

        Raises:
            ValueError: If it is nothing that an honest one would tell.
        """
        try:
            for told in item["seen"]:
                self.add(_finding(told))
            for mark, name in item["encoders"]:
                self._note_encoder(str(mark)[:_LONGEST], str(name)[:_LONGEST])
            self.bytes += _count(item["bytes"])
            self.pictures += _count(item["pictures"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"it told what makes no sense ({type(error).__name__})") from error

    def _note_encoder(self, mark: str, name: str) -> None:
        if mark in self._encoders or len(self._encoders) < _MOST_FINDINGS:
            self._encoders[mark] += 1
            examples = self._examples.setdefault(mark, [])
            if len(examples) < _NAMES_KEPT:
                examples.append(name)

    def _odd_encoders(self) -> list[Finding]:
        odd = one_off_encoder.odd_ones(self._encoders.items())
        names = sorted(name for mark in odd for name in self._examples[mark])
        message = "another program wrote it than nearly all others of its format"
        return [Finding(one_off_encoder.RULE, _place(name), message) for name in names]

    def _outcome(self, rule: Rule) -> Outcome:
        findings = list(self.findings.get(rule.code, ()))
        if rule is one_off_encoder.RULE:
            findings += self._odd_encoders()
        if self.more[rule.code]:
            worst = max(finding.severity for finding in findings)
            message = f"{self.more[rule.code]:,} more like these"
            findings.append(Finding(rule, Place(PlaceKind.DATASET, "all"), message, worst))
        if findings:
            return Outcome.of(rule, findings)
        if self.failure:
            return Outcome(rule, Status.FAILED, reason=self.failure)
        if rule in (*ON_PICTURES, one_off_encoder.RULE) and not self.pictures:
            return Outcome(rule, Status.NOT_APPLICABLE, reason="no file is a picture")
        return Outcome.of(rule, ())


def examine_files(
    root: Path, names: tuple[str, ...], *, minimum: int = 0, progress: Progress | None = None
) -> Examination:
    """Look at every file of a dataset, in processes that can do next to nothing else.

    Args:
        root: The folder, or the one file.
        names: The paths of its files, sorted, as `files.delivered` gives them.
        minimum: The level of isolation without which nothing is looked at.
        progress: Called now and then with (done, total).
    """
    reader = _Reader(root, len(names), minimum, progress)
    found, crashes, batch = reader.found, 0, BATCH
    while found.files < len(names) and not found.failure:
        try:
            reader.read(2 * BATCH if batch == 1 else _AT_ONCE, batch)
            batch = BATCH
        except (TaskFailed, ValueError) as error:
            crashes += 1
            if found.isolation is None:
                found.failure = f"nothing was looked at: {error}"
            elif crashes > _MOST_CRASHES:
                found.failure = f"what read it ended {crashes} times, the last time: {error}"
            elif batch == 1:
                found.add(_fatal(names[found.files], error))
                found.files, batch = found.files + 1, BATCH
            else:
                batch = 1  # once more, file by file, so that the one that did it is known
    return found


@dataclass(slots=True)
class _Reader:
    """Processes that look at the files of a dataset, one after the other."""

    root: Path
    total: int
    minimum: int
    progress: Progress | None
    found: Examination = field(default_factory=Examination)

    def read(self, most: int, batch: int) -> None:
        """Let one process look at some files, from the first that none has looked at on.

        Raises:
            TaskFailed: If it ends before it is through.
            ValueError: If what it tells makes no sense.
        """
        found, start = self.found, self.found.files
        last = min(start + most, self.total)
        arguments = {"root": str(self.root), "start": start, "most": most, "batch": batch}
        with iterate_task(
            TASK, arguments, reads=[self.root], limits=_LIMITS, minimum=self.minimum
        ) as stream:
            if found.isolation is None or stream.isolation.level < found.isolation.level:
                found.isolation = stream.isolation
            for item in stream:
                done = item.get("done") if isinstance(item, dict) else None
                if not isinstance(done, int) or not found.files < done <= last:
                    raise ValueError("it lost count of the files")
                found.believe(item)
                found.files = done
                if self.progress:
                    self.progress(done, self.total)
        if found.files != last:
            raise ValueError("it did not look at every file")


def isolation_outcome(reached: Isolation | None, minimum: int) -> Outcome:
    """Return whether what parsed the data was locked in as far as the team asks for.

    Args:
        reached: The least that was reached; None where nothing began.
        minimum: What `[vet] minimum_isolation` asks for.
    """
    level = reached.level if reached else 0
    if reached is not None and level >= minimum:
        return Outcome.of(ISOLATION, ())
    reason = f"level {level} was reached, and [vet] minimum_isolation is {minimum}"
    return Outcome(ISOLATION, Status.FAILED, reason=reason)


def _finding(told: Sequence[Any]) -> Finding:
    code, name, message, severity, confidence, evidence = told
    return Finding(
        _BY_CODE[code],
        _place(str(name)[: 8 * _LONGEST]),
        readable(str(message)[:_LONGEST]),
        Severity[severity.upper()],
        Confidence[confidence.upper()],
        dict(evidence),
    )


_BY_CODE: Final = {rule.code: rule for rule in RULES}


def _place(name: str) -> Place:
    return Place(PlaceKind.FILE, readable(name) or "(no name)")


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError("no count")
    return value


def _fatal(name: str, error: Exception) -> Finding:
    """Return the finding that a file takes its reader down."""
    kind = str(error.kind) if isinstance(error, TaskFailed) else str(error)
    message = f"what read it in the sandbox ended: {kind}"
    return Finding(unexamined.RULE, _place(name), readable(message), Severity.HIGH)
