"""What a shell command reads and writes, by its words."""

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

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
_OUTPUT: Final = re.compile(
    r"-{1,2}(?:o|O|P|d|out\w*|save\w*|dest\w*|target\w*|to|model[-_]?(?:dir|out\w*|path)?|checkpoint\w*"
    r"|log[-_]?\w*|report\w*|result\w*|artifact\w*|export\w*|output[-_]\w+|directory-prefix)"
)
_NO_DATA_OPTION: Final = re.compile(
    r"-{1,2}(?:suite\w*|config\w*|conf|c|expectations?\w*|schema\w*|params?\w*|name|version|tag|env\w*"
    r"|token\w*|key\w*|user\w*|header|H|sha256|checksum|revision|rev|branch|b|region|profile|format"
    r"|seed|epochs?|lr|batch\w*|num\w*|n|device|requirements?|r|m)"
)
_DATA_SUFFIX: Final = re.compile(
    r"\.(?:csv|tsv|parquet|arrow|feather|npz|npy|h5|hdf5|jsonl|ndjson|tfrecords?|zip|tar|tgz|gz|zst"
    r"|xz|bz2|lmdb|db|sqlite|json|txt|avro|orc|pkl|pickle)$",
    re.IGNORECASE,
)
_NO_DATA: Final = re.compile(
    r"(?:\.(?:py|sh|bash|ya?ml|toml|cfg|ini|md|ipynb|r|jl|lock|sql|dockerfile|whl|env)"
    r"|\.(?:pt|pth|onnx|safetensors|ckpt|joblib|bin|h5|keras|pb|gguf)"
    r"|(?:^|/)models?(?:/.*)?|(?:^|/)(?:requirements[^/]*\.txt|params\.json|config[^/]*\.json|expectations?(?:/.*)?"
    r"|[^/]*suites?(?:/.*)?|great_expectations(?:/.*)?|gx(?:/.*)?|src|scripts?|metrics[^/]*|plots[^/]*))$",
    re.IGNORECASE,
)
_COPIES: Final = frozenset({"cp", "mv", "rsync", "install", "ln", "scp"})
_FIRST_WORDS: Final = 3
_LONGEST_PATH: Final = 500
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


def is_data(name: str) -> bool:
    """Say whether a name may be data: no code, no settings, no model."""
    return bool(name) and _NO_DATA.search(name) is None


def taken_apart(text: str) -> Words:
    """Take a simple command apart."""
    words = _cut(text)
    words, redirected = _redirected(words)
    words = _unwrapped(words)
    if not words:
        return Words((), writes=redirected)
    script, rest = _script(words)
    if script:
        reads, writes = _of_script(rest)
    else:
        reads, writes = _of_program(words)
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


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (option, value) pairs; a positional has no option."""
    option = ""
    for word in words:
        if word.startswith("-") and len(word) > 1:
            name, sign, value = word.partition("=")
            if sign:
                yield name, value
                option = ""
            else:
                option = name
        else:
            yield option, word
            option = ""


def _of_script(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    reads: list[str] = []
    writes: list[str] = []
    for option, value in _pairs(words):
        named = value.partition("=")[2] if "=" in value and not option and "/" in value else value
        if not _is_path(named):
            continue
        if option and _OUTPUT.fullmatch(option):
            writes.append(identity(named))
        elif not (option and _NO_DATA_OPTION.fullmatch(option)) and is_data(identity(named)):
            reads.append(identity(named))
    return tuple(dict.fromkeys(reads)), tuple(dict.fromkeys(writes))


def _of_program(  # noqa: PLR0911 - one case each
    words: list[str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    name, second = words[0], (words[1] if len(words) > 1 else "")
    if name == "bezoar" and second in ("pull", "fetch"):
        return _bezoar(words)
    if (name, second) in (("aws", "s3"), ("gcloud", "storage")) or name in (
        "gsutil",
        "s5cmd",
        "mc",
        "rclone",
    ):
        places = [value for _, value in _pairs(words[2:]) if _is_path(value)]
        return _copied(places)
    if name in _COPIES:
        return _copied([value for _, value in _pairs(words[1:])])
    if name in ("curl", "wget", "aria2c"):
        return _downloaded(words[1:])
    if name == "git" and second == "clone":
        cloned = [
            value
            for option, value in _pairs(words[2:])
            if option not in ("-b", "--branch", "--depth")
        ]
        folder = cloned[1:2] or [posixpath.basename(one).removesuffix(".git") for one in cloned[:1]]
        return tuple(map(identity, cloned[:1])), tuple(map(identity, folder))
    if name == "dvc" and second in ("pull", "fetch", "checkout"):
        return ("dvc:",), tuple(
            identity(v.removesuffix(".dvc")) for _, v in _pairs(words[2:]) if _is_path(v)
        )
    if name in ("tar", "unzip", "gunzip", "unxz", "7z"):
        return _unpacked(words[1:])
    if name == "sed" and "-i" in words:
        edited = tuple(identity(word) for word in words[2:] if _is_path(word))
        return edited, edited
    return _of_script(words[1:])


def _bezoar(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = [value for option, value in _pairs(words[2:]) if not option]
    to = [value for option, value in _pairs(words[2:]) if option == "--to"]
    folder = to or [f".bezoar/data/{name}" for name in names[:1]]
    return tuple(f"bezoar:{name}" for name in names[:1]), tuple(map(identity, folder))


def _copied(places: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    *sources, target = places or [""]
    return tuple(map(identity, sources)), (identity(target),) if identity(target) else ()


def _downloaded(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    reads: list[str] = []
    writes: list[str] = []
    for option, value in _pairs(words):
        if "://" in value:
            reads.append(identity(value))
        elif option in (
            "-o",
            "-O",
            "--output",
            "--output-document",
            "-P",
            "--directory-prefix",
            "-d",
            "--dir",
        ):
            writes.append(identity(value))
    written = writes or [posixpath.basename(one) for one in reads]
    return tuple(reads), tuple(one for one in written if one)


def _unpacked(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    reads = [
        identity(value)
        for option, value in _pairs(words)
        if _is_path(value) and option not in ("-C", "-d")
    ]
    writes = [identity(value) for option, value in _pairs(words) if option in ("-C", "-d")]
    return tuple(reads), tuple(writes)


def _is_path(value: str) -> bool:
    return (
        ("/" in value or "://" in value or _DATA_SUFFIX.search(value) is not None)
        and len(value) < _LONGEST_PATH
        and not value.startswith("-")
    )
