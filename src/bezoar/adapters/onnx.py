"""ONNX models through onnxruntime: a graph is data, and none of its author's code runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from bezoar.core.errors import BezoarError

_TYPES: Final = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(bool)": np.bool_,
}


class OnnxModel:
    """An ONNX graph that answers.

    Law: one session may be used by many threads at once.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Load a graph.

        Args:
            path: The file; what it refers to has to lie beside it.
            threads: Of one answer.

        Raises:
            BezoarError: If onnxruntime is not installed, or cannot load it.
        """
        try:
            import onnxruntime  # noqa: PLC0415 - an extra
        except ImportError:
            message = "onnxruntime is not installed"
            raise BezoarError(message, next="pip install 'bezoar[onnx]'") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001 - onnxruntime has a class of its own for each fault
            why = str(error).splitlines()[0][:200]
            raise BezoarError(f"{path.name} cannot be loaded as ONNX: {why}") from None

    def __call__(self, inputs: Any) -> list[Any]:
        """Return the outputs for an array, or for arrays by the names of the inputs."""
        named = inputs if isinstance(inputs, Mapping) else {self._names()[0]: inputs}
        return list(self._session.run(None, dict(named)))

    def smoke(self) -> None:
        """Answer once, with zeros.

        Raises:
            BezoarError: If it does not, or an output is no number.
        """
        zeros = {one.name: self._zeros(one.shape, one.type) for one in self._session.get_inputs()}
        try:
            outputs = self(zeros)
        except Exception as error:  # noqa: BLE001 - the same
            why = str(error).splitlines()[0][:200]
            raise BezoarError(f"it does not answer: {why}") from None
        for output in outputs:
            array = np.asarray(output) if not isinstance(output, list | dict) else np.zeros(0)
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise BezoarError("it answers with what is no number")

    def _names(self) -> list[str]:
        return [one.name for one in self._session.get_inputs()]

    def _zeros(self, shape: list[Any], kind: str) -> Any:
        if kind not in _TYPES:
            raise BezoarError(f"it wants an input of the kind {kind}, which has no zero")
        sizes = [size if isinstance(size, int) and size > 0 else 1 for size in shape]
        return np.zeros(sizes, _TYPES[kind])
