"""Weights & Biases: what each window of predictions looks like, through its public client.

A chart for each class's share and mean confidence; where there are strata, a table of counts, too.
Single predictions stay here, and so does what the client would tell about this machine.
"""

import netrc
import os
from collections import Counter
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from bezoar.adapters.predictions import Window
from bezoar.core.errors import BezoarError, UsageError

KEY: Final = "WANDB_API_KEY"
_REPORTING: Final = "WANDB_ERROR_REPORTING"
_SILENT: Final = {
    "console": "off",
    "silent": True,
    "disable_git": True,
    "disable_code": True,
    "disable_job_creation": True,
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_disable_machine_info": True,
    "x_save_requirements": False,
    # Nobody waits for a service that is gone: neither at the beginning nor when the process ends.
    "init_timeout": 15.0,
    "finish_timeout": 10.0,
}


class WandbSink:
    """Logs windows of predictions to a run of its own."""

    def __init__(
        self,
        place: str,
        model: str,
        classes: tuple[str, ...],
        *,
        folder: Path | None = None,
        client: Any = None,
    ) -> None:
        """Look whether somebody has logged in; nothing is asked before the first window.

        Args:
            place: `ENTITY/PROJECT`.
            model: The model's name.
            classes: Each of them has a chart.
            folder: Where the client keeps its files; None: where it says itself.
            client: The module `wandb`, or what stands for it; None: the one that is installed.

        Raises:
            BezoarError: If the client is not installed, or nobody has logged in.
            UsageError: If the place is none.
        """
        self._entity, _, self._project = place.partition("/")
        if not (self._entity and self._project):
            raise UsageError(f"not wandb:ENTITY/PROJECT: {place!r}", next="mend the sink's place")
        self._wandb = client if client is not None else _installed()
        self._model, self._classes, self._folder = model, classes, folder
        self._run: Any = None

    def send(self, window: Window) -> None:
        """Log a window.

        Raises:
            Exception: If the run cannot begin, or has ended.
        """
        if self._run is None:
            self._run = self._begun()
        summary = self._summary(window)
        try:
            self._run.log(summary)
        except Exception:
            self._run = None  # its client's own process is gone: the next try begins another
            raise

    def close(self) -> None:
        """End the run."""
        if self._run is not None:
            self._run.finish()

    def _begun(self) -> Any:
        kind = self._wandb.Settings
        # What begins with x_ may change; what a version does not know it cannot be asked for.
        known = {name: value for name, value in _SILENT.items() if name in kind.model_fields}
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        return self._wandb.init(
            entity=self._entity,
            project=self._project,
            job_type="bezoar-monitor",
            config={"model": self._model},
            dir=None if self._folder is None else str(self._folder),
            reinit="create_new",  # a run of the program around us is none of our business
            save_code=False,
            settings=kind(**known),
        )

    def _summary(self, window: Window) -> dict[str, Any]:
        """Return what is logged: also zero for a class that did not come up."""
        size = len(window)
        index = {name: k for k, name in enumerate(self._classes)}
        which = np.array([index[name] for name in window.classes], np.int64)
        counts = np.bincount(which, minlength=len(index))
        sure = np.isfinite(window.confidences)
        told = np.bincount(which[sure], minlength=len(index))
        sums = np.bincount(which[sure], window.confidences[sure], minlength=len(index))
        found: dict[str, Any] = {"predictions": size, "time": float(window.seconds.max())}
        found |= {f"share/{name}": counts[k] / size for name, k in index.items()}
        found |= {f"confidence/{name}": sums[k] / told[k] for name, k in index.items() if told[k]}
        if window.columns:
            cells = Counter(zip(*window.columns.values(), window.classes, strict=True))
            rows = [[*cell, count] for cell, count in sorted(cells.items())]
            names = [*(f"stratum {name}" for name in window.columns), "class", "predictions"]
            found["strata"] = self._wandb.Table(columns=names, data=rows)
        return found


def _installed() -> Any:
    """Return the client, once it is sure that it will ask nobody at a terminal for a key."""
    # Its own telemetry; whoever wants it says so.
    os.environ.setdefault(_REPORTING, "false")
    try:
        import wandb  # noqa: PLC0415 - an extra
    except ImportError:
        raise BezoarError("wandb is not installed", next="pip install 'bezoar[wandb]'") from None
    if os.environ.get("WANDB_MODE") not in {"offline", "disabled"} and not _has_key():
        raise BezoarError(f"nobody has logged in to W&B: no {KEY}", next="wandb login")
    return wandb


def _has_key() -> bool:
    if os.environ.get(KEY) or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return host in netrc.netrc(os.environ.get("NETRC")).hosts
    except (OSError, netrc.NetrcParseError):
        return False
