"""R and R Markdown: downloads, readers of addresses, data sets and models of packages."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from bezoar.facts.calls import Fetcher, calls
from bezoar.recon.scan.calling import Calling
from bezoar.recon.scan.calls import Call, Folding, Text, parsed
from bezoar.recon.scan.dispatch import Language, embedded
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.tokens import Words

_WORDS: Final = Words(
    re.compile(
        r"""
          (?P<skip>\#[^\n]* | [ \t\r]+)
        | (?P<end>\n)
        | (?P<prefix>[rR])? (?P<open>(?<=[rR])"\(|"|'|`)
        | (?P<name>(?:[^\W\d]|\.(?!\d))[\w.]*(?::::?(?:[^\W\d]|\.)[\w.]*)?)
        | (?P<number>\d[\w.]*)
        | (?:<<?-|->>?|\|>|%[^%\s]{1,10}%)
        """,
        re.VERBOSE,
    ),
    {
        '"(': re.compile(r'(?P<body>(?:[^)]++|\)(?!"))*+)\)"'),
        '"': re.compile(r'(?P<body>(?:[^"\\]++|\\.)*+)"', re.DOTALL),
        "'": re.compile(r"(?P<body>(?:[^'\\]++|\\.)*+)'", re.DOTALL),
        "`": re.compile(r"(?P<body>[^`]*+)`"),
    },
)
_LEFT: Final = frozenset({"<-", "=", "<<-"})
_RIGHT: Final = frozenset({"->", "->>"})
_FUNCTIONS: Final = {
    "paste0": "",
    "paste": " ",
    "file.path": "/",
    "fs::path": "/",
    "url": "",
    "glue": "",
    "glue::glue": "",
    "str_c": "",
    "stringr::str_c": "",
    "here": "/",
}
_CHUNK: Final = re.compile(r"[ \t]*(`{3,}|~{3,})\{?[ \t]*([A-Za-z]+)?")
_FETCHING: Final = re.compile(
    rb"(?i)https?://|ftp://|s3://|gs://|download|dataset_|_dataset\b|application_|pretrained|get_file|curl"
    rb"|hub_|pin_|pb_|aws\.s3|gcs_|drive_|dataverse|zenodo|OML|odt\(|getGEO|system2?\(|lexicon_|glove|spacy"
    rb"|udpipe|wget|```"
)


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a file names something that fetches."""
    return _FETCHING.search(data) is not None


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Return the fetches of an R file, or of the code in an R Markdown file.

    Args:
        text: The file.
        path: Its path.
        context: What is known of the file.
    """
    if not path.lower().endswith((".rmd", ".qmd")):
        return _read(text, path, context)
    found: list[Fetch] = []
    chunks = _chunks(text)
    found += _read(chunks.pop("r", ""), path, context)
    for name, language in _OTHERS.items():
        if name in chunks:
            found += embedded(language, chunks[name], path, context)
    return found


_OTHERS: Final = {
    "python": Language.PYTHON,
    "bash": Language.SHELL,
    "sh": Language.SHELL,
    "julia": Language.JULIA,
}


def _chunks(text: str) -> dict[str, str]:
    """Return the code of each language, each line where it stands in the file."""
    lines = text.split("\n")
    kept: dict[str, list[str]] = {}
    language, fence = "", ""
    for number, line in enumerate(lines):
        if fence:
            if line.strip().startswith(fence):
                language, fence = "", ""
            elif language:
                kept[language][number] = line
        elif found := _CHUNK.match(line):
            fence = found[1]
            language = (found[2] or "").lower() if "{" in line else ""
            if language and language not in kept:
                kept[language] = [""] * len(lines)
                if len(kept) > 16:  # noqa: PLR2004 - nobody writes more languages in one file
                    break
    return {name: "\n".join(code) for name, code in kept.items()}


def _read(text: str, path: str, context: Context) -> list[Fetch]:
    found = parsed(_WORDS.tokens(text), _LEFT, frozenset({"function"}), _RIGHT)
    return list(_Reading(text, found, path, context).fetches())


class _Reading:
    """One R file."""

    def __init__(self, text: str, found: Text, path: str, context: Context) -> None:
        self.text, self.found, self.path, self.context = text, found, path, context
        self.folding = Folding(found, frozenset(), _FUNCTIONS)
        self.calling = Calling(path, context, text.split("\n"), self.folding)

    def fetches(self) -> Iterator[Fetch]:
        """Yield what the file fetches."""
        for call in self.found.calls:
            name = call.name.rpartition("::")[2]
            if name in ("system", "system2", "shell"):
                yield from self._command(call)
            for fetcher in (*calls("r").named(call.name), *calls("r").named(name)):
                if self._meant(call, fetcher):
                    for fetch in self.calling.fetches(call, fetcher, name):
                        yield replace(fetch, loader=call.name)
                    break

    def _meant(self, call: Call, fetcher: Fetcher) -> bool:
        """Say whether a name is that of the library, not of something else."""
        if not fetcher.library:
            return True
        package, qualified, _ = call.name.partition("::")
        if qualified:
            return package in fetcher.library
        return any(library in self.text for library in fetcher.library)

    def _command(self, call: Call) -> Iterator[Fetch]:
        """Yield what `system("wget ...")` and `system2("wget", c(...))` fetch."""
        words = [
            text
            for argument in call.arguments[:2]
            if argument.name in ("", "command", "args")
            for text in self.folding.texts(argument.tokens)
        ]
        if not call.name.endswith("2"):
            words = words[:1]
        yield from embedded(
            Language.SHELL, " ".join(words), self.path, self.context, first_line=call.line
        )
