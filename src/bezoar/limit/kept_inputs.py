"""`KeptInputs`: what the model was shown, kept for who has to look at an alarm; only if asked for.

Of each class the last few inputs are remembered, by name. An input is a name of the sender's own (a
URI, an id), which costs nothing more, or small bytes as a `data:` URI (RFC 2397), which lie in a
folder under their SHA-256 until nothing remembers them. An alarm pins those of its class.
"""

import base64
import binascii
import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bezoar.core.arrays import Ints
from bezoar.core.digest import Digest

COLUMN: Final = "input"
MOST: Final = 20
"""Inputs of one class that are kept, at most."""
MOST_BYTES: Final = 64 << 10
LONGEST_NAME: Final = 200
_MOST_FILES: Final = 4096
_PINNED: Final = 50 * MOST
_LONGEST_TEXT: Final = 4 * MOST_BYTES // 3 + LONGEST_NAME
_ALGORITHM: Final = "sha256"


@dataclass(frozen=True, slots=True)
class Sent:
    """Inputs that came with a batch.

    Attributes:
        names: Class and name of each, as far as they are remembered.
        data: Bytes of those that have some, by name.
    """

    names: tuple[tuple[int, str], ...] = ()
    data: Mapping[str, bytes] = field(default_factory=dict)

    def as_record(self) -> bytes:
        """Return the names as bytes, for the journal."""
        return json.dumps(self.names).encode()

    @classmethod
    def parse(cls, record: bytes) -> "Sent":
        """Read them back."""
        return cls(tuple((int(which), str(name)) for which, name in json.loads(record)))


class KeptInputs:
    """Remembers inputs; names and bytes are bounded, whatever is sent.

    Laws: a file is there only while its name is remembered, but for a crash, which `sweep` mends.

    Attributes:
        folder: Where bytes lie.
        most: Inputs of each class.
        refused: Inputs that were not kept, by reason; their predictions count.
    """

    def __init__(self, folder: Path, most: int, classes: int) -> None:
        """Remember nothing yet.

        Args:
            folder: Made where it is missing.
            most: Inputs of each class; fewer where that would be more than 4,096 in all.
            classes: How many classes there are.
        """
        self.folder = folder
        self.most = max(1, min(most, MOST, _MOST_FILES // classes))
        self.refused: Counter[str] = Counter()
        self._recent: dict[int, deque[str]] = {}
        self._pinned: deque[str] = deque()
        self._uses: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many names are remembered."""
        return len(self._uses)

    def read(self, which: Ints, values: Sequence[Any]) -> Sent:
        """Return what is to be kept of a batch: the last inputs of each class.

        Args:
            which: Class of each prediction, (n,); below 0 for none.
            values: The input of each, None where none was sent.
        """
        found: list[tuple[int, str]] = []
        data: dict[str, bytes] = {}
        seen: Counter[int] = Counter()
        for number, value in zip(reversed(which.tolist()), reversed(values), strict=True):
            if value is None or number < 0 or seen[number] >= self.most:
                continue
            try:
                name, content = _input(value)
            except ValueError as error:
                self.refused[str(error)] += 1
                continue
            seen[number] += 1
            found.append((number, name))
            if content is not None:
                data[name] = content
        return Sent(tuple(reversed(found)), data)

    def write(self, sent: Sent) -> None:
        """Put bytes into the folder; a disk that takes none costs the input, not the prediction."""
        for name, content in sent.data.items():
            path = self._path(name)
            draft = path.with_suffix(".part")
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not path.exists():
                    draft.write_bytes(content)
                    draft.replace(path)
            except OSError:
                self.refused["not written"] += 1
                with suppress(OSError):
                    draft.unlink()

    def add(self, sent: Sent) -> None:
        """Remember inputs; of each class the oldest are forgotten."""
        for which, name in sent.names:
            self._push(self._recent.setdefault(which, deque()), name, self.most)

    def pin(self, which: int) -> tuple[str, ...]:
        """Return the last inputs of a class, which stay until many alarms later."""
        names = tuple(dict.fromkeys(self._recent.get(which, ())))
        for name in names:
            self._push(self._pinned, name, _PINNED)
        return names

    def content(self, name: str) -> bytes | None:
        """Return the bytes of an input; None where none are kept under that name."""
        if name not in self._uses or not name.startswith(f"{_ALGORITHM}:"):
            return None
        try:
            return self._path(name).read_bytes()
        except OSError:
            return None

    def as_json(self) -> dict[str, Any]:
        """Return what is remembered as JSON values."""
        recent = {str(which): list(names) for which, names in self._recent.items()}
        return {"recent": recent, "pinned": list(self._pinned)}

    def restore(self, values: Mapping[str, Any]) -> None:
        """Remember what `as_json` returned.

        Raises:
            ValueError: If that cannot be read; so do KeyError and TypeError.
        """
        for which, names in values["recent"].items():
            self.add(Sent(tuple((int(which), str(name)) for name in names)))
        for name in values["pinned"]:
            self._push(self._pinned, str(name), _PINNED)

    def sweep(self) -> None:
        """Remove files that nothing remembers: a crash may have left some."""
        known = {self._path(name).name for name in self._uses if _is_digest(name)}
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.name not in known:
                    path.unlink()

    def _push(self, names: deque[str], name: str, most: int) -> None:
        names.append(name)
        self._uses[name] += 1
        while len(names) > most:
            self._forget(names.popleft())

    def _forget(self, name: str) -> None:
        self._uses[name] -= 1
        if self._uses[name]:
            return
        del self._uses[name]
        if _is_digest(name):
            with suppress(OSError):
                self._path(name).unlink()

    def _path(self, name: str) -> Path:
        return self.folder / Digest.parse(name).value.hex()


def _is_digest(name: str) -> bool:
    """Tell whether a name is that of bytes; a sender's own names cannot be."""
    return name.startswith(f"{_ALGORITHM}:")


def _input(value: Any) -> tuple[str, bytes | None]:
    """Return an input's name, and its bytes where they were sent.

    Raises:
        ValueError: If it is none, or too long.
    """
    if not isinstance(value, str) or not value:
        raise ValueError("no text")
    if value.startswith("data:"):
        content = _bytes(value)
        return str(Digest.of(content)), content
    if len(value) > LONGEST_NAME:
        raise ValueError("name too long")
    if not value.isprintable() or _is_digest(value):
        raise ValueError("no name")
    return value, None


def _bytes(text: str) -> bytes:
    if len(text) > _LONGEST_TEXT:
        raise ValueError("too many bytes")
    head, comma, body = text.partition(",")
    if not comma or not head.endswith(";base64"):
        raise ValueError("no base64")
    try:
        content = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("no base64") from None
    if len(content) > MOST_BYTES:
        raise ValueError("too many bytes")
    return content
