"""One layer, read once from its first byte to its last: digests, entries, data, models."""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from typing import Final

from bezoar.core.severity import Severity
from bezoar.datasets.tar_headers import DamagedTarError
from bezoar.datasets.tars import Entry, entries
from bezoar.recon.scan.dispatch import reader
from bezoar.recon.scan.image.artefacts import HEAD, PICTURES, Form, ending_of, recognised
from bezoar.recon.scan.image.faults import Artefact, Contents, Fault, FaultKind
from bezoar.recon.scan.image.manifest import Descriptor, compare
from bezoar.recon.scan.image.store import Store
from bezoar.recon.scan.image.stream import Budget, Counted, Forward, unpacked
from bezoar.recon.scan.image.view import OPAQUE, WHITEOUT, Changes, Held
from bezoar.recon.scan.tree import shown
from bezoar.syntax.unreadable import UnreadableError

DAMAGE: Final = (OSError, EOFError, ValueError, zlib.error, gzip.BadGzipFile, UnreadableError)
"""How a layer that is broken shows."""

_FREE_BYTES: Final = 1 << 30
_MOST_RATIO: Final = 100
_MOST_ENTRIES: Final = 3_000_000
_SCRIPT_HEAD: Final = 256
_SPECIAL: Final = {b"3": "a device", b"4": "a device", b"6": "a pipe"}
_LINKS: Final = {b"1": "a hard link", b"2": "a link"}
_DEEPEST: Final = 256


@dataclass
class Reading:
    """A layer under way.

    Attributes:
        number: The layer's number, from 0.
        layer: Its descriptor.
        contents: Where findings are noted.
        changes: What it changes.
        wanted: Says of a path whether it is looked into.
        escaping: Links of this image that lead out of it.
        files: How many files went by.
        bytes: How many bytes they have.
    """

    number: int
    layer: Descriptor
    contents: Contents
    changes: Changes
    wanted: "Wanted"
    escaping: set[tuple[str, ...]]
    files: int = 0
    bytes: int = 0

    def read(self, forward: Forward) -> None:
        """Read the layer's entries; whatever stops that is an exception of `DAMAGE`."""
        for number, entry in enumerate(entries(forward)):
            if number >= _MOST_ENTRIES:
                raise UnreadableError(f"more than {_MOST_ENTRIES:,} entries")
            self._entry(forward, number, entry)

    def _entry(self, forward: Forward, number: int, entry: Entry) -> None:
        parts = parts_of(entry.name)
        if parts is None:
            self._hostile(entry.name, "its path leads out of the image")
            return
        if not parts:
            return
        if self.escaping and any(parts[:depth] in self.escaping for depth in range(1, len(parts))):
            self._hostile(entry.name, "it is written through a link that leads out of the image")
        if parts[-1].startswith(WHITEOUT):
            self._whiteout(entry.name, parts)
        elif entry.is_file:
            self.files += 1
            self.bytes += entry.place[1]
            self._file(forward, number, entry, parts)
        elif not entry.is_folder:
            self._special(entry, parts)
            self.changes.add(parts, None)

    def _whiteout(self, name: str, parts: tuple[str, ...]) -> None:
        if parts[-1] == OPAQUE:
            self.changes.remove(parts[:-1], inside=True)
        elif len(parts[-1]) == len(WHITEOUT):
            self._hostile(name, "a whiteout of nothing", Severity.LOW)
        else:
            gone = (*parts[:-1], parts[-1].removeprefix(WHITEOUT))
            self.changes.remove(gone, inside=False)

    def _file(self, forward: Forward, number: int, entry: Entry, parts: tuple[str, ...]) -> None:
        path, size = "/".join(parts), entry.place[1]
        if not self.wanted(parts):
            self.changes.add(parts, None)
            return
        if ending_of(parts[-1]) in PICTURES:
            self.changes.picture(parts, size, self.number)
            return
        head = forward.read((entry.place[0], min(size, _SCRIPT_HEAD)))
        if form := recognised(path, head[:HEAD]) if size else None:
            artefact = self._artefact(forward, entry, path, form)
            self.changes.add(parts, Held(self.number, number, artefact))
        elif reader(path, head):
            self.changes.add(parts, Held(self.number, number))
        else:
            self.changes.add(parts, None)

    def _artefact(self, forward: Forward, entry: Entry, path: str, form: Form) -> Artefact:
        digest = hashlib.sha256()
        for piece in forward.pieces(entry.place):
            digest.update(piece)
        return Artefact(
            path=shown(path),
            kind=form.kind,
            form=form.name,
            size=entry.place[1],
            layer=self.layer.digest or self.layer.name,
            digest=digest.hexdigest(),
            note=form.note,
        )

    def _special(self, entry: Entry, parts: tuple[str, ...]) -> None:
        if what := _SPECIAL.get(entry.kind):
            self._hostile(entry.name, f"it is {what}", Severity.LOW)
        elif (what := _LINKS.get(entry.kind)) and leads_out(entry, parts):
            hard = entry.kind == b"1"
            self.escaping.add(parts)
            why = f"it is {what} out of the image, to {shown(entry.link)[:200]}"
            self._hostile(entry.name, why, Severity.HIGH if hard else Severity.MEDIUM)

    def _hostile(self, name: str, why: str, severity: Severity = Severity.HIGH) -> None:
        layer = self.layer.digest or self.layer.name
        path = shown(name)[:1_000] or "(no name)"
        self.contents.fault(Fault(FaultKind.HOSTILE, path, why, severity, layer))


