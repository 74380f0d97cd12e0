"""State dicts of torch, read as tensors and nothing else."""

from pathlib import Path

import torch

from bezoar.core.errors import BezoarError


def check_state_dict(path: Path) -> int:
    """Read a state dict without running what is in it, and return how many tensors it has.

    Raises:
        BezoarError: If it holds anything but tensors and plain values, or a number that is none.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - unpickling fails in as many ways as there are files
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BezoarError(f"{path.name} cannot be read as a state dict: {why}") from None
    tensors = list(_tensors(found, 0))
    if not tensors:
        raise BezoarError(f"{path.name} holds no tensor")
    for tensor in tensors:
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise BezoarError(f"{path.name} holds weights that are no numbers")
    return len(tensors)


def _tensors(value: object, depth: int) -> "list[torch.Tensor]":
    if isinstance(value, torch.Tensor):
        return [value]
    if depth > 8:  # noqa: PLR2004 - deeper than any checkpoint
        return []
    inside = value.values() if isinstance(value, dict) else value
    if isinstance(inside, str | bytes) or not hasattr(inside, "__iter__"):
        return []
    return [tensor for one in inside for tensor in _tensors(one, depth + 1)]
