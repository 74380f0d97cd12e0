"""Mappings that are a call or an artifact: Hydra's `_target_`, objects of a store, git assets."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bezoar.core.source import Pin
from bezoar.facts.addresses import addresses as facts
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Fetch, Kind
from bezoar.recon.scan.settings import Settings
from bezoar.recon.scan.yaml.scope import decided_by
from bezoar.syntax.nodes import Mapping, Scalar

_CALLED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){1,12}")
_ARGUMENT: Final = re.compile(r"[A-Za-z_]\w*")
_PLAIN: Final = {"true": "True", "false": "False", "null": "None", "~": "None", "": "None"}
_NUMBER: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,12})?")
_STORES: Final = {"s3": "s3", "gcs": "gs", "oss": "oss", "azure": "az", "minio": "s3"}
STORED: Final = frozenset(_STORES)
_MOST: Final = 40
_WORD: Final = re.compile(r"[a-z]+")


def called(node: Mapping) -> Scalar | None:
    """Return the call that a mapping with `_target_` stands for, as Python on its line."""
    target = node.get("_target_", "_component_")
    if not isinstance(target, Scalar) or not _CALLED.fullmatch(target.text.strip()):
        return None
    name = target.text.strip()
    given = [
        f"{key.text}={_literal(value)}"
        for key, value in node.entries[:_MOST]
        if isinstance(value, Scalar) and _ARGUMENT.fullmatch(key.text) and key.text[0] != "_"
    ]
    imported = f"import {name.rpartition('.')[0]}"
    text = f"{imported}; {name}({', '.join(given)})"
    return Scalar(text, target.line, target.line, text)


def artifact(node: Mapping, keys: tuple[str, ...], settings: Settings) -> Iterator[Fetch]:
    """Yield the object of a store, or the repository of data, that a mapping's keys name."""
    for key, value in node.entries:
        if not isinstance(value, Mapping):
            continue
        if "inputs" in keys and (store := _STORES.get(key.text.lower())):
            name, bucket = value.get("key", "blob"), value.text("bucket", "container")
            if isinstance(name, Scalar) and bucket:
                uri = settings.fold(f"{store}://{bucket}/{name.text.strip()}", keys)
                yield from _found(uri, name, key.text, settings)
        elif key.text == "git" and isinstance(repo := value.get("repo"), Scalar):
            about = f"{repo.text} {value.text('path')} {node.text('dest')}".lower()
            if set(_WORD.findall(about)) & (facts().words["data"] | facts().words["model"]):
                uri = settings.fold(
                    f"git+{repo.text.strip()}#{value.text('path')}".rstrip("#"), keys
                )
                revision = value.text("branch", "revision", "ref") or None
                for found in _found(uri, repo, key.text, settings):
                    pin = addresses.pin_of(revision) if revision else Pin.NONE
                    yield replace(found, revision=revision, pin=pin)


def _found(uri: str, at: Scalar, loader: str, settings: Settings) -> Iterator[Fetch]:
    if addresses.is_software(uri) and not uri.startswith("git+"):
        return
    yield Fetch(
        path=settings.path,
        line=at.line,
        end_line=at.end_line,
        loader=loader,
        kind=addresses.judge(uri.removeprefix("git+")) or Kind.DATASET,
        uri=uri,
        decided_by=decided_by(uri),
        dangers=frozenset(addresses.dangers(uri)),
        snippet=at.script.strip()[:200],
        in_ci=settings.context.in_ci,
    )


def _literal(value: Scalar) -> str:
    """Return a value as Python writes it."""
    text = value.text.strip()
    if value.plain and text.lower() in _PLAIN:
        return _PLAIN[text.lower()]
    return text if value.plain and _NUMBER.fullmatch(text) else repr(text)
