"""`run`: a training job on pulled data, confined; and one again, on the clean version."""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bezoar.adapters.web.redaction import HIDDEN
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.event import Event
from bezoar.datasets.dbom import split_spec
from bezoar.flows.run_record import Data, code_at, digests, find_run, finished, started
from bezoar.flows.run_surroundings import data_for, environment_for
from bezoar.fortify.egress.endpoints import Destinations, destinations
from bezoar.fortify.egress.probe import targets_of
from bezoar.fortify.run.launching import Job, Launch
from bezoar.fortify.run.level import Level
from bezoar.ledger import open_ledger
from bezoar.ledger.ledger import Ledger
from bezoar.project import Project

Say = Callable[[str], None]
"""Called with a line for a person."""

_NOWHERE: Final = Destinations("none", (), kind="none")
_DIGITS: Final = 8


class WayOutError(BezoarError):
    """The job did not start: its own process got out (exit code 1)."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run.

    Attributes:
        command: The program and its arguments.
        data: `NAME` or `NAME@VERSION` of what it trains on.
        outputs: Files, or folders of files, that it makes; relative to where it runs.
        require: The level that must be reached; None: what the settings say.
        most: How far it is confined at most.
        timeout: Seconds to wait for an answer when its process knocks at the way out.
        folder: Where it runs; None: the current folder.
        repeats: The run that it repeats, else empty.
    """

    command: tuple[str, ...]
    data: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    require: int | None = None
    most: int = Level.NAMESPACE
    timeout: float = 3.0
    folder: Path | None = None
    repeats: str = ""


def run(project: Project, order: Order, say: Say) -> int:
    """Run a job on data that is pulled for it, confined, and return its exit code.

    What happened is in the ledger: `run.started` before it begins, `run.finished` after it ended,
    `run.refused` where it was not let begin.

    Args:
        project: Whose data, settings and ledger.
        order: What is to be run.
        say: Told what a person should know before it begins and after it ended.

    Raises:
        WayOutError: If its process got out by any way.
        HashMismatch: If a byte of its data is not what was approved.
        BezoarError: If it is confined less than required, or nothing proves that it is.
    """
    if not order.command:
        raise UsageError("no command was given", next="bezoar run --data NAME -- python train.py")
    folder = (order.folder or Path.cwd()).absolute()
    data = data_for(project, order.data)
    name = f"run-{secrets.token_hex(_DIGITS)}"
    code = code_at(folder)
    variables = environment_for(name, data, code, os.environ)
    reach, job = _job(project, order, folder, variables)
    with open_ledger(project) as ledger, Launch(job) as launch:
        about = started(order.command, data, code, launch, repeats=order.repeats)
        why = _refusal(launch, order.require or project.settings.run.require_level)
        if why is not None:
            ledger.append("run.refused", name, {**about, "why": why.message})
            raise why
        ledger.append("run.started", name, about)
        say(_greeting(name, launch, data, reach))
        began = time.monotonic()
        exit_code = launch.finish()
        seconds = round(time.monotonic() - began, 3)
        made = digests(folder, order.outputs)
        detail = finished(exit_code, seconds, made, launch.gate.refused, repeats=order.repeats)
        ledger.append("run.finished", name, detail)
        _register(ledger, name, order, exit_code, made)
    _tell_end(say, name, exit_code, made, launch.gate.refused)
    return exit_code


def repeat(project: Project, run_id: str, order: Order, say: Say, *, present: bool = False) -> int:
    """Run a recorded command again, on other versions of its data: rapid retraining.

    It runs on the recorded commit's code where that can be had, else, or if `present`, on the code
    that is here; which one it was is said, and recorded.

    Args:
        project: Whose ledger.
        run_id: The run to repeat.
        order: Its `data` takes the place of the versions of the same names; its command stays
            empty, its outputs are the recorded ones unless it names others.
        say: See `run`.
        present: Use the code that is here.

    Raises:
        UsageError: If there is no such run, or it used no data of that name.
    """
    with open_ledger(project) as ledger:
        first, last = find_run(ledger.events(), run_id)
    command = tuple(map(str, first.detail["command"]))
    if any(HIDDEN in word for word in command):
        message = f"the command of {run_id} held a secret, which the ledger does not keep"
        raise UsageError(message, next="bezoar run --data NAME@VERSION -- CMD")
    recorded = [str(one["dataset"]) for one in first.detail["datasets"]]
    outputs = order.outputs or tuple(_recorded_outputs(last))
    folder = None if present else _tree(project, first, run_id, say)
    if folder is None:
        say(f"code: the folder here, not the commit of {run_id}")
    again = replace(
        order,
        command=command,
        data=_exchanged(recorded, order.data, run_id),
        outputs=outputs,
        folder=folder,
        repeats=run_id,
    )
    return run(project, again, say)


