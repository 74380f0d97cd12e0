"""GitHub Actions (and Gitea's and Forgejo's): workflows, reusable ones, and composite actions.

What a workflow calls in the same tree is put in its place, so that a check in one file counts for
the training in another. Source: docs.github.com, "Workflow syntax for GitHub Actions".
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.definition import (
    Access,
    OnFailure,
    Pipeline,
    Step,
    Text,
    Trigger,
)
from bezoar.evaluate.pipelines.faults import cyclic, missing, unreadable
from bezoar.evaluate.pipelines.github_expressions import (
    acts_on,
    condition_of,
    needs_success,
    triggers_of,
)
from bezoar.evaluate.pipelines.github_steps import Job, step_of
from bezoar.evaluate.pipelines.inline_secrets import of_variables
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.reading import (
    Names,
    bounded,
    file_name,
    guarded,
    image_of,
    is_commit,
    load,
    place,
    public_variables,
    settings_of,
    variables_of,
)
from bezoar.syntax.access import at, entries, fields, items, text, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar, Sequence
from bezoar.syntax.unreadable import UnreadableError

_WORKFLOW: Final = re.compile(r"(?:^|.*/)\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml")
_DEEPEST: Final = 10  # GitHub's own limit for workflows that call one another.
_MOST_CALLERS: Final = 500


class GitHubActions:
    """Reads workflows."""

    format = "github-actions"

    def claims(self, file: Text) -> bool:
        """Say whether a file lies where workflows lie."""
        return _WORKFLOW.fullmatch(file.path) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the workflow; none where another one calls it, and nothing else starts it."""
        return guarded(file, self.format, lambda: _Workflow(file, others).pipelines())


