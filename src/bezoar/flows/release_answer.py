"""Whether a release can be served: its word, its data, its bytes, and an answer from it."""

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.flows.release_trust import (
    NotReleasedError,
    check_servable,
    open_registry,
    refuse_revoked_data,
)
from bezoar.limit.releases.record import ReleaseRecord
from bezoar.limit.releases.rules import ALTERED, NO_ANSWER
from bezoar.limit.releases.smoke import TASK, models_in
from bezoar.limit.releases.store import AlteredError
from bezoar.project import Project
from bezoar.sandbox import Limits, run_task

_LIMITS: Final = Limits(address_space=32 << 30, wall_seconds=120)
_TOLD: Final = 200


def check_release(project: Project, record: ReleaseRecord, *, gated: bool = True) -> str:
    """Make sure that a release can be served, before anything points at it.

    Args:
        project: Whose keys, DBOM and settings.
        record: Which release.
        gated: Whether the gate's word is asked for.

    Returns:
        What was done to let it answer, in a sentence.

    Raises:
        NotReleasedError: If it may not be served, or was trained on revoked data.
        AlteredError: If its bytes are not what was registered.
        BezoarError: If it does not load, or does not answer.
    """
    if gated:
        check_servable(project, record)
    refuse_revoked_data(project, record)
    with tempfile.TemporaryDirectory(prefix="bezoar-release-") as folder:
        try:
            path = open_registry(project).store.deliver(record, Path(folder))
        except AlteredError as error:
            raise AlteredError(f"{ALTERED.code} {error.message}", error.next) from None
        return _answered(project, record, path, Path(folder))


def _answered(project: Project, record: ReleaseRecord, path: Path, folder: Path) -> str:
    settings = project.settings.release
    if command := settings.smoke.get(record.name):
        _run(command, path, project.root, record, settings.smoke_timeout_s)
        return f"{command[0]} said that it answers"
    names = models_in([one.path for one in record.files])
    if not names:
        return "its bytes hold; no smoke inference knows such files"
    value = run_task(
        TASK, {"folder": str(folder), "names": names}, reads=[folder], limits=_LIMITS
    ).value
    if not isinstance(value, dict) or "tried" not in value:
        fault = str(value.get("fault", "")) if isinstance(value, dict) else ""
        raise _silent(record, fault[:_TOLD] or "it made no sense")
    return "; ".join(f"{name} {what}" for name, what in value["tried"].items())


def _run(
    command: tuple[str, ...], path: Path, root: Path, record: ReleaseRecord, seconds: float
) -> None:
    """Run a command of the team's own: it vouches for it, as for what `[vet.programs]` names."""
    named = any("{model}" in part for part in command)
    filled = [part.replace("{model}", str(path)) for part in command]
    try:
        ran = subprocess.run(  # noqa: S603 - the team's own command, without a shell
            filled if named else [*filled, str(path)],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _silent(record, f"{command[0]} took more than {seconds:g} s") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _silent(record, f"{command[0]} cannot be started: {why}") from error
    if ran.returncode:
        last = ran.stderr[-_TOLD:].decode("utf-8", "replace").strip()
        raise _silent(record, f"{command[0]} ended with exit code {ran.returncode}: {last}")


def _silent(record: ReleaseRecord, why: str) -> BezoarError:
    return NotReleasedError(
        record.spec, f"{NO_ANSWER.code} it does not answer: {why}", "mend [release.smoke]"
    )
