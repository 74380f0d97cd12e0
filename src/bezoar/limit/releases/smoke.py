"""A smoke inference: does a model load, and answer? It runs as a task in the sandbox."""

from pathlib import Path
from typing import Any, Final

TASK: Final = "bezoar.limit.releases.smoke:answer"
_TORCH: Final = frozenset({".pt", ".pth", ".bin", ".ckpt"})
ONNX: Final = ".onnx"
SAFETENSORS: Final = ".safetensors"
KNOWN: Final = frozenset({ONNX, SAFETENSORS, *_TORCH})
"""How the names of files end that a smoke inference knows."""


def models_in(names: list[str]) -> list[str]:
    """Return the files of a release that a smoke inference can load."""
    return [name for name in names if Path(name).suffix.lower() in KNOWN]


def answer(folder: str, names: list[str]) -> dict[str, Any]:
    """Load each of some files, and let it answer where it can.

    Returns:
        `{"tried": {file: what was done}}`, or `{"fault": why}` for the first that fails.
    """
    from bezoar.core.errors import BezoarError  # noqa: PLC0415 - the sandbox's process starts bare

    tried = {}
    for name in names:
        try:
            tried[name] = _try(Path(folder) / name)
        except BezoarError as error:
            return {"fault": error.message}
    return {"tried": tried}


def _try(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix == ONNX:
        from bezoar.adapters.onnx import OnnxModel  # noqa: PLC0415 - an extra

        OnnxModel(path).smoke()
        return "answered"
    if suffix == SAFETENSORS:
        from bezoar.adapters.safetensors import check_safetensors  # noqa: PLC0415 - one of three

        return f"loaded, {check_safetensors(path):,} tensors"
    from bezoar.adapters.torch.state_dict import check_state_dict  # noqa: PLC0415 - an extra

    return f"loaded, {check_state_dict(path):,} tensors"
