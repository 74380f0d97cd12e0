"""How a task ends that does not return."""

from enum import StrEnum

from bezoar.core.errors import BezoarError


class FailureKind(StrEnum):
    """The ways in which a task fails."""

    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    TOO_MUCH_OUTPUT = "too much output"
    RAISED = "raised"
    NOT_ISOLATED = "not isolated"


class TaskFailed(BezoarError):  # noqa: N818 - it names what happened to the task
    """A task did not return (exit code 3); what it was to check was not checked.

    Attributes:
        kind: How it ended.
        task: Its name, `package.module:function`.
    """

    def __init__(self, kind: FailureKind, task: str, why: str, next: str = "") -> None:  # noqa: A002 - the field's name
        super().__init__(f"{task}: {kind}: {why}", next)
        self.kind, self.task = kind, task
