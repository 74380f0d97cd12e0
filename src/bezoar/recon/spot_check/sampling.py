"""The ways to pick samples: the command line names them at its start, so this imports nothing."""

from enum import StrEnum


class Sampling(StrEnum):
    """How samples are picked."""

    UNIFORM = "uniform"
    PER_CLASS = "per-class"
    CHANGED = "changed"
    SUSPICIOUS = "suspicious"
