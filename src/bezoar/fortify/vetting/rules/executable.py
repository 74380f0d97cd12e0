"""BZ312: a program, by its content."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.kinds import PROGRAMS, as_text, is_text
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ312",
    name="executable",
    title="Program in the data",
    severity=Severity.HIGH,
    why="Data is read, programs are run. A program among the samples waits for somebody who runs"
    " it, or for a loader that does.",
    taxonomy=("ATLAS:AML.T0011",),
)

_SHEBANG: Final = re.compile(rb"(?:\xef\xbb\xbf)?#!\s*/\S")
_BATCH: Final = re.compile(r"\s*(?:rem[ \t][^\n]*\s+)*@?echo\s+off\b", re.IGNORECASE)
_DESKTOP: Final = re.compile(r"\s*\[Desktop Entry\]")
_PATH_FILE: Final = re.compile(r"^import[ \t]", re.MULTILINE)
_BY_NAME: Final = {
    "bat": "a batch file",
    "cmd": "a batch file",
    "ps1": "a PowerShell script",
    "psm1": "a PowerShell script",
    "vbs": "a VBScript",
    "vbe": "a VBScript",
    "jse": "a JScript",
    "wsf": "a Windows script",
    "hta": "an HTML application",
    "scr": "a screen saver",
    "sh": "a shell script",
    "bash": "a shell script",
    "reg": "a registry file",
    "url": "an Internet shortcut",
}
_LOOKED_AT: Final = 4096


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what the bytes are if they are a program."""
    if specimen.kind in PROGRAMS:
        yield Seen(f"a program ({specimen.kind})", evidence={"kind": specimen.kind})
        return
    if specimen.kind or not is_text(specimen.head):
        return
    what = _script(specimen)
    if what:
        yield Seen(what, Severity.MEDIUM)


def _script(specimen: Specimen) -> str:
    if _SHEBANG.match(specimen.head):
        return "a script that names its interpreter"
    text = as_text(specimen.head[:_LOOKED_AT])
    if _BATCH.match(text):
        return "a batch file"
    if _DESKTOP.match(text) and "Exec" in text:
        return "a desktop entry that starts a program"
    if specimen.extension == "pth" and _PATH_FILE.search(text):
        return "a path file that Python runs when it starts"
    return _BY_NAME.get(specimen.extension, "")
