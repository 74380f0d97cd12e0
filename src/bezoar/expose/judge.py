"""`JudgeKind`: who judges the samples; light enough for the command line."""

from enum import StrEnum


class JudgeKind(StrEnum):
    """Who judges the samples."""

    AUTO = "auto"  # outlines where they tell the classes apart, networks elsewhere
    SHAPES = "shapes"
    NETWORKS = "networks"
