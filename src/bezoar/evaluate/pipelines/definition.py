"""`Pipeline`: what every parser makes of a definition, whatever format it was written in.

A parser reports what is written and judges nothing: which of the steps fetch, validate or train,
and whether the way between them is sound, is worked out in `evaluate.journey`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bezoar.core.finding import Finding
from bezoar.core.place import Place


class Trigger(StrEnum):
    """What starts a pipeline."""

    PUSH = "push"
    PULL_REQUEST = "pull-request"  # untrusted code, with few rights
    PULL_REQUEST_TARGET = "pull-request-target"  # untrusted input, with the rights of the base
    SCHEDULE = "schedule"
    MANUAL = "manual"
    CALL = "call"  # another pipeline calls it
    OTHER = "other"


class OnFailure(StrEnum):
    """What a step's failure does to the steps after it."""

    STOPS = "stops"
    IGNORED = "ignored"  # continue-on-error, allow_failure, `|| true`, trigger_rule all_done…


class Access(StrEnum):
    """What an identity may do to a store of data."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Reference:
    """How a step names data, a model or an image.

    Attributes:
        name: As written, folded: a path relative to the repository, a URI, or
            `PIPELINE-INTERNAL:task.output` for what one step hands to another by the engine.
            What is no literal stands as `{name}`.
        line: 1-based, where it is named.
        pinned: Whether what is written ties it to its bytes (a digest, a full commit, a lock
            with a hash).
        path: Where the step's own commands see it, where the engine puts it there
            (an artifact's path in the container, the folder of a download); empty where the
            name says that itself.
    """

    name: str
    line: int | None = None
    pinned: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a step runs.

    Attributes:
        text: One simple shell command (see `shell_commands`), Python code, or a call by its
            dotted name with its literal arguments
            (`sklearn.linear_model.LogisticRegression.fit(x, y)`).
        line: 1-based, where it begins in the definition.
        language: `shell`, `python`, or `call` for an operator or component by name.
        on_failure: What its failure does to the commands after it and to the step: ignored by
            `|| true`, in a pipe without pipefail, in a script without `set -e`.
        condition: The text of a condition that may skip it (`[ -n "$CHECK" ]`); empty for none.
        chain: The number of the `&&` list that it is in, or of the `if` that it is the condition
            of: its failure keeps those `within` it from running, whatever `on_failure` says. 0
            for none. Of calls, those with one number all depend on one result.
        within: Numbers of the chains whose commands have to succeed for it to run.
        stdin: What feeds it: the text of the command before in the pipe, or of a here-document.
        reads: Of a call: the data that its arguments hold, followed through variables.
        writes: Of a call: the data that its arguments say it writes.
        checked: Of a call: whether its result decides what runs after it
            (`assert`, `if not result.success: raise`).
        path: The file that it stands in, where that is another one than the definition.
    """

    text: str
    line: int
    language: str = "shell"
    on_failure: OnFailure = OnFailure.STOPS
    condition: str = ""
    chain: int = 0
    within: tuple[int, ...] = ()
    stdin: str = ""
    reads: tuple[Reference, ...] = ()
    writes: tuple[Reference, ...] = ()
    checked: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pipeline.

    Attributes:
        name: Unique in its pipeline.
        place: Where it is defined.
        commands: What it runs, in order.
        scripts: Files of the repository that it runs, as written.
        uses: A component, operator or action by name, with its version as written
            (`actions/checkout@v4`, `airflow.operators.bash.BashOperator`).
        settings: Its literal parameters; nested ones joined with dots.
        image: The container image.
        reads: Data that it is said to read.
        writes: Data that it is said to write.
        after: Names of the steps that must have ended before it begins.
        on_failure: What its failure does.
        runs_after_failure: Whether it begins although a step before it failed (`if: always()`,
            `trigger_rule="all_done"`, `when: always`).
        condition: The text of a condition that may skip it; empty for none. What is joined by
            ` && ` all has to hold; where a step that it needs is skipped and it with it, that
            step's condition stands first.
        cached: Whether its output may come from a cache in place of a run.
        cache_key_pins: Whether the key of that cache holds a digest of its input.
        identity: Service account, role or user; empty where none is named.
        access: What that identity may do, by store, where the definition says so.
        secrets: Where a secret stands in it as plain text: (name, line). Never the secret.
        trusted: False where a step may only run on what untrusted people sent
            (a checkout of a pull request's head).
        workspace: Steps of one workspace see one another's files: a job, usually.
        triggers: Those of its pipeline's triggers that reach it, where a condition tells; empty
            where any may.
    """

    name: str
    place: Place
    commands: tuple[Command, ...] = ()
    scripts: tuple[str, ...] = ()
    uses: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    image: Reference | None = None
    reads: tuple[Reference, ...] = ()
    writes: tuple[Reference, ...] = ()
    after: tuple[str, ...] = ()
    on_failure: OnFailure = OnFailure.STOPS
    runs_after_failure: bool = False
    condition: str = ""
    cached: bool = False
    cache_key_pins: bool = False
    identity: str = ""
    access: Mapping[str, Access] = field(default_factory=dict)
    secrets: tuple[tuple[str, int], ...] = ()
    trusted: bool = True
    workspace: str = ""
    triggers: frozenset[Trigger] = frozenset()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a definition says.

    Attributes:
        name: For people: the definition's own name, else the file's.
        format: `github-actions`, `argo`, `airflow`…
        place: The definition.
        steps: In the order of the definition.
        triggers: What starts it; empty where the definition does not say.
        identity: The identity of steps that name none.
        access: What that identity may do, by store.
        production: False where the definition says that it is a test or an example.
        found: What the parser could not read, or refused to: each a finding, never silence.
    """

    name: str
    format: str
    place: Place
    steps: tuple[Step, ...] = ()
    triggers: frozenset[Trigger] = frozenset()
    identity: str = ""
    access: Mapping[str, Access] = field(default_factory=dict)
    production: bool = True
    found: tuple[Finding, ...] = ()


class Text(Protocol):
    """A file of the audited tree, already read and decoded, within bounds."""

    @property
    def path(self) -> str:
        """Relative to the tree, with `/`."""
        ...

    @property
    def text(self) -> str:
        """Its contents; what was no UTF-8 was refused before."""
        ...


class Parser(Protocol):
    """Reads one format."""

    @property
    def format(self) -> str:
        """Its name."""
        ...

    def claims(self, file: Text) -> bool:
        """Say, fast, whether a file may be of this format."""
        ...

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the pipelines that a file defines; none where it is of another format after all.

        Args:
            file: The definition.
            others: Every other file of the tree by path: includes, locks, scripts.
        """
        ...