class _Workflow:
    """Puts the steps of one workflow together, those of what it calls in their places."""

    def __init__(self, file: Text, others: Mapping[str, Text]) -> None:
        self.file = file
        self.others = others
        self.root = re.split(r"\.(?:github|gitea|forgejo)/workflows/", file.path)[0]
        self.names = Names()
        self.steps: list[Step] = []
        self.found: list[Finding] = []
        self.loaded: dict[str, Node | None] = {}

    def pipelines(self) -> list[Pipeline]:
        """Return the workflow as a pipeline."""
        documents = load(self.file)
        root = documents[0] if documents else None
        if not isinstance(root, Map) or at(root, "jobs") is None:
            raise UnreadableError("a workflow has jobs, and this file has none")
        triggers = triggers_of(at(root, "on"))
        if triggers == {Trigger.CALL} and self._is_called():
            return []
        base = Job("", self.file.path, triggers=triggers)
        base.access = _access(at(root, "permissions"))
        self._jobs(root, base, (self.file.path,))
        name = text(root, "name") or file_name(self.file.path)
        return [
            Pipeline(
                name=name,
                format=GitHubActions.format,
                place=place(self.file.path),
                steps=tuple(self.steps),
                triggers=triggers,
                access=base.access,
                found=tuple(self.found),
            )
        ]

    def _is_called(self) -> bool:
        name = file_name(self.file.path)
        workflows = [path for path in self.others if _WORKFLOW.fullmatch(path)]
        return any(
            f"workflows/{name}" in self.others[path].text
            for path in workflows[:_MOST_CALLERS]
            if path != self.file.path
        )

    def _jobs(self, root: Node, base: Job, calls: tuple[str, ...]) -> list[str]:
        """Add the jobs of a workflow in the order of what they need; return the last steps."""
        base = _with_defaults(root, base)
        jobs = fields(at(root, "jobs"))
        bounded(len(jobs))
        ends: dict[str, tuple[str, ...]] = {}
        conditions: dict[str, str] = {}
        needs = {name: texts(at(node, "needs")) for name, node in jobs.items()}
        needed = {one for names in needs.values() for one in names}
        for name in in_order(needs, lambda name: self._cycle(name, jobs[name], base.path)):
            node = jobs[name]
            if not isinstance(node, Map):
                self._say(unreadable(base.path, f"the job {name} is no mapping", node.line))
                continue
            job = self._job(name, node, base, (ends, conditions, needs))
            if name in needed and not _is_false(at(node, "continue-on-error")):
                job.failure = OnFailure.IGNORED
            ends[name] = self._run(node, job, calls) or job.before
            if job.secrets:
                self.steps.append(
                    Step(
                        self.names.unique(f"{job.name}/environment"),
                        place(job.path, node.line),
                        secrets=tuple(job.secrets),
                        workspace=job.name,
                    )
                )
        last = [name for name in ends if name not in needed]
        return [step for name in last for step in ends[name]]

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _cycle(self, name: str, node: Node, path: str) -> None:
        self._say(cyclic(path, name, node.line))

    def _job(
        self,
        name: str,
        node: Map,
        base: Job,
        known: tuple[dict[str, tuple[str, ...]], dict[str, str], dict[str, list[str]]],
    ) -> Job:
        """Return what holds for a job; `known`: how those before end, what they ask, and need."""
        ends, conditions, direct = known
        needs = [one for one in texts(at(node, "needs")) if one in ends]
        own, after_failure = condition_of(text(node, "if"))
        # A job is skipped where one that it needs was, unless it asks to run always.
        wanted = needs_success(own)
        if wanted and set(needs) <= _with_needs(wanted, direct):
            after_failure = False
        skipped = after_failure or "!failure()" in text(node, "if").replace(" ", "")
        inherited = [] if skipped else [conditions[one] for one in needs]
        condition = " && ".join(dict.fromkeys(filter(None, (*inherited, own))))[:1000]
        conditions[name] = condition
        job = replace(base, known=dict(base.known), settings=dict(base.settings))
        job.name = f"{base.name}/{name}" if base.name else name
        job.condition = " && ".join(filter(None, (base.condition, condition)))
        job.after_failure = after_failure and bool(needs)
        job.known |= _matrix(node)
        job.environment = {**base.environment, **public_variables(at(node, "env"), job.fold)}
        job.secrets = [*base.secrets, *of_variables(entries(at(node, "env")))]
        base.secrets = []
        job.before = tuple(step for one in needs for step in ends[one]) or base.before
        job.shell = text(node, "defaults", "run", "shell") or base.shell
        job.folder = text(node, "defaults", "run", "working-directory") or base.folder
        if (permissions := at(node, "permissions")) is not None:
            job.access = _access(permissions)
        container = at(node, "container")
        if name_of := job.fold(text(container, "image") or _plain(container)):
            job.image = image_of(name_of, container.line if container else node.line)
        for setting in ("runs-on", "environment"):
            if value := "\n".join(settings_of(at(node, setting), job.fold).values()):
                job.settings[setting] = value
        return job

    def _run(self, node: Map, job: Job, calls: tuple[str, ...]) -> tuple[str, ...]:
        """Add what a job runs; return its last steps."""
        if uses := text(node, "uses"):
            return self._called(uses, node, job, calls)
        steps = at(node, "steps")
        if not isinstance(steps, Sequence):
            self._say(unreadable(job.path, f"the job {job.name} has no list of steps", node.line))
        job.handled = frozenset(
            name
            for one in items(steps)
            for name in acts_on(text(one, "if"), text(one, "run") or text(one, "with", "script"))
        )
        for number, step in enumerate(items(steps), 1):
            if not isinstance(step, Map) or not _is_step(step):
                self._say(unreadable(job.path, "a step with neither `uses` nor `run`", step.line))
            elif (uses := text(step, "uses")).startswith("./"):
                self._action(uses, step, job, number, calls)
            else:
                self.steps.append(step_of(step, job, self.names, number))
        return job.before

    def _called(self, uses: str, node: Map, job: Job, calls: tuple[str, ...]) -> tuple[str, ...]:
        """Put a reusable workflow in the place of the job that calls it."""
        path, root = self._local(uses, ("",), calls, node.line, job)
        if root is None:
            step = Map(node.line, [*node.entries])
            self.steps.append(step_of(step, job, self.names, 1))
            return job.before
        inner = replace(job, path=path, known=_inputs(root, node, job), environment={}, secrets=[])
        inner.before = job.before
        return tuple(self._jobs(root, inner, (*calls, path))) or job.before

    def _action(self, uses: str, step: Map, job: Job, number: int, calls: tuple[str, ...]) -> None:
        """Put the steps of a composite action in the place of the step that uses it."""
        path, root = self._local(uses, ("/action.yml", "/action.yaml"), calls, step.line, job)
        inner_steps = items(at(root, "runs", "steps"))
        made = step_of(step, job, self.names, number)
        if not inner_steps or root is None:
            self.steps.append(made)
            return
        inner = replace(job, path=path, name=made.name, known=_inputs(root, step, job), secrets=[])
        job.secrets = list(made.secrets)  # They stand in this file, not in that of the action.
        inner.condition, inner.failure = made.condition, made.on_failure
        inner.environment = {**job.environment, **public_variables(at(step, "env"), job.fold)}
        inner.before, inner.after_failure = made.after, made.runs_after_failure
        first = len(self.steps)
        calling = Map(root.line, [(Scalar("steps", 1, 1, "steps"), at(root, "runs", "steps"))])  # type: ignore[list-item]
        self._run(calling, inner, (*calls, path))
        for index in range(first, len(self.steps)):
            self.steps[index] = replace(self.steps[index], workspace=job.name)
        job.before, job.trusted = inner.before, inner.trusted
        job.identity = inner.identity

    def _local(
        self,
        uses: str,
        endings: tuple[str, ...],
        calls: tuple[str, ...],
        line: int,
        job: Job,
    ) -> tuple[str, Node | None]:
        """Return the path and the tree of what is used; says so where it is not to be had."""
        name, _, revision = uses.partition("@")
        if not name.startswith("./"):
            if not is_commit(revision):
                self._say(missing(job.path, uses, line))
            return "", None
        for ending in endings:
            path = posixpath.normpath(self.root + name[2:] + ending)
            if path in calls or len(calls) > _DEEPEST:
                self._say(cyclic(job.path, uses, line))
                return "", None
            if path in self.others or path == self.file.path:
                return path, self._tree(path)
        self._say(missing(job.path, uses, line))
        return "", None

    def _tree(self, path: str) -> Node | None:
        if path not in self.loaded:
            try:
                documents = load(self.others.get(path, self.file))
                self.loaded[path] = documents[0] if documents else None
            except UnreadableError as error:
                self._say(unreadable(path, str(error)))
                self.loaded[path] = None
        return self.loaded[path]


