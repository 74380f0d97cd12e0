"""`LiveModel`: a model of a project that follows its alias while it answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bezoar.adapters.onnx import OnnxModel
from bezoar.core.errors import BezoarError
from bezoar.flows.release_trust import check_servable, open_registry
from bezoar.limit.live_model import Load, Places, PolledModel
from bezoar.limit.releases.record import ReleaseRecord
from bezoar.project import Project, find_project


class LiveModel(PolledModel):
    """A model of a project that follows its alias while it answers.

        with bezoar.LiveModel("signs") as model:
            model(images)                       # whatever is in production, verified

    It polls the alias, verifies signature and digest, loads and warms up in the background, swaps
    without dropping a call, and reports its digest in `.bezoar/replicas/`. Under an alarm of the
    monitor it abstains on that class, or lets the release before answer, as `[release] on_alarm`
    says.
    """

    def __init__(
        self,
        name: str,
        load: Load | None = None,
        *,
        project: Project | None = None,
        poll_s: float = 1.0,
        warm_up: Callable[[Callable[..., Any]], object] | None = None,
        class_of: Callable[[Any], str] = str,
        replica: str | None = None,
    ) -> None:
        """Load the release in production, and begin to follow the alias.

        Args:
            name: Of the model.
            load: Turns the path of a verified copy, a file or a folder, into what answers; None:
                an ONNX graph.
            project: Whose releases; None: that of the current folder.
            poll_s: Seconds between two looks at the alias; 2 at the most.
            warm_up: Called with what was loaded, before it is swapped in.
            class_of: Turns an answer into the class that alarms are about.
            replica: Its name among the replicas; drawn unless given.

        Raises:
            BezoarError: If nothing is in production, or it may not be served or does not load.
        """
        project = project or find_project()

        def trusted(record: ReleaseRecord) -> None:
            check_servable(project, record)

        super().__init__(
            name,
            Places(open_registry(project), project.state / "alerts", project.state / "replicas"),
            load or load_onnx,
            trusted,
            poll_s=poll_s,
            warm_up=warm_up or (None if load else _smoke),
            class_of=class_of,
            on_alarm=project.settings.release.on_alarm,
            replica=replica,
        )


def load_onnx(path: Path) -> OnnxModel:
    """Load an ONNX graph: a file, or the only one in a folder.

    Raises:
        BezoarError: If there is none or more than one, or it does not load.
    """
    found = [path] if path.is_file() else sorted(path.rglob("*.onnx"))
    if len(found) != 1:
        message = f"the release holds {len(found)} ONNX graphs: hand in a loader"
        raise BezoarError(message, next="bezoar.LiveModel(NAME, load=…)")
    return OnnxModel(found[0])


def _smoke(model: Callable[..., Any]) -> None:
    if isinstance(model, OnnxModel):
        model.smoke()
