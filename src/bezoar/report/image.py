"""What a container image holds, for people and for programs."""

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bezoar.report.wording import clipped, counted

if TYPE_CHECKING:
    from bezoar.recon.scan.image.faults import Contents

SHOWN = 10
_TOLD = ("org.opencontainers.image.source", "org.opencontainers.image.base.name")
_DIGITS = 19  # `sha256:` and twelve more


def image_json(contents: "Contents") -> dict[str, Any]:
    """Return what an image holds as JSON values."""
    return {
        "images": contents.images,
        "artefacts": [artefact.as_json() for artefact in contents.artefacts],
        "faults": [
            {"path": one.path, "why": one.why, "layer": one.layer or None}
            for one in contents.faults
        ],
        "more": contents.more,
    }


def image_text(contents: "Contents | None", width: int) -> Iterator[str]:
    """Yield lines about what an image holds; none where nothing was an image."""
    if contents is None:
        return
    for image in contents.images[:SHOWN]:
        layers = counted(len(image["layers"]), "layer")
        yield f"Image {clipped(image['name'], width - 20)}: {layers}"
        for label in _TOLD:
            if said := image["labels"].get(label):
                yield f"  {label.rpartition('image.')[2]}: {clipped(said, width - 16)}"
    if contents.artefacts:
        yield "Data and models in it"
    for artefact in contents.artefacts[:SHOWN]:
        yield f"  {clipped(artefact.path, width - 2)}"
        files = f", {counted(artefact.files, 'file')}" if artefact.files > 1 else ""
        size = f"{artefact.size / 1e6:,.1f} MB"
        line = f"{artefact.kind}, {artefact.form}, {size}{files}, layer {artefact.layer[:_DIGITS]}"
        yield from _wrapped(line + (f"; {artefact.note}" if artefact.note else ""), width)
    yield from _more(len(contents.artefacts))
    if contents.faults:
        yield "Wrong with it"
    for fault in contents.faults[:SHOWN]:
        yield from _wrapped(clipped(f"{fault.path}: {fault.why}", 300), width)
    yield from _more(len(contents.faults) + contents.more)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    ")


def _more(number: int) -> Iterator[str]:
    if number > SHOWN:
        yield f"  and {number - SHOWN:,} more: --format json has each"
