"""What an address itself says of what lies behind it: its host, its path, the end of its name."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from bezoar.facts.addresses import addresses

# Where people keep bytes, not pages: what has no telling name there is still somebody's data.
STORES: Final = frozenset(
    {"s3", "s3a", "s3n", "gs", "gcs", "az", "azure", "abfs", "abfss", "wasb", "wasbs", "adl"}
    | {"azureml", "hf", "hdfs", "dvc", "dbfs", "oss", "cos", "obs", "minio", "b2", "swift"}
    | {"webhdfs", "dvcx"}
)
WEB: Final = frozenset({"http", "https", "ftp", "ftps", "sftp"})
_MODELS: Final = frozenset(
    {"model", "models", "ollama", "tfhub", "ngc", "torchvision", "open-mmlab", "mmcls", "modelzoo"}
    | {"detectron2", "catalog", "openmmlab", "modelscope"}
)
_SCHEME: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.\-]{1,15})://", re.ASCII)
_WORD: Final = re.compile(r"[a-z]+[0-9]*[a-z]*|[0-9]+[a-z]+")
_PART: Final = re.compile(r"[A-Z]{3,}|[A-Z]?[a-z]{3,}")
_SIZE: Final = re.compile(r"[a-z]?[0-9]+$")
_HUB_PAGES: Final = frozenset(
    {"docs", "spaces", "blog", "api", "papers", "learn", "settings", "join"}
)
# `name-1.2.3.tar.gz`, `v2.0.zip`: how releases of programs are named.
_RELEASE: Final = re.compile(r"(?:^|[-_/])v?\d+\.\d+(?:\.\d+)*(?:[-_.](?:rc|beta|alpha)?\d*)?$")
_ARCHIVED_CODE: Final = re.compile(r"^/[^/]+/[^/]+/(?:archive|tarball|zipball|archive/refs)/")
_RAW: Final = re.compile(r"^/[^/]+/[^/]+/(?:-/)?(?:raw|releases|blob)/")


def scheme(uri: str) -> str:
    """Return the scheme of an address in lower case, "" where it has none."""
    found = _SCHEME.match(uri)
    return found[1].lower() if found else ""


@lru_cache(maxsize=4096)
def verdict(uri: str, name: str) -> str:
    """Return a kind's value, "software", or "" where nothing is known."""
    start = scheme(uri)
    if start in STORES:
        return _stored(uri, name)
    if start in WEB or not start:
        return _by_web(uri if start else "https://" + uri.lstrip("/"), name, told=bool(start))
    if start in ("git", "ssh", "file", "oci", "docker", "mailto", "ws", "wss", "tcp", "grpc"):
        return "software"
    return "model" if start in _MODELS else ""


def _stored(uri: str, name: str) -> str:
    """Judge an address in an object store: data unless its end says otherwise."""
    path = uri.partition("://")[2]
    if scheme(uri) == "hf":
        return (
            "dataset"
            if path.startswith("datasets/")
            else ""
            if path.startswith("spaces/")
            else "model"
        )
    ending = _by_ending(path) or _by_ending(name)
    words = _words(path)
    if ending == "software":
        return ending
    return _by_words(ending or "unclear", words)


def _by_web(uri: str, name: str, *, told: bool) -> str:
    try:
        parts = urlsplit(uri)
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    path = unquote(parts.path)
    if not told and "{" not in host and "." not in host:
        host = ""
    if host in ("huggingface.co", "hf.co", "www.huggingface.co", "hf-mirror.com"):
        return _by_hub(path)
    known = _by_host(host, path)
    ending = _by_ending(_named(path, parts.query)) or _by_ending(name)
    if "software" in (known, ending) or known == "service":
        return "software"
    if host in ("github.com", "codeload.github.com", "gitlab.com", "bitbucket.org"):
        return _by_forge(path, ending)
    words = _words(f"{path} {name} {host if '{' in host else ''}")
    if host == "raw.githubusercontent.com" and ending == "unclear" and not _about(words):
        return ""  # Most texts that lie beside code belong to it.
    return _weighed(path, words, known, ending)


def _weighed(path: str, words: set[str], known: str, ending: str) -> str:
    """Weigh what the host says against what the file's end says."""
    if ending == "archive":
        return _archived(path, words, known)
    if known and known != "other":
        return ending if ending == "model" else known
    return _by_words(ending, words) if ending else known or _hinted(words)


