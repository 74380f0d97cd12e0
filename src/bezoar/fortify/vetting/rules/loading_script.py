"""BZ315: code that a loader of datasets or models runs."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.kinds import as_text
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ315",
    name="loading-script",
    title="Code that a loader may run",
    severity=Severity.HIGH,
    why="Loaders of dataset and model hubs run a Python file that lies beside the data, older ones"
    " without asking. Take the data without its script.",
    taxonomy=("ATLAS:AML.T0010.002", "ATLAS:AML.T0011"),
)

_BUILDER: Final = re.compile(
    r"\b(?:GeneratorBasedBuilder|ArrowBasedBuilder|DatasetBuilder|BuilderConfig|BeamBasedBuilder"
    r"|PreTrainedModel|PretrainedConfig|PreTrainedTokenizer\w*)\b"
)
_RUN_BY_NAME: Final = frozenset(
    {"setup.py", "conftest.py", "sitecustomize.py", "usercustomize.py", "hubconf.py"}
)
_ASKS_FOR_CODE: Final = re.compile(
    r"[\"']?(?:auto_map|custom_pipelines)[\"']?\s*[:=]"
    r"|trust_remote_code[\"']?\s*[:=]\s*(?:true\b|1\b)",
    re.IGNORECASE,
)
_CONFIGURATION: Final = frozenset({"json", "yaml", "yml", "md", "toml", "cfg"})
_LOOKED_AT: Final = 1 << 20


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what is such code, or asks for it."""
    extension = specimen.extension
    if extension in ("py", "pyw"):
        yield _python(specimen)
    elif extension in _CONFIGURATION:
        match = _ASKS_FOR_CODE.search(as_text(specimen.head[:_LOOKED_AT]))
        if match:
            said = match[0][:60].strip("\"' :=")
            # A README tells people how to load something; a configuration does it.
            severity = Severity.LOW if extension == "md" else Severity.MEDIUM
            yield Seen(f"it asks a loader to run code: {said}", severity)


def _python(specimen: Specimen) -> Seen:
    if _BUILDER.search(as_text(specimen.head[:_LOOKED_AT])):
        return Seen("a loading script: a hub's loader runs it")
    file = specimen.name.rpartition("/")[2]
    if file in _RUN_BY_NAME:
        return Seen(f"{file} is run by tools that look for this name")
    if "/" not in specimen.name and not specimen.depth:
        return Seen("Python beside the data, where loaders look for a script", Severity.MEDIUM)
    return Seen("Python among the data", Severity.LOW)
