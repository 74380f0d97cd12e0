"""Arize: each prediction on its own, through its public client.

A stratum goes as a tag: it says where a prediction was made, and is no input of the model. Ids are
drawn once and sent again with a retry, so that Arize counts a window once.
"""

import os
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import numpy as np

from bezoar.adapters.predictions import SinkRefusedError, Window
from bezoar.core.arrays import Floats
from bezoar.core.errors import BezoarError, UsageError

KEY: Final = "ARIZE_API_KEY"
_TIMEOUT_S: Final = 30.0
_DAY_S, _YEAR_S = 86_400.0, 365 * 86_400.0
_BUSY: Final = 429
_ID, _TIME, _LABEL, _SCORE = "prediction_id", "timestamp", "prediction", "confidence"
_LONGEST_TAG: Final = 100
_UNVERSIONED: Final = "unversioned"  # an empty one is refused


class ArizeSink:
    """Sends predictions to a space of Arize."""

    def __init__(
        self,
        space: str,
        model: str,
        version: Callable[[], str] = lambda: "",
        client: Any = None,
    ) -> None:
        """Connect; nothing is asked before the first window.

        Args:
            space: The space's id.
            model: The model's name there.
            version: Returns which of its versions answers now; empty: nobody knows.
            client: An `arize.ArizeClient`; None: one with the key of ARIZE_API_KEY.

        Raises:
            BezoarError: If the client is not installed.
            UsageError: If there is no space or no key.
        """
        try:
            import arize  # noqa: PLC0415 - an extra
            import pandas as pd  # noqa: PLC0415 - its client takes nothing else
            from arize.ml import types  # noqa: PLC0415 - the same
        except ImportError:
            raise BezoarError(
                "arize is not installed", next="pip install 'bezoar[arize]'"
            ) from None
        if not space:
            raise UsageError("not arize:SPACE_ID", next="mend the sink's place")
        if client is None and not os.environ.get(KEY):
            raise UsageError(f"{KEY} is missing", next=f"export {KEY}=…")
        self._client = client if client is not None else arize.ArizeClient()
        self._types, self._pandas = types, pd
        self._space, self._model, self._version = space, model, version
        self._session = uuid4().hex

    def send(self, window: Window) -> None:
        """Send each prediction.

        Raises:
            SinkRefusedError: If Arize, or its client, refuses them for good.
            Exception: If it cannot be reached.
        """
        types = self._types
        frame, schema = self._frame(window)
        try:
            self._client.ml.log(
                space_id=self._space,
                model_name=self._model,
                model_version=self._version() or _UNVERSIONED,
                model_type=types.ModelTypes.SCORE_CATEGORICAL,
                environment=types.Environments.PRODUCTION,
                dataframe=frame,
                schema=schema,
                timeout=_TIMEOUT_S,
            )
        except Exception as error:
            status = getattr(error, "status_code", None)
            if hasattr(error, "errors") or (status and _is_final(status)):
                raise SinkRefusedError(_said(error, status)) from None
            raise

    def close(self) -> None:
        """Nothing waits in the client."""

    def _frame(self, window: Window) -> tuple[Any, Any]:
        """Return a table of predictions, and what its columns mean."""
        size = len(window)
        columns: dict[str, Any] = {
            _ID: [f"{self._session}-{window.first + i}" for i in range(size)],
            _TIME: _times(window.seconds).astype(np.int64),
            _LABEL: list(window.classes),
        }
        if np.isfinite(window.confidences).any():
            columns[_SCORE] = window.confidences
        tags = [f"stratum_{name}" for name in window.columns]
        for name, values in zip(tags, window.columns.values(), strict=True):
            columns[name] = [value[:_LONGEST_TAG] for value in values]
        schema = self._types.Schema(
            prediction_id_column_name=_ID,
            timestamp_column_name=_TIME,
            prediction_label_column_name=_LABEL,
            prediction_score_column_name=_SCORE if _SCORE in columns else None,
            tag_column_names=tags or None,
        )
        return self._pandas.DataFrame(columns), schema


def _times(seconds: Floats) -> Floats:
    """Return times that Arize takes: one bad clock would have the whole window refused."""
    now = time.time()
    sound = (seconds > now - _YEAR_S) & (seconds < now + _DAY_S)
    return np.where(sound, seconds, now)


def _is_final(status: int) -> bool:
    return 400 <= status < 500 and status != _BUSY  # noqa: PLR2004 - HTTP's own


def _said(error: Exception, status: int | None) -> str:
    if status in {401, 403}:
        return f"Arize refuses the key or the space (HTTP {status})"
    return f"Arize refuses the window: {str(error)[:200]}"
