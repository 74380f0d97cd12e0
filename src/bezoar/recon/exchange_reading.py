"""`read_foreign`: what a file or folder of another tool says about datasets.

Such a file is a stranger's: it is bounded, parsed as plain values, and every path in it stays
in its folder or is refused.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bezoar.adapters import croissant, cyclonedx, dvc, git_lfs, hugging_face, intoto, spdx
from bezoar.adapters.leftover import JsonObject, some
from bezoar.core.errors import BezoarError, UsageError

_LARGEST: Final = 1 << 26
_LARGEST_YAML: Final = 1 << 20
_MOST_POINTERS: Final = 100_000
_HELP: Final = "bezoar dbom import --help"


@dataclass(frozen=True, slots=True)
class Foreign:
    """What another tool says about one dataset.

    Attributes:
        form: Whose format it is.
        fields: Of a DBOM entry; those of one that bezoar exported are complete.
        data: Where the data lies, if the format says so; it need not be there.
        copies: Where the bytes of published files lie, by their path.
        notes: What could not be taken over, in sentences.
    """

    form: str
    fields: JsonObject
    data: Path | None = None
    copies: Mapping[str, Path] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_foreign(source: Path, root: Path, pick: str | None = None) -> list[Foreign]:
    """Read what is at a path.

    Args:
        source: A file, or a folder.
        root: The project's folder: no data outside of it is looked at.
        pick: Which output of a `dvc.lock`.

    Raises:
        UsageError: If it is in none of the formats, or says something that it must not.
        BezoarError: If it cannot be read.
    """
    try:
        if source.is_dir():
            return [_snapshot(source) if hugging_face.is_snapshot(source) else _pointers(source)]
        data = _bounded(source)
        if git_lfs.parse_pointer(data):
            return [_pointers(source)]
        if source.name == "dvc.lock" or source.suffix == ".dvc":
            return [_output(source, data, root, pick)]
        return _documents(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{source} cannot be imported: {_short(error)}", next=_HELP) from None
    except OSError as error:
        raise BezoarError(
            f"{source} cannot be read: {error.strerror}", next=f"ls -l {source}"
        ) from error


def _short(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    return text if len(text) < 200 else f"{text[:200]}…"  # noqa: PLR2004 - a line or two


def _bounded(source: Path) -> bytes:
    descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no file")
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST:,} bytes")
    return data


def _documents(data: bytes) -> list[Foreign]:
    """Read a JSON document of one of the formats."""
    document = json.loads(data.decode("utf-8"))
    if not isinstance(document, dict):
        raise ValueError("JSON, but no document of a known format")  # noqa: TRY004 - a bad text
    form, entries = _read_document(document)
    try:
        found = entries(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a damaged {form} document ({type(error).__name__})") from None
    if not found:
        raise ValueError(f"a {form} document without a dataset")
    return [_tidied(form, fields) for fields in found]


def _read_document(document: JsonObject) -> tuple[str, Any]:
    if document.get("bomFormat") == "CycloneDX":
        return "CycloneDX", cyclonedx.entries_of
    if document.get("_type") == intoto.STATEMENT:
        return "in-toto", intoto.entries_of
    if croissant.is_croissant(document):
        return "Croissant", croissant.entries_of
    if "spdx.org" in str(document.get("@context"))[:200] and "@graph" in document:
        return "SPDX", spdx.entries_of
    raise ValueError("it is no Croissant, CycloneDX, SPDX 3 or in-toto document")


def is_whole(fields: JsonObject) -> bool:
    """Tell an entry that bezoar exported from what another tool knows of a dataset."""
    return "added_at" in fields


def _tidied(form: str, fields: JsonObject) -> Foreign:
    """Return fields that an entry can have: of a stranger's content only its files."""
    if is_whole(fields):
        return Foreign(form, fields)
    origin = dict(fields.get("origin") or {})
    content = fields.get("content") or {}
    files = [*(content.get("artefacts") or ()), *(origin.get("files") or ())]
    known = {key: value for key, value in fields.items() if key not in ("content", "lineage")}
    return Foreign(form, known | {"origin": some(origin | {"files": files})})


def _output(source: Path, data: bytes, root: Path, pick: str | None) -> Foreign:
    """Read a `.dvc` file or a `dvc.lock`."""
    if len(data) > _LARGEST_YAML:
        raise ValueError(f"it has more than {_LARGEST_YAML:,} bytes")
    outputs = dvc.read_outputs(data.decode("utf-8"))
    chosen = [out for out in outputs if pick in (None, out.path)]
    if len(chosen) != 1:
        names = ", ".join(out.path for out in outputs[:10])
        raise ValueError(f"it has {len(outputs)} outputs: say which with --pick ({names})")
    out = chosen[0]
    place = Path(os.path.normpath(source.absolute().parent / out.wdir / out.path))
    resolved = Path(os.path.realpath(place))
    if not (place.is_relative_to(root) and resolved.is_relative_to(os.path.realpath(root))):
        raise ValueError(f"its data, {out.path}, lies outside of the project")
    path = "." if out.digest and out.digest.startswith(dvc.DIRECTORY) else place.name
    file = some({"path": path, "digest": out.digest})
    size = {} if out.size is None or path == "." else {"size": out.size}
    origin = {
        "uris": list(out.uris),
        "revision": out.revision,
        "files": [file | size] if out.digest else [],
    }
    notes = () if out.digest else ("DVC states no MD5 of it: nothing was compared",)
    return Foreign("DVC", {"origin": some(origin)}, place, notes=notes)


def _pointers(source: Path) -> Foreign:
    """Read one Git LFS pointer, or all of a folder."""
    files, copies = [], {}
    for path in [source] if source.is_file() else _walk(source):
        pointer = _pointer(path)
        if pointer is None:
            continue
        shown = path.name if path == source else path.relative_to(source).as_posix()
        files.append({"path": shown, "digest": f"sha256:{pointer.sha256}", "size": pointer.size})
        if stored := git_lfs.object_of(pointer, path.parent):
            copies[shown] = stored
    if not files:
        raise ValueError("it holds no Git LFS pointer, and is no snapshot of the Hub's cache")
    return Foreign("Git LFS", {"origin": {"files": files}}, copies=copies)


def _walk(folder: Path) -> list[Path]:
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        found += [Path(root, name) for name in sorted(names)]
        if len(found) > _MOST_POINTERS:
            raise ValueError(f"it has more than {_MOST_POINTERS:,} files")
    return found


def _pointer(path: Path) -> git_lfs.Pointer | None:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_size >= git_lfs.LONGEST:
        return None
    return git_lfs.parse_pointer(path.read_bytes())


def _snapshot(folder: Path) -> Foreign:
    snapshot = hugging_face.read_snapshot(folder)
    files = [
        {"path": path, "digest": digest, "size": size} for path, digest, size, _ in snapshot.files
    ]
    notes = (
        (f"{snapshot.loose:,} files are no links into the cache: the Hub's digest is not known",)
        if snapshot.loose
        else ()
    )
    origin = {"uris": [snapshot.uri], "revision": snapshot.commit, "files": files}
    copies = {path: blob for path, _, _, blob in snapshot.files}
    return Foreign("Hugging Face", {"origin": origin}, copies=copies, notes=notes)
