"""The registry's files: bytes by digest, and a pointer that is whole at any moment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_release_record import file, record, walked

from bezoar.core.errors import BezoarError, UsageError
from bezoar.limit.releases.registry import DamagedRegistryError, Registry
from bezoar.limit.releases.store import AlteredError, ModelStore


def test_a_model_is_kept_and_delivered_byte_by_byte(tmp_path):
    source = tmp_path / "m"
    (source / "sub").mkdir(parents=True)
    (source / "a.onnx").write_bytes(b"aa")
    (source / "sub" / "b.bin").write_bytes(b"")
    store = ModelStore(tmp_path / "blobs")
    files = store.put(source)
    assert [(one.path, one.size) for one in files] == [("a.onnx", 2), ("sub/b.bin", 0)]
    kept = record("1", *files)
    folder = tmp_path / "copy"
    folder.mkdir()
    assert store.deliver(kept, folder) == folder
    assert (folder / "sub" / "b.bin").read_bytes() == b""
    store.verify(kept)


@pytest.mark.parametrize("damage", ["changed", "longer", "gone", "link"])
def test_a_byte_that_changed_is_told(tmp_path, damage):
    store = ModelStore(tmp_path / "blobs")
    path = tmp_path / "m.onnx"
    path.write_bytes(b"model")
    kept = record("1", *store.put(path))
    blob = store.blob(kept.files[0].sha256)
    blob.chmod(0o600)
    if damage == "gone":
        blob.unlink()
    elif damage == "link":
        blob.unlink()
        blob.symlink_to(path)
    else:
        blob.write_bytes(b"mOdel" if damage == "changed" else b"model" * 1000)
    with pytest.raises(AlteredError, match=r"signs@1: m\.onnx"):
        store.verify(kept)
    # Registered once more, what was damaged is mended.
    if damage != "link":
        store.put(path)
        store.verify(kept)


def test_what_is_no_model_is_refused(tmp_path):
    store = ModelStore(tmp_path / "blobs")
    (tmp_path / "empty").mkdir()
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "a").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    for name in ("nothing", "empty", "links"):
        with pytest.raises(UsageError):
            store.put(tmp_path / name)
    with pytest.raises(BezoarError):
        store.put(tmp_path / "pipe")


def test_a_release_never_changes_and_no_model_has_two_versions(tmp_path):
    registry = Registry(tmp_path)
    registry.add(record("1"))
    with pytest.raises(UsageError, match="registered already"):
        registry.add(record("1", file("other.onnx", b"zz")))
    with pytest.raises(UsageError, match="as signs@1"):
        registry.add(record("2", file("model.onnx", b"1")))
    assert registry.names() == ["signs"]
    for name in ("../x", "blobs", "", "A"):
        with pytest.raises(UsageError):
            registry.pointer(name)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"live":9}', b"\xff" * 100, b"[" * 10_000])
def test_a_pointer_that_somebody_edited_is_told(tmp_path, data):
    registry = Registry(tmp_path)
    registry.pointer_path("signs").parent.mkdir()
    registry.pointer_path("signs").write_bytes(data)
    with pytest.raises(DamagedRegistryError, match="is damaged"):
        registry.pointer("signs")


_FLIPPING = """
import sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from test_release_record import walked
from bezoar.limit.releases.registry import Registry
registry, pointers = Registry(Path(sys.argv[1])), (walked([1, 2]), walked([1, 2, 0]))
print("begun", flush=True)
while True:
    for pointer in pointers:
        with registry.changing("signs"):
            registry.point(pointer)
"""


def test_kill_9_at_any_moment_leaves_one_valid_pointer(tmp_path):
    registry, here = Registry(tmp_path), str(Path(__file__).parent)
    registry.pointer_path("signs").parent.mkdir()
    registry.point(walked([1, 2]))
    for attempt in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", _FLIPPING, str(tmp_path), here], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout.readline() == b"begun\n"
            time.sleep(0.01 + 0.013 * attempt)
            process.send_signal(signal.SIGKILL)
        assert registry.pointer("signs") in (walked([1, 2]), walked([1, 2, 0]))
        with registry.changing("signs"):  # and nobody holds the lock
            registry.point(walked([1, 2]))


def test_a_process_that_holds_the_lock_and_hangs_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.limit.releases.registry._LONGEST_WAIT_S", 0.1)
    registry = Registry(tmp_path)
    with (
        registry.changing("signs"),
        pytest.raises(BezoarError, match="another process"),
        Registry(tmp_path).changing("signs"),
    ):
        pass
