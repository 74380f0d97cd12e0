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
