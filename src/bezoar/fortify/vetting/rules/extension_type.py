"""BZ319: a table with a type that is unpickled, or that nobody here knows."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ319",
    name="extension-type",
    title="Table with a type that runs code",
    severity=Severity.CRITICAL,
    why="Arrow tables can name an extension type. One of them, arrow.py_extension_type, is"
    " unpickled by readers before 14.0.1 (CVE-2023-47248); others load whatever package claims"
    " their name.",
    taxonomy=("ATLAS:AML.T0011.000",),
)

_PICKLED: Final = b"arrow.py_extension_type"
_SCHEMA: Final = re.compile(rb"ARROW:schema.{1,16}?([A-Za-z0-9+/]{16,}={0,2})", re.DOTALL)
_KNOWN: Final = re.compile(
    r"arrow\.(?:json|uuid|opaque|bool8|fixed_shape_tensor|variable_shape_tensor|parquet\.variant"
    r"|timestamp_with_offset)|datasets\.features\.features\.Array[2-5]DExtensionType"
    r"|geoarrow\.\w+|pandas\.(?:period|interval)"
)
_MOST_FOOTER: Final = 1 << 24
_NAME_KEY: Final = b"ARROW:extension:name"


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield the types of a table that run code, or that are not known."""
    if specimen.kind not in ("parquet", "arrow"):
        return
    schemas = [_decoded(match[1]) for match in _SCHEMA.finditer(_footer(specimen))]
    if any(_PICKLED in text for text in (*schemas, *_texts(specimen))):
        yield Seen("a column whose type is unpickled (arrow.py_extension_type)")
        return
    for name in sorted(_strangers(schemas)):
        yield Seen(f"a column of the unknown type {name}", Severity.MEDIUM)


def _texts(specimen: Specimen) -> Iterator[bytes]:
    return (window for _, window in specimen.windows())


def _footer(specimen: Specimen) -> bytes:
    """Return the metadata of a Parquet file, at its end."""
    if specimen.kind != "parquet":
        return b""
    end = specimen.head if specimen.complete else specimen.tail
    length = int.from_bytes(end[-8:-4], "little")
    if length <= len(end) - 8:
        return end[-8 - length : -8]
    if length > _MOST_FOOTER:
        specimen.budget.step(specimen.budget.steps + 1)
    last = b""
    for _, window in specimen.windows():
        last = (last + window)[-_MOST_FOOTER:]
    return last


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text[: len(text) - len(text) % 4])
    except binascii.Error:
        return b""


def _strangers(schemas: list[bytes]) -> set[str]:
    """Return the names of extension types that are not known."""
    if not any(_NAME_KEY in schema for schema in schemas):
        return set()
    import pyarrow as pa  # noqa: PLC0415 - few tables have such a type

    found: set[str] = set()
    for schema in schemas:
        try:
            fields = list(pa.ipc.read_schema(pa.py_buffer(schema)))
        except (pa.ArrowException, OSError, ValueError):
            found.add("(its schema cannot be read)")
            continue
        while fields:
            found |= _name_of(field := fields.pop())
            fields += [field.type.field(i) for i in range(field.type.num_fields)]
    return {name for name in found if not _KNOWN.fullmatch(name)}


def _name_of(field: Any) -> set[str]:
    name = getattr(field.type, "extension_name", None)
    written = (field.metadata or {}).get(_NAME_KEY)
    names = [name] if name else []
    return {*names, *([written.decode("utf-8", "replace")] if written else [])}
