"""`Budget`: how much work one file may cause, whatever it says of itself."""

from typing import Final

LEAST_INFLATED: Final = 1 << 30
MOST_RATIO: Final = 10
LEAST_STEPS: Final = 1_500_000


class SpentError(Exception):
    """What a file may cost is spent: the rest of it is not looked at, which is a finding."""


class Budget:
    """What is left for one file, all that lies in it included.

    A small file may unpack to a gigabyte, a large one to ten times its size.

    Args:
        size: Bytes of the file.
    """

    def __init__(self, size: int) -> None:
        self.inflated = max(LEAST_INFLATED, MOST_RATIO * size)
        self.steps = max(LEAST_STEPS, size // 4)

    def inflate(self, count: int) -> None:
        """Pay for bytes that were unpacked.

        Raises:
            SpentError: If there is nothing left.
        """
        self.inflated -= count
        if self.inflated < 0:
            raise SpentError("it unpacks to more than is looked at")

    def step(self, count: int = 1) -> None:
        """Pay for steps of a reader.

        Raises:
            SpentError: If there is nothing left.
        """
        self.steps -= count
        if self.steps < 0:
            raise SpentError("it takes more steps to read than are spent on it")
