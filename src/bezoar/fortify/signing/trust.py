"""What a person trusts, kept outside every repository: a pinned first key, and what was seen.

A pull request can change everything in a repository, its keys too. It cannot change this.
"""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.json_object import canonical, parse_object
from bezoar.datasets.writing import write_whole
from bezoar.fortify.signing.documents import read_document
from bezoar.project.home import home

VARIABLE: Final = "BEZOAR_TRUST"
_PIN: Final = re.compile(r"(?:([1-9][0-9]{0,5}):)?(sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """Where trust begins.

    Law: `Pin.parse(str(pin)) == pin`.

    Attributes:
        digest: Of the first key; or, with a version, of that version of the keyring.
        version: Which version of the keyring, None for the first key.
    """

    digest: Digest
    version: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:HEX`, the first key, or `VERSION:sha256:HEX`, a version of the keyring.

        Raises:
            UsageError: If it has another shape.
        """
        match = _PIN.fullmatch(text.strip())
        if not match:
            raise UsageError(
                f"not a fingerprint: {text!r} (want sha256:HEX, or VERSION:sha256:HEX)",
                next="bezoar keys list, where the keys were made",
            )
        return cls(Digest.parse(match[2]), int(match[1]) if match[1] else None)

    def __str__(self) -> str:
        return str(self.digest) if self.version is None else f"{self.version}:{self.digest}"


def pinned(root: Path) -> Pin | None:
    """Return where trust begins for a project; None where nobody said.

    Raises:
        UsageError: If `BEZOAR_TRUST` or the file of pins is off.
    """
    if given := os.environ.get(VARIABLE):
        return Pin.parse(given)
    text = _pins().get(_name(root))
    return Pin.parse(text) if text is not None else None


def pin(root: Path, first: Pin) -> None:
    """Note where trust begins for a project.

    Raises:
        BezoarError: If it cannot be written.
    """
    import tomlkit  # noqa: PLC0415 - only what writes it pays for it

    pins = _pins() | {_name(root): str(first)}
    text = tomlkit.dumps({"projects": dict(sorted(pins.items()))})
    write_whole(_pins_file(), text.encode())


def seen(first: Digest) -> tuple[Digest, ...]:
    """Return the digests of the versions of a keyring that were seen here, the first first.

    Raises:
        BezoarError: If what was noted cannot be read.
    """
    path = _seen_file(first)
    try:
        data = read_document(path)
        listed = parse_object(data)["keyrings"] if data is not None else []
        return tuple(Digest.parse(one) for one in listed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BezoarError(f"{path} is damaged: {error}", next=f"rm {path}") from None


def remember(first: Digest, keyrings: tuple[Digest, ...]) -> None:
    """Note which versions of a keyring there are, so that an older one is known for a replay.

    Where nothing can be written, as in a container, nothing is remembered: the pin still holds.
    """
    if len(keyrings) > len(seen(first)):
        try:
            write_whole(_seen_file(first), canonical({"keyrings": [str(one) for one in keyrings]}))
        except BezoarError:
            return


def forget(first: Digest) -> None:
    """Forget which versions of a keyring were seen: a person says that an older one is right.

    Raises:
        BezoarError: If it cannot be done.
    """
    path = _seen_file(first)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise BezoarError(f"cannot remove {path}: {error.strerror}", next=f"rm {path}") from error


def _name(root: Path) -> str:
    """Return a folder as TOML can name it, whatever bytes it is made of."""
    return str(root).encode("utf-8", "backslashreplace").decode()


def _pins_file() -> Path:
    return home() / "trust.toml"


def _seen_file(first: Digest) -> Path:
    return home() / "keyrings" / f"{first.hex}.json"


def _pins() -> dict[str, str]:
    path = _pins_file()
    try:
        data = read_document(path)
        pins = tomllib.loads(data.decode())["projects"] if data is not None else {}
        return {str(root): str(text) for root, text in pins.items()}
    except (ValueError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path} is damaged: {error}", next=f"mend {path}") from None
