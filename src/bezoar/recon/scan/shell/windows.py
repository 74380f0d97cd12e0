"""Windows scripts written as shell text, line for line, as far as fetching needs it."""

import re
from typing import Final

_BAT_SET: Final = re.compile(
    r"(?im)^([ \t]*@?[ \t]*)set[ \t]+(?:/[ap][ \t]+)?\"?(\w+)=([^\"\n]*)\"?"
)
_BAT_VARIABLE: Final = re.compile(r"[%!](\w+)(?::[^%!\n]{0,80})?[%!]")
_BAT_COMMENT: Final = re.compile(r"(?im)^[ \t]*@?(?:rem\b|::)")
_PS_SET: Final = re.compile(r"(?m)^([ \t]*)\$(?:env:|global:|script:)?(\w+)[ \t]*=[ \t]*(?=[\"'])")
_PS_VARIABLE: Final = re.compile(r"\$(?:env|global|script):(\w+)")
_PS_CALL: Final = re.compile(
    r"(?i)\.Download(?:File|String|Data)(?:Async|TaskAsync)?\([ \t]*([^\s,()]{1,2000})"
    r"(?:[ \t]*,[ \t]*([^()\n]{1,500}))?\)"
)


def as_shell(text: str, path: str) -> str:
    """Return the text of a `.bat`, `.cmd` or `.ps1` file as shell text, any other as it is."""
    lower = path.lower()
    if lower.endswith((".bat", ".cmd")):
        return _batch(text)
    return _powershell(text) if lower.endswith(".ps1") else text


def _batch(text: str) -> str:
    text = text.replace("\\", "/").replace("^\n", "\\\n")
    text = _BAT_COMMENT.sub("#", text)
    text = _BAT_SET.sub(r"\1\2='\3'", text)
    text = _BAT_VARIABLE.sub(r"${\1}", text)
    return re.sub(r"(?m)^([ \t]*)@", r"\1", text)


def _powershell(text: str) -> str:
    text = text.replace("\\", "/").replace("`\n", "\\\n")
    text = _PS_SET.sub(r"\1\2=", text)
    text = _PS_VARIABLE.sub(r"${\1}", text)
    return _PS_CALL.sub(r"; Invoke-WebRequest \1 -OutFile \2;", text)
