"""bezoar keeps poison out of machine-learning models.

Six stages, each a package of its own; what stands here so far, by example:

Reconnaissance: what feeds my models, pinned to which bytes?

    signs = bezoar.open_dataset("signs.zip")        # class folders, zip, tar, CSV, Parquet, npz
    manifest = bezoar.build_manifest(signs)         # SHA-256 of every sample, and a Merkle root
    manifest.root                                   # Digest: merkle-sha256-v1:9f2c…

Evaluation: is this data what I expect?

    table = bezoar.load_images(signs)               # 32 x 32; what cannot be read is a finding
    [o for o in table.outcomes if not o.passed]

Fortify: does anything unvetted get in?

    bezoar.Policy().decide(table.outcomes)          # admit, quarantine, reject or undecided
    path = bezoar.pull("signs")                     # its local copy, every byte verified
    images = bezoar.torch_dataset("signs")          # or hugging_face(...): as each one is read

Expose: what in this data is not as it should be?

    inspection = bezoar.inspect(signs)              # or inspect(signs, trusted=last_version)
    inspection.verdict, inspection.flagged, inspection.table

Exercise: would we notice?

    sticker = bezoar.Sticker(target="80", sources=frozenset({"stop"}))
    poisoned = bezoar.poison_arrays(images, labels, sticker, rate=0.003, seed=1)

Limit: what gets out of hand in production?

    monitor = bezoar.Monitor(bezoar.read_baseline("baseline.json"))
    [alert.sentence for alert in monitor.observe("80", 0.99)]
    model = bezoar.watch(model, monitor)            # torch, scikit-learn, ONNX, MLflow: as before

    with bezoar.LiveModel("signs") as model:        # follows its alias; every swap is verified
        model(images)

All stages write to one ledger:

    with bezoar.open_ledger("ledger.sqlite", "me") as ledger:
        ledger.append("dataset.inspected", str(manifest.root))

Names are imported when they are first used: `import bezoar` costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bezoar.adapters.torch.training import Classifier, train_classifier
    from bezoar.attacks import attack_named
    from bezoar.attacks.blend import Blend
    from bezoar.attacks.label_flip import LabelFlip
    from bezoar.attacks.poisoning import attack_success, poison_arrays, rows_to_poison
    from bezoar.attacks.sticker import Sticker
    from bezoar.core.policy import Policy
    from bezoar.datasets.class_folders import write_class_folder
    from bezoar.datasets.dbom import Dbom
    from bezoar.datasets.decoding import decode, encode_png
    from bezoar.datasets.entry import DbomEntry
    from bezoar.datasets.images import load_images
    from bezoar.datasets.manifest import build_manifest, write_manifest
    from bezoar.datasets.opening import open_dataset
    from bezoar.datasets.signs import draw_signs
    from bezoar.expose.inspect import inspect
    from bezoar.expose.inspection import Inspection
    from bezoar.flows.live_model import LiveModel
    from bezoar.flows.pull import pull
    from bezoar.flows.reading import hugging_face, torch_dataset
    from bezoar.flows.rollback import rollback
    from bezoar.ledger import open_ledger
    from bezoar.limit.baseline import read_baseline
    from bezoar.limit.monitor import Monitor
    from bezoar.limit.watching import watch
    from bezoar.project import Project, find_project
    from bezoar.recon.registering import Facts, register_dataset
    from bezoar.report.html import inspection_html
    from bezoar.report.postmortem import drill_html, postmortem_markdown

_HOMES = {
    "Blend": "bezoar.attacks.blend",
    "Classifier": "bezoar.adapters.torch.training",
    "Dbom": "bezoar.datasets.dbom",
    "DbomEntry": "bezoar.datasets.entry",
    "Facts": "bezoar.recon.registering",
    "Inspection": "bezoar.expose.inspection",
    "LabelFlip": "bezoar.attacks.label_flip",
    "LiveModel": "bezoar.flows.live_model",
    "Monitor": "bezoar.limit.monitor",
    "Policy": "bezoar.core.policy",
    "Project": "bezoar.project",
    "Sticker": "bezoar.attacks.sticker",
    "attack_named": "bezoar.attacks",
    "attack_success": "bezoar.attacks.poisoning",
    "build_manifest": "bezoar.datasets.manifest",
    "decode": "bezoar.datasets.decoding",
    "draw_signs": "bezoar.datasets.signs",
    "drill_html": "bezoar.report.postmortem",
    "encode_png": "bezoar.datasets.decoding",
    "find_project": "bezoar.project",
    "hugging_face": "bezoar.flows.reading",
    "inspect": "bezoar.expose.inspect",
    "inspection_html": "bezoar.report.html",
    "load_images": "bezoar.datasets.images",
    "open_dataset": "bezoar.datasets.opening",
    "open_ledger": "bezoar.ledger",
    "poison_arrays": "bezoar.attacks.poisoning",
    "postmortem_markdown": "bezoar.report.postmortem",
    "pull": "bezoar.flows.pull",
    "read_baseline": "bezoar.limit.baseline",
    "register_dataset": "bezoar.recon.registering",
    "rollback": "bezoar.flows.rollback",
    "rows_to_poison": "bezoar.attacks.poisoning",
    "torch_dataset": "bezoar.flows.reading",
    "train_classifier": "bezoar.adapters.torch.training",
    "watch": "bezoar.limit.watching",
    "write_class_folder": "bezoar.datasets.class_folders",
    "write_manifest": "bezoar.datasets.manifest",
}

__all__ = [
    "Blend",
    "Classifier",
    "Dbom",
    "DbomEntry",
    "Facts",
    "Inspection",
    "LabelFlip",
    "LiveModel",
    "Monitor",
    "Policy",
    "Project",
    "Sticker",
    "attack_named",
    "attack_success",
    "build_manifest",
    "decode",
    "draw_signs",
    "drill_html",
    "encode_png",
    "find_project",
    "hugging_face",
    "inspect",
    "inspection_html",
    "load_images",
    "open_dataset",
    "open_ledger",
    "poison_arrays",
    "postmortem_markdown",
    "pull",
    "read_baseline",
    "register_dataset",
    "rollback",
    "rows_to_poison",
    "torch_dataset",
    "train_classifier",
    "watch",
    "write_class_folder",
    "write_manifest",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'bezoar' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *_HOMES})
