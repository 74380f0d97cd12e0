"""Whether the bytes of a configuration file can name data or a model at all."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.recon.scan import addresses

_WORDS: Final = (
    b"_name_or_path",
    b"huggingface",
    b"hf_",
    b"hf-hub",
    b"repo_id",
    b"repoid",
    b"_target_",
    b"_component_",
    b"dataset_path",
    b"yolo",
    b"rtdetr",
    b"mobile_sam",
    b"fastsam",
    b"[" * 100,
    b"{" * 100,
    b"- " * 100,
)
_FOLDED: Final = (b"${", b"{{", b"%(", b"<<")
_ADDRESS: Final = re.compile(rb"[a-z][a-z0-9+.\-]{1,15}://[^\s\"'<>\\)\]]{1,2048}")
# `model: owner/name`, `"artifact": "team/project/set:v1"`, `- owner/name`
_NAME: Final = re.compile(
    rb"(?:[:=\[,]|\n[ ]{0,40}-)\s{0,8}[\"']?[a-z0-9][\w.\-]{0,95}/(?!v\d)"
    rb"[a-z0-9][\w.@/:\-]{0,190}[\"']?\s{0,8}[,\n#}\]]"
)
_KEY: Final = re.compile(
    rb"(?:data|model|weight|checkpoint|ckpt|pretrain|token|corpus|embed|vocab)[\w.\-]{0,60}[\"']?"
    rb"\s{0,8}[:=]\s{0,8}[\"']?[a-z][a-z0-9+.\-]{1,15}://"
)
_MOST: Final = 500


def may_name(data: bytes) -> bool:
    """Say whether a file can name data or a model; where that would be slow to tell, say yes."""
    low = data.lower() + b"\n"
    if any(word in low for word in _WORDS) or _NAME.search(low):
        return True
    if b"bucket" in low and b"inputs" in low and b"key" in low:
        return True
    if b"://" not in low:
        return False
    if any(mark in low for mark in _FOLDED) or _KEY.search(low):
        return True
    return any(_is_data(address) for address in _distinct(low))


def _distinct(low: bytes) -> Iterator[bytes]:
    """Yield each address once; an empty one where there are too many to look at."""
    seen: set[bytes] = set()
    for match in _ADDRESS.finditer(low):
        if match[0] not in seen:
            seen.add(match[0])
            yield match[0] if len(seen) < _MOST else b""


def _is_data(address: bytes) -> bool:
    return not address or addresses.judge(address.decode("utf-8", "replace")) is not None
