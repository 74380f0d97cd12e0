"""GitLab CI: jobs in stages, what they hand over, and when they run.

Source: docs.gitlab.com, "CI/CD YAML syntax reference".
"""

import re
from collections.abc import Mapping
from dataclasses import replace
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
from bezoar.evaluate.pipelines.gitlab_jobs import (
    Job,
    condition_of,
    put_in_order,
    received,
    triggers,
)
from bezoar.evaluate.pipelines.gitlab_keywords import (
    described,
    identity_of,
    image_name,
    paths_of,
    pins,
    scalars_of,
    settings_of,
)
from bezoar.evaluate.pipelines.gitlab_rules import when_of
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
from bezoar.syntax.access import at, entries, items, listed, text
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar

_FILE: Final = re.compile(r"(?:.*/)?\.gitlab-ci\.ya?ml")
_DEEPEST: Final = 3


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
            name: Job(name, node, when_of(node), text(node, "stage") or "test")
            for name, node in config.jobs.items()
        }
        if not calls:
            self.triggers = triggers(config, jobs)
        put_in_order(config, jobs)
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

    def _cycle(self, name: str, job: Job, config: Config) -> None:
        self._say(cyclic(config.files.get(name, config.path), name, job.node.line))

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _base(
        self, job: Job, config: Config, jobs: Mapping[str, Job], prefix: str
    ) -> tuple[Step, dict[str, str]]:
        """Return a job as a step that runs nothing yet, and its variables."""
        node, shared = job.node, config.top.get("variables")
        job.condition = condition_of(job, jobs)
        given = public_variables(shared) | described(shared)
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
            settings=settings_of(node, variables) | ({"when": "manual"} if job.when.manual else {}),
            image=image_of(variables.fold(image_name(image)), image.line if image else None),
            after=tuple(jobs[one].end for one in job.before if jobs[one].end),
            on_failure=OnFailure.IGNORED if job.when.fails_freely else OnFailure.STOPS,
            runs_after_failure=job.when.always,
            condition=job.condition,
            identity=identity_of(node, variables),
            secrets=tuple(secrets),
            workspace=name,
            triggers=reached if reached and reached != self.triggers else frozenset(),
        )
        return base, given

    def _script(
        self, base: Step, job: Job, jobs: Mapping[str, Job], given: Mapping[str, str]
    ) -> None:
        """Add what a job runs."""
        node = job.node
        if any(isinstance(one, Map) for one in listed(at(node, "script"))):
            where = base.place
            self._say(unreadable(where.name, f"the script of {base.name} is no text", where.line))
        parts = [*scalars_of(at(node, "before_script")), *scalars_of(at(node, "script"))]
        parts += [one for step in items(at(node, "run")) for one in scalars_of(at(step, "script"))]
        commands = commands_of_parts(
            [(one.script, one.line) for one in parts], pipefail=True, variables=given
        )
        secrets = [*base.secrets]
        for one in parts:
            secrets += of_script(one.script, one.line)
        paths = paths_of(at(node, "artifacts", "paths"), Variables(given))
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
                reads=received(node, job, jobs),
                writes=handed,
                secrets=tuple(secrets),
            )
        )
        job.end = base.name
        if after := scalars_of(at(node, "after_script")):
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

    def _cached(self, base: Step, node: Node, variables: Variables) -> Step:
        """Put a step of its own before a job that takes files from a cache."""
        for number, cache in enumerate(listed(at(node, "cache"))):
            paths = paths_of(at(cache, "paths"), variables)
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
                cache_key_pins=pins(cache),
            )
            self.steps.append(step)
            base = replace(base, after=(step.name,))
        return base

    def _child(self, base: Step, trigger: Node, job: Job, calls: frozenset[str]) -> None:
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


PARSER: Final = GitLabCI()
