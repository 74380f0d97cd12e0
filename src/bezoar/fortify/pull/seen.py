"""What was pulled before on this machine: an older version in its place is a replay.

A checkout that was set back shows versions that were approved, each of them properly signed, and
none of what came after. The time of the newest approval that was seen stays outside it.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.json_object import canonical, parse_object
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.writing import write_whole
from bezoar.fortify.signing import Approval
from bezoar.fortify.signing.documents import read_document
from bezoar.project.home import home

OLDER_THAN_SEEN: Final = Rule(
    code="BZ364",
    name="older-than-seen",
    title="Older approved version than was seen before",
    severity=Severity.HIGH,
    why="Whoever can set a repository back brings back data that was replaced for a reason, and"
    " every signature on it still holds.",
    taxonomy=("ATLAS:AML.T0020",),
)


class ReplayedError(BezoarError):
    """An older approved version than was seen before, and nobody asked for it by name."""

    exit_code = 1


def check_newest(team: Digest, approval: Approval) -> None:
    """Refuse a version whose sign-off is older than the newest one of that dataset seen here.

    Args:
        team: The first key of the keyring that judged it.
        approval: The sign-off.

    Raises:
        ReplayedError: If it is.
        BezoarError: If what was noted cannot be read.
    """
    name = approval.spec.partition("@")[0]
    found = _noted(_path(team, name))
    if found is None:
        return
    spec, time = found
    if _time(approval.time) < _time(time):
        raise ReplayedError(
            f"{OLDER_THAN_SEEN.code}: {approval.spec} was approved on {approval.time}, and {spec},"
            f" approved on {time}, was pulled here before: this checkout was set back",
            next=f"git pull; or, if the older one is meant: bezoar pull {approval.spec}",
        )


def remember_newest(team: Digest, approval: Approval) -> None:
    """Note a sign-off, if it is the newest of its dataset.

    Where nothing can be written, as in a container, nothing is noted.
    """
    path = _path(team, approval.spec.partition("@")[0])
    found = _noted(path)
    if found is not None and _time(found[1]) >= _time(approval.time):
        return
    try:
        write_whole(path, canonical({"spec": approval.spec, "time": approval.time}))
    except BezoarError:
        return


def _path(team: Digest, name: str) -> Path:
    return home() / "seen" / team.hex / f"{name}.json"


def _noted(path: Path) -> tuple[str, str] | None:
    try:
        data = read_document(path)
        if data is None:
            return None
        fields = parse_object(data)
        spec, time = fields["spec"], fields["time"]
        _time(time)
        return str(spec), str(time)
    except (ValueError, KeyError, TypeError) as error:
        raise BezoarError(f"{path} is damaged: {error}", next=f"rm {path}") from None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
