"""What can be wrong with a mirror, or with what lies in it."""

from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

UNVERSIONED: Final = Rule(
    code="BZ351",
    name="mirror-unversioned",
    title="The mirror keeps no versions",
    severity=Severity.LOW,
    why="Whoever may write to the mirror can overwrite or delete what was approved, and nothing"
    " brings it back. Pulls notice, and stop; training then waits for somebody to publish again.",
    taxonomy=("ATLAS:AML.T0020",),
)
UNLOCKED: Final = Rule(
    code="BZ352",
    name="mirror-unlocked",
    title="The mirror does not lock what it was told to lock",
    severity=Severity.HIGH,
    why="The settings ask for a time in which nobody can delete or overwrite an object, and the"
    " store does not know of it.",
)
OTHER_SIZE: Final = Rule(
    code="BZ353",
    name="mirror-other-size",
    title="An object in the mirror has another size than its content",
    severity=Severity.HIGH,
    why="It is named by the digest of bytes that it cannot be. It was cut short, or exchanged.",
    taxonomy=("ATLAS:AML.T0020",),
)
OTHER_BYTES: Final = Rule(
    code="BZ354",
    name="mirror-other-bytes",
    title="An object in the mirror is not what was approved",
    severity=Severity.CRITICAL,
    why="It is named by the digest of other bytes. Somebody exchanged it, or a disk is failing.",
    taxonomy=("ATLAS:AML.T0020",),
)
MISSING: Final = Rule(
    code="BZ355",
    name="mirror-missing",
    title="An object that was published is not in the mirror",
    severity=Severity.HIGH,
    why="Somebody deleted it. The version can no longer be pulled as a whole.",
)
