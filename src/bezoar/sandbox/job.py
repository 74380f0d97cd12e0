"""What a task's process is told to do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from bezoar.sandbox.limits import Limits


@dataclass(frozen=True, slots=True)
class Job:
    """What a task's process is told to do.

    Attributes:
        task: `package.module:function`.
        arguments: JSON values that the function is called with, by name.
        reads: Files and folders that may be read.
        writes: Folders that may be written below.
        limits: How much it may use up.
        minimum: The level of isolation below which the task does not begin.
        streams: Whether the function yields items.
    """

    task: str
    arguments: Mapping[str, Any]
    reads: Sequence[Path]
    writes: Sequence[Path]
    limits: Limits
    minimum: int
    streams: bool

    def write(self, path: Path) -> None:
        """Write it to a file.

        Raises:
            TypeError: If an argument is no JSON value.
        """
        places = {"reads": [*map(str, self.reads)], "writes": [*map(str, self.writes)]}
        path.write_text(json.dumps(asdict(self) | places))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        said = json.loads(path.read_bytes())
        places = {name: [*map(Path, said.pop(name))] for name in ("reads", "writes")}
        return cls(**said | places | {"limits": Limits(**said["limits"])})
