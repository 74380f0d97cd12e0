"""`bezoar scan` of container images: what they fetched, what they hold, what is wrong with them."""

import gzip
import hashlib
import json
import tarfile
import time
import tracemalloc

import pytest
from image_scene import LAYER, PARQUET, SAFETENSORS, Layout, docker_save, special, tar
from scan_scene import stand_in

from bezoar.recon.scan.image.faults import FaultKind
from bezoar.recon.scan.image.store import store_at
from bezoar.recon.scan.image.tree import ImageTree
from bezoar.recon.scan.inventory import scan

SCRIPT = b"fetch wget https://x.org/a.zip\n"


@pytest.fixture(autouse=True)
def _readers(monkeypatch):
    stand_in(monkeypatch)


def seen(path, **options):
    tree = ImageTree(store_at(path), **options)
    return scan(tree), tree.contents


def of(tmp_path, *layers, **options):
    layout = Layout()
    layout.add(*layers, **options)
    return seen(layout.folder(tmp_path / "image"))


def fetched(inventory):
    return [(one.path, one.uri) for one in inventory.fetches]


@pytest.mark.parametrize("pack", ["", "+gzip", "+zstd"])
@pytest.mark.parametrize("form", ["folder", "archive"])
def test_text_files_are_read_by_the_ordinary_readers(tmp_path, pack, form):
    layout = Layout()
    layout.add(tar(("app/run.sh", SCRIPT), ("app/x.bin", b"\0" * 9)), pack=pack)
    path = getattr(layout, form)(tmp_path / "image.tar")
    inventory, contents = seen(path)
    assert fetched(inventory) == [("app/run.sh", "https://x.org/a.zip")]
    assert (inventory.files, inventory.bytes) == (2, len(SCRIPT) + 9)
    assert (contents.faults, contents.unreadable) == ([], [])


def test_what_docker_save_wrote(tmp_path):
    inventory, contents = seen(docker_save(tmp_path / "a.tar", tar(("a.sh", SCRIPT))))
    assert fetched(inventory) == [("a.sh", "https://x.org/a.zip")]
    assert contents.images[0]["name"] == "app:1"
    assert contents.faults == []


def test_an_upper_layer_replaces_a_file(tmp_path):
    new = b"fetch wget x:new\n"
    inventory, _ = of(tmp_path, tar(("a.sh", SCRIPT), ("b.sh", SCRIPT)), tar(("a.sh", new)))
    assert fetched(inventory) == [("a.sh", "x:new"), ("b.sh", "https://x.org/a.zip")]


def test_whiteouts_remove_what_lay_below(tmp_path):
    below = tar(("a.sh", SCRIPT), ("d/b.sh", SCRIPT), ("d/e/c.sh", SCRIPT), ("f.sh", SCRIPT))
    inventory, _ = of(tmp_path, below, tar((".wh.a.sh", b""), (".wh.d", b"")))
    assert fetched(inventory) == [("f.sh", "https://x.org/a.zip")]


@pytest.mark.parametrize("first", [True, False])
def test_an_opaque_whiteout_speaks_of_lower_layers_alone(tmp_path, first):
    members = [("d/new.sh", b"fetch wget x:new\n")]
    members.insert(0 if first else 1, ("d/.wh..wh..opq", b""))
    inventory, _ = of(tmp_path, tar(("d/a.sh", SCRIPT), ("d/e/b.sh", SCRIPT)), tar(*members))
    assert fetched(inventory) == [("d/new.sh", "x:new")]


def test_a_link_or_a_folder_in_place_of_a_file_hides_it(tmp_path):
    link = special("a.sh", tarfile.SYMTYPE, "b.sh")
    inventory, _ = of(tmp_path, tar(("a.sh", SCRIPT), ("b.sh", b"")), tar(link))
    assert fetched(inventory) == []
    inventory, _ = of(tmp_path / "2", tar(("a.sh", SCRIPT)), tar(("a.sh/c.sh", SCRIPT)))
    assert fetched(inventory) == [("a.sh/c.sh", "https://x.org/a.zip")]


