"""What a job finds when it begins: its data, its environment, its code."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.dbom import Dbom, split_spec
from bezoar.flows.pull import pull
from bezoar.flows.run_record import Code, Data
from bezoar.project import Project
from bezoar.recon.scan.git import commit_of

_MLFLOW: Final = "MLFLOW_RUN_CONTEXT"
"""Read by MLflow's own client: tags of each run that it begins."""
_PATIENCE_S: Final = 600


def data_for(project: Project, specs: Sequence[str]) -> tuple[Data, ...]:
    """Pull what a job trains on; each byte is verified.

    Raises:
        UsageError: If two of them would have one name in the job's environment.
        HashMismatch: If a byte is not what was approved.
    """
    names = [_variable(split_spec(spec)[0]) for spec in specs]
    if twice := {name for name in names if names.count(name) > 1}:
        message = f"two datasets would be named {min(twice)} in the job's environment"
        raise UsageError(message, next="bezoar run --data NAME@VERSION -- CMD")
    mirrored = project.settings.mirror.uri is not None
    found = []
    for spec in specs:
        entry = Dbom(project).find(spec)
        path = pull(entry.spec, project=project)
        found.append(Data(entry.spec, str(entry.root), str(entry.status), path, mirrored))
    return tuple(found)


def environment_for(
    run_id: str, data: Sequence[Data], code: Code, outside: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that a job is given.

    Args:
        run_id: Its run.
        data: What it trains on.
        code: What it runs.
        outside: The caller's environment, whose own tags for MLflow stay.
    """
    paths = {_variable(split_spec(one.spec)[0]): str(one.path) for one in data}
    tags = {f"bezoar.data.{split_spec(one.spec)[0]}": f"{one.spec} {one.root}" for one in data}
    tags |= {"bezoar.run": run_id}
    if code.commit:
        tags |= {"bezoar.commit": code.commit + ("+changes" if code.dirty else "")}
    known = {}
    with suppress(ValueError):
        known = dict(json.loads(outside.get(_MLFLOW, "{}")))
    return {"BEZOAR_RUN": run_id, **paths, _MLFLOW: json.dumps(known | tags)}


def _variable(name: str) -> str:
    return "BEZOAR_DATA_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def checked_out(project: Project, commit: str, below: str) -> Path | None:
    """Return a folder with a commit's code, None where the repository has no such commit.

    It is a work tree of its own, below `.bezoar/trees`, and stays: what the run made lies there.

    Raises:
        BezoarError: If it cannot be made.
    """
    try:
        full = commit_of(project.root, commit)
    except BezoarError:
        return None
    tree = project.state / "trees" / full
    if not tree.exists():
        # Hooks are programs that the repository names; none of them runs.
        command = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(project.root)]
        done = subprocess.run(  # noqa: S603 - a list, and the commit is one: forty digits
            [*command, "worktree", "add", "--detach", "--force", str(tree), full],
            check=False,
            capture_output=True,
            timeout=_PATIENCE_S,
        )
        if done.returncode:
            why = done.stderr.decode("utf-8", "backslashreplace").strip().rpartition("\n")[2]
            message = f"the code of commit {commit} cannot be laid out: {why}"
            raise BezoarError(message, next="bezoar run --repeat RUN --present --data NAME@VERSION")
    folder = (tree / below).resolve()
    if not folder.is_relative_to(tree.resolve()) or not folder.is_dir():
        raise BezoarError(f"commit {commit} has no folder {below!r}", next=f"ls {tree}")
    return folder
