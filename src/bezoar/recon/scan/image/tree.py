"""`ImageTree`: an image as a `Tree` for the scan, and what else it holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bezoar.datasets.tars import entries
from bezoar.recon.scan.image.artefacts import HEAD, recognised
from bezoar.recon.scan.image.faults import Artefact, Contents
from bezoar.recon.scan.image.history import dockerfile
from bezoar.recon.scan.image.layer import DAMAGE, Reading, Wanted, read_layer
from bezoar.recon.scan.image.manifest import Descriptor, Image, compare, images
from bezoar.recon.scan.image.pictures import class_folders
from bezoar.recon.scan.image.store import ArchiveStore, Store
from bezoar.recon.scan.image.stream import Budget, Counted, Forward, unpacked
from bezoar.recon.scan.image.view import Changes, Folder, Held, walk
from bezoar.recon.scan.tree import SKIPPED, File, Unreadable, shown
from bezoar.recon.source.fields import at, text
from bezoar.syntax.unreadable import UnreadableError

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

HISTORY: Final = "(history).dockerfile"
"""The name under which an image's history is read."""

_SYSTEM: Final = frozenset(
    {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "boot", "dev", "proc", "sys", "run"}
    | {"usr/bin", "usr/sbin", "usr/lib", "usr/lib32", "usr/lib64", "usr/libexec", "usr/share"}
    | {"usr/include", "usr/src", "var/lib", "var/cache", "var/log"}
)
_TAR: Final = ("tar", "tar+gzip", "tar+zstd", "tar.gzip", "diff.tar", "rootfs.diff.tar.gzip")
_MOST_READS: Final = 512
_FREE_BYTES: Final = 4 << 30
_MOST_RATIO: Final = 100
_MOST_ALIKE: Final = 20
_LABELS: Final = 50


@dataclass
class ImageTree:
    """The files of an image that are worth a look; see `tree.Tree`.

    Attributes:
        store: Where it lies.
        everything: Whether the folders of the system, and of packages, are looked into, too.
        progress: Called with (layers done, layers).
        contents: What it holds, once iterated.
    """

    store: Store
    everything: bool = False
    progress: Progress | None = None
    files: int = 0
    bytes: int = 0
    skipped: list[str] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)

    def __iter__(self) -> Iterator[File | Unreadable]:
        """Yield the history of each image, and the files of its last state."""
        self.files, self.bytes, self.skipped, self.contents = 0, 0, [], Contents()
        for fault in self.store.faults if isinstance(self.store, ArchiveStore) else ():
            self.contents.unread("(archive)", fault)
        found = images(self.store, self.contents)
        budget = Budget(max(_FREE_BYTES, _MOST_RATIO * self.store.size))
        left = _MOST_READS
        for number, image in enumerate(found):
            prefix = f"{_safe(image.name, number)}/" if len(found) > 1 else ""
            if history := dockerfile(image.config):
                yield _Text(prefix + HISTORY, history.encode("utf-8", "backslashreplace"))
            if len(image.layers) > left:
                self.contents.unread(prefix or image.name, f"more than {_MOST_READS} layers in all")
                continue
            left -= len(image.layers)
            yield from self._files(image, prefix, budget)
        yield from self.contents.unreadable

    def _files(self, image: Image, prefix: str, budget: Budget) -> Iterator[File]:
        folders = frozenset[str]() if self.everything else SKIPPED
        wanted = Wanted(folders, frozenset() if self.everything else _SYSTEM, prefix)
        root, escaping = Folder(), set[tuple[str, ...]]()
        for number, layer in enumerate(image.layers):
            if not _is_layer(layer):
                self._blob(layer, prefix)
                continue
            changes = Changes(root)
            reading = Reading(number, layer, self.contents, changes, wanted, escaping)
            read_layer(self.store, reading, image.diff_ids[number], budget)
            changes.apply()
            self.files, self.bytes = self.files + reading.files, self.bytes + reading.bytes
            if self.progress:
                self.progress(number + 1, len(image.layers))
        self.skipped += sorted(wanted.skipped)
        self.contents.images.append(_described(image))
        names = [layer.digest or layer.name for layer in image.layers]
        self.contents.artefacts += _artefacts(root, names, prefix)
        yield from self._texts(image, root, prefix)

    def _blob(self, layer: Descriptor, prefix: str) -> None:
        """Look at a blob that is no layer: registries keep models like that."""
        title = text(layer.annotations, "org.opencontainers.image.title") or layer.digest
        try:
            with Counted(self.store.open(layer.name), layer.digest.partition(":")[0]) as counted:
                head = counted.read(HEAD) or b""
                counted.drain()
        except (UnreadableError, OSError, ValueError) as error:
            self.contents.unread(layer.digest, str(error))
            return
        compare(self.contents, layer, counted.hash.hexdigest(), counted.size)
        if form := recognised(title, head):
            digest = counted.hash.hexdigest() if counted.hash.name == "sha256" else ""
            kept = Artefact(
                shown(prefix + title), form.kind, form.name, counted.size, layer.digest, digest
            )
            self.contents.artefacts.append(kept)

    def _texts(self, image: Image, root: Folder, prefix: str) -> Iterator[File]:
        """Yield the text files that are left at the end, each read from its layer again."""
        by_layer: dict[int, dict[int, str]] = {}
        for path, item in walk(root):
            if isinstance(item, Held) and item.artefact is None:
                by_layer.setdefault(item.layer, {})[item.number] = path
        for number, wanted in sorted(by_layer.items()):
            yield from _again(self.store, image.layers[number], wanted, prefix)


