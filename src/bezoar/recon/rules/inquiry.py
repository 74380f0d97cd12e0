"""What a rule is asked about, and how it answers."""

import re
import shlex
from dataclasses import dataclass, field
from typing import Final

from bezoar.adapters.web.redaction import HIDDEN
from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Confidence, Severity
from bezoar.datasets.entry import LONGEST_NAME, VERSION_PATTERN
from bezoar.recon.scan.fetch import Fetch
from bezoar.recon.scan.inventory import Inventory
from bezoar.recon.scan.registered import Registry
from bezoar.recon.scan.suppression import Suppression

_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_COMMIT_DIGITS: Final = 12
_VAGUE: Final = frozenset(
    {"data", "dataset", "datasets", "download", "file", "files", "archive", "model", "weights"}
    | {"train", "training", "test", "val", "valid", "validation", "dev", "images", "labels"}
    | {"annotations", "checkpoint", "pytorch_model", "main", "master", "latest", "v1", "index"}
)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a rule is asked about.

    Attributes:
        inventory: What a scan saw.
        registry: The sources that the DBOM knows.
        mirrors: Addresses below which the team keeps copies of what it vetted.
        silent: Suppressions that silenced nothing.
    """

    inventory: Inventory
    registry: Registry = field(default_factory=Registry)
    mirrors: tuple[str, ...] = ()
    silent: tuple[Suppression, ...] = ()


def at_fetch(
    rule: Rule,
    fetch: Fetch,
    message: str,
    *,
    severity: Severity | None = None,
    confidence: Confidence = Confidence.HIGH,
    next: str = "",  # noqa: A002 - the finding's word
) -> Finding:
    """Return a finding at the line of a fetch."""
    return Finding(
        rule,
        Place(PlaceKind.FILE, fetch.path, fetch.line),
        message,
        severity or rule.severity,
        confidence,
        {
            "loader": fetch.loader,
            "uri": fetch.uri,
            "end_line": fetch.end_line,
            "cell": fetch.cell,
        },
        next,
    )


def is_dynamic(fetch: Fetch) -> bool:
    """Say whether nothing of a source is a literal but its scheme."""
    rest = fetch.uri.partition("://")[2] or fetch.uri.partition(":")[2] or fetch.uri
    return rest.startswith("{") or not fetch.uri


def registering(fetch: Fetch) -> str:
    """Return the command that registers a fetch's source, and pins its bytes.

    The address is the attacker's, and people paste commands: it is quoted for a shell.
    """
    return f"bezoar dbom add ./PATH {_naming(fetch, 'VERSION')}"


def drafting(fetch: Fetch) -> str:
    """Return the command that notes a fetch's source in the DBOM, as it can be typed."""
    return f"bezoar dbom add --draft {_naming(fetch, version_of(fetch.revision))}"


def version_of(revision: str | None) -> str:
    """Return the version that a revision stands for; a commit by its first digits."""
    if revision is None:
        return "1"
    if _COMMIT.fullmatch(revision):
        return revision[:_COMMIT_DIGITS]
    fits = re.fullmatch(VERSION_PATTERN, revision) and len(revision) < LONGEST_NAME - 8
    return revision if fits else "1"


def _naming(fetch: Fetch, version: str) -> str:
    revision = f" --revision {shlex.quote(fetch.revision)}" if fetch.revision else ""
    origin = shlex.quote(fetch.uri.replace(HIDDEN + "@", ""))
    return f"--name {suggested_name(fetch.uri)} --version {version} --origin {origin}{revision}"


def suggested_name(uri: str) -> str:
    """Return a name for the data set behind an address: its last part, in the DBOM's letters.

    A last part that any data set may have gets the one before it.
    """
    path = uri.partition("?")[0].partition("#")[0].rstrip("/")
    folder, _, last = path.partition("://")[2].rpartition("/")
    name = _in_letters((last or path).rpartition("/")[2])
    parent = _in_letters(folder.rpartition("/")[2]) if "/" in folder else ""
    if name in _VAGUE and parent:
        name = f"{parent}-{name}"
    return name[:LONGEST_NAME] or "data"


def _in_letters(text: str) -> str:
    stem = text.rpartition(":")[2].partition("@")[0].partition(".")[0].lower()
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem)
    return kept.strip("._-")
