"""Which files are data or a model: by how they begin, and by their ending."""

from typing import Final, NamedTuple

HEAD: Final = 64
"""How many first bytes tell."""

_PICKLES: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_ZIP: Final = b"PK\x03\x04"


class Form(NamedTuple):
    """What a file is.

    Attributes:
        kind: `dataset` or `model`.
        name: Its format.
        note: What is odd; may be empty.
    """

    kind: str
    name: str
    note: str = ""


# What begins like this is that, whatever it is called.
_BY_MAGIC: Final = (
    (b"PAR1", "dataset", "parquet"),
    (b"ARROW1\0\0", "dataset", "arrow"),
    (b"\x89HDF\r\n\x1a\n", "model", "hdf5"),
    (b"GGUF", "model", "gguf"),
    (b"\x93NUMPY", "dataset", "numpy"),
)
_BY_ENDING: Final[dict[str, tuple[str, str, tuple[bytes, ...]]]] = {
    ".parquet": ("dataset", "parquet", (b"PAR1",)),
    ".arrow": ("dataset", "arrow", (b"ARROW1\0\0",)),
    ".npz": ("dataset", "numpy", (_ZIP,)),
    ".npy": ("dataset", "numpy", (b"\x93NUMPY",)),
    ".tfrecord": ("dataset", "tfrecord", ()),
    ".h5": ("model", "hdf5", (b"\x89HDF\r\n\x1a\n",)),
    ".hdf5": ("dataset", "hdf5", (b"\x89HDF\r\n\x1a\n",)),
    ".keras": ("model", "keras", (_ZIP,)),
    ".safetensors": ("model", "safetensors", ()),
    ".onnx": ("model", "onnx", (b"\x08",)),
    ".gguf": ("model", "gguf", (b"GGUF",)),
    ".tflite": ("model", "tflite", ()),
    ".pt": ("model", "torch", (_ZIP, *_PICKLES)),
    ".pth": ("model", "torch", (_ZIP, *_PICKLES)),
    ".ckpt": ("model", "torch", (_ZIP, *_PICKLES)),
    ".pkl": ("model", "pickle", _PICKLES),
    ".pickle": ("model", "pickle", _PICKLES),
    ".joblib": ("model", "pickle", ()),
}
_CODE: Final = frozenset({"torch", "pickle"})
PICTURES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".ppm", ".pgm", ".bmp", ".webp", ".gif", ".tif", ".tiff"}
)
"""Endings of pictures."""


def recognised(path: str, head: bytes) -> Form | None:
    """Say whether a file is data or a model.

    Args:
        path: Its path.
        head: Its first `HEAD` bytes.
    """
    by_magic = next((one for one in _BY_MAGIC if head.startswith(one[0])), None)
    ending = ending_of(path)
    by_ending = _BY_ENDING.get(ending)
    if by_ending is None:
        if by_magic is None:
            return None
        return Form(by_magic[1], by_magic[2], "its ending does not say so")
    kind, name, starts = by_ending
    if by_magic and not head.startswith(starts or by_magic[0]):
        return Form(by_magic[1], by_magic[2], f"it is called {ending}")
    if not _fits(name, starts, head):
        return Form(kind, name, f"it does not begin like {name}")
    return Form(kind, name, "loading it runs code that it holds" if name in _CODE else "")


def ending_of(path: str) -> str:
    """Return a path's ending with its dot, in lower case; empty where it has none."""
    name = path.rpartition("/")[2]
    start, dot, end = name.rpartition(".")
    return f".{end.lower()}" if dot and start else ""


def _fits(name: str, starts: tuple[bytes, ...], head: bytes) -> bool:
    if name == "safetensors":  # the length of a JSON header, and the header
        return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32
    if name == "tflite":
        return head[4:8] == b"TFL3"
    return not starts or head.startswith(starts)
