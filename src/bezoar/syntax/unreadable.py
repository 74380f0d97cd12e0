"""`UnreadableError`: text is not what it claims to be."""


class UnreadableError(Exception):
    """A file cannot be read as what it claims to be; the message says why."""
