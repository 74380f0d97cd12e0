"""`Fetch`: one place in code or configuration where data comes in."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bezoar.core.source import Pin

if TYPE_CHECKING:
    from bezoar.recon.scan.python.project import Modules
    from bezoar.recon.scan.scripts import Scripts


class Kind(StrEnum):
    """What comes in."""

    DATASET = "dataset"
    MODEL = "model"
    ARCHIVE = "archive"
    OTHER = "other"


class Checksum(StrEnum):
    """Who compares the bytes with a digest that was known before."""

    CALL = "call"  # the digest stands in the call, or in a command beside it
    LIBRARY = "library"  # the library carries one: for what it downloads, not for what it keeps
    NONE = "none"


class Danger(StrEnum):
    """What else a call does that makes a fetch worse."""

    PLAIN_HTTP = "plain-http"
    UNVERIFIED_TLS = "unverified-tls"
    REMOTE_CODE = "remote-code"
    UNSAFE_LOAD = "unsafe-load"
    SECRET_IN_URI = "secret-in-uri"  # noqa: S105 - a name, no secret


@dataclass(frozen=True, slots=True)
class Fetch:
    """One place where data comes in.

    Attributes:
        path: Relative to the scanned tree, with `/`.
        line: 1-based; of a notebook, in the raw file.
        end_line: Last line of the call or command.
        loader: The call or program, by its full name (`torchvision.datasets.CIFAR10`, `wget`).
        kind: What comes in.
        uri: The source as folded. What is no literal stands as `{name}`: the argument, variable
            or configuration key that decides it.
        decided_by: Those names; empty where the source is one literal.
        revision: As written, folded like the URI; None where none is given.
        pin: What ties the source to its bytes; a branch or tag is never a pin.
        checksum: Who checks the bytes.
        dangers: What makes it worse.
        snippet: The first line of the code, at most 200 characters.
        cell: 1-based number of a notebook's cell, None elsewhere.
        in_ci: Whether it runs in continuous integration.
        registered: The DBOM entry (`NAME@VERSION`) that covers it, None where none does.
        registered_bytes: Whether that entry pins its bytes; a draft need not.
    """

    path: str
    line: int
    end_line: int
    loader: str
    kind: Kind
    uri: str
    decided_by: tuple[str, ...] = ()
    revision: str | None = None
    pin: Pin = Pin.NONE
    checksum: Checksum = Checksum.NONE
    dangers: frozenset[Danger] = field(default_factory=frozenset)
    snippet: str = ""
    cell: int | None = None
    in_ci: bool = False
    registered: str | None = None
    registered_bytes: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may know beside the text.

    Attributes:
        in_ci: Whether the file belongs to continuous integration.
        wrappers: Functions of the project that fetch what they are given, by full dotted name
            (`scripts.fetch.download_url`): index or name of the argument that is the source.
        constants: Literal values of the project's modules by full dotted name, where a reader
            collected them before.
        depth: How many times over the text is code within code.
        project: What the project's Python modules tell one another.
        again: Whether a module is read a second time, when all others are known.
        scripts: What the project's shell scripts tell one another, when all of them are known.
    """

    in_ci: bool = False
    wrappers: dict[str, int | str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    depth: int = 0
    project: "Modules | None" = None
    again: bool = False
    scripts: "Scripts | None" = None
