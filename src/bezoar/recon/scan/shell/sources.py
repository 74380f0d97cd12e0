"""Which of a command's arguments are the sources that it fetches from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.facts.programs import programs
from bezoar.recon.scan.addresses import STORES, WEB, judge, scheme
from bezoar.recon.scan.shell.arguments import Arguments
from bezoar.recon.scan.shell.value import Value

_HOLE: Final = re.compile(r"\{([^{}]*)\}")
_ADDRESS: Final = re.compile(r"(?:[\w-]{1,63}\.)+[A-Za-z]{2,18}(?::\d+)?(?:/\S*)?", re.ASCII)
_HOST: Final = re.compile(r"(?:[\w.{}-]{1,200}@)?[\w.{}-]{2,255}:(?!\\)[^:\s]*")
_LOCAL: Final = re.compile(r"[./~]|file:|[A-Za-z]:[\\/]|$")
_TELLING: Final = re.compile(r"(?i)ur[il]|link|src|source|address|href|remote|download|^\d$|^@$")
_GLOB: Final = re.compile(r"\{([^{}]*,[^{}]*)\}|\[(\d{1,4})-(\d{1,4})\]")
_ALONE: Final = re.compile(r"\{([^{},]*[/:][^{},]*)\}")  # No name of a variable.
_WORDS: Final = re.compile(r"[a-z0-9]+")
_HUB_NAME: Final = re.compile(r"[\w.{}$-]+(?:/[\w.{}$-]+)?")
_IMAGE_DATA: Final = re.compile(
    r"(?:^|[/_.-])(?:data|dataset|datasets|corpus|corpora|model|models|weights|checkpoints?)(?:$|[/_.:@-])"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of a command.

    Attributes:
        uri: As folded.
        revision: What stands in the argument itself, "" where nothing does.
        sure: Whether it is a source whatever its address says.
    """

    uri: str
    revision: str = ""
    sure: bool = True


def sources(arguments: Arguments) -> Iterator[Source]:
    """Yield what a command fetches from."""
    program = arguments.program
    if arguments.has(program.unless):
        return
    for value in arguments.given(program.lists):
        yield Source(f"{{{value.text.strip('{}')}}}")
    values = [*_taken(arguments), *arguments.given(program.sources)]
    if program.takes in ("options", "nothing"):
        yield from _by_options(arguments)
    for value in values:
        for text in value.texts:
            yield from _written(text.replace("{}", "{input}"), arguments)


def image_of_data(image: str) -> bool:
    """Say whether a container image's name says that it holds data or a model."""
    name = image.partition("@")[0].lower()
    return bool(_IMAGE_DATA.search(name.partition(":")[0]))


def repository_of_data(uri: str) -> bool:
    """Say whether a Git repository holds data or a model, not code."""
    if "huggingface.co/" in uri or "hf.co/" in uri or scheme(uri) in ("hf", "datalad"):
        return judge(uri) is not None
    facts = programs()
    name = uri.rstrip("/").removesuffix(".git").rpartition("/")[2].lower()
    words = set(_WORDS.findall(name))
    if len(words) < 2 or words & facts.code:  # noqa: PLR2004 - `datasets` alone is a library
        return False
    return bool(words & facts.data)


def _taken(arguments: Arguments) -> list[Value]:
    """Return the arguments that are sources."""
    rest, takes = arguments.rest, arguments.program.takes
    if takes in ("each", "first"):
        return rest if takes == "each" else rest[:1]
    if takes == "addresses":
        return _addresses(rest)
    if takes == "remote":
        return _remote(arguments)
    judged = {"repository": repository_of_data, "image": image_of_data}.get(takes)
    return [value for value in rest[:1] if judged and any(map(judged, value.texts))]


def _addresses(values: list[Value]) -> list[Value]:
    """Return what looks like an address; a variable counts where nothing better is there."""
    sure = [value for value in values if any(map(_is_address, value.texts))]
    open_ones = [value for value in values if _HOLE.fullmatch(value.text)]
    telling = [value for value in open_ones if _TELLING.search(value.text.strip("{}"))]
    if sure:
        return [value for value in values if value in sure or value in telling]
    partly = [value for value in values if value.text.startswith("{") and "/" in value.text]
    return partly or telling or open_ones[-1:]


