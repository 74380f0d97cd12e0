"""A DBOM entry as TOML: read with a message that names the fault, written so that comments stay."""

import difflib
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from bezoar.core.errors import UsageError
from bezoar.core.place import printable
from bezoar.datasets.entry import Artefact, Content, DbomEntry, Derivation, Origin, Published

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "origin": Origin,
    "files": Published,
    "lineage": Derivation,
    "content": Content,
    "artefacts": Artefact,
}


def parse_entry(text: str, where: str) -> DbomEntry:
    """Read an entry.

    Args:
        text: TOML.
        where: The file's name, for errors.

    Raises:
        UsageError: If it is no TOML, a key is unknown, or a value is off.
    """
    try:
        return DbomEntry.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise UsageError(f"{where}: {first_fault(error)}", next=f"mend {where}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: {printable(str(error))}", next=f"mend {where}") from None


def format_entry(entry: DbomEntry, before: str = "") -> str:
    """Write an entry as TOML.

    Args:
        entry: What to write.
        before: The file's text so far: its comments and its order stay.
    """
    import tomlkit  # noqa: PLC0415 - only what writes an entry pays for it

    document = tomlkit.parse(before)
    _update(document, entry.model_dump(mode="python", exclude_defaults=False))
    return tomlkit.dumps(document)


def _update(table: "TOMLDocument | Table", fields: Mapping[str, Any]) -> None:
    from tomlkit import items  # noqa: PLC0415 - as above
    from tomlkit import table as new_table  # noqa: PLC0415 - as above

    for key, value in fields.items():
        if isinstance(value, Mapping):
            if not isinstance(table.get(key), items.Table):
                table[key] = new_table()
            _update(table[key], value)
        elif value is None or value == ():
            table.pop(key, None)
        else:
            kept = _without_none(value)
            if key not in table or table[key] != kept:
                table[key] = kept


def _without_none(value: Any) -> Any:
    """Return a value as TOML can say it: in a table of a list, what is None is absent."""
    if not isinstance(value, tuple):
        return value
    return [
        {key: field for key, field in one.items() if field is not None}
        if isinstance(one, Mapping)
        else one
        for one in value
    ]


def first_fault(error: ValidationError) -> str:
    """Return the fault that says most, with the nearest known key where one is not known."""
    faults = error.errors()
    # A misspelt key shows as an unknown one and as a missing one: the former says more.
    first = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    path = [str(part) for part in first["loc"]]
    if first["type"] != "extra_forbidden":
        why = first["msg"].removeprefix("Value error, ")
        return printable(f"{'.'.join(path)}: {why}" if path else why)
    model = next((_MODELS[part] for part in path[-2::-1] if part in _MODELS), DbomEntry)
    near = difflib.get_close_matches(path[-1], model.model_fields, n=1, cutoff=0)
    return printable(f"unknown key {'.'.join(path)!r}; did you mean {near[0]!r}?")
