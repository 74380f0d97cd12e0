"""`Effort`: how much is asked about one definition before it is said to be too much."""

from typing import Final

MOST: Final = 200_000
"""What one definition may take. A question is one, about 5 µs; a careful team's needs hundreds."""


class TooMuchError(Exception):
    """A definition takes more than anybody wants to wait for."""


class Effort:
    """What is left of what one definition may take.

    Law: what `spend` was told of in all is never more than what was given.
    """

    def __init__(self, most: int = MOST) -> None:
        """Begin with all of it."""
        self._left = most

    def spend(self, amount: int = 1) -> None:
        """Take some of it.

        Raises:
            TooMuchError: If that is more than is left.
        """
        if amount > self._left:
            raise TooMuchError
        self._left -= amount
