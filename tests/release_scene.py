"""A project with approved, verified and inspected data, and releases of a model.

scene = release_scene.released(tmp_path, 1, 2)      # two versions, the second in production
"""

from dataclasses import dataclass
from pathlib import Path

import fortify_scene
import onnx
from onnx import TensorProto, helper

from bezoar.flows.release import register
from bezoar.flows.release_gate import gate
from bezoar.flows.release_promote import promote
from bezoar.flows.release_trust import open_registry
from bezoar.ledger import open_ledger
from bezoar.limit.releases.record import ReleaseRecord
from bezoar.limit.releases.registry import Registry
from bezoar.project import Project

MODEL = "signs"


def no_passphrase(_: str) -> bytes:
    """Answer for keys that have none."""
    return b""


@dataclass(frozen=True)
class ReleaseScene:
    """A project and its releases."""

    project: Project
    dataset: fortify_scene.Scene

    @property
    def registry(self) -> Registry:
        return open_registry(self.project)

    def record(self, version: str) -> ReleaseRecord:
        return self.registry.record(MODEL, version)

    def blob(self, version: str) -> Path:
        return self.registry.store.blob(self.record(version).files[0].sha256)

    def champion(self) -> str | None:
        champion = self.registry.pointer(MODEL).champion
        return champion.version if champion else None

    def events(self, kind: str):
        with open_ledger(self.project) as ledger:
            return [event for event in ledger.events() if event.kind == kind]


def graph(path: Path, bias: float) -> Path:
    """Write a tiny ONNX graph: y = x + bias, so that each version has its own bytes and answer."""
    shape = [None, 4]
    body = helper.make_graph(
        [helper.make_node("Add", ["x", "b"], ["y"])],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [helper.make_tensor("b", TensorProto.FLOAT, [1], [bias])],
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def prepared(folder: Path, settings: str = "") -> ReleaseScene:
    """Return a project whose dataset a release may be trained on."""
    dataset = fortify_scene.approved(folder)
    (folder / "bezoar.toml").write_text(settings)
    project = Project(folder)
    trusted_data(project, dataset.entry)
    return ReleaseScene(project, dataset)


def trusted_data(project: Project, entry) -> None:
    """Leave the events of a verification and an inspection."""
    with open_ledger(project) as ledger:
        seen = {"root": str(entry.root), "manifest": str(entry.manifest), "intact": True}
        ledger.append("dataset.verified", entry.spec, {"dataset": entry.spec, **seen})
        ledger.append(
            "dataset.inspected", entry.spec, {"root": str(entry.root), "verdict": "admit"}
        )


def staged(scene: ReleaseScene, version: str, data=("signs@1",)) -> ReleaseRecord:
    """Register a version."""
    path = graph(scene.project.root / f"model-{version}.onnx", float(version))
    record, _ = register(scene.project, MODEL, path, version, data=data)
    return record


def live(scene: ReleaseScene, version: str) -> ReleaseRecord:
    """Register, gate and promote a version."""
    record = staged(scene, version)
    gate(scene.project, record, no_passphrase)
    promote(scene.project, record, no_passphrase)
    return record


def released(folder: Path, *versions: int, settings: str = "") -> ReleaseScene:
    """Return a project in which versions went live, one after the other."""
    scene = prepared(folder, settings)
    for version in versions:
        live(scene, str(version))
    return scene
