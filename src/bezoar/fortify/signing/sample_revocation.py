"""`SampleRevocation`: samples that must not be used any more, wherever they lie.

A sample is known by the SHA-256 of its bytes. The statement also names the versions that were
known to hold it when it was signed, so that a mirror, and a replica without a manifest, can
refuse those; whoever has a manifest looks into it, which finds the versions that came later.
"""

from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from bezoar.core.digest import Digest
from bezoar.datasets.containers import readable
from bezoar.datasets.entry import Spec
from bezoar.fortify.signing.statement import (
    DigestText,
    Predicate,
    Reason,
    Sha256Text,
    TimeText,
)

SAMPLE_REVOCATION: Final = "urn:bezoar:sample-revocation:v1"
MOST_SAMPLES: Final = 1_000
"""In one statement."""
LONGEST_NAME: Final = 4_096


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RevokedSample(_Model):
    """A sample.

    Attributes:
        sha256: Of its bytes.
        name: Under which name it was revoked, `NAME@VERSION/path`; empty where by its digest.
    """

    sha256: Sha256Text
    name: Annotated[str, Field(max_length=LONGEST_NAME)] = ""

    def __str__(self) -> str:
        return readable(self.name) or self.sha256


class Holder(_Model):
    """A version that is known to hold one of the samples, or to be made of one.

    Attributes:
        dataset: `NAME@VERSION`.
        root: Of its data.
    """

    dataset: Spec
    root: DigestText


class SampleRevocation(Predicate):
    """Samples that must not be used any more.

    Attributes:
        samples: Which.
        versions: Where they were known to be.
        reason: Why.
        keyring: Which version of the keyring was in force.
        time: RFC 3339.
    """

    kind: ClassVar[str] = SAMPLE_REVOCATION

    samples: Annotated[
        tuple[RevokedSample, ...], Field(strict=False, min_length=1, max_length=MOST_SAMPLES)
    ]
    versions: Annotated[tuple[Holder, ...], Field(strict=False)] = ()
    reason: Reason
    keyring: Annotated[int, Field(ge=1)]
    time: TimeText

    @property
    def roots(self) -> tuple[str, ...]:
        """The roots of the data that it withdraws."""
        return tuple(one.root for one in self.versions)

    def subjects(self) -> list[dict[str, Any]]:
        """Return the samples."""
        return [
            {"name": one.name or one.sha256, "digest": {"sha256": Digest.parse(one.sha256).hex}}
            for one in self.samples
        ]
