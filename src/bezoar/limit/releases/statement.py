"""`Gated`: what the gate said of a release; the predicate of the statement that is signed.

An in-toto Statement v1 about the model's digest. The signature over it is made and verified by
whoever knows the keys: here is only what it says, in one spelling.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic import model_validator as check

from bezoar.core.digest import Digest
from bezoar.core.json_object import canonical, parse_object
from bezoar.core.policy import Decision, Verdict
from bezoar.limit.releases.record import (
    ModelName,
    ReleaseRecord,
    Sha256Text,
    TrainedOn,
    VersionName,
    first_fault,
)

GATE: Final = "urn:bezoar:release-gate:v1"
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_Code = Annotated[str, Field(pattern=r"^BZ[1-6]\d\d$")]


def _time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("not a time with its zone")
    return text


class Gated(BaseModel):
    """What the gate said of a release.

    Attributes:
        name: Of the model.
        version: Of the release.
        record: Digest of the release's record, and with it of its bytes and its data.
        model: Digest of the model.
        data: What it was trained on.
        card: Digest of the model card; None where there is none.
        decision: What the policy made of the checks.
        decided_by: One sentence for each check that decided so; empty for `admit`.
        override: Codes of what decided against it and does not count.
        reason: Why it may go although it was not admitted; else empty.
        keyring: Which version of the keyring was in force; 0 where nobody signs.
        time: RFC 3339.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: ModelName
    version: VersionName
    record: Sha256Text
    model: str
    data: Annotated[tuple[TrainedOn, ...], Field(strict=False)]
    card: Sha256Text | None
    decision: Literal["admit", "undecided", "quarantine", "reject"]
    decided_by: Annotated[tuple[str, ...], Field(strict=False)]
    override: Annotated[tuple[_Code, ...], Field(strict=False)] = ()
    reason: Annotated[str, Field(max_length=10_000)] = ""
    keyring: Annotated[int, Field(ge=0)]
    time: Annotated[str, AfterValidator(_time)]

    @check(mode="after")
    def _sound(self) -> Self:
        if list(self.override) != sorted(set(self.override)):
            raise ValueError("override: codes are sorted, each once")
        if bool(self.override) != bool(self.reason.strip()):
            raise ValueError("an override has a reason, and nothing else has one")
        if self.override and self.decision == "admit":
            raise ValueError("it was admitted: there is nothing to override")
        return self

    @classmethod
    def of(cls, record: ReleaseRecord, verdict: Verdict, *, keyring: int, time: str) -> Self:
        """Return what the gate says of a release."""
        return cls(
            name=record.name,
            version=record.version,
            record=str(record.digest),
            model=record.model,
            data=record.data,
            card=record.card,
            decision=str(verdict.decision),  # type: ignore[arg-type]  # one of the four
            decided_by=verdict.decided_by,
            keyring=keyring,
            time=time,
        )

    @property
    def verdict(self) -> Verdict:
        """What the policy made of the checks."""
        return Verdict(Decision[self.decision.upper()], self.decided_by)

    @property
    def deciding(self) -> tuple[str, ...]:
        """Codes of what decided against it, sorted."""
        return tuple(sorted({sentence.split(" ", 1)[0] for sentence in self.decided_by}))

    @property
    def lacking(self) -> str:
        """Why it may not go into production; empty where it may."""
        if self.decision == "admit":
            return ""
        missing = [code for code in self.deciding if code not in self.override]
        return f"{self.decision}: {'; '.join(self.decided_by)}" if missing else ""

    def unlike(self, record: ReleaseRecord) -> str:
        """Return in what it is about another release; empty where it is about this one."""
        if (self.name, self.version) != (record.name, record.version):
            return f"it is about {self.name}@{self.version}"
        if self.record != str(record.digest) or self.model != record.model:
            return "it is about other bytes or other data"
        return ""

    def payload(self) -> bytes:
        """Return the statement's one spelling, which is what is signed."""
        model = Digest.parse(self.model)
        subject = {"name": f"{self.name}@{self.version}", "digest": {model.algorithm: model.hex}}
        return canonical(
            {
                "_type": _STATEMENT,
                "subject": [subject],
                "predicateType": GATE,
                "predicate": self.model_dump(mode="json"),
            }
        )


def parse_gated(payload: bytes) -> Gated:
    """Read a statement.

    Raises:
        ValueError: If it is anything but what `payload` gives.
    """
    fields: dict[str, Any] = parse_object(payload)
    if fields.get("_type") != _STATEMENT or fields.get("predicateType") != GATE:
        raise ValueError("it is a statement about something else")
    try:
        found = Gated.model_validate(fields.get("predicate"))
    except ValidationError as error:
        raise ValueError(first_fault(error)) from None
    if found.payload() != payload:
        raise ValueError("it is spelled otherwise than bezoar writes it")
    return found
