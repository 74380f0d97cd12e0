"""What an explanation of a refused pull finds."""

from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

OTHER_BYTES: Final = Rule(
    code="BZ361",
    name="pull-other-bytes",
    title="A file is not what was approved",
    severity=Severity.CRITICAL,
    why="Somebody exchanged it after it was approved, or a disk is failing. A model that learned"
    " from it learned from bytes that nobody vetted.",
    taxonomy=("ATLAS:AML.T0020",),
)
MISSING: Final = Rule(
    code="BZ362",
    name="pull-missing",
    title="A file that was approved is gone",
    severity=Severity.HIGH,
    why="A set without some of its samples is another set: what is left out changes what is"
    " learned.",
)
EXTRA: Final = Rule(
    code="BZ363",
    name="pull-extra",
    title="A file or folder that nobody approved lies in a copy",
    severity=Severity.HIGH,
    why="Whatever lists the folder reads it along with the data, and a folder too many renumbers"
    " the classes.",
    taxonomy=("ATLAS:AML.T0020",),
)
REFUSED: Final = Rule(
    code="BZ365",
    name="pull-refused",
    title="What vouches for the data does not hold",
    severity=Severity.CRITICAL,
    why="A sign-off stands for exactly one entry, one manifest, one vet record. When one of them"
    " was edited, or the keys were, nobody stands for the data any more.",
    taxonomy=("ATLAS:AML.T0020",),
)
EXPLAINED: Final = (OTHER_BYTES, MISSING, EXTRA, REFUSED)
