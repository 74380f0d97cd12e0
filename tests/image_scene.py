"""Container images, good and evil, made by hand: JSON, tar, and nothing else."""

import gzip
import hashlib
import io
import json
import tarfile

import pyarrow as pa

LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PARQUET = b"PAR1" + b"x" * 100 + b"PAR1"
SAFETENSORS = (2).to_bytes(8, "little") + b"{}" + b"x" * 50


def tar(*members):
    """Return a tar: (name, bytes), or a `TarInfo`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            name, data = member
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def special(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def zstd(data):
    return pa.compress(data, codec="zstd", asbytes=True)


PACKERS = {"": bytes, "+gzip": gzip.compress, "+zstd": zstd}


class Layout:
    """An OCI layout in memory: files by name."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
        self.manifests = []

    def blob(self, data):
        digest = hashlib.sha256(data).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}", "size": len(data)}

    def add(self, *layers, pack="+gzip", history=(), config=None, **entry):
        """Add an image made of tars, and return its layers' descriptors."""
        packed = [{"mediaType": LAYER + pack, **self.blob(PACKERS[pack](one))} for one in layers]
        return self.manifest(packed, layers, history, config, entry)

    def manifest(self, layers, tars=(), history=(), config=None, entry=None):
        diff_ids = [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in tars]
        whole = {
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": step} for step in history],
            "config": config or {},
        }
        described = self.blob(json.dumps(whole).encode())
        manifest = {"schemaVersion": 2, "config": described, "layers": layers}
        one = {"mediaType": MANIFEST, **self.blob(json.dumps(manifest).encode())}
        self.manifests.append(one | (entry or {}))
        return layers

    def folder(self, path):
        index = {"schemaVersion": 2, "manifests": self.manifests}
        self.files.setdefault("index.json", json.dumps(index).encode())
        for name, data in self.files.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return path

    def archive(self, path):
        index = {"schemaVersion": 2, "manifests": self.manifests}
        self.files.setdefault("index.json", json.dumps(index).encode())
        path.write_bytes(tar(*self.files.items()))
        return path


def docker_save(path, *layers, history=()):
    """Write what `docker save` wrote before it wrote OCI layouts."""
    config = {
        "rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in layers]},
        "history": [{"created_by": step} for step in history],
        "config": {},
    }
    data = json.dumps(config).encode()
    name = f"{hashlib.sha256(data).hexdigest()}.json"
    names = [f"{hashlib.sha256(one).hexdigest()}/layer.tar" for one in layers]
    manifest = [{"Config": name, "RepoTags": ["app:1"], "Layers": names}]
    members = [*zip(names, layers, strict=True), (name, data)]
    path.write_bytes(tar(*members, ("manifest.json", json.dumps(manifest).encode())))
    return path
