"""`Delivery`: sends what waits in an outbox; a storm of alarms becomes one notice."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from bezoar.limit.alerts.notice import Notice, State, key_of
from bezoar.limit.alerts.outbox import Outbox, Waiting

_WINDOW_S: Final = 600.0
_MOST_NAMED: Final = 20
_IDLE_S: Final = 1.0


class RefusedError(Exception):
    """A service refuses a notice for good; the message says why, and holds no secret."""


class BusyError(Exception):
    """A service cannot take a notice now.

    Attributes:
        after_s: When it wants to be asked again, in seconds; None where it does not say.
    """

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class Sink(Protocol):
    """Where notices go."""

    def send(self, notice: Notice) -> None:
        """Send one notice.

        Raises:
            RefusedError: If it will never be taken.
            BusyError: If it may be taken later.
        """
        ...


@dataclass
class Delivery:
    """Sends what waits.

    Attributes:
        outbox: Where notices wait.
        sinks: Where they go, by name.
        most: How many alarms a sink hears of one by one in ten minutes; more come in one notice.
        clock: Returns seconds since the epoch.
        error: Why the thread that sends cannot do its work, empty where it does.
    """

    outbox: Outbox
    sinks: Mapping[str, Sink]
    most: int = 10
    clock: Callable[[], float] = time.time
    error: str = ""
    _wake: threading.Event = field(default_factory=threading.Event, repr=False)
    _ended: bool = False

    def put(self, notice: Notice) -> None:
        """Keep a notice for every sink, and let it be sent soon; returns once it is kept.

        Raises:
            BezoarError: If it cannot be kept.
        """
        self.outbox.put(notice, list(self.sinks))
        self._wake.set()

    def deliver(self) -> int:
        """Send all that is due; return how many notices were heard."""
        return sum(self._deliver(name, sink) for name, sink in self.sinks.items())

    def start(self) -> None:
        """Send in a thread of its own what is put from now on, and what waits already."""
        threading.Thread(target=self._run, name="alerts", daemon=True).start()

    def end(self) -> None:
        """Let the thread end."""
        self._ended = True
        self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            try:
                self.deliver()
                self.error = ""
            except Exception as error:  # noqa: BLE001 - the notices are kept; the thread goes on
                self.error = str(error)
            self._wake.wait(_IDLE_S)
            self._wake.clear()

    def _deliver(self, name: str, sink: Sink) -> int:
        heard = 0
        while (waiting := self.outbox.claim(self.clock(), name)) is not None:
            if self._is_folded(waiting) or self._is_too_many(waiting):
                continue
            heard += self._send(sink, waiting)
        return heard

    def _send(self, sink: Sink, waiting: Waiting) -> bool:
        try:
            sink.send(waiting.notice)
        except RefusedError as error:
            self.outbox.refused(waiting.id, str(error))
            return False
        except BusyError as error:
            self.outbox.later(waiting, self.clock(), str(error), error.after_s)
            return False
        except Exception as error:  # noqa: BLE001 - a sink's fault must not end the others
            self.outbox.later(waiting, self.clock(), f"{type(error).__name__}: {error}")
            return False
        if not self.outbox.sent(waiting.id, self.clock()):
            self._end(waiting)
        return True

    def _end(self, waiting: Waiting) -> None:
        """Tell of the end of an alarm that was over and let go while its beginning was sent."""
        over = "This alarm is over; others of its class came after it."
        ended = replace(waiting.notice, state=State.RESOLVED, sentence=over)
        self.outbox.put(ended, [waiting.sink])

    def _is_folded(self, waiting: Waiting) -> bool:
        """Take what comes after the beginning of an alarm that was told with others.

        The last end is told.
        """
        notice = waiting.notice
        if notice.state is State.FIRING:
            return False
        into = self.outbox.folded_into(waiting.sink, notice.key)
        if not into:
            return False
        last = self.outbox.end_folded(waiting.id, waiting.sink, into)
        if last and notice.state is State.RESOLVED:
            sentence = "All classes of that notice are back to baseline."
            ended = replace(notice, key=into, class_="", sentence=sentence)
            self.outbox.put(ended, [waiting.sink])
        return True

    def _is_too_many(self, waiting: Waiting) -> bool:
        """Tell of all alarms at once where a sink has heard of too many one by one."""
        notice = waiting.notice
        if notice.state is not State.FIRING or _tells_of_many(notice):
            return False
        if self.outbox.begun_since(waiting.sink, self.clock() - _WINDOW_S) < self.most:
            return False
        into = key_of(notice.model, "many", "", waiting.id)
        together = self.outbox.fold(waiting.sink, into)
        self.outbox.put(_together(together or [notice], into), [waiting.sink])
        return True


def _tells_of_many(notice: Notice) -> bool:
    return notice.key.startswith(f"{notice.model}:many:")


def _together(notices: list[Notice], key: str) -> Notice:
    """Return one notice that tells of several alarms."""
    names = [notice.class_ or "(unknown)" for notice in notices]
    shown = ", ".join(names[:_MOST_NAMED])
    more = f", and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    sentence = (
        f"{len(names):,} more classes have deviated from baseline: {shown}{more}."
        " The first of them is described here."
    )
    return replace(notices[0], key=key, class_="", sentence=sentence)
