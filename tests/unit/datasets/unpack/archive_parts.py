"""Archives put together field by field, so that each field can lie; tests only."""

import struct
import zlib
from dataclasses import dataclass, field, replace

BLOCK = 512


def deflated(data):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


@dataclass(frozen=True)
class Member:
    """An entry of a zip; `local` and `central` overwrite fields of its two headers."""

    name: bytes = b"x.txt"
    data: bytes = b"some bytes\n"
    method: int = 0
    flags: int = 0
    mode: int = 0o100644
    extra: bytes = b""
    packed: bytes | None = None
    local: dict = field(default_factory=dict)
    central: dict = field(default_factory=dict)
    after: bytes = b""

    @property
    def body(self):
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == 8 else self.data

    def fields(self):
        return {
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.data),
            "packed": len(self.body),
            "size": len(self.data),
            "name": self.name,
            "extra": self.extra,
        }

    def entry(self):
        one = self.fields() | self.local
        head = struct.pack(
            "<4s5H3L2H",
            one.get("magic", b"PK\x03\x04"),
            20,
            one["flags"],
            one["method"],
            0,
            0x21,
            one["crc"],
            one["packed"],
            one["size"],
            len(one["name"]),
            len(one["extra"]),
        )
        return head + one["name"] + one["extra"] + self.body + self.after

    def record(self, offset):
        one = self.fields() | {"offset": offset, "dos": 0, "disk": 0} | self.central
        head = struct.pack(
            "<4s4B4HL2L5H2L",
            one.get("magic", b"PK\x01\x02"),
            20,
            3,
            20,
            0,
            one["flags"],
            one["method"],
            0,
            0x21,
            one["crc"],
            one["packed"],
            one["size"],
            len(one["name"]),
            len(one["extra"]),
            len(one.get("comment", b"")),
            one["disk"],
            0,
            (self.mode << 16) | one["dos"],
            one["offset"],
        )
        return head + one["name"] + one["extra"] + one.get("comment", b"")


def zip_of(*members, before=b"", gap=b"", tail=b"", comment=b"", end=None, **more):
    """Put a zip together; `gap` lies before the directory, `tail` after it."""
    body, records = before, b""
    for member in members:
        records += member.record(len(body))
        body += member.entry()
    body += gap
    start = more.get("start", len(body))
    fields = {
        "disk": 0,
        "disk_of_start": 0,
        "here": len(members),
        "count": len(members),
        "length": len(records),
        "start": start,
    } | (end or {})
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", *fields.values(), len(comment))
    return body + records + tail + more.get("end64", b"") + last + comment


def end64(count, length, start, *, at, **lies):
    """Return the end of a large zip, and what says where it is."""
    one = {"rest": 44, "here": count, "disks": 1, "disk": 0, "more": b""} | lies
    record = struct.pack(
        "<4sQ2H2L4Q",
        b"PK\x06\x06",
        one["rest"],
        45,
        45,
        one["disk"],
        0,
        one["here"],
        count,
        length,
        start,
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, one["disks"])
    return record + one["more"] + locator


def extra(kind, data):
    return struct.pack("<2H", kind, len(data)) + data


def tar_head(name=b"x.txt", size=0, kind=b"0", **more):
    """Return one header of a tar; `raw` fields are taken as they are."""
    head = bytearray(BLOCK)
    head[0:100] = name[:100].ljust(100, b"\0")
    head[100:108] = more.get("mode", b"0000644\0")
    head[108:124] = b"0000000\0" * 2
    size_field = more.get("size_field", b"%011o\0" % size)
    head[124:136] = size_field
    head[136:148] = b"00000000000\0"
    head[156:157] = kind
    head[157:257] = more.get("link", b"").ljust(100, b"\0")
    head[257:265] = more.get("magic", b"ustar\x0000")
    head[345:500] = more.get("prefix", b"").ljust(155, b"\0")
    head[148:156] = b" " * 8
    head[148:156] = more.get("sum", b"%06o\0 " % sum(head))
    return bytes(head)


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def tar_member(name=b"x.txt", data=b"some bytes\n", **more):
    return tar_head(name, len(data), **more) + padded(data)


def pax(**records):
    """Return a POSIX extended header; keys with dots are given as `a__b`."""
    data = b"".join(
        pax_record(key.replace("__", ".").encode(), value) for key, value in records.items()
    )
    return tar_member(b"PaxHeaders/x", data, kind=b"x")


def pax_record(key, value):
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest


def long_name(name, kind=b"L"):
    return tar_member(b"././@LongLink", name + b"\0", kind=kind, magic=b"ustar  \0")


def tar_of(*parts, end=bytes(2 * BLOCK)):
    return b"".join(parts) + end


__all__ = [
    "BLOCK",
    "Member",
    "deflated",
    "end64",
    "extra",
    "long_name",
    "padded",
    "pax",
    "pax_record",
    "replace",
    "tar_head",
    "tar_member",
    "tar_of",
    "zip_of",
]
