"""`write_class_folder`: any data set as class folders, the layout that every tool reads."""

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.sample import Sample
from bezoar.datasets.decoding import decode, disagreement, encode_png
from bezoar.datasets.tree import IMAGE_EXTENSIONS

Progress = Callable[[int], None]
"""Called with the number of samples done."""

_RESERVED: Final = frozenset('/\\:*?"<>|')
_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_LONGEST: Final = 200  # bytes; file systems take 255, and two marks may follow
_EXTENSIONS: Final = ("png", "jpg", "ppm", "webp", "bmp", "gif")
_NPY: Final = b"\x93NUMPY"


def write_class_folder(
    samples: Iterable[Sample], path: Path, progress: Progress = lambda _done: None
) -> dict[str, str]:
    """Write samples as a folder with one sub-folder for each class.

    An image file keeps its bytes; a row of an array becomes a PNG, which loses nothing of 8-bit
    pixels. Labels and ids become names by percent-encoding what no file name should hold; the
    class is cut from the front of an id that begins with it. A sample without a label lies in
    `path` itself. The folder appears when it is whole: until then it is a hidden one beside it.

    Args:
        samples: What to write; no id twice. A data set is one.
        path: The folder; it must be new or empty.
        progress: Called after each sample.

    Returns:
        Where each sample lies, relative to `path` with `/`, by its id. Samples whose bytes cannot
        be fetched, and rows that are no picture, are in neither: compare, and say so.

    Raises:
        UsageError: If `path` is there already and not an empty folder.
        BezoarError: If it cannot be written.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow a link
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _require_new(path)
        draft.mkdir(parents=True)
        paths = _fill(draft, samples, progress)
        draft.rename(path)
    except OSError as error:
        raise BezoarError(
            f"cannot write {path}: {error.strerror}", next=f"ls -ld {path.parent}"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return paths


def file_name(text: str) -> str:
    """Return a safe name for a file or folder, from which `urllib.parse.unquote` makes the text.

    Only a name that would be too long is cut; it then ends in a digest of the whole. What is such
    a name already stays as it is: a set that is written twice keeps its names.
    """
    text = _PERCENT.sub("%25", text) or "\0"
    name = "".join(c if c.isprintable() and c not in _RESERVED else _quoted(c) for c in text)
    if name.startswith("."):  # hidden, or a way out of the folder
        name = "%2E" + name[1:]
    if name.endswith((".", " ")):  # lost on some systems
        name = name[:-1] + _quoted(name[-1])
    if len(name.encode()) <= _LONGEST:
        return name
    cut = name.encode()[: _LONGEST - len(_mark(text))].decode(errors="ignore")
    return re.sub("%.?$", "", cut) + _mark(text)


def _quoted(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _mark(text: str) -> str:
    """Return what tells two texts apart that would share a name."""
    return "%" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _require_new(path: Path) -> None:
    if os.path.lexists(path) and (path.is_symlink() or not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path} is there already, and not an empty folder", next=f"ls -a {path}")


def _fill(root: Path, samples: Iterable[Sample], progress: Progress) -> dict[str, str]:
    folders: dict[str | None, str] = {None: ""}
    paths: dict[str, str] = {}
    for done, sample in enumerate(samples, 1):
        picture = _picture(sample)
        if picture is not None:
            if sample.label not in folders:
                folders[sample.label] = _class_folder(root, str(sample.label))
            data, name = picture
            name = folders[sample.label] + name
            paths[sample.id] = _write_file(root, name, sample.id, data)
        progress(done)
    return paths


def _picture(sample: Sample) -> tuple[bytes, str] | None:
    """Return what to write, and the name of the file; None if there is nothing to write."""
    name = sample.id.removeprefix(f"{sample.label}/")
    try:
        data = sample.fetch()
        if data.startswith(_NPY):
            return encode_png(decode(data)), f"{file_name(name.removesuffix('.png'))}.png"
    except (OSError, ValueError):
        return None
    stem, _, extension = name.rpartition(".")
    if not stem or extension.lower() not in IMAGE_EXTENSIONS:  # no reader would look at it
        stem, extension = name, _extension(data)
    return data, f"{file_name(stem)}.{extension}"


def _extension(data: bytes) -> str:
    """Return the extension that the content asks for; what is no image stays a finding as one."""
    return next(one for one in _EXTENSIONS if disagreement(f".{one}", data) is None)


def _class_folder(root: Path, label: str) -> str:
    name = file_name(label)
    try:
        (root / name).mkdir()
    except FileExistsError:  # the file system, not we, says which names are the same to it
        name += _mark(label)
        (root / name).mkdir()
    return f"{name}/"


def _write_file(root: Path, name: str, sample_id: str, data: bytes) -> str:
    try:
        file = (root / name).open("xb")
    except FileExistsError:
        stem, _, extension = name.rpartition(".")
        name = f"{stem}{_mark(sample_id)}.{extension}"
        file = (root / name).open("xb")
    with file:
        file.write(data)
    return name