class Wanted:
    """Says which paths are looked into; the folders that are not are named.

    Attributes:
        skipped: What was left out.
    """

    def __init__(self, folders: frozenset[str], system: frozenset[str], prefix: str) -> None:
        self._folders, self._system, self._prefix = folders, system, prefix
        self.skipped: set[str] = set()

    def __call__(self, parts: tuple[str, ...]) -> bool:
        """Say whether a path is looked into."""
        for depth, part in enumerate(parts[:-1], 1):
            made = part in self._folders or part.endswith(".egg-info")
            if made or (depth < 3 and "/".join(parts[:depth]) in self._system):  # noqa: PLR2004 - they lie at most two deep
                if len(self.skipped) < 1_000:  # noqa: PLR2004 - as many as anybody reads
                    self.skipped.add(shown(self._prefix + "/".join(parts[:depth])))
                return False
        return True


def read_layer(store: Store, reading: Reading, diff_id: str | None, budget: Budget) -> None:
    """Read a layer whole; what is wrong with it is noted.

    Args:
        store: Where it lies.
        reading: Where to note what it holds.
        diff_id: What its tar must hash to; None where nothing says so.
        budget: How many bytes all layers may become.
    """
    layer, contents = reading.layer, reading.contents
    where = layer.digest or layer.name
    try:
        file = store.open(layer.name)
    except UnreadableError as error:
        contents.unread(where, str(error))
        return
    with Counted(file, layer.digest.partition(":")[0] or "sha256") as counted:
        most = max(_FREE_BYTES, _MOST_RATIO * (layer.size or store.size))
        whole = False
        try:
            forward = Forward(unpacked(counted), most, budget)
            reading.read(forward)
            forward.drain()
            whole = True
        except (*DAMAGE, OverflowError) as error:
            contents.unread(where, f"it cannot be read to its end: {_why(error)}")
        try:
            counted.drain()
        except (OSError, ValueError) as error:
            contents.unread(where, str(error))
            return
        compare(contents, layer, counted.hash.hexdigest(), counted.size)
        if whole and diff_id and diff_id != f"sha256:{forward.hash.hexdigest()}":
            why = "its tar is not the one that the configuration names"
            contents.fault(Fault(FaultKind.MISMATCH, where, why))


def parts_of(name: str) -> tuple[str, ...] | None:
    """Return a path's parts; None where it leads out of the image, or is no path."""
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts or "\0" in name or len(parts) > _DEEPEST:
        return None
    return parts


def leads_out(entry: Entry, parts: tuple[str, ...]) -> bool:
    """Say whether a link climbs above the image's root."""
    # A hard link names a path of the image; a link with a slash at its start begins at the root.
    depth = 0 if entry.kind == b"1" or entry.link.startswith("/") else len(parts) - 1
    for part in entry.link.split("/"):
        if part == "..":
            depth -= 1
            if depth < 0:
                return True
        elif part not in ("", "."):
            depth += 1
    return False


def _why(error: Exception) -> str:
    if isinstance(error, DamagedTarError | UnreadableError | OverflowError):
        return str(error)
    return f"{type(error).__name__}: {error}"[:200]