def _again(store: Store, layer: Descriptor, wanted: dict[int, str], prefix: str) -> Iterator[File]:
    """Stream a layer a second time; what is wrong with it was said the first time."""
    last = max(wanted)
    most = Budget(1 << 62)
    try:
        with Counted(store.open(layer.name)) as counted:
            forward = Forward(unpacked(counted), 1 << 62, most)
            for number, entry in enumerate(entries(forward)):
                if path := wanted.get(number):
                    yield _Member(shown(prefix + path), entry.place[1], entry.place[0], forward)
                if number >= last:
                    break
    except DAMAGE:
        return


@dataclass(frozen=True, slots=True)
class _Member:
    """A file in a layer; it can be read until the next one is asked for. See `tree.File`."""

    path: str
    size: int
    offset: int
    forward: Forward

    def read(self, most: int) -> bytes:
        try:
            return self.forward.read((self.offset, min(self.size, most)))
        except DAMAGE as error:
            raise UnreadableError(f"its layer cannot be read: {error}") from None


@dataclass(frozen=True, slots=True)
class _Text:
    """A file that was made here; see `tree.File`."""

    path: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, most: int) -> bytes:
        return self.data[:most]


def _artefacts(root: Folder, layers: list[str], prefix: str) -> Iterator[Artefact]:
    """Yield data and models; very many alike in one folder are one."""
    alike: dict[tuple[str, str], list[Artefact]] = {}
    for path, item in walk(root):
        if isinstance(item, Held) and item.artefact is not None:
            key = (path.rpartition("/")[0], item.artefact.form)
            alike.setdefault(key, []).append(item.artefact)
    for (folder, form), found in alike.items():
        if len(found) <= _MOST_ALIKE:
            yield from (_below(prefix, one) for one in found)
        else:
            size, first = sum(one.size for one in found), found[0]
            where = shown(f"{prefix}{folder}/" if folder else prefix or "./")
            yield Artefact(where, first.kind, form, size, first.layer, files=len(found))
    yield from class_folders(root, layers, prefix)


def _below(prefix: str, artefact: Artefact) -> Artefact:
    if not prefix:
        return artefact
    return replace(artefact, path=shown(prefix) + artefact.path)


def _described(image: Image) -> dict[str, Any]:
    labels = at(image.config, "config", "Labels")
    kept = list(labels.items())[:_LABELS] if isinstance(labels, dict) else []
    return {
        "name": image.name,
        "layers": [layer.digest or layer.name for layer in image.layers],
        "labels": {str(key)[:200]: str(value)[:500] for key, value in kept},
    }


def _is_layer(layer: Descriptor) -> bool:
    return not layer.media_type or layer.media_type.endswith(_TAR)


def _safe(name: str, number: int) -> str:
    """Return an image's name as one part of a path that no other image has."""
    kept = "".join(c if c.isalnum() or c in "._-" else "-" for c in name)[:80].strip(".")
    return f"{number + 1}-{kept or 'image'}"
