"""What a smoke inference makes of models, good and hostile."""

import json
import pickle
import struct

import numpy as np
import pytest
import release_scene

from bezoar.limit.releases.smoke import answer, models_in


def safetensors(header: object, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(kind="F32", shape=(2,), offsets=(0, 8)):
    return {"w": {"dtype": kind, "shape": list(shape), "data_offsets": list(offsets)}}


GOOD = np.ones(2, np.float32).tobytes()


def tried(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    return answer(str(tmp_path), [name])


def test_models_that_load_are_said_to_load(tmp_path):
    release_scene.graph(tmp_path / "a.onnx", 1.0)
    assert answer(str(tmp_path), ["a.onnx"]) == {"tried": {"a.onnx": "answered"}}
    header = tensor() | {"__metadata__": {"format": "pt"}}
    found = tried(tmp_path, "b.safetensors", safetensors(header, GOOD))
    assert found == {"tried": {"b.safetensors": "loaded, 1 tensors"}}
    assert models_in(["a.onnx", "README.md", "c.PT"]) == ["a.onnx", "c.PT"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        safetensors(tensor(), GOOD[:4]),
        safetensors(tensor(), GOOD + b"more"),
        safetensors(tensor(offsets=(4, 12)), GOOD + GOOD),
        safetensors(tensor(kind="F99"), GOOD),
        safetensors(tensor(shape=(-2,)), GOOD),
        safetensors(tensor(shape=("a",)), GOOD),
        safetensors(b'{"w":{},"w":{}}', GOOD),
        safetensors({"w": 1}, GOOD),
        safetensors({}, b""),
        safetensors(b"[" * 100_000, b""),
        safetensors(tensor(), np.array([1, np.nan], np.float32).tobytes()),
    ],
)
def test_safetensors_that_do_not_add_up_are_told(tmp_path, data):
    assert "m.safetensors" in tried(tmp_path, "m.safetensors", data)["fault"]


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("data", [b"", b"junk", b"\x80\x04" * 50, None])
def test_what_is_no_state_dict_runs_nothing(tmp_path, data):
    pytest.importorskip("torch")
    opened = tmp_path / "opened"
    found = tried(tmp_path, "m.pt", pickle.dumps(Evil(opened)) if data is None else data)
    assert "cannot be read as a state dict" in found["fault"]
    assert not opened.exists()


def test_state_dicts_are_read_as_tensors(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"model": {"w": torch.ones(2)}, "epoch": 3}, tmp_path / "good.pt")
    torch.save({"w": torch.tensor([float("nan")])}, tmp_path / "nan.pt")
    torch.save({"epoch": 3}, tmp_path / "none.pt")
    assert answer(str(tmp_path), ["good.pt"])["tried"]["good.pt"] == "loaded, 1 tensors"
    assert "no numbers" in answer(str(tmp_path), ["nan.pt"])["fault"]
    assert "no tensor" in answer(str(tmp_path), ["none.pt"])["fault"]


def test_graphs_that_are_none_are_told(tmp_path):
    assert "cannot be loaded as ONNX" in tried(tmp_path, "junk.onnx", b"junk")["fault"]
    assert "cannot be loaded as ONNX" in answer(str(tmp_path), ["gone.onnx"])["fault"]
    release_scene.graph(tmp_path / "nan.onnx", float("nan"))
    assert "no number" in answer(str(tmp_path), ["nan.onnx"])["fault"]
