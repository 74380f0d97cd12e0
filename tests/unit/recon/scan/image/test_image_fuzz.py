"""Images with bytes changed at random: each ends in time, and none ends in a traceback."""

import random
import time

import pytest
from image_scene import PARQUET, Layout, docker_save, special, tar
from scan_scene import stand_in

from bezoar.core.errors import UsageError
from bezoar.recon.scan.image.store import store_at
from bezoar.recon.scan.image.tree import ImageTree
from bezoar.recon.scan.inventory import scan

ROUNDS = 60


def example(folder, form, pack):
    layers = (
        tar(("a.sh", b"fetch wget x:y\n"), ("d/b.parquet", PARQUET), special("l", b"2", "a.sh")),
        tar((".wh.a.sh", b""), ("n" * 150 + "/x.py", b"fetch wget x:z\n")),
    )
    if form == "save":
        return docker_save(folder / "image.tar", *layers, history=["wget x"])
    layout = Layout()
    layout.add(*layers, pack=pack, history=["RUN wget x"])
    return getattr(layout, form)(folder / "image.tar")


def damaged(data, dice):
    data = bytearray(data)
    for _ in range(dice.choice((1, 4, 32))):
        if data:
            data[dice.randrange(len(data))] = dice.randrange(256)
    if dice.random() < 0.3:
        del data[dice.randrange(len(data) + 1) :]
    return bytes(data)


@pytest.mark.parametrize("pack", ["", "+gzip", "+zstd"])
@pytest.mark.parametrize("form", ["folder", "archive", "save"])
def test_damage_of_any_kind(tmp_path, monkeypatch, form, pack):
    stand_in(monkeypatch)
    dice = random.Random(f"{form}{pack}")  # noqa: S311 - repeatable, not secret
    path = example(tmp_path, form, pack)
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for _ in range(ROUNDS):
        file = dice.choice(files)
        sound = file.read_bytes()
        file.write_bytes(damaged(sound, dice))
        began = time.process_time()
        try:
            if (store := store_at(path)) is not None:
                scan(ImageTree(store))
        except UsageError:
            pass
        assert time.process_time() - began < 5
        file.write_bytes(sound)
