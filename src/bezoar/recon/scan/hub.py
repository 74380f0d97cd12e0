"""Names of models and data sets on a hub, where a telling key says what they are."""

import re
from dataclasses import dataclass
from typing import Final

from bezoar.core.source import Pin
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Kind
from bezoar.recon.scan.nodes import Mapping

_REPOSITORY: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(?:@(?P<rev>[\w./-]{1,80}))?"
)
_BARE: Final = re.compile(
    r"(?:distil)?(?:bert|roberta|gpt2|t5|albert|xlnet|xlm|electra|bart|mbart|deberta|mt5|openai-gpt"
    r"|ctrl|camembert|flaubert|longformer|pegasus|opt|bloom)(?:-[\w.-]{1,60})?"
)
_PREFIX: Final = re.compile(r"(?:hf[-_]hub|hf|huggingface):(?!//)(?P<rest>[\w.-]+/[\w.@/-]+)")
# Keys that say "this is a name on a hub" by themselves.
_STRONG: Final = re.compile(
    r"(?:^|[_.-])(?:pretrained_(?:model_)?name_or_path|(?:model|tokenizer|config|processor|encoder"
    r"|base_model|controlnet_model|vae|adapter|teacher)_name_or_path|hf_(?:model|repo|name|hub)"
    r"(?:_?(?:id|name|path|name_or_path|url))?|hf_(?:tokenizer|dataset|checkpoint)(?:_(?:id|name|path))?"
    r"|repo_id|hub_(?:model_)?id|hf_hub_url|huggingface_(?:model|repo|id|name|hub)(?:_id|_name)?"
    r"|model_repo_id|hf_?path|hub_repo)$",
    re.IGNORECASE,
)
_MODEL: Final = re.compile(
    r"(?:^|[_.-])(?:model|models|model_?id|model_?name|model_?path|base_?model|pretrained(?:_model)?"
    r"|pretrained_?path|tokenizer|tokenizer_?(?:name|path|id|model|type)|checkpoint|ckpt|backbone"
    r"|encoder(?:_name)?|(?:text_|image_|vision_)encoder|teacher(?:_model)?|student(?:_model)?"
    r"|reward_model|ref_model|draft_model|embedding_?model|embeddings?|reranker|llm|lora|adapter"
    r"|weights|init_from|from_pretrained|model_?args|speculative_model|vae)$",
    re.IGNORECASE,
)
_DATA: Final = re.compile(
    r"(?:^|[_.-])(?:dataset|datasets|dataset_?(?:name|path|id|repo|names)|data_?set|train_datasets?"
    r"|eval_datasets?|(?:hf|train|eval|valid|validation|test)_dataset(?:_name|_path)?|dataset_mixer)$",
    re.IGNORECASE,
)
_SIBLINGS: Final = ("split", "subset", "data_files", "config_name", "streaming", "train_split")
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
)
_FILE: Final = re.compile(
    r"\.(?:ya?ml|json|py|pth?|ckpt|bin|txt|csv|toml|h5|onnx|pkl|safetensors|model|npz?|sh|tar|gz|zip"
    r"|jsonl|parquet|html?|js|ts|png|jpe?g|gguf|pb)$",
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
    if _MODEL.search(key) and _ULTRALYTICS.fullmatch(text):
        return Named(f"ultralytics:{text}", Kind.MODEL)
    if (kind := _kind(key, text, keys, around)) and (match := _REPOSITORY.fullmatch(text)):
        return _of_hub(text, kind) if _is_name(match["name"]) else None
    if _STRONG.search(key) and not _hints_data(keys, around) and _BARE.fullmatch(text):
        return _of_hub(text, Kind.MODEL)
    return None


def _of_hub(text: str, kind: Kind) -> Named:
    name, _, revision = text.partition("@")
    scheme = "hf-datasets" if kind is Kind.DATASET else "hf"
    pin = addresses.pin_of(revision) if revision else Pin.NONE
    return Named(f"{scheme}:{name}", kind, revision or None, pin)


def _kind(key: str, text: str, keys: tuple[str, ...], around: Mapping) -> Kind | None:
    """Say what a key's value is, None where the key does not tell."""
    if "/" not in text:
        return None
    hinted = _hints_data(keys, around)
    if _STRONG.search(key):
        return Kind.DATASET if hinted else Kind.MODEL
    if key.lower() in ("path", "name", "id", "source", "repo", "hf_name"):
        if around.get(*_SIBLINGS) is not None:
            return Kind.DATASET
        key = keys[-2] if len(keys) > 1 else ""
    if _DATA.search(key):
        return Kind.DATASET
    return Kind.MODEL if _MODEL.search(key) else None


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
    return owner not in _FOLDERS and not _FILE.search(name) and not name.startswith((".", "/"))