def _is_address(text: str) -> bool:
    start = scheme(text)
    if start:
        return start in WEB or start in STORES
    if text.startswith("magnet:"):
        return True
    return bool(_ADDRESS.fullmatch(text)) and ("/" in text or judge(text) is not None)


def _remote(arguments: Arguments) -> list[Value]:
    """Return what lies elsewhere, where it is copied to here."""
    rest, places = arguments.rest, arguments.program.places
    if len(rest) < 2 or _elsewhere(rest[-1].text, places):  # noqa: PLR2004 - from and to
        return rest if len(rest) == 1 and _elsewhere(rest[0].text, places) else []
    if "alias" in places and not _LOCAL.match(rest[-1].text) and "{" not in rest[-1].text:
        return []
    return [value for value in rest[:-1] if any(_elsewhere(text, places) for text in value.texts)]


def _elsewhere(text: str, places: frozenset[str]) -> bool:
    if start := scheme(text):
        return start in STORES or start in WEB or start == "rsync"
    if _LOCAL.match(text):
        return False
    if "host" in places or "named" in places:
        return bool(_HOST.fullmatch(text)) or bool("host" in places and "::" in text)
    return "alias" in places and "/" in text


def _by_options(arguments: Arguments) -> Iterator[Source]:
    """Yield a source that options spell, or that a configuration knows."""
    program = arguments.program
    if program.takes == "options" and arguments.given(program.sources):
        return
    uri, found = _filled(program.uri, arguments)
    if program.takes == "nothing" or found:
        if program.hub and not _HUB_NAME.fullmatch(uri.partition(":")[2]):
            return
        prefix = "" if scheme(uri) or uri.startswith(("{", program.prefix)) else program.prefix
        yield Source(prefix + uri.rstrip("/#"))


def _filled(uri: str, arguments: Arguments) -> tuple[str, bool]:
    """Put options and arguments into the pattern of a source; say whether one was there."""
    found = False

    def value(hole: re.Match[str]) -> str:
        nonlocal found
        if hole[1] == "program":
            return arguments.program.name[0]
        for name in hole[1].split("|"):
            if given := _named_values(name, arguments):
                found = True
                return ",".join(value.text for value in given)
        return ""

    return _HOLE.sub(value, uri), found


def _named_values(name: str, arguments: Arguments) -> list[Value]:
    """Return the values of an option, of an argument by its index, or of all arguments."""
    if name.isdigit():
        return arguments.rest[int(name) : int(name) + 1]
    return arguments.options.get(name, []) if name else arguments.rest


def _written(text: str, arguments: Arguments) -> Iterator[Source]:
    """Yield a source as its program's facts say it is written."""
    program = arguments.program
    if not text:
        return
    if program.takes == "addresses":
        yield from map(Source, _globbed(text) if program.name[0].startswith("curl") else [text])
        return
    if scheme(text) and program.uri != "rclone:{}":
        yield Source(text)
        return
    special = [uri for when, uri in program.when.items() if arguments.has(frozenset({when}))]
    pattern = special[0] if special else program.uri
    if not pattern:
        return
    name, revision = _split(text, program.separator)
    if program.prefix and not text.startswith((program.prefix, "{")):
        name = program.prefix + name
    uri = _HOLE.sub(lambda hole: _hole(hole[1], name, arguments), pattern)
    yield Source(uri.rstrip("#"), revision)


def _hole(hole: str, name: str, arguments: Arguments) -> str:
    if not hole:
        return name
    if hole == "program":
        return arguments.program.name[0]
    if hole.isdigit():
        return next((one.text for one in arguments.rest[int(hole) : int(hole) + 1]), "")
    return ""


def _split(text: str, separator: str) -> tuple[str, str]:
    """Split a tag or digest off a name."""
    if not separator:
        return text, ""
    name, at, digest = text.partition("@")
    if at:
        return name, digest
    head, slash, tail = text.rpartition("/")
    name, _, tag = tail.partition(separator)
    return head + slash + name, tag


def _globbed(text: str) -> list[str]:
    """Expand `{a,b}` and `[1-3]` as curl does."""
    text = _ALONE.sub(r"\1", text)
    found = _GLOB.search(text)
    if not found or found.start() < text.find("://") + 3:
        return [text]
    if found[1]:
        items = found[1].split(",")
    else:
        items = [str(n) for n in range(int(found[2]), min(int(found[3]), int(found[2]) + 63) + 1)]
    return [text[: found.start()] + item + text[found.end() :] for item in items[:64]]
