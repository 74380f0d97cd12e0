"""`watch`: a live model answers as before, and a monitor sees what it answers."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from bezoar.core.arrays import Floats
from bezoar.core.errors import UsageError
from bezoar.limit.forwarding import Forwarding
from bezoar.limit.monitor import ClassAlert, Monitor
from bezoar.limit.predictions import Batch, as_confidence, class_name

T = TypeVar("T")
Answers = tuple[list[Any], Floats | None]


def watch(
    live: T,
    monitor: Monitor,
    *,
    classes: Sequence[Any] | None = None,
    alerted: Callable[[ClassAlert], object] = lambda _: None,
    strata: Mapping[str, Any] | None = None,
    sinks: Sequence[Forwarding] = (),
    strict: bool = False,
) -> T:
    """Return a live model that answers as before, while a monitor sees what it answers.

    Each call of a method that predicts counts: who asks for labels and then for probabilities of
    one input counts it twice.

    Args:
        live: A torch module, a scikit-learn estimator, an `onnxruntime.InferenceSession`, or an
            MLflow pyfunc. A torch module is changed in place (a forward hook, silent while it
            trains); of the others a copy comes back, which shares all its parts.
        monitor: What sees the answers.
        classes: Names of a torch module's or an ONNX graph's classes, by number.
        alerted: Is told of alarms that begin or end.
        strata: Values of the baseline's columns here, as the camera.
        sinks: What else is given the predictions; none of them slows or breaks an answer.
        strict: Whether a fault of the monitoring breaks the prediction; else it is counted in
            `monitor.refused["not watched"]`.

    Raises:
        UsageError: If it is none of these.
    """
    seen = _Watching(monitor, alerted, strata or {}, sinks, strict=strict).seen
    homes = {base.__module__.partition(".")[0] for base in type(live).__mro__}
    # Each library is imported by now, or there would be no such object.
    if "torch" in homes:
        from bezoar.adapters.torch.watched import watch_module  # noqa: PLC0415 - see above

        return watch_module(live, classes, seen)
    if "sklearn" in homes:
        from bezoar.adapters.sklearn_watched import watch_estimator  # noqa: PLC0415 - see above

        return watch_estimator(live, seen)
    if "onnxruntime" in homes:
        from bezoar.adapters.onnx_watched import watch_session  # noqa: PLC0415 - see above

        return watch_session(live, classes, seen)
    if "mlflow" in homes:
        from bezoar.adapters.mlflow_watched import watch_pyfunc  # noqa: PLC0415 - see above

        return watch_pyfunc(live, classes, seen)
    raise UsageError(
        f"cannot watch a {type(live).__module__}.{type(live).__qualname__}",
        next="call monitor.observe(class_, confidence) after each prediction",
    )


@dataclass
class _Watching:
    monitor: Monitor
    alerted: Callable[[ClassAlert], object]
    strata: Mapping[str, Any]
    sinks: Sequence[Forwarding]
    strict: bool
    lock: threading.Lock = field(default_factory=threading.Lock)

    def seen(self, read: Callable[[], Answers]) -> None:
        """Count what was answered; a fault breaks no prediction unless that was asked for."""
        try:
            names, confidences = read()
            batch = self._batch(names, confidences)
            with self.lock:
                alerts = self.monitor.observe_batch(batch)
            for sink in self.sinks:
                sink.put(batch)
            for alert in alerts:
                self.alerted(alert)
        except Exception:
            if self.strict:
                raise
            self.monitor.refused["not watched"] += 1

    def _batch(self, names: list[Any], confidences: Floats | None) -> Batch:
        size = len(names)
        sure = np.full(size, np.nan)
        if confidences is not None:
            sure = np.array([as_confidence(one) for one in confidences.tolist()])
        return Batch(
            0,
            [class_name(name) for name in names],
            sure,
            np.full(size, time.time()),
            {name: [value] * size for name, value in self.strata.items()},
        )