def test_a_script_without_an_ending_is_read(tmp_path):
    inventory, _ = of(tmp_path, tar(("usr/local/bin/get", b"#!/bin/sh\n" + SCRIPT)))
    assert [(one.path, one.line) for one in inventory.fetches] == [("usr/local/bin/get", 2)]


def test_folders_of_the_system_and_of_packages_are_named_and_left_out(tmp_path):
    layer = tar(("usr/lib/a.sh", SCRIPT), ("opt/site-packages/b.sh", SCRIPT), ("etc/c.sh", SCRIPT))
    inventory, _ = of(tmp_path, layer)
    assert fetched(inventory) == []
    assert inventory.skipped == ("etc", "opt/site-packages", "usr/lib")
    everything, _ = seen(tmp_path / "image", everything=True)
    assert len(everything.fetches) == 3


def test_data_and_models_are_found(tmp_path):
    layer = tar(
        ("data/a.parquet", PARQUET),
        ("m/a.safetensors", SAFETENSORS),
        ("m/hidden.dat", PARQUET),
        ("m/a.pkl", b"\x80\x04x"),
        ("m/fake.npz", b"no zip"),
        ("m/readme.txt", b"nothing"),
    )
    _, contents = of(tmp_path, layer)
    found = {one.path: one for one in contents.artefacts}
    assert {path: (one.kind, one.form, one.note) for path, one in found.items()} == {
        "data/a.parquet": ("dataset", "parquet", ""),
        "m/a.safetensors": ("model", "safetensors", ""),
        "m/hidden.dat": ("dataset", "parquet", "its ending does not say so"),
        "m/a.pkl": ("model", "pickle", "loading it runs code that it holds"),
        "m/fake.npz": ("dataset", "numpy", "it does not begin like numpy"),
    }
    one = found["data/a.parquet"]
    assert (one.size, one.digest) == (len(PARQUET), hashlib.sha256(PARQUET).hexdigest())
    assert one.layer == contents.images[0]["layers"][0]


def test_data_that_an_upper_layer_removed_is_not_in_the_image(tmp_path):
    _, contents = of(tmp_path, tar(("a.parquet", PARQUET)), tar((".wh.a.parquet", b"")))
    assert contents.artefacts == []


def test_class_folders_are_one_data_set(tmp_path):
    pictures = [(f"d/train/{c}/{n}.png", b"12345") for c in ("cat", "dog") for n in range(60)]
    few = [(f"icons/{n}.png", b"1") for n in range(20)]
    _, contents = of(tmp_path, tar(*pictures, *few))
    assert [(one.path, one.files, one.size, one.note) for one in contents.artefacts] == [
        ("d/train/", 120, 600, "2 class folders")
    ]
    _, contents = of(tmp_path / "2", tar(*pictures), tar(("d/train/.wh.cat", b"")))
    assert contents.artefacts == []


def test_many_alike_are_one(tmp_path):
    _, contents = of(tmp_path, tar(*((f"d/{n}.npy", b"\x93NUMPY") for n in range(30))))
    assert [(one.path, one.files, one.size) for one in contents.artefacts] == [("d/", 30, 180)]


def test_a_blob_that_is_no_layer_may_be_a_model(tmp_path):
    layout = Layout()
    title = {"org.opencontainers.image.title": "model.safetensors"}
    blob = layout.blob(SAFETENSORS)
    layout.manifest([{"mediaType": "application/x", "annotations": title, **blob}])
    _, contents = seen(layout.folder(tmp_path / "image"))
    assert [(one.path, one.form) for one in contents.artefacts] == [
        ("model.safetensors", "safetensors")
    ]