def _hinted(words: set[str]) -> str:
    """Say "software" where only its words stand in an address that tells nothing else."""
    facts = addresses().words
    mine = words & facts["software"]
    return "software" if mine and not _about(words) else ""


def _about(words: set[str]) -> bool:
    """Say whether words speak of data or of a model."""
    facts = addresses().words
    return bool(words & (facts["data"] | facts["model"]))


def _by_words(ending: str, words: set[str]) -> str:
    """Judge by the ending; `.json` or `.txt` beside a model's words belongs to the model."""
    facts = addresses().words
    if ending != "unclear":
        return ending
    return "model" if words & facts["model"] and not words & facts["data"] else "dataset"


def _archived(path: str, words: set[str], known: str) -> str:
    """Tell an archive of data from a release of a program."""
    facts = addresses().words
    stem = _stem(path.rpartition("/")[2].lower())
    own = _words(stem)
    if _about(own):
        return "archive"
    if own & facts["software"]:
        return "software"
    released = known in ("", "other") and _RELEASE.search(stem) and not words & facts["data"]
    return "software" if released else "archive"


def _by_forge(path: str, ending: str) -> str:
    """Judge a file of a code host: code unless its name says that it is none."""
    facts = addresses().words
    words = _words(path)
    about_data = _about(words)
    if _ARCHIVED_CODE.match(path):
        return "archive" if _words(path.split("/")[2]) & facts["data"] else "software"
    if ending == "archive":
        name = _words(path.rpartition("/")[2])
        return "archive" if about_data and not name & facts["software"] else "software"
    if ending == "unclear" and not about_data:
        return ""
    if ending and _RAW.match(path):
        return _by_words(ending, words)
    return "" if re.match(r"^/[^/]+/[^/]+/(?:-/)?raw/", path) else "software"


def _by_hub(path: str) -> str:
    """Judge a path on the Hugging Face Hub."""
    parts = [part for part in path.split("/") if part]
    if not parts[1:] or parts[0] in _HUB_PAGES:
        return "software"
    if parts[0] == "datasets":
        return "dataset"
    return "model"


def _by_host(host: str, path: str) -> str:
    """Return what is known of a host, or of a host with the start of this path."""
    if not host:
        return ""
    hosts = addresses().hosts
    names = [host]
    if host.count(".") > 1:
        names.append("*." + host.partition(".")[2])
    parts = [part for part in path.split("/") if part][:3]
    for name in names:
        for count in range(len(parts), -1, -1):
            if known := hosts.get("/".join([name, *parts[:count]])):
                return known
    return ""


def _named(path: str, query: str) -> str:
    """Return the part of an address that names the file: a query may carry the name."""
    tail = path.rstrip("/").rpartition("/")[2]
    if "." not in tail and query:
        for key in ("filename", "file", "fileName", "path", "name", "response-content-disposition"):
            for value in parse_qs(query).get(key, ()):
                if "." in value:
                    return value
    return path.rstrip("/")


def _by_ending(path: str) -> str:
    """Judge by the end of a file's name, looking into `.gz` and its kind."""
    tail = path.rstrip("/").rpartition("/")[2].lower()
    endings = addresses().endings
    parts = tail.split(".")
    if len(parts) > 2 and (kind := endings.get(".".join(parts[-2:]))):  # noqa: PLR2004
        return kind
    if len(parts) < 2:  # noqa: PLR2004
        return ""
    kind = endings.get(parts[-1], "")
    if kind == "wrapper":
        inner = endings.get(parts[-2], "") if len(parts) > 2 else ""  # noqa: PLR2004
        return inner if inner in ("dataset", "model", "unclear") else "dataset"
    return kind


def _stem(tail: str) -> str:
    """Cut the endings of an archive off its name."""
    while "." in tail and addresses().endings.get(tail.rpartition(".")[2]) in (
        "archive",
        "wrapper",
    ):
        tail = tail.rpartition(".")[0]
    return tail


def _words(text: str) -> set[str]:
    """Return the words of a text, and what they are without digits and capitals.

    `coco128` is `coco`, `coco2017val` is `coco` and `val`, `VOCtrainval` is `voc` and `trainval`,
    `efficientnetb0` is `efficientnet`.
    """
    words = set(_WORD.findall(text.lower()))
    words.update(part.lower() for part in _PART.findall(text))
    sized = [word for word in words if word[-1].isdigit()]
    return words.union(
        (word.rstrip("0123456789") for word in sized), (_SIZE.sub("", w) for w in sized)
    )
