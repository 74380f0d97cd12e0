"""What the name of a setting says about its value."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*(?![a-z])|[0-9]+")

# Words that only say that something is a place.
_PLACES: Final = frozenset(
    {"url", "urls", "uri", "uris", "dir", "path", "paths", "location", "bucket", "prefix", "file"}
    | {"files", "folder", "link", "href", "download", "remote", "source", "src", "address"}
)
# What is for people to read, or talks to a program.
_ASIDE: Final = frozenset(
    {"schema", "homepage", "home", "page", "doc", "docs", "documentation", "readme", "license"}
    | {
        "licence",
        "paper",
        "citation",
        "reference",
        "references",
        "website",
        "badge",
        "icon",
        "logo",
    }
    | {"avatar", "repository", "issue", "issues", "tracker", "changelog", "author", "authors"}
    | {"maintainer", "description", "example", "examples", "help", "comment", "note", "notes"}
    | {"title", "summary", "see", "index", "channel", "channels", "namespace", "xmlns", "thumbnail"}
    | {"favicon", "banner", "links", "staging", "temp", "tmp", "target", "push", "tensorboard"}
    | {"repo", "message", "banner", "project", "funding", "sponsor", "demo", "contact", "email"}
)
_ANYWHERE: Final = frozenset(
    {"endpoint", "webhook", "callback", "api", "proxy", "server", "tracking", "registry", "host"}
    | {"redirect", "upload", "export", "backup", "sink", "logging", "wheel", "whl"}
)
_OUTGOING: Final = frozenset(
    {"output", "outputs", "out", "outfile", "dest", "destination", "save", "saves", "log", "logs"}
    | {"logdir", "result", "results", "write", "hub", "push", "pushed", "work"}
    | {"checkpointing", "exp", "experiment", "run"}
)
_DATA: Final = frozenset(
    {"data", "dataset", "datasets", "corpus", "corpora", "dataloader", "samples", "annotations"}
)
_MODEL: Final = frozenset(
    {"model", "models", "weights", "checkpoint", "checkpoints", "ckpt", "pretrained", "pretrain"}
    | {"tokenizer", "backbone", "encoder", "decoder", "vae", "unet", "lora", "adapter", "embedding"}
    | {"embeddings", "embedder", "vocoder", "teacher", "student", "llm", "reranker", "retriever"}
    | {"lm", "controlnet", "generator", "separator", "classifier", "wav2vec2", "whisper", "bert"}
    | {"processor", "processors", "detector", "init", "transformer", "scorer", "kmeans"}
)
_NAMES: Final = frozenset(
    {"name", "id", "path", "source", "repo", "type", "file", "hub", "uri", "from", "args", "config"}
    | {"names", "version", "key", "dir", "folder", "url", "model", "ckpt", "weights", "base"}
)
_DIGEST: Final = frozenset(
    {"sha1", "sha256", "sha384", "sha512", "sha", "md5", "checksum", "checksums", "hash", "digest"}
    | {"hashes", "etag", "blake2b", "md5sum", "sha256sum", "sha1sum", "sha512sum", "integrity"}
)
# Where a program keeps what it makes, though each word could be about what it reads.
_MADE: Final = frozenset(
    {("pipeline", "root"), ("artifact", "root"), ("artifact", "location"), ("artifact", "bucket")}
    | {("artifacts", "path"), ("artifacts", "dir"), ("checkpoint", "dir"), ("cache", "dir")}
)
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Told:
    """What a key says.

    Attributes:
        aside: Its value is for people, for a program to talk to, or where something goes out.
        hub: Its value is a name on a hub, or a folder.
        model: It speaks of a model, and may hold a name.
        data: It speaks of data, and may hold a name.
        place: It says itself that its value is an address.
        digest: Its value is what bytes must hash to.
    """

    aside: bool = False
    hub: bool = False
    model: bool = False
    data: bool = False
    place: bool = False
    digest: bool = False


@lru_cache(maxsize=8192)
def told(key: str) -> Told:
    """Say what a key tells, whatever its spelling: `modelDataUrl`, `model_url`, `MODEL-URL`."""
    if len(key) > _LONGEST:
        return Told()
    words = [word.lower() for word in _WORD.findall(key)]
    if not words:
        return Told()
    bare = words[:]
    while len(bare) > 1 and bare[-1] in _PLACES:
        bare.pop()
    known, last = set(words), words[-1]
    aside = bare[-1] in _ASIDE or bool(known & _ANYWHERE) or bare[0] in _OUTGOING
    aside = (aside and words != ["repo", "id"]) or tuple(words[-2:]) in _MADE
    return Told(
        aside=aside,
        hub=not aside and _is_hub(words),
        model=bool(known & _MODEL) and (last in _MODEL or last in _NAMES),
        data=bool(known & _DATA) and (last in _DATA or last in _NAMES or last == "mixer"),
        place=last in _PLACES,
        digest=bool(known & _DIGEST),
    )


def _is_hub(words: list[str]) -> bool:
    """Say whether a key's value is a name on a hub whatever else it says."""
    if words[-3:] == ["name", "or", "path"] or words[-2:] == ["repo", "id"]:
        return True
    if words[0] in ("hf", "huggingface"):
        return True
    return len(words) > 1 and words[-1] == "hub"
