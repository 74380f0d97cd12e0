"""What a shell command reads and writes, by its words."""

import posixpath
import re
import shlex
from dataclasses import dataclass
from typing import Final

from bezoar.evaluate.journey.arguments import is_data, of_program, of_script
from bezoar.evaluate.journey.identity import identity

_RUNNERS: Final = frozenset(
    {
        "sudo",
        "env",
        "nohup",
        "time",
        "nice",
        "exec",
        "command",
        "xvfb-run",
        "stdbuf",
        "uv",
        "poetry",
    }
    | {
        "pipenv",
        "pdm",
        "hatch",
        "conda",
        "mamba",
        "run",
        "micromamba",
        "rye",
        "pixi",
        "srun",
        "timeout",
    }
)
_ASSIGNED: Final = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_PYTHON: Final = re.compile(r"(?:.*/)?(?:python[0-9.]*|pypy3?|ipython)")
_SHELL: Final = re.compile(r"(?:.*/)?(?:ba|da|z|k)?sh")
_SCRIPT: Final = re.compile(r"[\w./{}-]+\.(?:py|sh|bash|ipynb|r|jl)", re.IGNORECASE)
_FIRST_WORDS: Final = 3
_LONGEST: Final = 16_384
_QUOTED: Final = frozenset("\"'\\#")


@dataclass(frozen=True, slots=True)
class Words:
    """A command, taken apart.

    Attributes:
        words: Program and arguments, without what runs it.
        script: A script of the tree that it runs, as written; empty for none.
        reads: Data that it names as its input.
        writes: Data that it names as its output.
    """

    words: tuple[str, ...]
    script: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


def taken_apart(text: str) -> Words:
    """Take a simple command apart."""
    words = _cut(text)
    words, redirected = _redirected(words)
    words = _unwrapped(words)
    if not words:
        return Words((), writes=redirected)
    script, rest = _script(words)
    if script:
        reads, writes = of_script(rest)
    else:
        reads, writes = of_program(words)
    return Words(tuple(words), script, reads, tuple(dict.fromkeys((*writes, *redirected))))


def _cut(text: str) -> list[str]:
    # shlex is slow, and takes quadratic time over a long word.
    if len(text) > _LONGEST or _QUOTED.isdisjoint(text):
        return text.split()
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _redirected(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    kept: list[str] = []
    written: list[str] = []
    after = False
    for word in words:
        if after:
            written.append(identity(word))
            after = False
        elif word in (">", ">>", "1>", "&>"):
            after = True
        elif word.startswith(">") and len(word) > 1:
            written.append(identity(word.lstrip(">")))
        else:
            kept.append(word)
    return kept, tuple(one for one in written if is_data(one) and not one.startswith("/dev/"))


def _unwrapped(words: list[str]) -> list[str]:
    at = 0
    while at < len(words) and (
        words[at] in _RUNNERS
        or _ASSIGNED.fullmatch(words[at])
        or (at and words[at].startswith("-"))
    ):
        at += 1
    words = words[at:]
    if len(words) > _FIRST_WORDS - 1 and _PYTHON.fullmatch(words[0]) and words[1] == "-m":
        module = words[2]
        path = module.replace(".", "/") + ".py"
        return [*words[2:]] if "." not in module else ["python", path, *words[3:]]
    if words:
        words[0] = (
            posixpath.basename(words[0]) if "/" in words[0] and "." not in words[0] else words[0]
        )
    return words


def _script(words: list[str]) -> tuple[str, list[str]]:
    """Return the script that a command runs, and its arguments."""
    if _SCRIPT.fullmatch(words[0]):
        return words[0], words[1:]
    if words[0] in (
        "torchrun",
        "accelerate",
        "deepspeed",
        "papermill",
        "spark-submit",
        "mpirun",
    ) or (
        _PYTHON.fullmatch(words[0])
        or _SHELL.fullmatch(words[0])
        or words[0] in ("Rscript", "julia", "source", ".")
    ):
        for number, word in enumerate(words[1:], 1):
            if _SCRIPT.fullmatch(word):
                return word, words[number + 1 :]
            if not word.startswith("-") and number > _FIRST_WORDS:
                break
    return "", words
