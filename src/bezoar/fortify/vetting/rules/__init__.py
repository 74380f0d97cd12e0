"""The rules on the bytes of one file, one file each."""

from collections.abc import Callable, Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.fortify.vetting.rules import (
    csv_formula,
    executable,
    exif_anomaly,
    extension_type,
    hidden_file,
    loading_script,
    model_code,
    notebook,
    object_array,
    office_document,
    pdf_script,
    pickle_code,
    polyglot,
    safetensors_header,
    svg_script,
    trailing_data,
    xml_entity,
)
from bezoar.fortify.vetting.specimen import Seen, Specimen

Findings = Callable[[Specimen], Iterator[Seen]]
"""What a rule's file has: its answer to a specimen."""

ON_BYTES: Final[tuple[tuple[Rule, Findings], ...]] = tuple(
    (module.RULE, module.findings)
    for module in (
        pickle_code,
        executable,
        polyglot,
        notebook,
        loading_script,
        office_document,
        pdf_script,
        object_array,
        extension_type,
        xml_entity,
        csv_formula,
        svg_script,
        model_code,
        safetensors_header,
        hidden_file,
        trailing_data,
        exif_anomaly,
    )
)
"""Each rule on one file, in the order of the codes, with what answers for it."""