def test_two_images_have_paths_of_their_own(tmp_path):
    layout = Layout()
    for machine in ("amd64", "arm64"):
        platform = {"os": "linux", "architecture": machine}
        layout.add(tar(("a.sh", SCRIPT)), history=[machine], platform=platform)
    note = {"vnd.docker.reference.type": "attestation-manifest"}
    layout.add(tar(("b.sh", SCRIPT)), annotations=note)
    inventory, _ = seen(layout.folder(tmp_path / "image"))
    assert [one.path for one in inventory.fetches] == ["1-linux-amd64/a.sh", "2-linux-arm64/a.sh"]


def changed(layout, digest, data):
    layout.files["blobs/" + digest.replace(":", "/")] = data


def test_a_layer_with_other_bytes_than_its_digest_says(tmp_path):
    layout = Layout()
    (layer,) = layout.add(tar(("a.sh", SCRIPT)))
    changed(layout, layer["digest"], gzip.compress(tar(("a.sh", b"fetch wget x:evil\n"))))
    inventory, contents = seen(layout.folder(tmp_path / "image"))
    faults = [(one.kind, one.path) for one in contents.faults]
    assert faults == [(FaultKind.MISMATCH, layer["digest"])] * 2  # the blob, and the tar in it
    assert fetched(inventory) == [("a.sh", "x:evil")]  # it is still looked at


def test_a_size_and_a_tar_that_differ_from_what_is_said(tmp_path):
    layout = Layout()
    data = tar(("a.sh", SCRIPT))
    blob = layout.blob(gzip.compress(data)) | {"mediaType": LAYER + "+gzip"}
    layout.manifest([blob | {"size": 1}], [tar()])
    _, contents = seen(layout.folder(tmp_path / "image"))
    assert ["descriptor says 1" in one.why for one in contents.faults] == [True, False]
    assert "configuration names" in contents.faults[1].why


def test_a_manifest_and_a_configuration_with_other_bytes(tmp_path):
    layout = Layout()
    layout.add(tar())
    for name in [name for name in layout.files if layout.files[name].startswith(b"{")]:
        if name.startswith("blobs/"):
            layout.files[name] += b" "
    _, contents = seen(layout.folder(tmp_path / "image"))
    assert len([one for one in contents.faults if one.kind is FaultKind.MISMATCH]) == 2


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (("../../etc/cron.d/x.sh", SCRIPT), "its path leads out of the image"),
        (("a/../../x.sh", SCRIPT), "its path leads out of the image"),
        (special("dev/sda", tarfile.BLKTYPE), "it is a device"),
        (special("pipe", tarfile.FIFOTYPE), "it is a pipe"),
        (special("a", tarfile.LNKTYPE, "../../etc/shadow"), "it is a hard link out of the image"),
        (special("a/b", tarfile.SYMTYPE, "../../etc"), "it is a link out of the image"),
    ],
)
def test_hostile_entries(tmp_path, member, why):
    inventory, contents = of(tmp_path, tar(member))
    assert [one.kind for one in contents.faults] == [FaultKind.HOSTILE]
    assert contents.faults[0].why.startswith(why)
    assert fetched(inventory) == []


def test_a_file_written_through_a_link_that_leads_out(tmp_path):
    link = special("x", tarfile.SYMTYPE, "../outside")
    _, contents = of(tmp_path, tar(link), tar(("x/passwd", b"")))
    assert "written through a link" in contents.faults[1].why


def test_links_that_stay_in_the_image_are_normal(tmp_path):
    links = [
        special("bin", tarfile.SYMTYPE, "usr/bin"),
        special("a/b/c", tarfile.SYMTYPE, "../../etc"),
        special("v", tarfile.SYMTYPE, "/etc/alternatives/v"),
        special("h", tarfile.LNKTYPE, "usr/bin/h"),
    ]
    _, contents = of(tmp_path, tar(*links))
    assert contents.faults == []


