"""GitLab CI: jobs in stages, what they hand over, and when they run.

Source: docs.gitlab.com, "CI/CD YAML syntax reference".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.definition import (
    OnFailure,
    Pipeline,
    Reference,
    Step,
    Text,
    Trigger,
)
from bezoar.evaluate.pipelines.docker_run import image_within
from bezoar.evaluate.pipelines.faults import cyclic, missing, unreadable
from bezoar.evaluate.pipelines.gitlab_config import Config
from bezoar.evaluate.pipelines.gitlab_rules import When, triggers_of, when_of
from bezoar.evaluate.pipelines.inline_secrets import of_script, of_variables
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.reading import (
    INTERNAL,
    Names,
    guarded,
    image_of,
    place,
    public_settings,
    public_variables,
)
from bezoar.evaluate.pipelines.shell_commands import commands_of_parts
from bezoar.evaluate.pipelines.shell_variables import Variables
from bezoar.syntax.access import at, entries, items, listed, text, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar

_FILE: Final = re.compile(r"(?:.*/)?\.gitlab-ci\.ya?ml")
_STAGES: Final = ("build", "test", "deploy")
_MANY: Final = 5000  # So many pairs of jobs in two stages are named one by one.
_DEEPEST: Final = 3
_CONDITIONS: Final = 40
_SETTINGS: Final = ("stage", "tags", "environment", "when", "resource_group", "id_tokens")


class GitLabCI:
    """Reads `.gitlab-ci.yml`."""

    format = "gitlab-ci"

    def claims(self, file: Text) -> bool:
        """Say whether a file is where GitLab looks for its configuration."""
        return _FILE.fullmatch(file.path) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the pipeline."""
        return guarded(file, self.format, lambda: _parsed(file, others))


