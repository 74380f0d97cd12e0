"""How much a task may use up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a task may use up; the kernel counts all but the wall clock and the result.

    There is no number of processes: a task cannot start one, see `seccomp`.

    Attributes:
        address_space: Bytes of memory that it may map, its interpreter's included.
        cpu_seconds: Seconds of processor time, of all its threads together.
        wall_seconds: Seconds that its parent waits for it, all waits together.
        open_files: Open files at one time.
        threads: Threads at one time; counted only in a user namespace, where they are its own.
        file_bytes: Bytes of each file that it writes.
        result_bytes: Bytes of all that it returns; as many again may go to its error stream.
    """

    address_space: int = 4 << 30
    cpu_seconds: int = 600
    wall_seconds: float = 900
    open_files: int = 256
    threads: int = 256
    file_bytes: int = 64 << 30
    result_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"a limit is positive: {name}")
