"""What a fetch can find, besides the bytes."""

from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

UNENCRYPTED: Final = Rule(
    code="BZ336",
    name="fetched-in-the-clear",
    title="Fetched over an unencrypted line",
    severity=Severity.MEDIUM,
    why="Whoever sits on the way can exchange the data while it travels. A digest that came another"
    " way, given as `--sha256`, makes up for it.",
    taxonomy=("ATLAS:AML.T0020", "ATLAS:AML.T0010.002"),
)

MOVING: Final = Rule(
    code="BZ337",
    name="moving-address",
    title="An address that moves",
    severity=Severity.LOW,
    why="A branch, a tag or a plain address gives other bytes as soon as its owner wants it to."
    " What was fetched is recorded by its commit and digest; ask for those from now on.",
    taxonomy=("ATLAS:AML.T0020",),
)

UNLIKE_ANNOUNCED: Final = Rule(
    code="BZ338",
    name="unlike-announced",
    title="Bytes are not those that were announced",
    severity=Severity.CRITICAL,
    why="Size or digest differ from what was expected, or from what the source itself says of the"
    " file: it was changed on the way, or the source was. Nothing of it is kept.",
    taxonomy=("ATLAS:AML.T0020", "ATLAS:AML.T0010.002"),
)

NOT_TAKEN: Final = Rule(
    code="BZ339",
    name="not-taken",
    title="Something of the source was not taken",
    severity=Severity.LOW,
    why="A link, a submodule or a folder that other programs act on is left out. Where a name leads"
    " out of its folder or onto another file, nothing at all is fetched.",
    taxonomy=("ATLAS:AML.T0020",),
)
