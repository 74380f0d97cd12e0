"""Names of models and data sets on a hub, where a telling key says what they are."""

import re
from dataclasses import dataclass
from typing import Final

from bezoar.core.source import Pin
from bezoar.facts.addresses import addresses as facts
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Kind
from bezoar.recon.scan.keys import Told, told
from bezoar.syntax.nodes import Mapping

_REPOSITORY: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9{][\w.{}-]{0,95})(?:@(?P<rev>[\w./-]{1,80}))?"
)
# Names that the hub gave to nobody in particular.
_BARE: Final = re.compile(
    r"(?:distil)?(?:bert|roberta|gpt2|t5|albert|xlnet|xlm|electra|bart|mbart|deberta|mt5|openai-gpt"
    r"|ctrl|camembert|flaubert|longformer|pegasus|opt|bloom)(?:-[\w.-]{1,60})?"
)
_BARE_DATA: Final = re.compile(r"[a-z][a-z0-9_-]{1,60}")
_FORMATS: Final = frozenset(
    {"json", "csv", "text", "parquet", "arrow", "imagefolder", "audiofolder"}
)
_PREFIX: Final = re.compile(r"(?:hf[-_]hub|hf|huggingface):(?!//)(?P<rest>[\w.-]+/[\w.@/-]+)")
_GENERAL: Final = frozenset({"path", "name", "id", "source", "repo", "hf_name", "uri"})
_SIBLINGS: Final = ("split", "subset", "data_files", "config_name", "streaming", "train_split")
# What a container, a package or a repository of code is called by.
_NO_NAME: Final = frozenset(
    {"image", "repository", "repo", "uses", "project", "slug", "package", "container", "name"}
    | {"runs-on", "runner", "platform", "branch", "label", "owner", "namespace", "mount", "volume"}
)
# Folders that people keep their own files in: `models/foo` is a path, not a name.
_FOLDERS: Final = frozenset(
    {"data", "datasets", "dataset", "model", "models", "checkpoints", "checkpoint", "ckpt", "ckpts"}
    | {
        "output",
        "outputs",
        "results",
        "result",
        "config",
        "configs",
        "conf",
        "src",
        "tests",
        "test",
    }
    | {
        "logs",
        "log",
        "runs",
        "run",
        "weights",
        "pretrained",
        "pretrained_models",
        "saved",
        "scripts",
    }
    | {
        "assets",
        "resources",
        "examples",
        "experiments",
        "exp",
        "tmp",
        "home",
        "mnt",
        "train",
        "val",
    }
    | {
        "images",
        "artifacts",
        "save",
        "saves",
        "work_dirs",
        "storage",
        "input",
        "inputs",
        "app",
        "lib",
    }
    | {"path", "your", "cache", "vocab", "tokenizer", "tokenizers", "pretrain", "bin", "opt", "var"}
    | {
        "training",
        "corpus",
        "corpora",
        "hparams",
        "benchmarks",
        "dist",
        "build",
        "etc",
        "usr",
        "root",
    }
    | {"username", "your-org", "saved_models", "trained_models", "best_model"}
    | {"workspace", "content", "raw", "processed", "splits", "annotations", "dumped", "out", "docs"}
)
_FILE: Final = re.compile(
    r"\.(?:ya?ml|json|py|pth?|ckpt|bin|txt|csv|tsv|toml|h5|onnx|pkl|safetensors|model|npz?|sh|tar|gz"
    r"|zip|jsonl|parquet|html?|js|ts|png|jpe?g|gguf|pb|spacy|conll\w?|vec|xml|md|cfg|ini|lst|scp)$",
    re.IGNORECASE,
)
_ULTRALYTICS: Final = re.compile(
    r"(?:yolo(?:v?\d{1,2})[a-z]?u?\d?(?:-[a-z0-9-]{1,20})?|rtdetr-[a-z]{1,2}|sam2?_[a-z]{1,5}"
    r"|mobile_sam|fastsam-[sx])\.pt",
    re.IGNORECASE,
)
_ARTIFACT: Final = re.compile(r"[\w.-]+/[\w.-]+/[\w.-]+:(?P<version>v\d+|latest|[\w-]{1,40})")


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for.

    Attributes:
        uri: With the scheme of its hub.
        kind: What comes in.
        revision: Where it is named beside it.
        pin: What ties it.
    """

    uri: str
    kind: Kind
    revision: str | None = None
    pin: Pin = Pin.NONE


def named(key: str, text: str, keys: tuple[str, ...], around: Mapping) -> Named | None:
    """Say what a value names on a hub, if its key tells that it names something there.

    Args:
        key: The value's own key.
        text: The value, folded.
        keys: All keys down to it.
        around: The mapping that it stands in.
    """
    if match := _PREFIX.fullmatch(text):
        return _of_hub(match["rest"], Kind.MODEL)
    if "artifact" in key.lower() and (match := _ARTIFACT.fullmatch(text)):
        return Named(f"wandb:{text}", Kind.OTHER, match["version"], Pin.TAG)
    says = told(key)
    if says.aside:
        return None
    if "/" not in text:
        return _bare(key, text, says, keys, around)
    match = _REPOSITORY.fullmatch(text)
    if not match or not _is_name(match["name"]):
        return None
    kind = _kind(key, says, keys, around) or _published(key, match["name"], keys)
    return _of_hub(text, kind) if kind else None


def _bare(key: str, text: str, says: Told, keys: tuple[str, ...], around: Mapping) -> Named | None:
    """Judge a name without an owner."""
    if says.model and _ULTRALYTICS.fullmatch(text):
        return Named(f"ultralytics:{text}", Kind.MODEL)
    if says.hub and not _hints_data(keys, around) and _BARE.fullmatch(text):
        return _of_hub(text, Kind.MODEL)
    # As evaluation harnesses do: `task: …`, `dataset_path: super_glue`, `dataset_name: boolq`.
    if key == "dataset_path" and _BARE_DATA.fullmatch(text) and text not in _FORMATS:
        beside = around.get("task", "dataset_name", "test_split", "validation_split", "doc_to_text")
        return _of_hub(text, Kind.DATASET) if beside is not None else None
    return None


def _of_hub(text: str, kind: Kind) -> Named:
    name, _, revision = text.partition("@")
    scheme = "hf-datasets" if kind is Kind.DATASET else "hf"
    pin = addresses.pin_of(revision) if revision else Pin.NONE
    return Named(f"{scheme}:{name}", kind, revision or None, pin)


def _kind(key: str, says: Told, keys: tuple[str, ...], around: Mapping) -> Kind | None:
    """Say what a key's value is, None where the key does not tell."""
    if says.hub:
        return Kind.DATASET if _hints_data(keys, around) else Kind.MODEL
    if key.lower() in _GENERAL:
        if around.get(*_SIBLINGS) is not None:
            return Kind.DATASET
        says = told(keys[-2]) if len(keys) > 1 else Told()
    if says.data and not says.model:
        return Kind.DATASET
    return Kind.MODEL if says.model else None


def _published(key: str, name: str, keys: tuple[str, ...]) -> Kind | None:
    """Judge by the owner, where the key says nothing against it."""
    if key.lower() in _NO_NAME or name.partition("/")[0].lower() not in facts().publishers:
        return None
    return Kind.DATASET if any("dataset" in one.lower() for one in keys) else Kind.MODEL


def _hints_data(keys: tuple[str, ...], around: Mapping) -> bool:
    """Say whether what stands around a name speaks of data."""
    return (
        around.text("repo_type") == "dataset"
        or any("dataset" in key.lower() for key in keys)
        or keys[-1].lower() == "hf_hub_url"
    )


def _is_name(name: str) -> bool:
    """Tell a name on a hub from a path."""
    owner = name.partition("/")[0].lower()
    return owner not in _FOLDERS and not _FILE.search(name)
