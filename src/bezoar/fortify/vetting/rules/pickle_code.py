"""BZ311: a pickle, whatever its name: a program that runs when it is loaded."""

import io
import re
import string
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.pickle_walk import Walk, walk
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ311",
    name="pickle",
    title="Pickle",
    severity=Severity.CRITICAL,
    why="A pickle is a program, whatever its file is called: who loads it runs what its author"
    " wrote. One that holds plain values or arrays alone is milder, and still needs a loader that"
    " would run the next one.",
    taxonomy=("ATLAS:AML.T0011.000", "ATLAS:AML.T0010.002"),
)

_HARMLESS: Final = {
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy._core.numeric": "_frombuffer",
    "numpy": "ndarray dtype",
    "_codecs": "encode",
    "collections": "OrderedDict Counter deque defaultdict",
    "builtins": "set frozenset bytearray complex list dict int float bool str bytes tuple object",
    "__builtin__": "set frozenset bytearray complex list dict object",
    "copyreg": "_reconstructor",
    "copy_reg": "_reconstructor",
    "datetime": "date time datetime timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "uuid": "UUID",
    "torch._utils": "_rebuild_tensor _rebuild_tensor_v2 _rebuild_parameter",
    "torch": "device Size Tensor",
    "torch.nn.parameter": "Parameter",
}
"""What makes plain values, arrays and tensors, and can do nothing else."""

_TORCH: Final = re.compile(
    r"torch\.(?:(?:Double|Float|Half|BFloat16|Long|Int|Short|Char|Byte|Bool|Untyped)Storage"
    r"|storage\.UntypedStorage|b?float\d+|u?int\d+|bool|complex\d+)"
)

_MARKED: Final = re.compile(rb"\x80[\x02-\x05]")
_LINE_OF_NAME: Final = re.compile(
    rb"\n([A-Za-z_][\w.]{1,255})\n(?=[(\x29NSVUXBCIJKLMFG\]\}\x8c\x8d\x88\x89]|[pg]\d|[qh])"
)
_OF_NAMES: Final = string.ascii_letters.encode() + string.digits.encode() + b"_."
_REACH_BACK: Final = 256
_STARTS_BACK: Final = 8
_FEWEST_STEPS: Final = 4
_FEWEST_CALLING: Final = 3
_MOST_IN_A_ROW: Final = 64
_SHOWN: Final = 5
_FRAME: Final = 0x95


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what is a pickle: the whole, or a part that starts anywhere."""
    at_start, end = _at_start(specimen)
    if at_start is not None:
        yield at_start
    if at_start is None or at_start.severity is not None:
        hidden = _hidden(specimen, end)
        if hidden is not None:
            yield hidden


def dangers(seen: Walk) -> list[str]:
    """Return what a pickle reaches for beyond values, and other ways in which it runs code."""
    names = [name for name in seen.names if not _is_harmless(name)]
    return [*names, *(["what it computed itself"] if "?" in seen.called else []), *seen.odd]


def _is_harmless(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    return attribute in _HARMLESS.get(module, "").split() or _TORCH.fullmatch(name) is not None


def _at_start(specimen: Specimen) -> tuple[Seen | None, int]:
    """Judge what a loader would see that is given these bytes; say how far it would read."""
    if not specimen.head:
        return None, 0
    memo: dict[int, object] = {}
    plain, steps, end, whole = 0, 0, 0, True
    with specimen.open() as stream:
        for number in range(_MOST_IN_A_ROW):
            seen = walk(stream, specimen.budget, memo)
            bad = dangers(seen)
            if bad and _is_meant(seen):
                where = "" if number == 0 else f" (pickle {number + 1} in a row)"
                message = f"a pickle that reaches for {_listed(bad)}{where}"
                return Seen(message, evidence=_facts(seen)), end
            if not seen.stopped:
                whole = seen.nothing_left and not seen.steps
                break
            plain, steps, end = plain + 1, max(steps, seen.steps), end + seen.size
    return _plain(specimen, plain, steps, whole=whole), end


def _is_meant(seen: Walk) -> bool:
    """Tell a pickle from text that reads like the beginning of one."""
    return seen.marked or seen.stopped or (bool(seen.called) and seen.steps >= _FEWEST_CALLING)


def _plain(specimen: Specimen, pickles: int, steps: int, *, whole: bool) -> Seen | None:
    """Judge what holds values alone; text can read as a pickle for a few bytes by chance."""
    head = specimen.head
    marked = _MARKED.match(head) is not None
    framed = marked and head[2:3] == bytes([_FRAME])
    if pickles and (marked or (whole and steps >= _FEWEST_STEPS)):
        return Seen("a pickle of plain values", Severity.MEDIUM)
    if framed or (marked and specimen.extension in ("pkl", "pickle", "joblib", "pt", "pth")):
        return Seen("a pickle that ends in the middle", Severity.MEDIUM)
    return None


def _hidden(specimen: Specimen, end: int) -> Seen | None:
    """Look for a pickle that starts behind what a loader would read."""
    for offset, window in specimen.windows():
        covered = end - offset
        for start in _candidates(window):
            within = start < covered and not _MARKED.match(window, start)
            if within or offset + start == 0:
                continue
            specimen.budget.step()
            stream = io.BytesIO(window)
            stream.seek(start)
            seen = walk(stream, specimen.budget)
            bad = dangers(seen)
            meant = seen.stopped or (seen.marked and bool(seen.called))
            if bad and meant and seen.plain:
                message = f"a pickle at byte {offset + start:,} that reaches for {_listed(bad)}"
                return Seen(message, evidence=_facts(seen) | {"offset": offset + start})
            if seen.stopped and not bad:
                covered = start + seen.size
    return None


def _candidates(window: bytes) -> list[int]:
    """Return where a pickle may start: where one says its protocol, or where it names something."""
    starts = [match.start() for match in _MARKED.finditer(window)]
    for match in _LINE_OF_NAME.finditer(window):
        starts += _before(window, match.start())
    return sorted(set(starts))


def _before(window: bytes, end: int) -> Iterator[int]:
    """Yield where a pickle may start that names something in the line that ends there.

    GLOBAL takes what follows its `c`; INST needs a mark somewhere before its `i`.
    """
    line = window[max(end - _REACH_BACK, 0) : end].rpartition(b"\n")[2]
    module = line[len(line.rstrip(_OF_NAMES)) :]
    first = end - len(line)
    if b"c" in module:
        start = end - len(module)
        starts = [i for i, byte in enumerate(module[:-1]) if byte == ord("c")]
        yield from (start + i for i in starts[-_STARTS_BACK:])
    if b"c" in module or b"i" in module:
        mark = window.rfind(b"(", max(first - _REACH_BACK, 0), end)
        if mark >= 0:
            yield mark


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _facts(seen: Walk) -> dict[str, list[str]]:
    return {"names": list(seen.names), "called": list(seen.called)}
