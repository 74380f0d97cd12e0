"""The third stage's measure: do all training jobs source from the internal repository?

Yes, no, or unknown. From two sides: what the ledger says of the jobs that ran, and what a scan says
of the code that will run. A job that nobody started with `bezoar run` is in no ledger; the scan is
what may still see it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from bezoar.core.errors import NothingToInspectError
from bezoar.core.event import Event
from bezoar.core.rule import Stage
from bezoar.datasets.entry import Status
from bezoar.flows.measure import Measure, Missing, Progress
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.recon.judging import judge
from bezoar.recon.rules import around_the_mirror
from bezoar.recon.rules.inquiry import is_dynamic
from bezoar.recon.scan.fetch import Fetch, Kind
from bezoar.recon.scan.inventory import Inventory
from bezoar.recon.scanning import look

_NAME: Final = "all training jobs source from the internal repository"
_MIRROR: Final = 'write into bezoar.toml: [mirror] uri = "…"'
_CONFINED: Final = 2
_LONGEST: Final = 60


def fortify(project: Project, progress: Progress | None = None) -> Measure:
    """Measure a project.

    Args:
        project: Whose ledger and code.
        progress: Called while its code is scanned, now and then, with (files done, 0).

    Raises:
        BezoarError: If the ledger or the DBOM cannot be read.
    """
    with open_ledger(project) as ledger:
        jobs = newest_runs(ledger.events())
    inventory = _inventory(project, progress)
    bad = [*_of_runs(jobs), *_around(project, inventory)]
    unclear = [*_unclear(inventory)]
    if project.settings.mirror.uri is None:
        why = "no mirror is declared: there is no internal repository to source from"
        bad.append(Missing("bezoar.toml", why, _MIRROR))
    if not jobs:
        why = "no job was run by bezoar, so that nobody can say what jobs read"
        unclear.append(Missing("the ledger", why, "bezoar run --data NAME -- CMD"))
    return Measure(
        stage=Stage.FORTIFY,
        name=_NAME,
        value=False if bad and (jobs or inventory.fetches) else None if bad or unclear else True,
        basis=f"jobs: {len(jobs):,}, files of code: {inventory.read:,}",
        missing=(*bad, *unclear),
        detail={"jobs": [_as_json(event) for event in jobs]},
        without="unknown",
    )


def newest_runs(events: Iterable[Event]) -> list[Event]:
    """Return the last start of each job: what was mended since counts no more.

    A job is its command, and where in the repository it runs.
    """
    last: dict[tuple[str, ...], Event] = {}
    for event in events:
        if event.kind == "run.started":
            key = (str(event.detail.get("below", "")), *_command(event))
            if key not in last or event.time >= last[key].time:
                last[key] = event
    return sorted(last.values(), key=lambda event: event.time)


def _of_runs(jobs: Sequence[Event]) -> Iterator[Missing]:
    """Yield each job that read, or could have read, from elsewhere."""
    for event in jobs:
        if faults := list(_faults(event)):
            shown = " ".join(_command(event))[:_LONGEST]
            yield Missing(f"{event.subject}: {shown}", "; ".join(faults), "bezoar run --help")


def _faults(event: Event) -> Iterator[str]:
    detail = event.detail
    level = detail.get("level")
    held = isinstance(level, int) and (level >= _CONFINED or detail.get("mirror") is True)
    if not held or detail.get("closed") is not True:
        yield "it was not confined"
    data = detail.get("datasets")
    if not isinstance(data, list) or not data:
        yield "it named no data"
        return
    for one in data:
        known = one if isinstance(one, dict) else {}
        name = known.get("dataset", "a dataset")
        if known.get("status") != Status.APPROVED:
            yield f"{name} was {known.get('status', 'not known')}, not approved"
        if known.get("mirrored") is not True:
            yield f"{name} did not come from a mirror"


def _inventory(project: Project, progress: Progress | None) -> Inventory:
    try:
        return look(project.root, project, progress=progress).inventory
    except NothingToInspectError:
        return Inventory()


def _around(project: Project, inventory: Inventory) -> Iterator[Missing]:
    """Yield each line that fetches data from elsewhere; what people gave a reason for does not."""
    settings = project.settings
    mirrors = tuple(filter(None, (settings.mirror.uri, *settings.scan.mirrors)))
    places = {(one.path, one.line) for one in inventory.fetches if _is_data(one)}
    for finding in judge(inventory, mirrors=mirrors or ("none:",)).findings:
        place = (finding.place.name, finding.place.line or 0)
        if finding.rule is around_the_mirror.RULE and place in places:
            why = f"it fetches {finding.evidence['uri']}"
            yield Missing(str(finding.place), why, "bezoar scan --fix")


def _unclear(inventory: Inventory) -> Iterator[Missing]:
    for one in inventory.fetches:
        if _is_data(one) and is_dynamic(one):
            where = f"{one.path}:{one.line}"
            yield Missing(where, "where it fetches from is decided elsewhere", "bezoar scan")
    for unread in inventory.unreadable:
        yield Missing(unread.path, f"it cannot be read: {unread.why}", "bezoar scan")


def _is_data(fetch: Fetch) -> bool:
    return fetch.kind is not Kind.OTHER


def _command(event: Event) -> tuple[str, ...]:
    found = event.detail.get("command")
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _as_json(event: Event) -> dict[str, Any]:
    return {
        "run": event.subject,
        "command": list(_command(event)),
        "time": event.time,
        "level": event.detail.get("level"),
        "datasets": event.detail.get("datasets"),
        "faults": list(_faults(event)),
    }
