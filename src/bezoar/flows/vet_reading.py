"""What `vet` believes of what the sandbox says about a dataset's samples."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.core.finding import Finding
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Confidence, Severity
from bezoar.datasets.containers import UNREADABLE_CONTAINER, readable
from bezoar.datasets.files import FILES
from bezoar.datasets.reading_rules import DECODING_RULES, LISTING_RULES
from bezoar.evaluate.validation.decoding import DECODE_FAILURE
from bezoar.evaluate.validation.running import CHECKS
from bezoar.expose.detectors import RULES as DETECTOR_RULES
from bezoar.flows.vet_tasks import can_judge
from bezoar.sandbox import Isolation, Limits, TaskFailed, iterate_task, run_task

_TASKS: Final = "bezoar.flows.vet_tasks"
_LONGEST: Final = 600
_MOST_FINDINGS: Final = 10_000
_SHA256_BYTES: Final = 32
_LIMITS: Final = Limits(
    address_space=8 << 30, cpu_seconds=7200, wall_seconds=7200, result_bytes=1 << 30
)
_FEWEST_CLASSES: Final = 2


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of a dataset, as the sandbox listed them.

    Attributes:
        manifest: Each sample.
        layout: `files` where each file is one sample, whatever it holds; None for images.
        rooted: Samples are files of the folder.
        outcomes: Of the rules on listing and reading.
        isolation: How far what listed them was locked in.
        whole: Every sample could be read, and there is at least one.
    """

    manifest: Manifest
    layout: str | None
    rooted: bool
    outcomes: tuple[Outcome, ...]
    isolation: Isolation
    whole: bool

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len({entry.label for entry in self.manifest.entries} - {None})


def list_samples(root: Path, layout: str | None, minimum: int) -> Samples:
    """Let the sandbox list and hash the samples of a dataset.

    Args:
        root: The folder, or the one file.
        layout: See `vet_tasks.list_samples`.
        minimum: The level of isolation without which nothing is read.

    Raises:
        TaskFailed: If it does not come to an end.
        ValueError: If what it says makes no sense.
    """
    rows: list[Entry] = []
    said: dict[str, Any] = {}
    with (
        _scratch() as scratch,
        iterate_task(
            f"{_TASKS}:list_samples",
            {"root": str(root), "scratch": str(scratch), "layout": layout},
            reads=[root],
            writes=[scratch],
            limits=_LIMITS,
            minimum=minimum,
        ) as stream,
    ):
        try:
            for item in stream:
                rows += [_entry(row) for row in item.pop("rows", ())]
                said |= item
            unreadable = [_finding(one, _KNOWN) for one in said["unreadable"]]
            outcomes = [_outcome(one) for one in said["outcomes"]]
            layout, rooted = said["layout"], said["rooted"]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it told what makes no sense ({type(error).__name__})") from error
    if layout not in (None, FILES) or not isinstance(rooted, bool):
        raise ValueError("it told what makes no sense (layout)")
    extra = [Outcome.of(rule, _of(rule, unreadable)) for rule in {f.rule for f in unreadable}]
    return Samples(
        manifest=Manifest.of(rows),
        layout=layout,
        rooted=rooted,
        outcomes=merged((*outcomes, *extra)),
        isolation=stream.isolation,
        whole=bool(rows) and not unreadable,
    )


def judge_samples(root: Path, samples: Samples, minimum: int, *, wanted: bool) -> list[Outcome]:
    """Let the sandbox look for poison, where that makes sense; else say why not."""
    if not wanted:
        return _unjudged(Status.SKIPPED, "[vet] inspect is false, or --no-inspect was given")
    if samples.layout == FILES or samples.classes < _FEWEST_CLASSES:
        return _unjudged(Status.NOT_APPLICABLE, "it is no set of images with classes")
    if missing := can_judge():
        reason = f"it needs {missing}: pip install 'bezoar[expose]'"
        return _unjudged(Status.SKIPPED, reason)
    try:
        with _scratch() as scratch:
            result = run_task(
                f"{_TASKS}:judge_samples",
                {"root": str(root), "scratch": str(scratch), "seed": 0},
                reads=[root],
                writes=[scratch],
                limits=_LIMITS,
                minimum=minimum,
            )
        outcomes = [_outcome(one) for one in result.value["outcomes"]]
    except TaskFailed as error:
        return _unjudged(Status.FAILED, error.message)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return _unjudged(Status.FAILED, f"what it told makes no sense ({type(error).__name__})")
    return [outcome for outcome in outcomes if outcome.rule in DETECTOR_RULES]