def _with_needs(wanted: frozenset[str], direct: dict[str, list[str]]) -> set[str]:
    """Return jobs with all that they need: where one succeeded, so did those."""
    found, waiting = set(wanted), list(wanted)
    while waiting and len(found) < _MOST_CALLERS:
        for one in direct.get(waiting.pop(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def _is_step(node: Map) -> bool:
    return isinstance(at(node, "run"), Scalar) or bool(text(node, "uses"))


def _plain(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _is_false(node: Node | None) -> bool:
    return node is None or _plain(node).strip().lower() in ("", "false")


def _with_defaults(root: Node, base: Job) -> Job:
    """Return what holds for all jobs of a workflow."""
    made = replace(base)
    made.environment = {**base.environment, **public_variables(at(root, "env"), base.fold)}
    made.secrets = [*base.secrets, *of_variables(entries(at(root, "env")))]
    made.known = base.known | {f"env.{name}": value for name, value in made.environment.items()}
    made.shell = text(root, "defaults", "run", "shell")
    made.folder = text(root, "defaults", "run", "working-directory")
    return made


def _inputs(root: Node, caller: Node, job: Job) -> dict[str, str]:
    """Return the values of a called workflow's or action's inputs."""
    declared = at(root, "inputs") or at(root, "on", "workflow_call", "inputs")
    found = {
        f"inputs.{key.text}": text(value, "default")
        for key, value in entries(declared)
        if at(value, "default") is not None
    }
    given = variables_of(at(caller, "with"), job.fold)
    return found | {f"inputs.{name}": value for name, value in given.items()}


def _matrix(node: Map) -> dict[str, str]:
    """Return the values of a matrix that has but one of each."""
    axes = entries(at(node, "strategy", "matrix"))
    return {
        f"matrix.{key.text}": values[0]
        for key, axis in axes
        if key.text not in ("include", "exclude") and len(values := texts(axis)) == 1
    }


def _access(node: Node | None) -> dict[str, Access]:
    """Return what a job's token may do."""
    if isinstance(node, Scalar):
        both = {"write-all": Access.WRITE, "read-all": Access.READ}.get(node.text.strip())
        return {} if both is None else {"repository": both, "packages": both}
    named = {"contents": "repository", "packages": "packages"}
    given = variables_of(node)
    return {
        store: Access.WRITE if given[name] == "write" else Access.READ
        for name, store in named.items()
        if given.get(name) in ("read", "write")
    }


PARSER: Final = GitHubActions()
