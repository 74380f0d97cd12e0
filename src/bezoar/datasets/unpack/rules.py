"""The rules on archives, and the exception by which a reader says that one is broken."""

from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.containers import at_file

_TAXONOMY: Final = ("ATLAS:AML.T0010",)

UNSAFE_ENTRY_NAME: Final = Rule(
    code="BZ301",
    name="unsafe-entry-name",
    title="Unsafe name in an archive",
    severity=Severity.HIGH,
    why="A name with `..`, a drive letter or a device's name writes elsewhere than into the folder"
    " that an archive is unpacked into, on this system or on a colleague's.",
    taxonomy=_TAXONOMY,
)
SPECIAL_ENTRY: Final = Rule(
    code="BZ302",
    name="special-entry",
    title="Link or special file in an archive",
    severity=Severity.HIGH,
    why="A link leads out of the folder, and what is unpacked through it is written there; devices,"
    " pipes and sparse files are no data.",
    taxonomy=_TAXONOMY,
)
COLLIDING_ENTRIES: Final = Rule(
    code="BZ303",
    name="colliding-entries",
    title="Entries of an archive that are one file",
    severity=Severity.HIGH,
    why="Of two entries with one name each program keeps another one; names that differ in case or"
    " Unicode form only are one file on some systems and two on others. What was vetted is then"
    " not what is trained on.",
    taxonomy=_TAXONOMY,
)
ARCHIVE_BOMB: Final = Rule(
    code="BZ304",
    name="archive-bomb",
    title="Archive that unpacks to more than it may",
    severity=Severity.HIGH,
    why="A few kilobytes that unpack to terabytes, or to millions of files, stop the machine that"
    " unpacks them.",
    taxonomy=_TAXONOMY,
)
AMBIGUOUS_ARCHIVE: Final = Rule(
    code="BZ305",
    name="ambiguous-archive",
    title="Archive that two programs read differently",
    severity=Severity.HIGH,
    why="Where an archive says two things, one program unpacks what was vetted and the next one"
    " something else. No ordinary program writes such an archive.",
    taxonomy=_TAXONOMY,
)
UNREADABLE_ARCHIVE: Final = Rule(
    code="BZ306",
    name="unreadable-archive",
    title="Archive cannot be unpacked",
    severity=Severity.HIGH,
    why="What is damaged, encrypted, or packed in a way that bezoar does not know, nobody can"
    " check.",
)
NESTED_ARCHIVE: Final = Rule(
    code="BZ307",
    name="nested-archive",
    title="Archive within an archive",
    severity=Severity.LOW,
    why="It stays packed: its files are pinned as one, but nobody looked at each of them.",
)
PRIVILEGED_ENTRY: Final = Rule(
    code="BZ308",
    name="privileged-entry",
    title="Entry that asks for another user's rights",
    severity=Severity.LOW,
    why="A program with setuid or setgid runs with its owner's rights. bezoar takes over no"
    " permissions, but other programs do, and data has no use for them.",
)

RULES: Final = (
    UNSAFE_ENTRY_NAME,
    SPECIAL_ENTRY,
    COLLIDING_ENTRIES,
    ARCHIVE_BOMB,
    AMBIGUOUS_ARCHIVE,
    UNREADABLE_ARCHIVE,
    NESTED_ARCHIVE,
    PRIVILEGED_ENTRY,
)
"""What an archive is judged by."""


class Refused(Exception):  # noqa: N818 - it names what happened to an entry
    """An entry, or a whole archive, is not unpacked.

    Attributes:
        rule: The rule that it breaks.
        why: What is wrong.
        final: Whether the archive can be read no further.
    """

    def __init__(self, rule: Rule, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.rule, self.why, self.final = rule, why, final

    def finding(self, name: str) -> Finding:
        """Return it as a finding at an entry."""
        return at_file(self.rule, name, self.why)


def damaged(why: str) -> Refused:
    """Return the refusal of an archive that can be read no further."""
    return Refused(UNREADABLE_ARCHIVE, f"it cannot be read: {why}", final=True)


def ambiguous(why: str, *, final: bool = True) -> Refused:
    """Return the refusal of what says two things."""
    return Refused(AMBIGUOUS_ARCHIVE, why, final=final)