DAMAGED = {
    "cut gzip": lambda data: gzip.compress(data)[:-20],
    "no gzip": lambda data: b"\x1f\x8b" + data,
    "no tar": lambda _: gzip.compress(b"x" * 5_000),
    "no zstd": lambda data: b"\x28\xb5\x2f\xfd" + data,
    "cut tar": lambda data: gzip.compress(data[:700]),
    "a zip": lambda _: b"PK\x03\x04" + bytes(100),
    "xz": lambda _: b"\xfd7zXZ\0" + bytes(100),
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_broken_layer_is_said_and_the_others_are_read(tmp_path, damage):
    layout = Layout()
    data = tar(("a.sh", SCRIPT), ("big", bytes(4_000)))
    layers = [{"mediaType": LAYER + "+gzip", **layout.blob(damage(data))}]
    layers.append({"mediaType": LAYER, **layout.blob(tar(("b.sh", SCRIPT)))})
    layout.manifest(layers)
    inventory, contents = seen(layout.folder(tmp_path / "image"))
    assert [one.path for one in contents.unreadable] == [layers[0]["digest"]]
    assert inventory.unreadable == tuple(contents.unreadable)
    assert ("b.sh", "https://x.org/a.zip") in fetched(inventory)


def test_a_blob_that_is_not_there(tmp_path):
    layout = Layout()
    (layer,) = layout.add(tar(("a.sh", SCRIPT)))
    del layout.files["blobs/" + layer["digest"].replace(":", "/")]
    inventory, _ = seen(layout.folder(tmp_path / "image"))
    assert [one.path for one in inventory.unreadable] == [layer["digest"]]


def test_a_blob_that_is_a_link_is_not_followed(tmp_path):
    layout = Layout()
    (layer,) = layout.add(tar(("a.sh", SCRIPT)))
    folder = layout.folder(tmp_path / "image")
    blob = folder / "blobs" / layer["digest"].replace(":", "/")
    (tmp_path / "secret").write_bytes(blob.read_bytes())
    blob.unlink()
    blob.symlink_to(tmp_path / "secret")
    inventory, _ = seen(folder)
    assert "a link leads out" in inventory.unreadable[0].why


@pytest.mark.parametrize("pack", ["+gzip", "+zstd"])
def test_a_bomb_is_stopped_in_bounded_memory(tmp_path, pack, monkeypatch):
    monkeypatch.setattr("bezoar.recon.scan.image.layer._FREE_BYTES", 20 << 20)
    tracemalloc.start()
    bomb = tar(("zeros", bytes(64 << 20)), ("a.sh", SCRIPT))
    layout = Layout()
    layout.add(bomb, pack=pack)
    del bomb
    path = layout.folder(tmp_path / "image")
    del layout
    tracemalloc.reset_peak()
    inventory, _ = seen(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to more than" in inventory.unreadable[0].why
    assert peak < 16 << 20


def test_layers_together_are_bounded_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.recon.scan.image.tree._FREE_BYTES", 1 << 20)
    monkeypatch.setattr("bezoar.recon.scan.image.tree._MOST_RATIO", 1)
    inventory, _ = of(tmp_path, *(tar((f"{n}", bytes(400_000))) for n in range(4)))
    assert "the layers unpack to more than" in inventory.unreadable[0].why


def test_absurdly_many_entries(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.recon.scan.image.layer._MOST_ENTRIES", 50)
    inventory, _ = of(tmp_path, tar(*((f"{n}.txt", b"") for n in range(60))))
    assert "more than 50 entries" in inventory.unreadable[0].why


def test_more_files_than_fit_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.recon.scan.image.view.MOST_HELD", 50)
    inventory, _ = of(tmp_path, tar(*((f"{n}.sh", b"") for n in range(60))))
    assert "more than 50 files" in inventory.unreadable[0].why


def test_a_size_that_no_file_has(tmp_path):
    data = bytearray(tar(("a.sh", SCRIPT)))
    data[124:136] = b"\x80" + (1 << 80).to_bytes(11, "big")
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    inventory, _ = of(tmp_path, bytes(data))
    assert "cannot be read to its end" in inventory.unreadable[0].why


def test_an_index_that_holds_itself_comes_to_an_end(tmp_path):
    layout = Layout()
    inner = layout.blob(json.dumps({"manifests": []}).encode())
    for _ in range(5):
        media = "application/vnd.oci.image.index.v1+json"
        index = {"manifests": [inner | {"mediaType": media}] * 2}
        inner = layout.blob(json.dumps(index).encode())
    layout.manifests.append(inner)
    inventory, _ = seen(layout.folder(tmp_path / "image"))
    assert {one.why for one in inventory.unreadable} == {"an index in an index in an index"}


NONSENSE = [b"", b"x", b"[" * 90_000, b"null", b"[1]", b'{"manifests": 1}', b'{"manifests": [1]}']
NONSENSE += [b'{"manifests": [{"digest": "sha256:../../../etc/passwd", "size": 1}]}', b"\xff"]


@pytest.mark.parametrize("index", NONSENSE)
def test_an_index_that_is_nonsense(tmp_path, index):
    layout = Layout()
    layout.files["index.json"] = index
    inventory, _ = seen(layout.folder(tmp_path / "image"))
    assert inventory.fetches == ()
    assert inventory.unreadable or index == b"null"


@pytest.mark.parametrize("wrong", [None, 1, "x", [], {}, [1], {"digest": 1}, {"a": {"b": 1}}])
def test_manifests_and_configurations_of_wrong_types(tmp_path, wrong):
    layout = Layout()
    keys = ("config", "layers", "annotations")
    for key in keys:
        layout.manifests.append(layout.blob(json.dumps({key: wrong, "n": key}).encode()))
    config = layout.blob(json.dumps({"history": wrong, "rootfs": wrong, "config": wrong}).encode())
    layout.manifests.append(layout.blob(json.dumps({"config": config, "layers": []}).encode()))
    layout.manifests.append(wrong)
    seen(layout.folder(tmp_path / "image"))


def test_an_archive_with_two_files_of_one_name(tmp_path):
    layout = Layout()
    layout.add(tar(("a.sh", SCRIPT)))
    layout.archive(path := tmp_path / "image.tar")
    twice = [*layout.files.items(), ("index.json", b'{"manifests": []}')]
    path.write_bytes(tar(*twice))
    inventory, _ = seen(path)
    assert "two files called index.json" in inventory.unreadable[0].why


def test_an_archive_that_is_cut(tmp_path):
    layout = Layout()
    layout.add(tar(("a.sh", SCRIPT)))
    path = layout.archive(tmp_path / "image.tar")
    path.write_bytes(path.read_bytes()[:3_000])
    inventory, _ = seen(path)
    assert any("cannot be read to its end" in one.why for one in inventory.unreadable)


def test_a_repository_with_the_marks_of_a_layout_is_still_a_repository(tmp_path):
    layout = Layout()
    layout.add(tar())
    folder = layout.folder(tmp_path / "image")
    assert store_at(folder) is not None
    (folder / "train.py").write_bytes(SCRIPT)
    assert store_at(folder) is None


def test_an_archive_that_is_no_image(tmp_path):
    path = tmp_path / "data.tar"
    path.write_bytes(tar(("a.sh", SCRIPT)))
    assert store_at(path) is None


def test_names_that_are_no_text(tmp_path):
    inventory, _ = of(tmp_path, tar(("a\udcff\n.sh", SCRIPT)))
    assert inventory.fetches[0].path == "a\\xff\n.sh"


def test_time_grows_with_bytes_alone(tmp_path):
    whiteouts = [(f"d/.wh.{n}.sh", b"") for n in range(3_000)]
    files = [(f"d/{n}.sh", b"") for n in range(3_000)]
    began = time.monotonic()
    inventory, _ = of(tmp_path, tar(*files), tar(*whiteouts), tar(*files), tar(*whiteouts))
    assert inventory.read == 0
    assert time.monotonic() - began < 20
