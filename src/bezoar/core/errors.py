"""What a person can mend: each error says what is wrong, where, and what to type next."""


class BezoarError(Exception):
    """Could not finish (exit code 3).

    Attributes:
        message: What is wrong, and where.
        next: The command that mends it; may be empty.
        exit_code: What the command line exits with.
    """

    exit_code = 3

    def __init__(self, message: str, next: str = "") -> None:  # noqa: A002 - the field's name
        super().__init__(message)
        self.message = message
        self.next = next
        if next:
            self.add_note(f"try: {next}")  # what a traceback shows to whoever uses the library


class UsageError(BezoarError):
    """The call itself is off (exit code 2)."""

    exit_code = 2


class NothingToInspectError(BezoarError):
    """There is nothing to look at (exit code 4)."""

    exit_code = 4


class HashMismatch(BezoarError):  # noqa: N818 - the name by which a failed run is known
    """Bytes are not the bytes that were approved (exit code 1); the run must stop.

    Attributes:
        dataset: `NAME@VERSION`.
        place: Which object or file: a path relative to the dataset, or what vouches for it.
        expected: The digest that it must have, as text; empty where a signature is what failed.
        found: The digest that it has; empty where there is nothing to hash.
    """

    exit_code = 1

    def __init__(
        self,
        dataset: str,
        place: str,
        why: str,
        *,
        expected: str = "",
        found: str = "",
        next: str = "",  # noqa: A002 - the field's name
    ) -> None:
        mending = next or f"bezoar pull {dataset} --explain"
        super().__init__(f"{dataset}: {place}: {why}", next=mending)
        self.dataset, self.place, self.expected, self.found = dataset, place, expected, found
