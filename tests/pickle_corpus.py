"""Pickles by opcode, written by hand: hostile in shape, and never loaded by any test.

Each reaches for something that a loader would call. The names under `BYPASSES` are ways in which
published scanners of pickles were talked past.
"""

import io
import pickle
import struct
import zipfile
import zlib


def _short(text):
    return b"\x8c" + bytes([len(text)]) + text


def _call(module=b"os", name=b"system", argument=b"true"):
    return b"c" + module + b"\n" + name + b"\n(S'" + argument + b"'\ntR."


class _Reduced:
    def __init__(self, protocol_free_function, *arguments):
        self.made = (protocol_free_function, arguments)

    def __reduce__(self):
        return self.made


def dumped(protocol, function=print, *arguments):
    """Return a pickle that calls a function when it is loaded."""
    return pickle.dumps(_Reduced(function, *arguments), protocol)


def archive(members, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return buffer.getvalue()


def object_array(payload):
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + payload


HOSTILE = {
    **{f"protocol {n}": dumped(n) for n in range(6)},
    "reduce": _call(),
    "stack global": b"\x80\x04"
    + _short(b"os")
    + _short(b"system")
    + b"\x93"
    + _short(b"x")
    + b"\x85R.",
    "inst": b"(S'true'\nios\nsystem\n.",
    "obj": b"(cos\nsystem\nS'true'\no.",
    "newobj": b"\x80\x02csubprocess\nPopen\n)\x81.",
    "newobj ex": b"\x80\x04" + _short(b"subprocess") + _short(b"Popen") + b"\x93)}\x92.",
    "build on a class": b"\x80\x02ccollections\nOrderedDict\n}U\x01aK\x01sb.",
    "extension registry": b"\x80\x02\x82\x07)R.",
    "global without a call": b"\x80\x02cevil\npayload\n.",
    "getattr": b"c__builtin__\ngetattr\n(cos\nsystem\nS'x'\ntR.",
    "eval": b"\x80\x03cbuiltins\neval\nX\x03\x00\x00\x001+1\x85R.",
    "load from bytes": b"\x80\x02ctorch.storage\n_load_from_bytes\nC\x01x\x85R.",
    "no stop": b"cos\nsystem\n(S'true'\ntR",
    "allowed first": b"\x80\x02ccollections\nOrderedDict\n)R0" + _call(),
}
"""What a loader would do harm with, by the opcode that does it."""

BYPASSES = {
    "an error behind the call": _call()[:-1] + b"\xff\xff\xff",
    "a call before an unknown opcode": b"\x80\x04" + _call()[:-1] + b"\x01rest",
    "names out of the memo": b"\x80\x04" + _short(b"os") + b"\x94" + _short(b"system") + b"\x940"
    b"0h\x00h\x01\x93" + _short(b"x") + b"\x85R.",
    "a name in escapes": b"\x80\x02S'o\\x73'\nS'system'\n\x93(S'x'\ntR.",
    "a module nobody listed": b"\x80\x02casyncio.unix_events\n_UnixSubprocessTransport._start\n)R.",
    "a dotted attribute": b"\x80\x04"
    + _short(b"collections")
    + _short(b"OrderedDict.__init__.__globals__.get")
    + b"\x93)R.",
    "pip instead of os": b"\x80\x02cpip\nmain\n]\x85R.",
    "numpy's own evaluator": b"\x80\x02cnumpy.f2py.crackfortran\ngetlincoef\n)R.",
    "torch's own loader": b"\x80\x02ctorch.utils._config_module\nload_config\n)R.",
    "operator.methodcaller": b"\x80\x02coperator\nmethodcaller\nU\x06system\x85R.",
    "a second pickle behind the first": pickle.dumps({"a": 1}) + _call(),
    "a frame that lies": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f" + _call(),
    "a protocol in the middle": b"N0\x80\x02" + _call(),
    "a text behind its length": b"\x80\x02X\x10\x00\x00\x00" + b"a" * 16 + b"0" + _call(),
    "a long text first": b"\x80\x04\x8e"
    + struct.pack("<Q", 100_000)
    + b"x" * 100_000
    + b"0"
    + _call(),
    "a result that is called": b"\x80\x02ccollections\nOrderedDict\n)R)R.",
    "a wrong name": ("picture.jpg", _call()),
    "no name": ("README", _call()),
    "in a model": ("model.pt", archive({"archive/data.pkl": _call(), "archive/version": b"3"})),
    "in a compressed model": (
        "model.pt",
        archive({"archive/data.pkl": _call()}, zipfile.ZIP_DEFLATED),
    ),
    "a member with a wrong checksum": (
        "model.pt",
        archive({"archive/data.pkl": _call()}).replace(
            struct.pack("<I", zlib.crc32(_call())), b"\0\0\0\1"
        ),
    ),
    "a member that says it is encrypted": (
        "model.pt",
        archive({"data.pkl": _call()}).replace(b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\1\0"),
    ),
    "a member that the directory leaves out": (
        "model.pt",
        archive({"data.pkl": _call()}).partition(b"PK\x01\x02")[0] + archive({"version": b"3"}),
    ),
    "a member whose size stands nowhere": (
        "model.pt",
        archive({"data.pkl": _call()}).replace(
            struct.pack("<II", len(_call()), len(_call())), b"\xff" * 8
        ),
    ),
    "a member with another name": ("model.bin", archive({"weights.bin": _call()})),
    "an archive within an archive": ("x.bin", archive({"y": archive({"z": _call()})})),
    "in an array": ("labels.npy", object_array(_call())),
    "in an array of an archive": ("labels.npz", archive({"y.npy": object_array(_call())})),
    "in zlib": ("model.joblib", zlib.compress(_call())),
    "in zlib with a wrong checksum": ("model.joblib", zlib.compress(_call())[:-1] + b"\0"),
    "in the zlib of old joblib": ("x", b"ZF0x3f               " + zlib.compress(_call())),
    "behind a prefix": ("weights.bin", b"HEADER: v1\0\0" * 9 + dumped(4)),
    "text behind a prefix": ("notes.txt", b"Read me first.\n\n" + _call()),
    "at the end of a picture": ("a.gif", b"GIF89a\1\0\1\0\0\0\0;" + dumped(2)),
    "an argument by decoy": b"\x80\x04B\x04\0\0\0PK\3\0040" + _call(),
}
"""A pickle, or a file's name and its bytes, by the way that it takes."""

PLAIN = {
    **{f"protocol {n}": pickle.dumps({"a": [1, 2.5, "x", (True,), b"y"]}, n) for n in range(6)},
    "several": pickle.dumps([1, 2, 3]) * 3,
}
"""Pickles of plain values: no reason to refuse, a reason to look."""
