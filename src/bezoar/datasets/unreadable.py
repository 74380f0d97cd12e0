"""What makes a sample unreadable, and how much of a hostile file is read before giving up."""

from dataclasses import dataclass

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

UNREADABLE_IMAGE = Rule(
    code="BZ201",
    name="unreadable-image",
    title="Image cannot be read",
    severity=Severity.MEDIUM,
    why="A damaged or truncated image is not looked at by any check; it may also be aimed at the"
    " decoder itself.",
)
EMPTY_FILE = Rule(
    code="BZ202",
    name="empty-file",
    title="Empty file",
    severity=Severity.MEDIUM,
    why="An empty file in place of a sample is a broken copy, or a sample somebody removed.",
)
EXTENSION_MISMATCH = Rule(
    code="BZ203",
    name="extension-mismatch",
    title="Extension disagrees with content",
    severity=Severity.LOW,
    why="Loaders that go by the name and loaders that go by the content read different data.",
)
OVERSIZED_IMAGE = Rule(
    code="BZ204",
    name="oversized-image",
    title="Image larger than the limit",
    severity=Severity.HIGH,
    why="A few kilobytes that unpack to gigabytes stop the machine that decodes them.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one sample may cost.

    Attributes:
        max_pixels: Width times height of a decoded image.
        max_bytes: Bytes of an encoded image.
    """

    max_pixels: int = 1 << 26
    max_bytes: int = 1 << 26


class UnreadableImage(ValueError):  # noqa: N818 - it names what the sample is
    """A sample that cannot be read as an image.

    Attributes:
        rule: The rule that it breaks.
    """

    def __init__(self, rule: Rule, message: str) -> None:
        super().__init__(message)
        self.rule = rule
