"""A tree becomes an inventory, whatever lies in it."""

import pytest
from scan_scene import stand_in

from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.tree import Folder


@pytest.fixture(autouse=True)
def _readers(monkeypatch):
    stand_in(monkeypatch)


def seen(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py").replace("_sh", ".sh")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return scan(Folder(str(root)))


def test_fetches_come_by_path_and_line(tmp_path):
    inventory = seen(tmp_path, b_py="\nfetch wget x:1\nfetch wget x:2\n", a_sh="fetch curl x:3\n")
    assert [(one.path, one.line, one.uri) for one in inventory.fetches] == [
        ("a.sh", 1, "x:3"),
        ("b.py", 2, "x:1"),
        ("b.py", 3, "x:2"),
    ]
    assert (inventory.files, inventory.read, inventory.unreadable) == (2, 2, ())


def test_a_script_without_a_suffix_is_known_by_its_first_line(tmp_path):
    inventory = seen(tmp_path, get="#!/bin/sh\nfetch wget x:1\n", other="fetch wget x:1\n")
    assert [one.path for one in inventory.fetches] == ["get"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"broken\n", "it says so"),
        (b"fetch wget \xff\xfe\n", "not UTF-8"),
        (b"fetch \0\n", "NUL"),
        (b"fetch x y\nbug\n", "its reader failed (KeyError"),
        (b"fetch wget x:1\n" + b"#" * (3 << 20), "larger than 2 MiB"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_others_are_read(tmp_path, data, why):
    inventory = seen(tmp_path, a_py=data, b_py="fetch wget x:1\n")
    assert [one.path for one in inventory.fetches] == ["b.py"]
    (unreadable,) = inventory.unreadable
    assert unreadable.path == "a.py"
    assert why in unreadable.why


def test_a_line_of_a_hundred_megabytes_is_not_even_read(tmp_path):
    with (tmp_path / "a.py").open("wb") as file:
        file.truncate(100 << 20)
    (unreadable,) = scan(Folder(str(tmp_path))).unreadable
    assert "104,857,600 bytes" in unreadable.why


def test_no_secret_gets_into_an_inventory(tmp_path):
    inventory = seen(tmp_path, a_py="fetch wget https://me:hunter2secret@example.org/a.zip\n")
    assert "hunter2" not in repr(inventory)
    assert inventory.fetches[0].uri == "https://***@example.org/a.zip"


def test_progress_is_told(tmp_path):
    seen(tmp_path, **{f"f{number:03}_py": "" for number in range(130)})
    calls = []
    scan(Folder(str(tmp_path)), progress=lambda *call: calls.append(call))
    assert calls == [(0, 0), (64, 0), (128, 0)]


def test_suppressions_are_seen_where_nothing_is_fetched(tmp_path):
    inventory = seen(tmp_path, a_py="x = 1  # bezoar: ignore[BZ101] once\n")
    assert [one.reason for one in inventory.suppressions] == ["once"]