def _parsed(file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
    root = file.path[: len(file.path) - len(file.path.rpartition("/")[2])]
    run = _Run(others, root)
    run.add(file, "", (), frozenset())
    return [
        Pipeline(
            name=".gitlab-ci.yml",
            format=GitLabCI.format,
            place=place(file.path),
            steps=tuple(run.steps),
            triggers=run.triggers or frozenset({Trigger.PUSH}),
            found=tuple(run.found),
        )
    ]


@dataclass
class _Job:
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


class _Run:
    """Turns configurations into steps: the first, and those of child pipelines."""

    def __init__(self, others: Mapping[str, Text], root: str) -> None:
        self.others = others
        self.root = root
        self.names = Names()
        self.steps: list[Step] = []
        self.found: list[Finding] = []
        self.triggers: frozenset[Trigger] = frozenset()

    def add(
        self, file: Text, prefix: str, before: tuple[str, ...], calls: frozenset[str]
    ) -> tuple[str, ...]:
        """Add the jobs of a configuration; return the names of the last steps."""
        config = Config(file.path, self.others, self.root).read(file)
        self.found += config.found
        jobs = {
            name: _Job(name, node, when_of(node), text(node, "stage") or "test")
            for name, node in config.jobs.items()
        }
        if not calls:
            self.triggers = _triggers(config, jobs)
        self._order(config, jobs)
        needed: set[str] = set()
        waiting = {name: job.before for name, job in jobs.items()}
        for name in in_order(waiting, lambda one: self._cycle(one, jobs[one], config)):
            job = jobs[name]
            needed.update(job.before)
            base, given = self._base(job, config, jobs, prefix)
            base = base if base.after else replace(base, after=before)
            base = self._cached(base, job.node, Variables(given))
            if (trigger := at(job.node, "trigger")) is not None:
                self._child(base, trigger, job, calls | {file.path})
            else:
                self._script(base, job, jobs, given)
        return tuple(job.end for name, job in jobs.items() if name not in needed and job.end)

    def _cycle(self, name: str, job: _Job, config: Config) -> None:
        self._say(cyclic(config.files.get(name, config.path), name, job.node.line))

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _order(self, config: Config, jobs: dict[str, _Job]) -> None:
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
                jobs[barrier] = _Job(barrier, Map(1), When(), "", before=earlier, barrier=True)
                earlier = [barrier]
            for name in by_stage[number]:
                needs = at(jobs[name].node, "needs")
                jobs[name].before = (
                    earlier if needs is None else [one for one in _needed(needs) if one in jobs]
                )
            earlier = [*earlier, *by_stage[number]]

    def _base(
        self, job: _Job, config: Config, jobs: Mapping[str, _Job], prefix: str
    ) -> tuple[Step, dict[str, str]]:
        """Return a job as a step that runs nothing yet, and its variables."""
        node, shared = job.node, config.top.get("variables")
        job.condition = _condition(job, jobs)
        given = public_variables(shared) | _described(shared)
        given |= public_variables(at(node, "variables"))
        variables = Variables(given)
        image, reached = at(node, "image"), job.when.triggers
        name = self.names.unique(f"{prefix}{job.name}")
        secrets = [*of_variables(entries(at(node, "variables")))]
        if not self.steps:
            secrets += of_variables(entries(shared))
        base = Step(
            name=name,
            place=place(config.files.get(job.name, config.path), node.line),
            settings=_settings(node, variables) | ({"when": "manual"} if job.when.manual else {}),
            image=image_of(variables.fold(_image(image)), image.line if image else None),
            after=tuple(jobs[one].end for one in job.before if jobs[one].end),
            on_failure=OnFailure.IGNORED if job.when.fails_freely else OnFailure.STOPS,
            runs_after_failure=job.when.always,
            condition=job.condition,
            identity=_identity(node, variables),
            secrets=tuple(secrets),
            workspace=name,
            triggers=reached if reached and reached != self.triggers else frozenset(),
        )
        return base, given

    def _script(
        self, base: Step, job: _Job, jobs: Mapping[str, _Job], given: Mapping[str, str]
    ) -> None:
        """Add what a job runs."""
        node = job.node
        if any(isinstance(one, Map) for one in listed(at(node, "script"))):
            where = base.place
            self._say(unreadable(where.name, f"the script of {base.name} is no text", where.line))
        parts = [*_scalars(at(node, "before_script")), *_scalars(at(node, "script"))]
        parts += [one for step in items(at(node, "run")) for one in _scalars(at(step, "script"))]
        commands = commands_of_parts(
            [(one.script, one.line) for one in parts], pipefail=True, variables=given
        )
        secrets = [*base.secrets]
        for one in parts:
            secrets += of_script(one.script, one.line)
        paths = _paths(at(node, "artifacts", "paths"), Variables(given))
        handed = tuple(
            Reference(f"{INTERNAL}{base.workspace}.{one.text}", one.line, path=one.text)
            for one in paths
        )
        if job.barrier:
            handed = (Reference(f"{INTERNAL}{base.workspace}", path="."),)
        job.artifacts = handed
        self.steps.append(
            replace(
                base,
                commands=commands,
                image=image_within(commands) or base.image,
                reads=self._received(node, job, jobs),
                writes=handed,
                secrets=tuple(secrets),
            )
        )
        job.end = base.name
        if after := _scalars(at(node, "after_script")):
            self.steps.append(
                replace(
                    base,
                    name=self.names.unique(f"{base.name}/after_script"),
                    commands=commands_of_parts(
                        [(one.script, one.line) for one in after], pipefail=True, variables=given
                    ),
                    after=(base.name,),
                    on_failure=OnFailure.IGNORED,
                    runs_after_failure=True,
                )
            )

    def _received(self, node: Node, job: _Job, jobs: Mapping[str, _Job]) -> tuple[Reference, ...]:
        """Return the artifacts that a job downloads before it begins."""
        named = at(node, "dependencies")
        needs = at(node, "needs")
        sources = job.before
        if named is not None:
            sources = [one for one in texts(named) if one in jobs]
        elif needs is not None:
            refused = {
                text(one, "job") for one in items(needs) if text(one, "artifacts") == "false"
            }
            sources = [one for one in sources if one not in refused]
        found = {one.name: one for source in sources for one in jobs[source].artifacts}
        elsewhere = [
            Reference(
                f"gitlab-artifact:{text(one, 'project')}/{text(one, 'job')}", one.line, path="."
            )
            for one in items(needs)
            if text(one, "project")
        ]
        return (*found.values(), *elsewhere)

    def _cached(self, base: Step, node: Node, variables: Variables) -> Step:
        """Put a step of its own before a job that takes files from a cache."""
        for number, cache in enumerate(listed(at(node, "cache"))):
            paths = _paths(at(cache, "paths"), variables)
            if not paths:
                continue
            policy = text(cache, "policy") or "pull-push"
            references = tuple(Reference(one.text, one.line, path=one.text) for one in paths)
            step = replace(
                base,
                name=self.names.unique(f"{base.name}/cache{number or ''}"),
                place=place(base.place.name, cache.line),
                uses="gitlab.cache",
                settings=public_settings(cache, variables.fold),
                image=None,
                reads=references if "pull" in policy else (),
                writes=references if "push" in policy else (),
                cached=True,
                cache_key_pins=_pins(cache),
            )
            self.steps.append(step)
            base = replace(base, after=(step.name,))
        return base

    def _child(self, base: Step, trigger: Node, job: _Job, calls: frozenset[str]) -> None:
        """Put a child pipeline in the place of the job that starts it."""
        path = base.place.name
        included = [
            one.text if isinstance(one, Scalar) else text(one, "local")
            for one in listed(at(trigger, "include"))
        ]
        start = replace(base, uses=f"gitlab.trigger {text(trigger, 'project')}".strip())
        self.steps.append(start)
        ends: list[str] = []
        for name in included:
            full = self.root + name.lstrip("/")
            if full in calls or len(calls) > _DEEPEST:
                self._say(cyclic(path, name or base.name, base.place.line))
            elif full not in self.others:
                self._say(missing(path, name or "a generated pipeline", base.place.line))
            else:
                ends += self.add(self.others[full], f"{base.name}/", (base.name,), calls)
        if not included:
            shown = text(trigger, "project") or (
                trigger.text if isinstance(trigger, Scalar) else ""
            )
            self._say(missing(path, shown or base.name, base.place.line))
        waits = text(trigger, "strategy") in ("depend", "mirror") and ends
        job.end = base.name
        if waits:
            joined = replace(base, name=self.names.unique(f"{base.name}/end"), after=tuple(ends))
            self.steps.append(joined)
            job.end = joined.name


def _triggers(config: Config, jobs: Mapping[str, _Job]) -> frozenset[Trigger]:
    """Return what starts a pipeline: by its own rules, else by those of its jobs."""
    own = triggers_of(at(config.top.get("workflow"), "rules"))
    if own:
        return own
    found = {one for job in jobs.values() for one in job.when.triggers}
    if any(not job.when.triggers for job in jobs.values()):
        found.add(Trigger.PUSH)
    return frozenset(found)


def _condition(job: _Job, jobs: Mapping[str, _Job]) -> str:
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


def _described(node: Node | None) -> dict[str, str]:
    """Return the variables that are written with a description."""
    return {key.text: text(value, "value") for key, value in entries(node) if text(value, "value")}


def _settings(node: Node, variables: Variables) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _SETTINGS:
        for inner, value in public_settings(at(node, name), variables.fold).items():
            found[f"{name}.{inner}".strip(".")] = value
    for name, value in public_variables(at(node, "variables")).items():
        found[f"env.{name}"] = value
    return found


def _image(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else text(node, "name")


def _identity(node: Node, variables: Variables) -> str:
    """Return what a job runs as: its runner may tell, or the variable of a role."""
    for name in ("ROLE_ARN", "AWS_ROLE_ARN", "GCP_SERVICE_ACCOUNT", "SERVICE_ACCOUNT"):
        if value := text(node, "variables", name):
            return variables.fold(value)
    return ""


def _scalars(node: Node | None) -> list[Scalar]:
    return [one for one in listed(node) if isinstance(one, Scalar)]


def _paths(node: Node | None, variables: Variables) -> list[Scalar]:
    return [replace(one, text=variables.fold(one.text.rstrip("/"))) for one in _scalars(node)]


def _pins(cache: Node) -> bool:
    """Say whether a cache's key is a digest of files, or of the commit."""
    key = at(cache, "key")
    loose = bool(texts(at(cache, "fallback_keys")))
    if texts(at(key, "files")):
        return not loose
    return not loose and bool(re.search(r"CI_COMMIT_SHA|[0-9a-f]{40}", text(cache, "key")))


PARSER: Final = GitLabCI()
