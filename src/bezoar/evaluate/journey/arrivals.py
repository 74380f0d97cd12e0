"""`Arrival`: a place in a tree where data comes in, as a scan saw it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """A place where data comes in.

    Attributes:
        path: Relative to the tree, with `/`.
        line: 1-based.
        uri: The source, as folded.
        loader: The call or program.
        kind: `dataset`, `model` or `archive`.
        pinned: Whether what is written ties it to its bytes.
        verified: Whether somebody compares its bytes with a digest.
        public: Whether the whole world can ask its address, and the team does not own it.
        revision: As written; empty where none is.
        remote_code: Whether it runs code that comes with it.
    """

    path: str
    line: int
    uri: str
    loader: str
    kind: str
    pinned: bool
    verified: bool
    public: bool
    revision: str = ""
    remote_code: bool = False
