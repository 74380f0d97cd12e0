"""`LiveModel`: a model that follows its alias while it answers.

A thread polls the pointer. A new target is verified, loaded and warmed up beside the old one,
which answers meanwhile; then one assignment swaps them. A call that began on the old one ends on
it. What does not verify, load or answer is never swapped in: the old one stays, and the fault is
told in the heartbeat.
"""

import os
import secrets
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

from bezoar.core.errors import BezoarError
from bezoar.limit.alarm import Alarm, read_alarms
from bezoar.limit.releases.pointer import Pointer, Step
from bezoar.limit.releases.record import ReleaseRecord
from bezoar.limit.releases.registry import Registry
from bezoar.limit.releases.replicas import Heartbeat, leave, say

MOST_POLL_S: Final = 2.0
Load = Callable[[Path], Callable[..., Any]]
"""Turns the path of a verified copy, a file or a folder, into what answers."""


class Trusted(Protocol):
    """Says whether a release may be served, by its signature and its policy."""

    def __call__(self, record: ReleaseRecord) -> None:
        """Raise `BezoarError` where it may not."""
        ...


class Abstained(BezoarError):  # noqa: N818 - it names what the model did
    """The model does not answer with a class that an alarm is on for.

    Attributes:
        class_: The class that it would have answered with.
        alarm: Why it does not.
    """

    def __init__(self, class_: str, alarm: Alarm) -> None:
        super().__init__(
            f"class {class_!r} is under an alarm since {alarm.since}",
            next=f"bezoar rollback {alarm.model} --reason alarm",
        )
        self.class_, self.alarm = class_, alarm


@dataclass(frozen=True, slots=True)
class Loaded:
    """A release that is ready to answer.

    Attributes:
        step: Which one.
        model: What answers.
        folder: The verified copy it was loaded from.
    """

    step: Step
    model: Callable[..., Any]
    folder: Path


@dataclass(frozen=True, slots=True)
class _State:
    """What a call looks at, once.

    Attributes:
        current: What answers.
        fallback: What may answer in its place under an alarm.
        alarms: Those that are on.
    """

    current: Loaded
    fallback: Loaded | None = None
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """Where a replica finds things and says things.

    Attributes:
        registry: The releases.
        alerts: Folder of `alarm.json`.
        replicas: Folder of heartbeats.
    """

    registry: Registry
    alerts: Path
    replicas: Path


