"""`.dvc` files and `dvc.lock` of DVC 3, read and written without DVC.

Source: "Project structure" of its user guide, and what DVC 3.67 writes and accepts: a folder's
digest is the MD5 of a JSON list of its files, named with the ending `.dir`.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.adapters.leftover import JsonObject, objects, text, whole_number

DIRECTORY: Final = "dvc-dir-md5"
"""How DVC names a folder: see the top of this file."""
_HEX: Final = re.compile(r"([0-9a-f]{32})(\.dir)?")
_DEEPEST: Final = 40
_PIECE: Final = 1 << 20
# What DVC leaves out of a folder by itself.
_ASIDE: Final = frozenset({".git", ".hg", ".dvc"})


@dataclass(frozen=True, slots=True)
class Output:
    """A file or folder that DVC tracks.

    Attributes:
        path: As written; relative to `wdir`.
        wdir: As written; relative to the folder of the file that says so.
        digest: `md5:…`, `md5-dos2unix:…` (DVC 2) or `dvc-dir-md5:…`; None where there is none.
        size: Bytes.
        uris: Where it was imported from.
        revision: The commit that it was imported at.
        meta: What others keep under `meta:`.
    """

    path: str
    wdir: str = "."
    digest: str | None = None
    size: int | None = None
    uris: tuple[str, ...] = ()
    revision: str | None = None
    meta: Any = None


def read_outputs(content: str) -> list[Output]:
    """Read a `.dvc` file or a `dvc.lock`.

    Args:
        content: YAML; aliases, deep nesting and tags of objects are refused.

    Raises:
        ValueError: If it is something else.
    """
    document = (objects(_load(content)) or [{}])[0]
    stages = document.get("stages")
    if isinstance(stages, dict):
        found = [out for stage in objects(list(stages.values())) for out in _outputs(stage)]
    else:
        found = list(_outputs(document))
    if not found:
        raise ValueError("neither a .dvc file nor a dvc.lock: no outs in it")
    return found


def file_text(path: str, size: int, md5: str, files: int | None, reference: JsonObject) -> str:
    """Return the text of a `.dvc` file.

    Args:
        path: Of the data, relative to the folder where the `.dvc` file will lie.
        size: Bytes.
        md5: Of the file, or of the folder's list with its ending `.dir`.
        files: How many a folder holds; None for a file.
        reference: What goes under `meta:`, which DVC keeps as it is.
    """
    import yaml  # noqa: PLC0415 - only what reads or writes these files pays for it

    count = {} if files is None else {"nfiles": files}
    out = {"md5": md5, "size": size, **count, "hash": "md5", "path": path}
    document = {"outs": [out], "meta": {"dbom": reference}}
    # Escaped: unescaped, a name of one NEL (U+0085) would be read as a space.
    return yaml.safe_dump(document, sort_keys=False)


def md5_of(path: Path) -> tuple[str, int, int | None]:
    """Hash data as DVC names it: (MD5, bytes, number of files of a folder).

    Raises:
        ValueError: If a folder holds a link or a special file: DVC would take what it points to.
        OSError: If something cannot be read.
    """
    if not path.is_dir():
        return *_md5(path), None
    rows, size = [], 0
    for name in sorted(_names(path)):
        md5, length = _md5(path / name)
        rows.append({"md5": md5, "relpath": name})
        size += length
    listing = json.dumps(rows, sort_keys=True).encode()
    return f"{hashlib.md5(listing, usedforsecurity=False).hexdigest()}.dir", size, len(rows)


def _names(folder: Path) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _ASIDE]
        for name in (*names, *folders):
            path = Path(root, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise ValueError(f"{path} is a link or a special file")
        yield from (Path(root, name).relative_to(folder).as_posix() for name in names)


def _md5(path: Path) -> tuple[str, int]:
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _load(content: str) -> Any:
    """Load YAML as plain values."""
    import yaml  # noqa: PLC0415 - as above

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if why := _dangerous(yaml.parse(content, Loader=loader)):
            raise ValueError(why)
        return yaml.load(content, Loader=loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RecursionError, TypeError) as error:
        raise ValueError(f"no YAML: {error}") from None


def _dangerous(events: Iterable[Any]) -> str | None:
    """Say what would make a small text large, or exhaust the stack."""
    import yaml  # noqa: PLC0415 - as above

    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            return "it has YAML aliases"
        if depth > _DEEPEST:
            return f"it is nested deeper than {_DEEPEST}"
    return None


def _outputs(stage: JsonObject) -> Iterator[Output]:
    uris, revision = _imported(stage)
    meta, wdir = stage.get("meta"), text(stage.get("wdir")) or "."
    for out in objects(stage.get("outs")):
        if path := text(out.get("path")):
            size = whole_number(out.get("size"))
            yield Output(path, wdir, _digest(out), size, uris, revision, meta)


def _digest(out: JsonObject) -> str | None:
    match = _HEX.fullmatch(text(out.get("md5")) or "")
    if not match:
        return None
    if match[2]:
        return f"{DIRECTORY}:{match[1]}"
    # Without `hash: md5` it is of DVC 2, which changed the line ends of text before hashing.
    return f"{'md5' if out.get('hash') == 'md5' else 'md5-dos2unix'}:{match[1]}"


def _imported(stage: JsonObject) -> tuple[tuple[str, ...], str | None]:
    """Return where `dvc import` or `dvc import-url` got it from, and at which commit."""
    uris, revision = [], None
    for dep in objects(stage.get("deps")):
        repo, path = dep.get("repo"), text(dep.get("path")) or ""
        if isinstance(repo, dict) and (url := text(repo.get("url"))):
            uris.append(url)
            revision = text(repo.get("rev_lock")) or text(repo.get("rev")) or revision
        elif "://" in path:
            uris.append(path)
    return tuple(uris), revision
