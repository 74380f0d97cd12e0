"""Where a project's predictions go on to, beside its monitor."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from bezoar.adapters.arize import ArizeSink
from bezoar.adapters.wandb_sink import WandbSink
from bezoar.core.errors import BezoarError, UsageError
from bezoar.flows.release_trust import open_registry
from bezoar.limit.baseline import Baseline
from bezoar.limit.forwarding import Forwarding, Vocabulary
from bezoar.limit.predictions import Batch
from bezoar.project import Project, find_project

if TYPE_CHECKING:
    from bezoar.adapters.predictions import PredictionSink


def open_sink(
    place: str,
    baseline: Baseline,
    *,
    project: Project | None = None,
    told: Callable[[str], object] = lambda _: None,
) -> Forwarding:
    """Return what sends predictions on to another tool; nothing is asked before the first ones.

        arize = open_sink("arize:SPACE_ID", monitor.baseline)
        model = bezoar.watch(model, monitor, sinks=[arize])

    Args:
        place: `arize:SPACE_ID` or `wandb:ENTITY/PROJECT`.
        baseline: Of the model, whose names are sent and no others.
        project: Whose registry says which version answers; None: that of the current folder.
        told: Is told of losses.

    Raises:
        UsageError: If the place is none, or a key is missing.
        BezoarError: If the tool's client is not installed, or nobody has logged in.
    """
    project = project or find_project()
    kind, _, rest = place.partition(":")
    sink: PredictionSink
    if kind == "arize":
        sink = ArizeSink(rest, baseline.model, lambda: _in_production(project, baseline.model))
    elif kind == "wandb":
        folder = project.state / "sinks"
        classes = Vocabulary(baseline).classes
        sink = WandbSink(rest, baseline.model, classes, folder=folder)
    else:
        raise UsageError(
            f"not a sink of predictions: {place!r}",
            next="arize:SPACE_ID or wandb:ENTITY/PROJECT",
        )
    return Forwarding(place, sink, baseline, told)


@contextmanager
def forwarded(
    project: Project,
    baseline: Baseline,
    places: Iterable[str],
    told: Callable[[str], object],
) -> Iterator[Callable[[Batch], object] | None]:
    """Yield what sends a batch to every place, None without any; what waits is sent at the end.

    Raises:
        BezoarError: As `open_sink` does.
    """
    with ExitStack() as stack:
        sinks = [open_sink(one, baseline, project=project, told=told) for one in places]
        for sink in sinks:
            stack.callback(sink.close)

        def put(batch: Batch) -> None:
            for sink in sinks:
                sink.put(batch)

        yield put if sinks else None


def _in_production(project: Project, model: str) -> str:
    """Return the version that answers, empty where nobody knows."""
    try:
        champion = open_registry(project).pointer(model).champion
    except BezoarError:
        return ""
    return champion.version if champion else ""
