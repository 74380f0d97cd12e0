"""What the arguments of a program or a script name: data that it reads, and data that it writes."""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from bezoar.evaluate.journey.identity import identity

OUTPUT: Final = re.compile(
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
_LONGEST_PATH: Final = 500


def is_data(name: str) -> bool:
    """Say whether a name may be data: no code, no settings, no model."""
    return bool(name) and _NO_DATA.search(name) is None


def pairs(words: list[str]) -> Iterator[tuple[str, str]]:
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


def of_script(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the arguments of a script name: its input, and its output."""
    reads: list[str] = []
    writes: list[str] = []
    for option, value in pairs(words):
        named = value.partition("=")[2] if "=" in value and not option and "/" in value else value
        if not _is_path(named):
            continue
        if option and OUTPUT.fullmatch(option):
            writes.append(identity(named))
        elif not (option and _NO_DATA_OPTION.fullmatch(option)) and is_data(identity(named)):
            reads.append(identity(named))
    return tuple(dict.fromkeys(reads)), tuple(dict.fromkeys(writes))


def of_program(  # noqa: PLR0911 - one case each
    words: list[str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a command of a known program names: its input, and its output."""
    name, second = words[0], (words[1] if len(words) > 1 else "")
    if name == "bezoar" and second in ("pull", "fetch"):
        return _bezoar(words)
    if (name, second) in (("aws", "s3"), ("gcloud", "storage")) or name in (
        "gsutil",
        "s5cmd",
        "mc",
        "rclone",
    ):
        places = [value for _, value in pairs(words[2:]) if _is_path(value)]
        return _copied(places)
    if name in _COPIES:
        return _copied([value for _, value in pairs(words[1:])])
    if name in ("curl", "wget", "aria2c"):
        return _downloaded(words[1:])
    if name == "git" and second == "clone":
        cloned = [
            value
            for option, value in pairs(words[2:])
            if option not in ("-b", "--branch", "--depth")
        ]
        folder = cloned[1:2] or [posixpath.basename(one).removesuffix(".git") for one in cloned[:1]]
        return tuple(map(identity, cloned[:1])), tuple(map(identity, folder))
    if name == "dvc" and second in ("pull", "fetch", "checkout"):
        return ("dvc:",), tuple(
            identity(v.removesuffix(".dvc")) for _, v in pairs(words[2:]) if _is_path(v)
        )
    if name in ("tar", "unzip", "gunzip", "unxz", "7z"):
        return _unpacked(words[1:])
    if name == "sed" and "-i" in words:
        edited = tuple(identity(word) for word in words[2:] if _is_path(word))
        return edited, edited
    return of_script(words[1:])


def _bezoar(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = [value for option, value in pairs(words[2:]) if not option]
    to = [value for option, value in pairs(words[2:]) if option == "--to"]
    folder = to or [f".bezoar/data/{name}" for name in names[:1]]
    return tuple(f"bezoar:{name}" for name in names[:1]), tuple(map(identity, folder))


def _copied(places: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    *sources, target = places or [""]
    return tuple(map(identity, sources)), (identity(target),) if identity(target) else ()


def _downloaded(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    reads: list[str] = []
    writes: list[str] = []
    for option, value in pairs(words):
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
        for option, value in pairs(words)
        if _is_path(value) and option not in ("-C", "-d")
    ]
    writes = [identity(value) for option, value in pairs(words) if option in ("-C", "-d")]
    return tuple(reads), tuple(writes)


def _is_path(value: str) -> bool:
    return (
        ("/" in value or "://" in value or _DATA_SUFFIX.search(value) is not None)
        and len(value) < _LONGEST_PATH
        and not value.startswith("-")
    )
