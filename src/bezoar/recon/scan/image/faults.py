"""What is wrong with an image, and what its layers hold."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bezoar.core.severity import Severity
from bezoar.recon.scan.tree import Unreadable

_MOST: Final = 100


class FaultKind(StrEnum):
    """What sort of thing is wrong."""

    MISMATCH = "mismatch"
    HOSTILE = "hostile"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an image.

    Attributes:
        kind: What sort of thing.
        path: The file in the image, or a blob's digest.
        why: One sentence.
        severity: How bad it is.
        layer: The layer's digest; empty where it is none.
    """

    kind: FaultKind
    path: str
    why: str
    severity: Severity = Severity.HIGH
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A data set or a model inside an image.

    Attributes:
        path: In the image; a folder's ends with a slash.
        kind: `dataset` or `model`.
        form: What it is: `parquet`, `pickle`, `images`.
        size: Bytes.
        layer: The digest of the layer that holds it.
        digest: Its SHA-256 in hexadecimal; empty where it is more than one file.
        files: How many files it is.
        note: What is odd about it; may be empty.
    """

    path: str
    kind: str
    form: str
    size: int
    layer: str
    digest: str = ""
    files: int = 1
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "path": self.path,
            "kind": self.kind,
            "format": self.form,
            "bytes": self.size,
            "layer": self.layer,
            "sha256": self.digest or None,
            "files": self.files,
            "note": self.note,
        }


@dataclass
class Contents:
    """What an image holds.

    Attributes:
        images: Each image's name, layers, labels and base, as JSON values.
        artefacts: Data sets and models.
        faults: What is wrong.
        unreadable: What could not be read.
        more: How many faults were counted and not kept.
    """

    images: list[dict[str, Any]] = field(default_factory=list)
    artefacts: list[Artefact] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    more: int = 0

    def fault(self, fault: Fault) -> None:
        """Note a fault; of very many only the first are kept."""
        if len(self.faults) < _MOST:
            self.faults.append(fault)
        else:
            self.more += 1

    def unread(self, path: str, why: str) -> None:
        """Note that something could not be read."""
        if len(self.unreadable) < _MOST:
            self.unreadable.append(Unreadable(path, why))
        else:
            self.more += 1
