"""What the gate of a release looks for, and what a rollback refuses."""

from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

NO_DATA: Final = Rule(
    code="BZ421",
    name="release-without-data",
    title="Release that names no data",
    severity=Severity.HIGH,
    why="When data turns out to be poisoned, nobody can say whether this model was trained on it.",
)
NOT_APPROVED: Final = Rule(
    code="BZ422",
    name="release-on-unapproved-data",
    title="Release trained on data that is not approved",
    severity=Severity.HIGH,
    why="Nobody has signed that these bytes may be trained on, or they are others.",
    taxonomy=("ATLAS:AML.T0020",),
)
NOT_VERIFIED: Final = Rule(
    code="BZ423",
    name="release-on-unverified-data",
    title="Release trained on data that nobody verified",
    severity=Severity.HIGH,
    why="The ledger does not say that the bytes were compared with what was registered.",
)
NOT_INSPECTED: Final = Rule(
    code="BZ424",
    name="release-on-uninspected-data",
    title="Release trained on data that nobody inspected for poison",
    severity=Severity.HIGH,
    why="The ledger knows no inspection of these very bytes whose verdict admitted them.",
    taxonomy=("ATLAS:AML.T0020",),
)
REVOKED_DATA: Final = Rule(
    code="BZ425",
    name="release-on-revoked-data",
    title="Release trained on revoked data",
    severity=Severity.CRITICAL,
    why="The data was withdrawn; what it taught the model is still in there.",
    taxonomy=("ATLAS:AML.T0020",),
)
NO_CARD: Final = Rule(
    code="BZ426",
    name="release-without-card",
    title="Release without a model card",
    severity=Severity.MEDIUM,
    why="The policy wants a report on the model before it goes live.",
)
ALTERED: Final = Rule(
    code="BZ431",
    name="altered-model",
    title="Model whose bytes are not those that were registered",
    severity=Severity.CRITICAL,
    why="Whoever can exchange a model's bytes needs no poisoned data.",
    taxonomy=("ATLAS:AML.T0018",),
)
NO_ANSWER: Final = Rule(
    code="BZ432",
    name="model-without-answer",
    title="Model that does not answer",
    severity=Severity.HIGH,
    why="A rollback to a model that cannot be loaded, or gives no numbers, is an outage.",
)
UNSIGNED: Final = Rule(
    code="BZ433",
    name="unsigned-release",
    title="Release without a signed verdict of the gate",
    severity=Severity.HIGH,
    why="Whoever can write to the registry can point at anything. What counts is a signature, by a"
    " key that leads to the pinned one, over the model's digest and the roots of its data.",
)
