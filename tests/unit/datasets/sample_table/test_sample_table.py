"""The sample table: each sample is a row, values are NumPy's, a killed build goes on."""

import hashlib
import io
import struct
import zlib

import numpy as np
import polars as pl
import pytest
from dataset_layouts import (
    four_files,
    picture,
    png,
    write_files,
    write_npz,
    write_parquet,
    write_tar,
    write_zip,
)
from PIL import Image

from bezoar.datasets.decoding import decode
from bezoar.datasets.sample_table import building
from bezoar.datasets.sample_table.building import build_table
from bezoar.datasets.sample_table.columns import IMAGE_COLUMNS, schema


def table(path, tmp_path, **options):
    return pl.read_parquet(build_table(path, tmp_path / "out" / "t.parquet", **options))


def saved(array, form="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, form, **options)
    return buffer.getvalue()


def test_every_layout_gives_the_same_pixels(tmp_path):
    files = four_files()
    arrays = np.stack([picture(number) for number in range(4)])
    rows = [
        {"image": {"bytes": data, "path": name}, "label": name.partition("/")[0]}
        for name, data in files.items()
    ]
    layouts = {
        "folder": write_files(tmp_path / "folder", files),
        "zip": write_zip(tmp_path / "a.zip", files),
        "tar": write_tar(tmp_path / "a.tar", files),
        "npz": write_npz(
            tmp_path / "a.npz", x=arrays, y=["go", "go", "stop", "stop"], name=list(files)
        ),
        "parquet": write_parquet(tmp_path / "a.parquet", rows),
    }
    seen = {}
    for name, path in layouts.items():
        found = table(path, tmp_path)
        assert found.schema == schema(IMAGE_COLUMNS)
        assert found["path"].to_list() == sorted(files)
        assert set(found["outcome"]) == {"decoded"}
        seen[name] = found
    wanted = seen["folder"].select("label", "pixel_sha256", "phash", "mean_r", "entropy")
    for name, found in seen.items():
        assert found.select(wanted.columns).equals(wanted), name
    assert seen["zip"]["position"].to_list() == [0, 1, 2, 3]
    assert seen["npz"]["position"].to_list() == [0, 1, 2, 3]
    assert seen["folder"]["added_at"].null_count() == 0


def test_statistics_are_those_of_the_pixels(tmp_path):
    array = np.random.default_rng(1).integers(0, 255, (37, 51, 3), dtype=np.uint8)
    write_files(tmp_path / "d", {"a/x.png": saved(array), "b/y.jpg": saved(array, "JPEG")})
    for row in table(tmp_path / "d", tmp_path).to_dicts():
        data = (tmp_path / "d" / row["path"]).read_bytes()
        pixels = decode(data)
        grey = np.asarray(Image.fromarray(pixels).convert("L")).astype(float)
        flat = pixels.reshape(-1, 3).astype(float)
        shares = np.bincount(grey.astype(int).ravel(), minlength=256) / grey.size
        shares = shares[shares > 0]
        inner = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1]
        inner = inner - grey[1:-1, :-2] - grey[1:-1, 2:]
        high, low = flat.max(1), flat.min(1)
        expected = {
            "mean_r": flat[:, 0].mean(),
            "std_b": flat[:, 2].std(),
            "brightness": grey.mean(),
            "contrast": grey.std(),
            "entropy": -(shares * np.log2(shares)).sum(),
            "sharpness": (inner**2).mean(),
            "saturation": (255 * (high - low) / np.maximum(high, 1)).mean(),
        }
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-5)
        assert (row["width"], row["height"], row["mode"]) == (51, 37, "RGB")
        assert row["sha256"] == hashlib.sha256(data).digest()
        size = struct.pack(">II", 51, 37)
        assert row["pixel_sha256"] == hashlib.sha256(size + pixels.tobytes()).digest()


def test_a_picture_of_many_strips_is_counted_like_one(tmp_path, monkeypatch):
    array = np.random.default_rng(2).integers(0, 255, (64, 40, 3), dtype=np.uint8)
    write_files(tmp_path / "d", {"a/x.png": saved(array)})
    whole = table(tmp_path / "d", tmp_path)
    monkeypatch.setattr("bezoar.datasets.sample_table.pixels._STRIP", 100)
    cut = pl.read_parquet(build_table(tmp_path / "d", tmp_path / "out" / "u.parquet"))
    assert cut["pixel_sha256"].equals(whole["pixel_sha256"])
    assert cut["sharpness"][0] == pytest.approx(whole["sharpness"][0], rel=1e-5)
    assert cut["saturation"][0] == pytest.approx(whole["saturation"][0], rel=1e-5)


