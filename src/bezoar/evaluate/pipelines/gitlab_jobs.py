"""Jobs of GitLab CI: their order, their conditions, and what they hand to one another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bezoar.evaluate.pipelines.definition import Reference, Trigger
from bezoar.evaluate.pipelines.gitlab_config import Config
from bezoar.evaluate.pipelines.gitlab_rules import When, triggers_of
from bezoar.syntax.access import at, items, listed, text, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar

_STAGES: Final = ("build", "test", "deploy")
_MANY: Final = 5000  # So many pairs of jobs in two stages are named one by one.
_CONDITIONS: Final = 40


@dataclass
class Job:
    """A job on its way to becoming steps."""

    name: str
    node: Node
    when: When
    stage: str
    before: list[str] = field(default_factory=list)
    condition: str = ""
    end: str = ""
    artifacts: tuple[Reference, ...] = ()
    barrier: bool = False


def put_in_order(config: Config, jobs: dict[str, Job]) -> None:
    """Say which jobs come before which: by `needs`, else by their stages."""
    stages = [".pre", *(texts(config.top.get("stages")) or _STAGES), ".post"]
    number_of = {name: number for number, name in enumerate(stages)}
    by_stage: dict[int, list[str]] = {}
    for name, job in jobs.items():
        by_stage.setdefault(number_of.get(job.stage, len(stages)), []).append(name)
    earlier: list[str] = []
    for number in sorted(by_stage):
        if len(earlier) * len(by_stage[number]) > _MANY:
            # One step that waits for all of them: naming all pairs would take too long.
            barrier = f"before stage {number}"
            jobs[barrier] = Job(barrier, Map(1), When(), "", before=earlier, barrier=True)
            earlier = [barrier]
        for name in by_stage[number]:
            needs = at(jobs[name].node, "needs")
            jobs[name].before = (
                earlier if needs is None else [one for one in _needed(needs) if one in jobs]
            )
        earlier = [*earlier, *by_stage[number]]


def received(node: Node, job: Job, jobs: Mapping[str, Job]) -> tuple[Reference, ...]:
    """Return the artifacts that a job downloads before it begins."""
    named = at(node, "dependencies")
    needs = at(node, "needs")
    sources = job.before
    if named is not None:
        sources = [one for one in texts(named) if one in jobs]
    elif needs is not None:
        refused = {text(one, "job") for one in items(needs) if text(one, "artifacts") == "false"}
        sources = [one for one in sources if one not in refused]
    found = {one.name: one for source in sources for one in jobs[source].artifacts}
    elsewhere = [
        Reference(f"gitlab-artifact:{text(one, 'project')}/{text(one, 'job')}", one.line, path=".")
        for one in items(needs)
        if text(one, "project")
    ]
    return (*found.values(), *elsewhere)


def triggers(config: Config, jobs: Mapping[str, Job]) -> frozenset[Trigger]:
    """Return what starts a pipeline: by its own rules, else by those of its jobs."""
    own = triggers_of(at(config.top.get("workflow"), "rules"))
    if own:
        return own
    found = {one for job in jobs.values() for one in job.when.triggers}
    if any(not job.when.triggers for job in jobs.values()):
        found.add(Trigger.PUSH)
    return frozenset(found)


def condition_of(job: Job, jobs: Mapping[str, Job]) -> str:
    """Return a job's condition, behind those that hold whenever it does.

    A pipeline with a job that needs one that was left out is refused as a whole; and where every
    way to run this job is also one to run another, the other's condition holds as well.
    """
    own = job.when
    parts: list[str] = []
    optional = {
        text(one, "job") for one in items(at(job.node, "needs")) if text(one, "optional") == "true"
    }
    explicit = at(job.node, "needs") is not None
    for name in job.before[: _CONDITIONS * 10]:
        other = jobs[name]
        held = explicit and name not in optional and not other.when.optional
        implied = bool(own.alternatives) and set(own.alternatives) <= set(other.when.alternatives)
        if other.condition and (held or implied):
            parts += other.condition.split(" && ")
    if own.condition:
        parts.append(own.condition)
    return " && ".join(list(dict.fromkeys(parts))[:_CONDITIONS])


def _needed(node: Node) -> Iterator[str]:
    for one in listed(node):
        if isinstance(one, Scalar):
            yield one.text
        elif not text(one, "project") and not text(one, "pipeline"):
            yield text(one, "job")