class PolledModel:
    """A model that follows its alias while it answers.

    Law: each call is answered, whole, by one verified release.
    """

    def __init__(
        self,
        name: str,
        places: Places,
        load: Load,
        trusted: Trusted,
        *,
        poll_s: float = 1.0,
        warm_up: Callable[[Callable[..., Any]], object] | None = None,
        class_of: Callable[[Any], str] = str,
        on_alarm: str = "abstain",
        replica: str | None = None,
    ) -> None:
        """Load the champion, and begin to follow the alias.

        Args:
            name: Of the model.
            places: Where it finds things.
            load: Turns a path into what answers.
            trusted: Says whether a release may be served.
            poll_s: Seconds between two looks at the pointer; 2 at the most.
            warm_up: Called with a model that was loaded, before it is swapped in; what it raises
                keeps the old one in place.
            class_of: Turns an answer into the class that alarms are about.
            on_alarm: `abstain`, or `previous`: what to do with an answer under an alarm.
            replica: Its name among the replicas; drawn unless given.

        Raises:
            BezoarError: If there is no champion, or it may not be served or cannot be loaded.
        """
        if not 0 < poll_s <= MOST_POLL_S:
            raise ValueError(f"it polls every {MOST_POLL_S:g} s at the least")
        self.name, self._places, self._load, self._trusted = name, places, load, trusted
        self._poll_s, self._warm_up, self._class_of = poll_s, warm_up, class_of
        self._on_alarm = on_alarm
        host = socket.gethostname()[:40] or "host"
        self.replica = replica or f"{host}-{os.getpid()}-{secrets.token_hex(2)}"
        self._copies = Path(tempfile.mkdtemp(prefix="bezoar-live-"))
        self._fault = ""
        self._standby: Loaded | None = None
        self._stop = threading.Event()
        try:
            self._state = _State(self._first())
        except BaseException:
            shutil.rmtree(self._copies, ignore_errors=True)
            raise
        self._look()
        self._thread = threading.Thread(target=self._follow, name=f"bezoar-{name}", daemon=True)
        self._thread.start()

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """Answer.

        Raises:
            Abstained: If an alarm is on for the class of the answer.
        """
        state = self._state
        found = state.current.model(*inputs, **named)
        if not state.alarms:
            return found
        class_ = self._class_of(found)
        alarm = next((one for one in state.alarms if _concerns(one, class_, state.current)), None)
        if alarm is None:
            return found
        if self._on_alarm == "previous" and state.fallback is not None:
            return state.fallback.model(*inputs, **named)
        raise Abstained(class_, alarm)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def digest(self) -> str:
        """Of the model that answers."""
        return self._state.current.step.digest

    @property
    def version(self) -> str:
        """Of the release that answers."""
        return self._state.current.step.version

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Those that are on for this model."""
        return self._state.alarms

    def health(self) -> dict[str, Any]:
        """Return what it says of itself, as JSON values: what a health address answers with."""
        return self._beat().as_json()

    def close(self) -> None:
        """Stop following the alias, and leave the replicas."""
        self._stop.set()
        self._thread.join()
        leave(self._places.replicas, self.name, self.replica)
        shutil.rmtree(self._copies, ignore_errors=True)

    def _first(self) -> Loaded:
        champion = self._places.registry.pointer(self.name).champion
        if champion is None:
            message = f"no release of {self.name} is in production"
            raise BezoarError(message, next=f"bezoar release promote {self.name}@VERSION")
        return self._ready(champion)

    def _follow(self) -> None:
        while not self._stop.wait(self._poll_s):
            self._look()

    def _look(self) -> None:
        """Look at the alarms and the pointer once; whatever is wrong, the thread lives on."""
        before = self._state.alarms
        # Alarms first: a rollback moves the pointer before it lifts them, so that none is missed.
        alarms = before
        with suppress(BezoarError):  # a damaged file keeps those that are known
            alarms = read_alarms(self._places.alerts, self.name)
        try:
            self._turn(alarms)
            self._fault = ""
        except BezoarError as error:
            self._fault = error.message
        except Exception as error:  # noqa: BLE001 - the loader is the user's own code
            self._fault = f"{type(error).__name__}: {error}"[:500]
        if self._fault:
            # What answers is not what should: an alarm that was lifted was about this one.
            self._state = replace(self._state, alarms=tuple(dict.fromkeys((*before, *alarms))))
        with suppress(BezoarError):
            say(self._places.replicas, self._beat())

    def _turn(self, alarms: tuple[Alarm, ...]) -> None:
        """Let answer what the pointer says; the release that answered stays warm."""
        pointer = self._places.registry.pointer(self.name)
        champion, current, drop = pointer.champion, self._state.current, None
        if champion is None:
            raise BezoarError(f"the pointer of {self.name} points nowhere")
        if champion.digest != current.step.digest:
            if self._standby is not None and self._standby.step.digest == champion.digest:
                self._trusted(self._record(champion))
                current, self._standby = self._standby, current
            else:
                current, drop, self._standby = self._ready(champion), self._standby, current
        self._state = _State(current, self._fallback(pointer), alarms)
        if drop is not None:
            shutil.rmtree(drop.folder, ignore_errors=True)

    def _fallback(self, pointer: Pointer) -> Loaded | None:
        """Return the release before, ready; None unless it is to answer under an alarm."""
        if self._on_alarm != "previous" or (previous := pointer.previous) is None:
            return None
        if self._standby is None or self._standby.step.digest != previous.digest:
            try:
                self._standby = self._ready(previous)
            except BezoarError:
                return None  # then it abstains
        return self._standby

    def _record(self, step: Step) -> ReleaseRecord:
        record = self._places.registry.record(self.name, step.version)
        if record.model != step.digest:
            raise BezoarError(f"the pointer says another digest than {record.spec} has")
        return record

    def _ready(self, step: Step) -> Loaded:
        record = self._record(step)
        self._trusted(record)
        folder = Path(tempfile.mkdtemp(dir=self._copies))
        try:
            model = self._load(self._places.registry.store.deliver(record, folder))
            if self._warm_up is not None:
                self._warm_up(model)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Loaded(step, model, folder)

    def _beat(self) -> Heartbeat:
        step = self._state.current.step
        return Heartbeat(
            model=self.name,
            replica=self.replica,
            digest=step.digest,
            version=step.version,
            time=time.time(),
            fault=self._fault,
            host=socket.gethostname(),
            pid=os.getpid(),
        )


def _concerns(alarm: Alarm, class_: str, current: Loaded) -> bool:
    return alarm.class_ == class_ and alarm.release in {"", current.step.digest}