def check_samples(
    root: Path, samples: Samples, minimum: int, before: Path | None, version: str
) -> list[Outcome]:
    """Let the sandbox check the table of the samples, where they are images.

    Args:
        root: The folder, or the one file.
        samples: What was listed.
        minimum: The level of isolation without which nothing is read.
        before: The sample table of the version to compare with.
        version: What that version is called.
    """
    if samples.layout == FILES:
        return _unchecked(Status.NOT_APPLICABLE, "it is no set of images")
    try:
        with _scratch() as scratch:
            where = {"root": str(root), "scratch": str(scratch)}
            result = run_task(
                f"{_TASKS}:check_samples",
                {**where, "before": str(before) if before else None, "version": version},
                reads=[root, *([before] if before else [])],
                writes=[scratch],
                limits=_LIMITS,
                minimum=minimum,
            )
        outcomes = [_outcome(one) for one in result.value["outcomes"]]
    except TaskFailed as error:
        return _unchecked(Status.FAILED, error.message)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return _unchecked(Status.FAILED, f"what it told makes no sense ({type(error).__name__})")
    return [outcome for outcome in outcomes if outcome.rule in _CHECKED]


def merged(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes of each rule as one; a failure stands beside what was found."""
    by_rule: dict[Rule, list[Outcome]] = {}
    for outcome in outcomes:
        by_rule.setdefault(outcome.rule, []).append(outcome)
    together: list[Outcome] = []
    for rule, several in by_rule.items():
        findings = tuple(dict.fromkeys(f for outcome in several for f in outcome.findings))
        failed = [outcome for outcome in several if outcome.status is Status.FAILED]
        if findings:
            together.append(Outcome.of(rule, findings))
        if failed:
            together.append(failed[0])
        elif not findings:
            passed = [outcome for outcome in several if outcome.passed]
            together.append((passed or several)[0])
    return tuple(sorted(together, key=lambda outcome: outcome.rule.code))


@contextmanager
def _scratch() -> Iterator[Path]:
    """Yield a folder for what a reader unpacks to look it up often."""
    with tempfile.TemporaryDirectory(prefix="bezoar-vet-") as folder:
        yield Path(folder).resolve()


def _unjudged(status: Status, reason: str) -> list[Outcome]:
    return [Outcome(rule, status, reason=reason) for rule in DETECTOR_RULES]


def _unchecked(status: Status, reason: str) -> list[Outcome]:
    return [Outcome(rule, status, reason=reason) for rule in _CHECKED]


_CHECKED: Final = tuple(rule for rule in CHECKS if rule is not DECODE_FAILURE)
"""What cannot be decoded is found by the rules on reading, each file by itself."""
_KNOWN: Final = {
    rule.code: rule for rule in (*DECODING_RULES, *LISTING_RULES, *DETECTOR_RULES, *CHECKS)
}


def _outcome(said: Mapping[str, Any]) -> Outcome:
    rule = _KNOWN[said["code"]]
    findings = [_finding(one, _KNOWN) for one in said["findings"][:_MOST_FINDINGS]]
    if more := len(said["findings"]) - len(findings):
        worst = max(finding.severity for finding in findings)
        place = Place(PlaceKind.DATASET, "all")
        findings.append(Finding(rule, place, f"{more:,} more like these", worst))
    reason = readable(str(said["reason"])[:_LONGEST])
    return Outcome(rule, Status(said["status"]), tuple(findings), reason)


def _finding(said: Mapping[str, Any], known: Mapping[str, Rule]) -> Finding:
    place = said["place"]
    return Finding(
        known.get(said["code"], UNREADABLE_CONTAINER),
        Place(PlaceKind(place["kind"]), readable(str(place["name"])[: 8 * _LONGEST])),
        readable(str(said["message"])[:_LONGEST]),
        Severity[said["severity"].upper()],
        Confidence[said["confidence"].upper()],
    )


def _entry(row: Any) -> Entry:
    path, size, sha256, label = row
    raw = bytes.fromhex(sha256)
    sound = isinstance(path, str) and path and isinstance(size, int) and size >= 0
    if not sound or len(raw) != _SHA256_BYTES or not isinstance(label, str | None):
        raise ValueError("it told what is no sample")
    return Entry(readable(path), size, raw, label if label is None else readable(label))


def _of(rule: Rule, findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule is rule]
