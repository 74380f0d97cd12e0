"""`VetRecord`: what a vetting looked at, with what, and what came of it.

Kept in `dbom/records/` as canonical JSON, so that people version it and a signature covers it.
Whoever opens a pull request can write one, so that reading is strict: one spelling only, and no
record that says `admit` over what forbids it.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.outcome import Outcome, Status
from bezoar.core.policy import Decision, Verdict
from bezoar.datasets.containers import readable
from bezoar.datasets.writing import write_whole
from bezoar.fortify.record_text import parse_record, spelled

SCHEMA_VERSION: Final = 1
MOST_BYTES: Final = 1 << 24
FINDINGS_KEPT: Final = 100
"""Of each rule; all are counted."""

_CODE: Final = re.compile(r"BZ\d{3}")
Level = Literal[0, 1, 2, 3, 4]


class DamagedRecordError(BezoarError):
    """A vet record that is absent, was edited, or cannot be read."""


def _digest(text: str) -> str:
    return str(Digest.parse(text))


_DigestText = Annotated[str, AfterValidator(_digest)]
_Count = Annotated[int, Field(ge=0)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Fetched(_Model):
    """What `bezoar fetch` brought.

    Attributes:
        source: The address, as it was asked for.
        sha256: Of the one file that was fetched; None where it was a tree.
        size: Bytes in all.
    """

    source: str
    sha256: str | None
    size: _Count


class RecordedIsolation(_Model):
    """How far what parsed the bytes was locked in, as its self-test measured.

    Attributes:
        level: 0 (not at all) to 4 (no network, no other files, no other users).
        mechanisms: What was tried, and what came of each.
    """

    level: Level
    mechanisms: dict[str, Any]


class RecordedOutcome(_Model):
    """How one rule's run ended.

    Attributes:
        rule: Its code.
        title: Its title, which for an external program is the team's own.
        state: One of the five statuses.
        message: Why it did not apply, was skipped or failed.
        findings: The first of them, worst first.
        found: How many there were.
    """

    rule: str
    title: str
    state: Annotated[Status, Field(strict=False)]
    message: str
    findings: Annotated[tuple[dict[str, Any], ...], Field(strict=False)]
    found: _Count

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.found) != (self.state is Status.FOUND) or len(self.findings) > self.found:
            raise ValueError("there are findings exactly where the state is `found`")
        return self

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Return what is kept of an outcome."""
        found = sorted(outcome.findings, key=lambda f: (-f.severity, f.code, f.place))
        return cls(
            rule=outcome.rule.code,
            title=readable(outcome.rule.title),
            state=outcome.status,
            message=readable(outcome.reason),
            findings=tuple(_plain(one.as_json()) for one in found[:FINDINGS_KEPT]),
            found=len(found),
        )


class VetRecord(_Model):
    """What a vetting looked at, with what, and what came of it.

    Laws: `parse_vet_record(record.content()) == record`; a record has one spelling, so that equal
    records have one digest; none says `admit` where a rule failed or nothing ran.

    Attributes:
        schema_version: Of this file's format.
        spec: `NAME@VERSION`.
        fetched: What was fetched; None where people registered data of their own.
        root: The Merkle root of the samples.
        manifest: Digest of the sample manifest.
        files: Digest of the files manifest: every file that is delivered.
        tools: Versions of what looked.
        isolation: How far it was locked in.
        outcomes: One per rule asked for.
        checked_files: How many files were looked at.
        checked_bytes: Their bytes.
        verdict: What the policy made of the outcomes.
        decided_by: What decided it.
        started: RFC 3339, UTC.
        seconds: Wall-clock time.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    spec: str
    fetched: Fetched | None
    root: _DigestText
    manifest: _DigestText
    files: _DigestText
    tools: dict[str, str]
    isolation: RecordedIsolation
    outcomes: Annotated[tuple[RecordedOutcome, ...], Field(strict=False)]
    checked_files: _Count
    checked_bytes: _Count
    verdict: Literal["admit", "undecided", "quarantine", "reject"]
    decided_by: Annotated[tuple[str, ...], Field(strict=False)]
    started: str
    seconds: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        states = {outcome.state for outcome in self.outcomes}
        if self.verdict == str(Decision.ADMIT):
            if self.decided_by or Status.FAILED in states or not states:
                raise ValueError("it says `admit` over something that forbids it")
        elif not self.decided_by:
            raise ValueError(f"it says `{self.verdict}` and not why")
        return self

    @property
    def admits(self) -> bool:
        """True only for `admit`."""
        return self.verdict == str(Decision.ADMIT)

    @property
    def decision(self) -> Verdict:
        """The verdict as the policy gave it."""
        return Verdict(Decision[self.verdict.upper()], self.decided_by)

    @property
    def digest(self) -> Digest:
        """The SHA-256 of the file."""
        return Digest.of(self.content())

    def content(self) -> bytes:
        """Return the one spelling: ASCII, sorted keys, two spaces, a line end at the end."""
        return spelled(self.model_dump(mode="json"))

    def deciding(self) -> tuple[str, ...]:
        """Return the codes that decided, each once: what an override has to name."""
        codes = (_CODE.match(sentence) for sentence in self.decided_by)
        return tuple(dict.fromkeys(code[0] for code in codes if code))


def recorded(outcomes: Iterable[Outcome]) -> tuple[RecordedOutcome, ...]:
    """Return what is kept of outcomes, in the order of their codes."""
    kept = [RecordedOutcome.of(outcome) for outcome in outcomes]
    return tuple(sorted(kept, key=lambda one: (one.rule, one.title)))


def record_path(dbom: Path, spec: str) -> Path:
    """Return where the record of a version is kept, given the folder of the DBOM."""
    return dbom / "records" / f"{spec}.vet.json"


def write_vet_record(record: VetRecord, path: Path) -> Digest:
    """Store a record, whole or not at all, and return its digest.

    Raises:
        BezoarError: If it cannot be written.
    """
    write_whole(path, record.content())
    return record.digest


def read_vet_record(path: Path) -> VetRecord:
    """Read a stored record.

    Raises:
        DamagedRecordError: If it is absent, too long, or anything but what bezoar writes.
    """
    spec = path.name.removesuffix(".vet.json")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _damaged(path, spec, error.strerror or str(error)) from error
    try:
        record = parse_vet_record(data)
    except ValueError as error:
        raise _damaged(path, spec, str(error)) from None
    if record.spec != spec:
        raise _damaged(path, spec, f"it is about {readable(record.spec)!r}")
    return record


def parse_vet_record(data: bytes) -> VetRecord:
    """Read a record from its bytes, whoever wrote them.

    Raises:
        ValueError: If they are anything but what `content` gives.
    """
    record = parse_record(VetRecord, data, MOST_BYTES)
    if record.content() != data:
        raise ValueError("it is spelled otherwise than bezoar writes it: somebody edited it")
    return record


def _damaged(path: Path, spec: str, why: str) -> DamagedRecordError:
    return DamagedRecordError(f"vet record {path}: {why}", next=f"bezoar vet {spec}")


def _plain(value: Any) -> Any:
    """Return JSON values with text that any reader takes."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, Mapping):
        return {readable(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
