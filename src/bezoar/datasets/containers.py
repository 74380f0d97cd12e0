"""What each container of samples must obey: it can be read, its names are safe, it has no links."""

import unicodedata
from collections.abc import Sequence

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

UNSAFE_NAME = Rule(
    code="BZ207",
    name="unsafe-name",
    title="Unsafe or duplicate name",
    severity=Severity.HIGH,
    why="A name such as `../x` writes outside the folder it is unpacked into; of two entries with"
    " one name each tool reads another.",
)
UNREADABLE_CONTAINER = Rule(
    code="BZ208",
    name="unreadable-container",
    title="Archive, table or folder cannot be read",
    severity=Severity.HIGH,
    why="What cannot be read cannot be checked: samples may be missing.",
)
SPECIAL_FILE = Rule(
    code="BZ211",
    name="special-file",
    title="Link or special file in a dataset",
    severity=Severity.HIGH,
    why="A link makes bytes from elsewhere part of the data: they change without the dataset"
    " changing, and may be any file of the machine that reads them.",
)

_LONGEST_NAME = 255


def readable(text: str) -> str:
    """Return the text with what no table can hold escaped: lone surrogates and NUL."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def why_unsafe(name: str) -> str | None:
    """Say why an entry of this name must not be unpacked; None where it may."""
    parts = name.split("/")
    if not name or "" in parts or "." in parts:
        return "an empty part in its path" if name else "an empty name"
    if ".." in parts:
        return "it leads out of the dataset"
    if "\\" in name or "\0" in name:
        return "a backslash or NUL in its path"
    if name[1:2] == ":":
        return "a drive letter"
    if max(len(part.encode("utf-8", "surrogatepass")) for part in parts) > _LONGEST_NAME:
        return f"a part longer than {_LONGEST_NAME} bytes"
    return None


def at_file(
    rule: Rule, name: str, message: str, severity: Severity | None = None, **evidence: object
) -> Finding:
    """Return a finding at a file of a dataset."""
    place = Place(PlaceKind.FILE, readable(name) or "(no name)")
    return Finding(rule, place, message, severity or rule.severity, evidence=evidence)


def damaged(name: str, why: str) -> Finding:
    """Return the finding that a container, or a part of it, cannot be read."""
    return at_file(UNREADABLE_CONTAINER, name, f"it cannot be read: {why}")


def colliding(names: Sequence[str]) -> list[Finding]:
    """Find names that differ in case or Unicode form only."""
    together = "/\0".join(names)
    if together.isascii() and len(set(together.lower().split("/\0"))) == len(names):
        return []
    first: dict[str, str] = {}
    problems = []
    for name in names:
        kept = first.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if kept != name:
            message = f"on some systems it is one file with {readable(kept)}"
            problems.append(at_file(UNSAFE_NAME, name, message, severity=Severity.LOW))
    return problems
