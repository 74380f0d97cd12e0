"""`export`: entries of the DBOM in the formats that others read."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bezoar.adapters import croissant, cyclonedx, dvc, intoto, spdx
from bezoar.adapters.leftover import JsonObject
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, timestamp
from bezoar.datasets.files import open_registered
from bezoar.datasets.manifest import build_manifest


class Form(StrEnum):
    """A format that others read."""

    CYCLONEDX = "cyclonedx"
    CYCLONEDX_1_6 = "cyclonedx-1.6"
    SPDX = "spdx"
    CROISSANT = "croissant"
    CROISSANT_1_0 = "croissant-1.0"
    INTOTO = "intoto"
    DVC = "dvc"


_OF_MANY: Final = (Form.CYCLONEDX, Form.CYCLONEDX_1_6, Form.SPDX)
"""The formats that hold any number of datasets; the others hold one."""


def export(entries: Sequence[DbomEntry], form: Form, dbom: Dbom, folder: Path) -> str:
    """Return entries in a format.

    Args:
        entries: What to write, at least one.
        form: The format.
        dbom: Where the entries are from.
        folder: Where the text will lie: a `.dvc` file names its data relative to it.

    Raises:
        UsageError: If the format holds one dataset and there are more, or one has no bytes.
        BezoarError: If a `.dvc` file is asked for, and the data is not what was registered.
    """
    if len(entries) > 1 and form not in _OF_MANY:
        raise UsageError(
            f"a {form} file holds one dataset, not {len(entries)}",
            next=f"bezoar dbom export {entries[0].spec} --format {form}",
        )
    if form is Form.DVC:
        return _dvc(entries[0], dbom, folder)
    document = _WRITERS[form]([entry_values(entry) for entry in entries])
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def entry_values(entry: DbomEntry) -> JsonObject:
    """Return an entry as JSON values, without what is not said."""
    said = {"schema_version": entry.schema_version, "status": str(entry.status)}
    return said | entry.model_dump(mode="json", exclude_defaults=True)


def _cyclonedx(form_version: str) -> Callable[[list[JsonObject]], JsonObject]:
    return lambda entries: cyclonedx.bill(
        entries, version=form_version, made_at=timestamp(), program_version=version("bezoar")
    )


def _spdx(entries: list[JsonObject]) -> JsonObject:
    return spdx.document(entries, made_at=timestamp(), program_version=version("bezoar"))


def _croissant(form_version: str) -> Callable[[list[JsonObject]], JsonObject]:
    return lambda entries: croissant.metadata(entries[0], version=form_version)


def _intoto(entries: list[JsonObject]) -> JsonObject:
    # Without bytes there is nothing that a statement could be about.
    DbomEntry.model_validate_json(json.dumps(entries[0])).registered  # noqa: B018 - it raises
    return intoto.statement(entries[0])


_WRITERS: Final[Mapping[Form, Callable[[list[JsonObject]], Any]]] = {
    Form.CYCLONEDX: _cyclonedx("1.7"),
    Form.CYCLONEDX_1_6: _cyclonedx("1.6"),
    Form.SPDX: _spdx,
    Form.CROISSANT: _croissant("1.1"),
    Form.CROISSANT_1_0: _croissant("1.0"),
    Form.INTOTO: _intoto,
}


def _dvc(entry: DbomEntry, dbom: Dbom, folder: Path) -> str:
    """Return a `.dvc` file, for the very bytes that were registered and no others."""
    path, content = dbom.locate(entry), entry.registered
    found = build_manifest(open_registered(content, path)).root
    if found != entry.root:
        raise BezoarError(
            f"{path} is no longer what was registered as {entry.spec}",
            next=f"bezoar verify {entry.spec}",
        )
    try:
        md5, size, files = dvc.md5_of(path)
    except (OSError, ValueError) as error:
        raise BezoarError(f"no .dvc file for {entry.spec}: {error}", f"ls -l {path}") from None
    relative = Path(os.path.relpath(path, folder)).as_posix()
    if relative == "." or relative.startswith(".."):
        raise UsageError(
            f"{path} does not lie below {folder}, where the .dvc file will lie",
            next=f"bezoar dbom export {entry.spec} --format dvc -o {path}.dvc",
        )
    reference = {
        "name": entry.name,
        "version": entry.version,
        "root": content.root,
        "manifest": content.manifest,
    }
    return dvc.file_text(relative, size, md5, files, reference)
