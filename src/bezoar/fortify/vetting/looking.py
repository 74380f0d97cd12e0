"""What runs in the sandbox: every rule over every file, one pass, a few megabytes at a time.

Started by `examination`; nothing here is to be called where hostile bytes may do harm.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bezoar.core.rule import Rule
from bezoar.datasets.decoding import check, disagreement
from bezoar.datasets.encoder import signature
from bezoar.datasets.tree import IMAGE_EXTENSIONS
from bezoar.datasets.unreadable import (
    EMPTY_FILE,
    EXTENSION_MISMATCH,
    OVERSIZED_IMAGE,
    UNREADABLE_IMAGE,
    Limits,
    UnreadableImage,
)
from bezoar.fortify.vetting.budget import SpentError
from bezoar.fortify.vetting.files import delivered
from bezoar.fortify.vetting.kinds import DECODED, PICTURES
from bezoar.fortify.vetting.layers import Unopened, layers
from bezoar.fortify.vetting.rules import ON_BYTES, unexamined
from bezoar.fortify.vetting.specimen import Seen, Specimen, filled, specimen_of_file

SECONDS: Final = 60
"""Of each file."""
LIMITS: Final = Limits(max_pixels=1 << 25, max_bytes=1 << 26)
_WEBP_LIMITS: Final = Limits(max_pixels=1 << 24, max_bytes=1 << 26)
"""Its decoder holds a picture three times over."""
_BATCH_BYTES: Final = 1 << 26
_TEXT_EXTENSIONS: Final = frozenset({"txt", "csv", "tsv", "json", "xml", "yaml", "yml", "md"})
_MOST_SEEN: Final = 50
"""Of each rule in one file, all that lies in it included."""

Item = dict[str, Any]


def examine(root: str, start: int, most: int, batch: int) -> Iterator[Item]:
    """Look at some of the files of a dataset, in the order of their paths.

    Args:
        root: The folder, or the file.
        start: Number of the first one.
        most: How many.
        batch: How many are told together.

    Yields:
        `done` files so far, `bytes` of this batch, what was `seen`, and the `encoders` of pictures.
    """
    folder, names = delivered(Path(root))
    told, item = start, _item(start)
    for number, name in enumerate(names[start : start + most], start):
        _look_at(folder, name, item)
        item["done"] = number + 1
        if number + 1 - told >= batch or item["bytes"] >= _BATCH_BYTES:
            yield item
            told, item = number + 1, _item(number + 1)
    if item["done"] > told:
        yield item


def _item(done: int) -> Item:
    return {"done": done, "bytes": 0, "pictures": 0, "seen": [], "encoders": []}


def _look_at(folder: Path, name: str, item: Item) -> None:
    """Add what is seen in one file."""
    try:
        with _alarm(SECONDS):
            specimen = specimen_of_file(folder, name)
            item["bytes"] += specimen.size
            if mark := signature(specimen.head, specimen.kind):
                item["encoders"].append([mark, name])
            for place, rule, seen in _limited(specimen):
                item["seen"].append(_told(place, rule, seen))
            item["pictures"] += specimen.kind in PICTURES
    except SpentError as error:
        item["seen"].append(_told(name, unexamined.RULE, Seen(str(error))))
    except OSError as error:
        why = error.strerror or str(error)
        item["seen"].append(_told(name, unexamined.RULE, Seen(f"it cannot be read: {why}")))


def _limited(specimen: Specimen) -> Iterator[tuple[str, Rule, Seen]]:
    counts: dict[str, int] = {}
    for place, rule, seen in _seen(specimen):
        counts[rule.code] = counts.get(rule.code, 0) + 1
        if counts[rule.code] <= _MOST_SEEN:
            yield place, rule, seen


def _seen(specimen: Specimen) -> Iterator[tuple[str, Rule, Seen]]:
    """Yield what each rule sees in a specimen, and in what lies in it."""
    for rule, findings in ON_BYTES:
        for seen in findings(specimen):
            yield specimen.name, rule, seen
    for rule, seen in _as_picture(specimen):
        yield specimen.name, rule, seen
    for inner in layers(specimen):
        if isinstance(inner, Unopened):
            yield inner.name, unexamined.RULE, Seen(inner.why)
        else:
            yield from _seen(inner)


def _as_picture(specimen: Specimen) -> Iterator[tuple[Rule, Seen]]:
    """Yield what is wrong with a picture, or with what is named like one."""
    named = specimen.extension in IMAGE_EXTENSIONS
    if specimen.kind == "tiff":
        yield unexamined.RULE, Seen("a TIFF picture, which is not decoded here")
    elif named and not specimen.head:
        yield EMPTY_FILE, Seen("the file is empty")
    elif named or specimen.kind in DECODED:
        yield from _decoding(specimen)
        odd = specimen.extension in _TEXT_EXTENSIONS
        why = disagreement(specimen.name, specimen.head)
        if why or odd:
            message = why or f"named as {specimen.extension}, but its content is {specimen.kind}"
            yield EXTENSION_MISMATCH, Seen(message)
    elif specimen.kind and specimen.extension in _TEXT_EXTENSIONS:
        message = f"named as {specimen.extension}, but its content is {specimen.kind}"
        yield EXTENSION_MISMATCH, Seen(message)


def _decoding(specimen: Specimen) -> Iterator[tuple[Rule, Seen]]:
    data = specimen.head
    if not specimen.complete:
        with specimen.open() as stream:
            data = filled(stream, LIMITS.max_bytes + 1)
    try:
        check(data, _WEBP_LIMITS if specimen.kind == "webp" else LIMITS)
    except UnreadableImage as error:
        yield error.rule, Seen(str(error))
    except MemoryError:
        yield OVERSIZED_IMAGE, Seen("decoding it takes more memory than it may")
    except (OSError, ValueError) as error:
        yield UNREADABLE_IMAGE, Seen(str(error)[:200] or type(error).__name__)


def _told(place: str, rule: Rule, seen: Seen) -> list[Any]:
    severity = rule.severity if seen.severity is None else seen.severity
    evidence = dict(seen.evidence)
    return [rule.code, place, seen.message[:500], str(severity), str(seen.confidence), evidence]


@contextmanager
def _alarm(seconds: int) -> Iterator[None]:
    """End what takes too long; only a main thread can be called like that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        raise SpentError(f"looking at it took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
