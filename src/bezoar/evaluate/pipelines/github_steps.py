"""The steps of a job of GitHub Actions: commands, and the actions that move data."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.evaluate.pipelines.container_commands import shell_flags
from bezoar.evaluate.pipelines.definition import (
    Access,
    Command,
    OnFailure,
    Reference,
    Step,
    Trigger,
)
from bezoar.evaluate.pipelines.docker_run import image_within
from bezoar.evaluate.pipelines.github_expressions import (
    condition_of,
    fold,
    is_pull_request_head,
    reaching,
)
from bezoar.evaluate.pipelines.inline_secrets import of_script, of_variables
from bezoar.evaluate.pipelines.reading import (
    INTERNAL,
    Names,
    image_of,
    is_commit,
    place,
    public_settings,
    public_variables,
)
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.syntax.access import at, entries, text, walk
from bezoar.syntax.nodes import Node, Scalar

_STRONG: Final = frozenset({Trigger.PULL_REQUEST_TARGET, Trigger.OTHER})
_IDENTITIES: Final = {
    "aws-actions/configure-aws-credentials": ("role-to-assume", "aws-access-key-id"),
    "google-github-actions/auth": ("service_account", "workload_identity_provider"),
    "azure/login": ("client-id", "creds"),
}
_ARTIFACTS: Final = re.compile(r"(?:actions|[\w-]+)/(download|upload)-artifact(?:/\w+)?$")
_CACHES: Final = re.compile(r"[\w.-]+/cache(?:/(save|restore))?$")
_CHECKOUT: Final = re.compile(r"\bgit\s+(?:fetch|checkout|pull|merge|clone)|gh\s+pr\s+checkout")
_PINNING: Final = re.compile(r"hashFiles\s*\(|sha256|[0-9a-f]{40}|github\.sha|\bdigest\b|\bmd5\b")


@dataclass
class Job:
    """What holds for all steps of a job.

    Attributes:
        name: Qualified by the jobs that call its workflow.
        path: The file that defines its steps.
        condition: Of the job, and of those that it needs.
        after_failure: Whether it begins although a job before it failed; so do all its steps.
        failure: What its failure does to jobs that need it.
        known: Values of expressions (`inputs.x`, `matrix.y`).
        environment: Literal values of variables.
        settings: What the steps are said to be run with.
        triggers: What may start it.
        image: Its container.
        access: What its token may do.
        identity: The role that a step before has taken on.
        trusted: False after a checkout of what a pull request sent.
        before: The names of the steps that the next one waits for.
        secrets: In the variables of the job, told of its first step.
        shell: The default.
        folder: The default working directory.
        handled: Ids of steps whose failure a later step acts on.
    """

    name: str
    path: str
    condition: str = ""
    after_failure: bool = False
    failure: OnFailure = OnFailure.STOPS
    known: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    triggers: frozenset[Trigger] = frozenset()
    image: Reference | None = None
    access: Mapping[str, Access] = field(default_factory=dict)
    identity: str = ""
    trusted: bool = True
    before: tuple[str, ...] = ()
    secrets: list[tuple[str, int]] = field(default_factory=list)
    shell: str = ""
    folder: str = ""
    handled: frozenset[str] = frozenset()

    def fold(self, value: str) -> str:
        """Put known values into a text."""
        return fold(value, self.known)


def step_of(node: Node, job: Job, names: Names, number: int) -> Step:
    """Return one step of a job; the job is told what the step changes for later ones.

    Raises:
        UnreadableError: A script has more commands than a person writes.
    """
    local = replace(job, known=dict(job.known))
    local.environment = {**job.environment, **public_variables(at(node, "env"), job.fold)}
    local.known |= {f"env.{name}": value for name, value in local.environment.items()}
    uses, given = local.fold(text(node, "uses")), at(node, "with")
    title = text(node, "id") or local.fold(text(node, "name")) or uses or f"step-{number}"
    condition, after_failure = condition_of(text(node, "if"))
    effective = " && ".join(filter(None, (job.condition, condition)))
    reached = reaching(effective, job.triggers)
    ignored = None if text(node, "id") in job.handled else at(node, "continue-on-error")
    reads, writes = _data(uses, given, local)
    commands, secrets = _commands(node, local)
    _take_on(job, _action(uses), given)
    if reached & _STRONG and _checks_out_head(node, commands):
        job.trusted = False
    made = Step(
        name=names.unique(f"{job.name}/{title}"),
        place=place(job.path, node.line),
        commands=commands,
        uses=uses,
        settings=_settings(given, local),
        image=image_of(uses[9:], node.line)
        if uses.startswith("docker://")
        else image_within(commands) or job.image,
        reads=tuple(reads),
        writes=tuple(writes),
        after=job.before,
        on_failure=job.failure if _is_false(ignored) else OnFailure.IGNORED,
        runs_after_failure=after_failure or job.after_failure,
        condition=effective,
        cached=_CACHES.search(_action(uses)) is not None,
        cache_key_pins=_pins(given),
        identity=job.identity,
        access=job.access,
        secrets=(*job.secrets, *secrets),
        trusted=job.trusted,
        workspace=job.name,
        triggers=reached if reached != job.triggers else frozenset(),
    )
    job.secrets = []
    job.before = (made.name,)
    return made


def _is_false(node: Node | None) -> bool:
    return node is None or (isinstance(node, Scalar) and node.text.strip().lower() in ("", "false"))


def _action(uses: str) -> str:
    return uses.partition("@")[0].lower()


def _settings(given: Node | None, job: Job) -> dict[str, str]:
    environment = {f"env.{name}": value for name, value in job.environment.items()}
    return {**job.settings, **environment, **public_settings(given, job.fold)}


def _commands(node: Node, job: Job) -> tuple[tuple[Command, ...], tuple[tuple[str, int], ...]]:
    """Return what a step runs, and the secrets in it."""
    secrets = [*of_variables(entries(at(node, "env"))), *of_variables(entries(at(node, "with")))]
    script = at(node, "run")
    if not isinstance(script, Scalar) or not script.text.strip():
        return (), tuple(secrets)
    secrets += of_script(script.script, script.line)
    shell = job.fold(text(node, "shell")) or job.shell
    if shell.startswith("python"):
        return (Command(job.fold(script.text), script.line, "python"),), tuple(secrets)
    errexit, pipefail = _flags(shell)
    found = commands_of(
        job.fold(script.script),
        script.line,
        errexit=errexit,
        pipefail=pipefail,
        variables=job.environment,
    )
    folder = job.fold(text(node, "working-directory")) or job.folder
    if folder.strip("./"):
        found = (Command(f"cd {folder}", script.line), *found)
    return found, tuple(secrets)


def _flags(shell: str) -> tuple[bool, bool]:
    """Return whether the script begins with `-e` and with pipefail.

    Source: docs.github.com, "Workflow syntax": unspecified is `bash -e`, `bash` is
    `bash --noprofile --norc -eo pipefail`, `sh` is `sh -e`; a template is taken as it stands.
    """
    if "{0}" in shell:
        return shell_flags(shell.split())
    return True, shell == "bash"


def _data(uses: str, given: Node | None, job: Job) -> tuple[list[Reference], list[Reference]]:
    """Return what an action reads and writes, where it is one that moves data."""
    action = _action(uses)
    if found := _ARTIFACTS.search(action):
        return _artifact(found[1], given, job)
    if found := _CACHES.search(action):
        paths = [Reference(name, line, path=name) for name, line in _lines(given, "path", job)]
        return ([] if found[1] == "save" else paths), ([] if found[1] == "restore" else paths)
    if action == "actions/checkout" and (repository := job.fold(text(given, "repository"))):
        ref = job.fold(text(given, "ref"))
        where = job.fold(text(given, "path")) or "."
        name = f"git+https://github.com/{repository}" + (f"@{ref}" if ref else "")
        line = given.line if given is not None else None
        return [Reference(name, line, pinned=is_commit(ref), path=where)], []
    return [], []


def _artifact(
    direction: str, given: Node | None, job: Job
) -> tuple[list[Reference], list[Reference]]:
    """Return an artifact, which the engine hands from one job to another."""
    name = job.fold(text(given, "name")) or job.fold(text(given, "pattern")) or "*"
    line = given.line if given is not None else None
    elsewhere = text(given, "run-id") or text(given, "run_id") or text(given, "workflow")
    start = f"github-artifact:{job.fold(elsewhere)}/" if elsewhere else f"{INTERNAL}artifact."
    paths = [one for one, _ in _lines(given, "path", job)] or ["."]
    handed = [Reference(start + name, line, path=one) for one in paths]
    local = [Reference(one, line) for one in paths]
    return (handed, local) if direction == "download" else (local, handed)


def _lines(given: Node | None, name: str, job: Job) -> Iterator[tuple[str, int]]:
    """Yield the lines of a value, each with its line in the file."""
    value = at(given, name)
    if isinstance(value, Scalar):
        for number, row in enumerate(value.text.split("\n"), value.line):
            if row.strip() and not row.lstrip().startswith("!"):
                yield job.fold(row.strip()), number


def _pins(given: Node | None) -> bool:
    """Say whether a cache's key holds a digest, and nothing else is taken in its place."""
    loose = text(given, "restore-keys")
    return bool(_PINNING.search(text(given, "key"))) and not loose


def _take_on(job: Job, action: str, given: Node | None) -> None:
    """Note the role that an action takes on for itself and for the steps after it."""
    for name in _IDENTITIES.get(action, ()):
        if value := job.fold(text(given, name)):
            job.identity = value
            return


def _checks_out_head(node: Node, commands: tuple[Command, ...]) -> bool:
    """Say whether a step fetches what a pull request sent."""
    given = at(node, "with")
    if _action(text(node, "uses")) == "actions/checkout":
        return is_pull_request_head(f"{text(given, 'ref')} {text(given, 'repository')}")
    variables = " ".join(value.text for _, value in walk(at(node, "env")))
    return any(_CHECKOUT.search(one.text) for one in commands) and is_pull_request_head(
        f"{text(node, 'run')} {variables}"
    )
