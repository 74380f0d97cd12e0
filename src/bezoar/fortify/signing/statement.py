"""The statement that a sign-off signs: which bytes, as which entry, after which vetting.

An in-toto Statement v1, so that other tools can read who vouches for what.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic import model_validator as check

from bezoar.core.digest import Digest
from bezoar.core.json_object import canonical, parse_object
from bezoar.datasets.entry import DbomEntry, Spec
from bezoar.fortify.signing.keyring import fault

STATEMENT: Final = "https://in-toto.io/Statement/v1"
SIGN_OFF: Final = "urn:bezoar:sign-off:v1"
LONGEST_REASON: Final = 10_000


def _digest(text: str) -> str:
    return str(Digest.parse(text))


def _sha256(text: str) -> str:
    if not text.startswith("sha256:"):
        raise ValueError("not a SHA-256")
    return _digest(text)


def _time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("not a time with its zone")
    return text


DigestText = Annotated[str, AfterValidator(_digest)]
Sha256Text = Annotated[str, AfterValidator(_sha256)]
TimeText = Annotated[str, AfterValidator(_time)]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
_Code = Annotated[str, Field(pattern=r"^BZ[1-6]\d\d$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Predicate(_Model):
    """What a statement says, and about what; its one spelling is what is signed.

    Attributes:
        kind: The type of the predicate, a URI.
    """

    kind: ClassVar[str]

    def subjects(self) -> list[dict[str, Any]]:
        """Return what it is about, as in-toto writes it: names and digests."""
        raise NotImplementedError

    def payload(self) -> bytes:
        """Return the statement's one spelling, which is what is signed."""
        return canonical(
            {
                "_type": STATEMENT,
                "subject": self.subjects(),
                "predicateType": self.kind,
                "predicate": self.model_dump(mode="json"),
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read a statement.

        Raises:
            ValueError: If it is anything but what `payload` gives.
        """
        fields = parse_object(payload)
        if fields.get("_type") != STATEMENT or fields.get("predicateType") != cls.kind:
            raise ValueError("it is a statement about something else")
        try:
            found = cls.model_validate(fields.get("predicate"))
        except ValidationError as error:
            raise ValueError(fault(error)) from None
        if found.payload() != payload:
            raise ValueError("it is spelled otherwise than bezoar writes it")
        return found


class Vetting(_Model):
    """Which vet record stands behind it.

    Attributes:
        digest: Of the record.
        verdict: What it says.
    """

    digest: Sha256Text
    verdict: Literal["admit", "undecided", "quarantine", "reject"]


class Head(_Model):
    """The last event of a ledger's chain when it was signed: no tail can be cut behind it.

    Attributes:
        writer: Whose chain.
        number: Of the event.
        digest: Of the event.
    """

    writer: str
    number: Annotated[int, Field(ge=1)]
    digest: Sha256Text


class SignOff(Predicate):
    """What is approved, and on what grounds; the predicate of the statement.

    Attributes:
        spec: `NAME@VERSION`.
        entry: Digest of the entry without its status and reason.
        root: The Merkle root of the samples.
        manifest: Digest of the sample manifest.
        files: Digest of the files manifest.
        vet: The vet record.
        review: Digest of the newest spot check's event; None where nobody looked.
        reason: Why it is approved.
        override: Codes of what had decided against it.
        keyring: Which version of the keyring was in force.
        ledger: The ledger's head; None where nothing had happened.
        time: RFC 3339.
        previous: Digest of the approval of the version before; None where there is none.
    """

    kind: ClassVar[str] = SIGN_OFF

    spec: Spec
    entry: Sha256Text
    root: DigestText
    manifest: Sha256Text
    files: Sha256Text
    vet: Vetting
    review: Sha256Text | None
    reason: Reason
    override: Annotated[tuple[_Code, ...], Field(strict=False)]
    keyring: Annotated[int, Field(ge=1)]
    ledger: Head | None
    time: TimeText
    previous: Sha256Text | None

    @check(mode="after")
    def _sound(self) -> Self:
        if list(self.override) != sorted(set(self.override)):
            raise ValueError("override: codes are sorted, each once")
        if bool(self.override) != (self.vet.verdict != "admit"):
            raise ValueError("what was not admitted, and nothing else, is approved by an override")
        return self

    def subjects(self) -> list[dict[str, Any]]:
        """Return the samples, the files and the vet record."""
        root, manifest, files = map(Digest.parse, (self.root, self.manifest, self.files))
        samples = {root.algorithm: root.hex, manifest.algorithm: manifest.hex}
        vet = Digest.parse(self.vet.digest)
        return [
            {"name": self.spec, "digest": samples},
            {"name": f"{self.spec}/files.parquet", "digest": {files.algorithm: files.hex}},
            {"name": f"{self.spec}/vet.json", "digest": {vet.algorithm: vet.hex}},
        ]


def entry_digest(entry: DbomEntry) -> Digest:
    """Return the digest of an entry without its status and the reason of it.

    It is over canonical JSON, and what is empty is left out: neither a comment in the TOML nor a
    field that a later version of bezoar may know changes it, each value does.
    """
    fields = entry.model_dump(mode="json", exclude={"status", "reason"})
    return Digest.of(canonical(_filled(fields)))


def _filled(value: Any) -> Any:
    """Return JSON values without what is empty."""
    if isinstance(value, dict):
        return {
            key: _filled(one) for key, one in value.items() if one not in (None, "", [], {}, ())
        }
    return [_filled(one) for one in value] if isinstance(value, list) else value
