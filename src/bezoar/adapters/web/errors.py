"""How asking a stranger fails."""


class UnreachableError(Exception):
    """Nobody answered, or not with what was asked for; the message says why."""


class NotThereError(UnreachableError):
    """The host answered that there is no such thing, or none for everybody.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class StaleMarkError(UnreachableError):
    """What was to be continued is not there any more: it has to begin anew."""


class CutOffError(UnreachableError):
    """The line was cut while bytes came: they can be continued."""


class PrivateAddressError(UnreachableError):
    """A host lies in a private network, or says so.

    Attributes:
        place: `HOST:PORT`.
    """

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message)
        self.place = place
