"""Another registry that hears of releases: MLflow, Weights & Biases. Never the one that decides.

Replicas follow the local pointer, so that a registry that is down keeps no rollback from working.
What it did not hear is said, and `bezoar release sync` tells it later.
"""

from collections.abc import Callable
from typing import Protocol

from bezoar.core.errors import BezoarError
from bezoar.limit.releases.pointer import Pointer
from bezoar.limit.releases.record import ReleaseRecord
from bezoar.limit.releases.registry import Registry
from bezoar.project import Project

CHAMPION, PREVIOUS = "champion", "previous"
"""The aliases that the releases in production, and before, have there."""


class Remote(Protocol):
    """Another registry."""

    def register(self, name: str, version: str, about: dict[str, str]) -> None:
        """Add a version of a model, if it is not there."""
        ...

    def alias(self, name: str, version: str, alias: str) -> None:
        """Let an alias mean a version."""
        ...


def open_remote(project: Project) -> Remote | None:
    """Return the other registry of a project; None where there is none.

    Raises:
        BezoarError: If its library is not installed, or it cannot be reached.
    """
    where = project.settings.release.registry
    if where is None:
        return None
    kind, _, rest = where.partition(":")
    if kind == "mlflow":
        from bezoar.adapters.mlflow_registry import MlflowRegistry  # noqa: PLC0415 - an extra

        return MlflowRegistry(rest)
    from bezoar.adapters.wandb_registry import WandbRegistry  # noqa: PLC0415 - an extra

    return WandbRegistry(rest)


def tell_registered(project: Project, record: ReleaseRecord) -> list[str]:
    """Tell the other registry of a new release; return what a person should know."""
    return _told(
        project, lambda remote: remote.register(record.name, record.version, _about(record))
    )


def tell_moved(project: Project, registry: Registry, pointer: Pointer) -> list[str]:
    """Tell the other registry what is in production; return what a person should know.

    An alias is one version, and two aliases are two calls: `previous` goes first, so that at no
    moment nothing says how to come back.
    """

    def tell(remote: Remote) -> None:
        for step, alias in ((pointer.previous, PREVIOUS), (pointer.champion, CHAMPION)):
            if step is not None:
                record = registry.record(pointer.name, step.version)
                remote.register(record.name, record.version, _about(record))
                remote.alias(record.name, record.version, alias)

    return _told(project, tell)


def tell_all(project: Project, registry: Registry) -> list[str]:
    """Tell the other registry of every release and of what is in production: after it was down."""
    notes = []
    for name in registry.names():
        for record in registry.versions(name):
            notes += tell_registered(project, record)
        notes += tell_moved(project, registry, registry.pointer(name))
    return list(dict.fromkeys(notes))


def _told(project: Project, tell: Callable[[Remote], None]) -> list[str]:
    try:
        remote = open_remote(project)
        if remote is not None:
            tell(remote)
    except BezoarError as error:
        return [f"{error.message}; it hears of it with the next: bezoar release sync"]
    return []


def _about(record: ReleaseRecord) -> dict[str, str]:
    return {
        "bezoar.digest": record.model,
        "bezoar.record": str(record.digest),
        "bezoar.data": ", ".join(one.root for one in record.data)[:4000],
    }
