"""`PassingIntake`: what counts for the first time goes on to other tools, too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bezoar.limit.baseline import Baseline
from bezoar.limit.intake import Intake, Notify
from bezoar.limit.parcel import Parcel, Place, Receipt
from bezoar.limit.predictions import Batch


@dataclass(frozen=True, slots=True)
class _Carried(Parcel):
    """A parcel with what it was made of, which is in no journal."""

    batch: Batch | None = field(default=None, kw_only=True)


class PassingIntake(Intake):
    """An intake that passes batches on once they are safe here.

    A retry is passed on once. What a kill left in the journal counts after the restart, and is not
    passed on again: a tool may miss a batch over a kill, and never gets one twice.
    """

    def __init__(
        self,
        baseline: Baseline,
        folder: Path,
        notify: Notify,
        passed_on: Callable[[Batch], object],
        **options: Any,
    ) -> None:
        """Go on where the folder's state stands, or begin.

        Args:
            baseline: As `Intake` takes it.
            folder: The same.
            notify: The same.
            passed_on: Is given each batch; returns at once, and never raises.
            **options: As `Intake` takes them.
        """
        super().__init__(baseline, folder, notify, **options)
        self._passed_on = passed_on

    def parcel(self, batch: Batch, name: str = "", place: Place | None = None) -> Parcel:
        """Return a batch as the journal holds it, and with itself."""
        made = super().parcel(batch, name, place)
        return _Carried(*(getattr(made, one.name) for one in fields(made)), batch=batch)

    def take(self, parcels: Sequence[Parcel]) -> list[Receipt]:
        """Take batches in, and pass on those that came for the first time."""
        receipts = super().take(parcels)
        for parcel, receipt in zip(parcels, receipts, strict=True):
            if isinstance(parcel, _Carried) and parcel.batch is not None and not receipt.again:
                self._passed_on(parcel.batch)
        return receipts