def _exchanged(recorded: Sequence[str], given: Sequence[str], run_id: str) -> tuple[str, ...]:
    """Return the recorded datasets, with the given versions in the place of theirs."""
    by_name = {split_spec(spec)[0]: spec for spec in recorded}
    for spec in given:
        name = split_spec(spec)[0]
        if name not in by_name:
            known = ", ".join(by_name) or "none"
            raise UsageError(f"{run_id} used no data named {name} (but {known})", "bezoar log show")
        by_name[name] = spec
    return tuple(by_name.values())


def _recorded_outputs(last: Event | None) -> Iterable[str]:
    found = last.detail.get("named", ()) if last is not None else ()
    return map(str, found)


def _tree(project: Project, first: Event, run_id: str, say: Say) -> Path | None:
    """Return a folder with the code of the run's commit; None where there is none to be had."""
    from bezoar.flows.run_surroundings import checked_out  # noqa: PLC0415 - repeats alone need it

    commit = first.detail.get("commit")
    if not commit:
        return None
    if first.detail.get("dirty"):
        say(f"code: {run_id} ran on changes that nobody committed; they are not in its commit")
    folder = checked_out(project, str(commit), str(first.detail.get("below", "")))
    if folder is not None:
        say(f"code: commit {commit}, in {folder}")
    return folder


def _job(
    project: Project, order: Order, folder: Path, variables: Mapping[str, str]
) -> tuple[Destinations, Job]:
    settings = project.settings
    reach = _NOWHERE
    if settings.mirror.uri or settings.egress.also:
        reach = destinations(settings.mirror, settings.egress.also)
    mirror = str(project.root / Path(reach.folder).expanduser()) if reach.folder else ""
    return reach, Job(
        command=order.command,
        folder=folder,
        variables=variables,
        endpoints=reach.all,
        targets=targets_of(reach, mirror),
        most=Level(order.most),
        timeout=order.timeout,
    )


def _refusal(launch: Launch, require: int) -> BezoarError | None:
    """Return why the job must not begin; None where it may."""
    found, level = launch.confinement.probed, launch.level
    if found.out:
        ways = "; ".join(f"{one.way} to {one.target}: {one.detail}" for one in found.out[:3])
        message = f"the job did not start, it gets out (level {int(level)}): {ways}"
        return WayOutError(message, next="bezoar egress probe")
    if level < require:
        message = f"the job did not start: level {int(level)} was reached, {require} is required"
        return BezoarError(message, next="docs/how-to/run-a-confined-job.md says what each needs")
    if level is Level.ENVIRONMENT and not found.mirror:
        message = "the job did not start: nothing answers, and the mirror does not either, so"
        return BezoarError(f"{message} nothing proves that it is held", next="bezoar egress probe")
    return None


def _greeting(name: str, launch: Launch, data: Sequence[Data], reach: Destinations) -> str:
    level = launch.level
    lines = [f"{name}: confined at level {int(level)} of 3: {level.meaning}"]
    lines += [f"  data    {one.spec} ({one.status}) in {one.path}" for one in data]
    if not data:
        lines.append("  data    none was named: what this job reads, nobody vetted")
    if level is Level.NAMESPACE and reach.endpoints and not launch.confinement.probed.mirror:
        lines.append("  mirror  it does not answer: there is only what was pulled")
    if level > Level.ENVIRONMENT and not launch.confinement.processes:
        lines.append("  note    it can read and change other processes of the same user")
    return "\n".join(lines)


def _register(
    ledger: Ledger, name: str, order: Order, exit_code: int, made: dict[str, str | None]
) -> None:
    """Note what a repeated run made as a candidate for release."""
    if order.repeats and exit_code == 0:
        models = sorted(digest for digest in made.values() if digest)
        detail = {"run": name, "repeats": order.repeats, "models": models}
        ledger.append("run.candidate", models[0] if models else name, detail)


def _tell_end(
    say: Say, name: str, exit_code: int, made: dict[str, str | None], refused: dict[str, int]
) -> None:
    say(f"{name}: ended with {exit_code}")
    for path, digest in made.items():
        say(f"  {path}  {digest or 'was not made'}")
    for target, times in list(refused.items())[:3]:
        say(f"  it asked for {target} {times:,} times, and was refused")
