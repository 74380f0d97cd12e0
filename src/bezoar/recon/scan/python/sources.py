"""From a loader's arguments to the source that it fetches."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.core.source import Pin
from bezoar.facts.loaders import Argument, Condition, Loader, split
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Checksum
from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.value import (
    NOTHING,
    Either,
    Hole,
    Items,
    Plain,
    Symbol,
    Text,
    Unknown,
    Value,
    alternatives,
    either,
    joined,
    texts,
    truth,
)

# What a call names is a folder here, if its name or its variable says so.
_FOLDER: Final = re.compile(r"(?:\.{0,2}|~|[A-Za-z]:)[/\\]|\.{1,2}$|file://")
_FOLDER_NAME: Final = re.compile(
    r"(?:^|[._])(?:\w*(?:dir|dirs|directory|folder|tmpdirname)|tmp\w*|temp\w*|cwd"
    r"|(?:out|output|save|saved|local|export|ckpt|checkpoint|resume|snapshot|cache)_(?:path|model\w*"
    r"|folder|file|location|root)|last_checkpoint|checkpoint_path|ckpt_path)(?:\(\))?$",
    re.IGNORECASE,
)


_MEMBER: Final = re.compile(r"(?:^|\.)[A-Z]\w*\.[A-Z][A-Z0-9_]*$")
_NAMES: Final = (("call",), ("class",))


@dataclass(frozen=True, slots=True)
class Chain:
    """The arguments of a call and of the calls before it (`a(x).b(y)`), by the name called."""

    last: Given
    before: dict[str, Given]

    def get(self, argument: Argument) -> Value | None:
        """Return an argument, None where it is not given."""
        found = self.before.get(argument.call) if argument.call else self.last
        return None if found is None else found.get(argument.index, argument.names)


def fetches(loader: Loader, chain: Chain) -> bool:
    """Say whether a call may fetch: nothing that it is given says that it does not."""
    if any(_has(chain.get(one.argument), one) for one in loader.unless):
        return False
    return not loader.if_any or any(may_be_true(one, chain) for one in loader.if_any)


def flags(loader: Loader, chain: Chain) -> list[tuple[str, bool]]:
    """Return the unknown names on which alone it depends whether a call fetches.

    Each comes with what it is where nobody gives it; none where a literal says that it fetches.
    """
    found: list[tuple[str, bool]] = []
    for one in loader.if_any:
        value = chain.get(one.argument)
        if isinstance(value, Unknown):
            found.append((value.name, value.default is not None and truth(value.default) is True))
        elif may_be_true(one, chain):
            return []
    return found


def may_be_true(condition: Condition, chain: Chain) -> bool:
    """Say whether an argument may be true; where it is not given, its default counts."""
    value = chain.get(condition.argument)
    if value is None:
        return bool(condition.value)
    by_name = any(name in chain.last.named for name in condition.argument.names)
    if condition.argument.index == 0 and not by_name and not isinstance(value, Plain | Text):
        return False  # a model, a transform: no flag
    return truth(value) is not False


def _has(value: Value | None, condition: Condition) -> bool:
    """Say whether an argument has a value, whatever is chosen."""
    if value is None:
        return False
    wanted = condition.value
    for one in alternatives(value):
        if isinstance(wanted, str):
            written = one.literal if isinstance(one, Text) else None
            if written is None or not (
                wanted in written if condition.contains else wanted == written
            ):
                return False
        elif not isinstance(one, Plain) or one.value is not wanted:
            return False
    return True


def source(loader: Loader, name: str, chain: Chain) -> Value | None:
    """Return the source, None where an argument that it needs is None."""
    parts = split(name)
    pieces: list[Value] = []
    for piece in _template(loader, chain):
        if isinstance(piece, str):
            pieces.append(Text((piece,)))
        elif piece.names == _NAMES[0]:
            pieces.append(_called(parts[-1]))
        elif piece.names == _NAMES[1]:
            pieces.append(_called(parts[-2] if len(parts) > 1 else parts[-1]))
        else:
            value = chain.get(piece)
            if value == Plain(None):
                return None
            pieces.append(_written(value, piece))
    return joined(pieces, "source")


def asked(loader: Loader, chain: Chain) -> list[Value | None]:
    """Return the arguments of which a call's source is made."""
    template = _template(loader, chain)
    return [chain.get(one) for one in template if isinstance(one, Argument)]


def _template(loader: Loader, chain: Chain) -> tuple[str | Argument, ...]:
    """Return the first way to write a source of which every argument is given."""
    template: tuple[str | Argument, ...] = ()
    for template in loader.templates:
        asked = [one for one in template if isinstance(one, Argument) and one.names not in _NAMES]
        if all(chain.get(one) not in (None, NOTHING) for one in asked):
            break
    return template


def _called(part: str) -> Text:
    """Return a part of a name; of one that is not known, what decides it."""
    part = part.removesuffix("()")
    return Text((Hole(part[1:-1]),)) if part.startswith("{") else Text((part,))


def _written(value: Value | None, argument: Argument) -> Value:
    by = argument.names[0] if argument.names else "source"
    match value:
        case None:
            return Unknown(by)
        case Either(options, chosen_by):
            return either((_written(one, argument) for one in options if one != NOTHING), chosen_by)
        case Symbol(name, calls) if not calls and _MEMBER.search(name):
            # An enumeration: `Weights.DEFAULT`, `Dataset.MNIST`.
            return _called(split(name)[-1])
        case Items(items) if items:
            return either(items, by)
        case _:
            return value


def is_local(found: Text) -> bool:
    """Say whether a name is visibly a folder on this machine."""
    if found.local:
        return True
    first = found.parts[0] if found.parts else ""
    if isinstance(first, str):
        return _FOLDER.match(first) is not None
    if first.default is not None:
        return _FOLDER.match(first.default) is not None
    return _FOLDER_NAME.search(first.name) is not None


def revision(loader: Loader, chain: Chain) -> tuple[str | None, Pin]:
    """Return the revision that a call names, and what it ties."""
    for argument in loader.revision:
        value = chain.get(argument)
        if value is None or value == Plain(None):
            continue
        written = texts(_written(value, argument))
        if not written:
            continue
        whole = str(written[0])
        return whole, addresses.pin_of(whole)
    return None, Pin.NONE


def checksum(loader: Loader, chain: Chain) -> Checksum:
    """Say who compares the bytes with a digest."""
    for argument in loader.checksum:
        value = chain.get(argument)
        if value is not None and truth(value) is not False:
            return Checksum.CALL
    return Checksum.LIBRARY if loader.checked else Checksum.NONE


def receivers(symbol: Symbol) -> Iterator[str]:
    """Yield the names of the calls that a symbol came from, the first one first."""
    for part in split(symbol.name):
        if part.endswith("()"):
            yield part.removesuffix("()")