def huge_png():
    """A PNG of 60,000 x 60,000 pixels in a few bytes."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_each_failure_is_a_row_with_its_outcome(tmp_path):
    write_files(
        tmp_path / "d",
        {
            "a/bomb.png": huge_png(),
            "a/cut.png": png(1)[:40],
            "a/empty.png": b"",
            "a/fine.png": png(2),
            "a/text.jpg": b"no picture at all",
        },
    )
    found = table(tmp_path / "d", tmp_path)
    outcomes = dict(zip(found["path"], found["outcome"], strict=True))
    assert outcomes == {
        "a/bomb.png": "oversized-image",
        "a/cut.png": "unreadable-image",
        "a/empty.png": "empty-file",
        "a/fine.png": "decoded",
        "a/text.jpg": "unreadable-image",
    }
    failed = found.filter(pl.col("outcome") != "decoded")
    assert failed["outcome_why"].null_count() == 0
    assert failed["phash"].null_count() == 4
    assert found.filter(path="a/fine.png")["phash"].null_count() == 0


def test_what_a_camera_and_an_encoder_leave(tmp_path):
    exif = Image.Exif()
    exif[0x0131], exif[0x0112], exif[0x0132] = "GIMP 2.10", 6, "2024:05:06 07:08:09"
    array = picture(3, 16)
    write_files(
        tmp_path / "d",
        {
            "a/1.jpg": saved(array, "JPEG", exif=exif) + b"hidden",
            "a/2.jpg": saved(array, "JPEG", quality=40),
            "a/3.jpg": saved(picture(4, 16), "JPEG", quality=40),
            "a/4.png": saved(array[:, :, 0]),
        },
    )
    one, two, three, four = table(tmp_path / "d", tmp_path).to_dicts()
    assert (one["exif_software"], one["exif_orientation"]) == ("GIMP 2.10", 6)
    assert one["exif_datetime"] == "2024:05:06 07:08:09"
    assert one["trailing_bytes"] == 6
    assert two["trailing_bytes"] == 0
    assert two["encoder"] == three["encoder"] != one["encoder"]
    assert (four["mode"], four["format"]) == ("L", "PNG")


def test_near_duplicates_share_a_group(tmp_path):
    smooth = np.asarray(Image.fromarray(picture(5, 6)).resize((48, 48), Image.Resampling.BICUBIC))
    other = np.asarray(Image.fromarray(picture(6, 6)).resize((48, 48), Image.Resampling.BICUBIC))
    files = {"a/1.png": saved(smooth), "a/2.png": saved(other), "b/3.jpg": saved(smooth, "JPEG")}
    found = table(write_files(tmp_path / "d", files), tmp_path)
    assert found["near_dup_group"].to_list() == [0, None, 0]


def test_a_killed_build_goes_on_behind_what_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(building, "SHARD", 2)
    files = {f"a/{number}.png": png(number) for number in range(7)}
    root = write_files(tmp_path / "d", files)
    real, written = building._write_part, []

    def ends(dataset, found, number, name):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(number)
        real(dataset, found, number, name)

    monkeypatch.setattr(building, "_write_part", ends)
    target = tmp_path / "t.parquet"
    with pytest.raises(KeyboardInterrupt):
        build_table(root, target)
    assert not target.exists()
    assert len(list(tmp_path.glob("t.parquet.parts/*.parquet"))) == 2
    again = []
    monkeypatch.setattr(building, "_write_part", lambda *a: (again.append(a[2]), real(*a)))
    found = pl.read_parquet(build_table(root, target))
    assert again == [2, 3]
    assert found["path"].to_list() == sorted(files)
    assert not list(tmp_path.glob("*.parts"))


def test_processes_give_what_one_gives(tmp_path, monkeypatch):
    root = write_files(tmp_path / "d", four_files())
    alone = table(root, tmp_path, workers=1)
    monkeypatch.setattr(building, "SHARD", 4)
    shared = pl.read_parquet(build_table(root, tmp_path / "u.parquet", workers=2))
    assert shared.equals(alone)


def test_provenance_and_splits(tmp_path):
    files = {"train/go/1.png": png(1), "train/stop/2.png": png(2), "test/go/3.png": png(3)}
    root = write_files(tmp_path / "d", files)
    said = pl.DataFrame({"path": ["train/go/1.png"], "uploader": ["mallory"], "source": ["web"]})
    found = table(root, tmp_path, provenance=said)
    assert found["split"].to_list() == ["test", "train", "train"]
    assert found["uploader"].to_list() == [None, "mallory", None]
    assert found["label"].to_list() == ["go", "go", "stop"]
