"""Hostile archives, made here: each with the rules of which one must refuse it."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from random import Random

import pyarrow as pa
from archive_parts import (
    BLOCK,
    Member,
    deflated,
    end64,
    extra,
    long_name,
    pax,
    pax_record,
    tar_head,
    tar_member,
    tar_of,
    zip_of,
)

NAME, SPECIAL, TWICE, BOMB, AMBIGUOUS, UNREADABLE = (f"BZ30{number}" for number in range(1, 7))


@dataclass(frozen=True)
class Hostile:
    """An archive, and the rules of which one must refuse it."""

    what: str
    data: bytes
    codes: frozenset[str]


def zstd(data):
    return pa.compress(data, codec="zstd", asbytes=True)


CODECS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}

NAMES = {
    "up": "../x",
    "up twice": "../../x",
    "down and up": "a/../../x",
    "up within": "a/../b",
    "only up": "..",
    "up at the end": "a/..",
    "absolute": "/home/x",
    "absolute twice": "//home/x",
    "hidden absolute": ".//home/x",
    "empty part": "a//b",
    "dot part": "a/./b",
    "dot before up": "./../x",
    "two dots before": "././x",
    "a dot": ".",
    "drive": "C:/x",
    "drive without a slash": "c:x",
    "backslash": "a\\b",
    "backslash up": "..\\x",
    "backslash absolute": "\\x",
    "share": "\\\\host\\share\\x",
    "device": "con",
    "device, large": "CON",
    "device with an ending": "aux.png",
    "device below": "stop/nul",
    "device above": "prn/x.png",
    "port": "com1",
    "port with endings": "LPT9.tar.gz",
    "port zero": "com0.txt",
    "port of another digit": "com\u00b9",
    "console": "conin$",
    "device with a space": "con .txt",
    "ends in a dot": "x.",
    "ends in a space": "x ",
    "folder ends in a dot": "d./x",
    "folder ends in a space": "d /x",
    "three dots": ".../x",
    "a space": " ",
    "line end": "x\ny",
    "carriage return": "x\ry",
    "escape": "\x1b[2Jx",
    "bell": "x\x07",
    "delete": "x\x7f",
    "next line": "x\x85y",
    "line separator": "x\u2028y",
    "right to left": "x\u202egnp.exe",
    "isolate": "x\u2066y",
    "long": "x" * 256,
    "long in bytes": "\u00e9" * 128,
    "deep": "d/" * 33 + "x",
    "long path": "/".join(["y" * 200] * 11),
}


def names():
    """Every bad name, in every way to write a name."""
    for what, name in NAMES.items():
        raw = name.encode()
        ways = {
            "zip": zip_of(Member(raw, flags=0x800)),
            "pax": tar_of(pax(path=raw), tar_member()),
            "gnu": tar_of(long_name(raw), tar_member(magic=b"ustar  \0")),
            "ustar": tar_of(tar_member(raw)) if len(raw) <= 100 else None,
        }
        for way, data in ways.items():
            if data:
                yield Hostile(f"name: {what} ({way})", data, frozenset({NAME}))
    yield Hostile("name: NUL (zip)", zip_of(Member(b"x.png\0.exe")), frozenset({NAME}))
    yield Hostile("name: NUL (pax)", tar_of(pax(path=b"x\0y"), tar_member()), frozenset({NAME}))
    yield Hostile("name: none (zip)", zip_of(Member(b"")), frozenset({NAME}))
    yield Hostile("name: none (tar)", tar_of(tar_member(b"")), frozenset({NAME}))
    yield Hostile("name: root (zip)", zip_of(Member(b"/", b"", mode=0o40755)), frozenset({NAME}))
    split = tar_member(b"../x", prefix=b"a/..")
    yield Hostile("name: in two fields (tar)", tar_of(split), frozenset({NAME}))
    for what, name in (("folder up", b"../d/"), ("folder of a device", b"aux/")):
        folder = tar_of(tar_head(name, kind=b"5"))
        yield Hostile(f"name: {what} (tar)", folder, frozenset({NAME}))
        member = Member(name, b"", mode=0o40755)
        yield Hostile(f"name: {what} (zip)", zip_of(member), frozenset({NAME}))


LINKS = {
    "absolute": (b"x", b"/etc/passwd"),
    "up": (b"x", b"../../x"),
    "within": (b"x", b"y"),
    "to the root": (b"x", b"/"),
    "to itself": (b"x", b"x"),
    "to nothing": (b"x", b""),
    "of a folder": (b"d/x", b"../.."),
}


def links():
    """Links, devices, pipes, sparse files."""
    special = frozenset({SPECIAL})
    for what, (name, to) in LINKS.items():
        through = tar_member(name + b"/way", b"out")
        for kind, word in ((b"2", "link"), (b"1", "hard link")):
            data = tar_of(tar_head(name, kind=kind, link=to), through)
            yield Hostile(f"{word}: {what} (tar)", data, special)
            for codec, compress in CODECS.items():
                yield Hostile(f"{word}: {what} (tar.{codec})", compress(data), special)
        long_one = tar_of(pax(linkpath=to), tar_head(name, kind=b"2"), through)
        yield Hostile(f"link: {what} (pax)", long_one, special)
        zipped = zip_of(Member(name, to, mode=0o120777), Member(name + b"/way"))
        yield Hostile(f"link: {what} (zip)", zipped, special)
    for kind, what in ((b"3", "device"), (b"4", "block device"), (b"6", "pipe")):
        yield Hostile(f"special: {what}", tar_of(tar_head(b"x", kind=kind)), special)
    for kind, what in ((b"S", "old sparse"), (b"D", "dump"), (b"M", "rest"), (b"V", "volume")):
        data = tar_of(tar_member(b"x", kind=kind, magic=b"ustar  \0"))
        yield Hostile(f"special: {what}", data, special)
    sparse = {
        "0.0": {"GNU__sparse__size": b"1048576", "GNU__sparse__numblocks": b"1"},
        "0.1": {"GNU__sparse__map": b"0,11", "GNU__sparse__name": b"../x"},
        "1.0": {"GNU__sparse__major": b"1", "GNU__sparse__realsize": b"99999999999"},
        "star": {"SCHILY__realsize": b"1099511627776"},
    }
    for what, records in sparse.items():
        data = tar_of(pax(**records), tar_member())
        yield Hostile(f"special: sparse {what}", data, special)
    for mode, what in ((0o10644, "pipe"), (0o20644, "device"), (0o60644, "block"), (0o140644, "s")):
        yield Hostile(f"special: {what} (zip)", zip_of(Member(mode=mode)), special)
    reparse = zip_of(Member(central={"dos": 0x400}))
    yield Hostile("link: as on Windows (zip)", reparse, special)
    solaris = tar_of(pax(SUN__holesdata=b" 0 1024"), tar_member())
    yield Hostile("special: sparse, Solaris", solaris, special)
    with_bytes = tar_of(tar_member(b"l", kind=b"2", link=b"y"), tar_member())
    yield Hostile("link: with bytes", with_bytes, special)
    for kind in (b"Z", b"8", b"\xff", b"I"):
        data = tar_of(tar_member(kind=kind))
        yield Hostile(f"special: kind {kind!r}", data, frozenset({AMBIGUOUS}))


PAIRS = {
    "twice": ("x.png", "x.png"),
    "twice with a dot": ("x.png", "./x.png"),
    "case": ("x.png", "X.PNG"),
    "case of one": ("stop/a.png", "stop/A.png"),
    "case of a folder": ("Stop/a.png", "stop/b.png"),
    "Unicode form": ("\u00e9.png", "e\u0301.png"),
    "Unicode form of a folder": ("\u00e9/a", "e\u0301/b"),
    "sharp s": ("stra\u00dfe", "strasse"),
    "long s": ("stop", "\u017ftop"),
    "Kelvin": ("k", "\u212a"),
    "file, then a folder": ("a", "a/b"),
    "folder, then a file": ("a/b", "a"),
    "file, then a deep folder": ("a/b", "a/b/c/d"),
    "file, then a folder in another case": ("A", "a/b"),
    "final sigma": ("\u03c3", "\u03c2"),
}


def pairs():
    """Two entries that are one file."""
    for what, (one, other) in PAIRS.items():
        twice = frozenset({TWICE, NAME})
        first, second = one.encode(), other.encode()
        members = (Member(first, flags=0x800), Member(second, b"other", flags=0x800))
        yield Hostile(f"pair: {what} (zip)", zip_of(*members), twice)
        data = tar_of(tar_member(first), tar_member(second, b"other"))
        yield Hostile(f"pair: {what} (tar)", data, twice)
        yield Hostile(f"pair: {what} (tar.gz)", gzip.compress(data), twice)
    folders = tar_of(tar_head(b"Stop/", kind=b"5"), tar_head(b"stop/", kind=b"5"))
    yield Hostile("pair: folders (tar)", folders, frozenset({TWICE}))
    file_folder = zip_of(Member(b"a"), Member(b"a/", b"", mode=0o40755))
    yield Hostile("pair: file and folder (zip)", file_folder, frozenset({TWICE}))


def raw_lzma(data):
    coder = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}
    packed = lzma.compress(data, lzma.FORMAT_RAW, filters=[coder])
    return struct.pack("<2BHBL", 9, 4, 5, 93, 1 << 16) + packed


METHODS = {
    "deflate": (8, deflated),
    "bzip2": (12, bz2.compress),
    "lzma": (14, raw_lzma),
    "zstd": (93, zstd),
}
ZEROS = bytes(3 << 20)
"""More than the limits of the tests allow for so few bytes."""


def bombs():
    """What becomes too much, with the small limits of the tests."""
    bomb = frozenset({BOMB})
    for what, (method, compress) in METHODS.items():
        packed = compress(ZEROS)
        member = Member(data=ZEROS, method=method, packed=packed)
        yield Hostile(f"bomb: {what} (zip)", zip_of(member), bomb)
        few = {"size": 1000, "crc": zlib.crc32(bytes(1000))}
        lying = Member(data=ZEROS, method=method, packed=packed, local=few, central=few)
        yield Hostile(f"bomb: {what} that says it is small", zip_of(lying), bomb | {AMBIGUOUS})
    for what, compress in CODECS.items():
        yield Hostile(f"bomb: one file ({what})", compress(ZEROS), bomb)
        data = tar_of(tar_member(b"x", ZEROS))
        yield Hostile(f"bomb: tar.{what}", compress(data), bomb)
        yield Hostile(f"bomb: zeros after a tar.{what}", compress(tar_of() + ZEROS), bomb)
        yield Hostile(f"bomb: streams ({what})", compress(bytes(1 << 16)) * 200, bomb)
        twice = tar_of(*(tar_member(b"%d" % number, bytes(1 << 18)) for number in range(12)))
        yield Hostile(f"bomb: many files (tar.{what})", compress(twice), bomb)
    many = zip_of(*(Member(b"%d" % number, b"") for number in range(600)))
    yield Hostile("bomb: entries (zip)", many, bomb)
    yield Hostile(
        "bomb: entries that are not counted (zip)",
        zip_of(*(Member(b"%d" % n, b"") for n in range(600)), end={"here": 1, "count": 1}),
        bomb | {AMBIGUOUS},
    )
    files = tar_of(*(tar_head(b"%d" % number) for number in range(600)))
    yield Hostile("bomb: entries (tar)", files, bomb)
    folders = tar_of(*(tar_head(b"%d/" % number, kind=b"5") for number in range(600)))
    yield Hostile("bomb: folders (tar)", folders, bomb)
    deep = tar_of(*(tar_head(b"%d/" % number + b"d/" * 20 + b"x") for number in range(30)))
    yield Hostile("bomb: folders that names imply (tar)", deep, bomb)
    again = tar_of(*(tar_head(b"same/", kind=b"5") for _ in range(600)))
    yield Hostile("bomb: one folder again and again (tar)", again, bomb)
    huge = tar_of(tar_head(b"x", 1 << 33 - 1), b"short")
    yield Hostile("bomb: a size of gigabytes (tar)", huge, bomb | {UNREADABLE})
    base256 = tar_of(tar_head(b"x", size_field=b"\x80" + b"\0" * 3 + b"\xff" * 8))
    yield Hostile("bomb: a size of exabytes (tar)", base256, bomb)
    by_pax = tar_of(pax(size=b"9" * 18), tar_member())
    yield Hostile("bomb: a size of exabytes (pax)", by_pax, bomb | {AMBIGUOUS})
    long_header = tar_of(tar_head(b"x", (1 << 20) + 1, kind=b"x"), bytes(1 << 21))
    yield Hostile("bomb: an extended header", long_header, frozenset({UNREADABLE}))
    window = b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\x00\x00"
    yield Hostile("bomb: a zstd window of 2 GiB", window, frozenset({UNREADABLE}))
    wide = struct.pack("<2BHBL", 9, 4, 5, 93, 0xFFFFFFFF) + raw_lzma(b"x" * 100)[9:]
    member = Member(data=b"x" * 100, method=14, packed=wide)
    yield Hostile("bomb: an lzma window of 4 GiB", zip_of(member), frozenset({UNREADABLE}))
    dictionary = lzma.compress(
        b"x" * 100, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    )
    yield Hostile("bomb: an xz window of 1 GiB", dictionary, frozenset({UNREADABLE}))


def overlaps():
    """Entries that lie over each other: the quoted overlap, and simpler ones."""
    codes = frozenset({AMBIGUOUS})
    for count in (2, 3, 10, 50):
        kernel = Member(b"k", ZEROS, method=8)
        body, offsets = b"", []
        # Each entry's data is the header of the next one, stored, and all that follows.
        entries = [kernel.entry()]
        for number in range(count):
            quoted = entries[0]
            length = struct.pack("<BHH", 0, len(quoted[:31]), len(quoted[:31]) ^ 0xFFFF)
            packed = length + quoted
            one = Member(b"%d" % number, quoted[:31] + ZEROS, method=8, packed=packed)
            entries.insert(0, one.entry()[: -len(quoted)])
        for entry in entries:
            offsets.append(len(body))
            body += entry
        records = b"".join(
            Member(b"%d" % number, ZEROS, method=8).record(offset)
            for number, offset in zip(range(count, -1, -1), offsets, strict=True)
        )
        last = (b"PK\x05\x06", 0, 0, count + 1, count + 1, len(records), len(body), 0)
        data = body + records + struct.pack("<4s4H2LH", *last)
        yield Hostile(f"overlap: quoted, {count}", data, codes | {BOMB})
    same = Member(b"a"), Member(b"b", central={"offset": 0})
    yield Hostile("overlap: one entry, two names", zip_of(*same), codes)
    copies = [Member(b"x")] + [Member(b"x", central={"offset": 0})] * 50
    yield Hostile("overlap: one entry, fifty times", zip_of(*copies), codes)
    longer = Member(b"a", b"1234", central={"packed": 60, "size": 60})
    yield Hostile("overlap: a size that reaches on", zip_of(longer, Member(b"b")), codes)
    inner = zip_of(Member(b"in"))
    hidden = Member(b"b", central={"offset": 31})
    yield Hostile("overlap: an entry within an entry", zip_of(Member(b"a", inner), hidden), codes)


def headers_that_disagree():
    """Zips whose two headers say different things."""
    codes = frozenset({AMBIGUOUS, UNREADABLE})
    lies = {
        "name": {"name": b"y.txt"},
        "longer name": {"name": b"x.txt.exe"},
        "no name": {"name": b""},
        "method": {"method": 8},
        "size": {"size": 7},
        "packed size": {"packed": 7},
        "checksum": {"crc": 7},
        "encrypted": {"flags": 1},
        "described after": {"flags": 8},
        "UTF-8": {"flags": 0x800},
        "no entry": {"magic": b"PK\x03\x05"},
        "no size": {"size": 0, "packed": 0, "crc": 0},
        "large sizes": {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF},
        "other large sizes": {
            "size": 0xFFFFFFFF,
            "packed": 0xFFFFFFFF,
            "extra": extra(1, struct.pack("<2Q", 5, 5)),
        },
        "extra beyond its end": {"extra": struct.pack("<2H", 1, 500)},
    }
    for what, lie in lies.items():
        yield Hostile(f"local: {what}", zip_of(Member(local=lie), Member(b"z")), codes)
        data = zip_of(Member(central=lie), Member(b"z"))
        yield Hostile(f"central: {what}", data, codes | {BOMB})
    for what, after in {
        "nothing": b"",
        "zeros": bytes(12),
        "another size": struct.pack("<3L", zlib.crc32(b"some bytes\n"), 11, 12),
        "too much": struct.pack("<3L", zlib.crc32(b"some bytes\n"), 11, 11) + b"more",
    }.items():
        open_ = {"size": 0, "packed": 0, "crc": 0}
        member = Member(flags=8, local=open_, after=after)
        yield Hostile(f"descriptor: {what}", zip_of(member, Member(b"z")), codes)


def ends_of_zips():
    """Zips with bytes where none belong, and ends that lie."""
    codes = frozenset({AMBIGUOUS, UNREADABLE})
    one, two = Member(b"a"), Member(b"b")
    other = zip_of(Member(b"other"))
    yield from (
        Hostile(f"end: {what}", data, codes)
        for what, data in {
            "bytes between": zip_of(Member(b"a", after=b"between"), two),
            "an entry between": zip_of(Member(b"a", after=Member(b"h").entry()), two),
            "bytes before the directory": zip_of(one, gap=b"before"),
            "an entry that no directory names": zip_of(one, gap=Member(b"h").entry()),
            "bytes after the directory": zip_of(one, tail=b"after"),
            "bytes after the end": zip_of(one) + b"after",
            "a line end after the end": zip_of(one) + b"\n",
            "another zip after the end": zip_of(one) + other,
            "an end in the comment": zip_of(one, comment=b"PK\x05\x06" + bytes(18)),
            "a zip in the comment": zip_of(one, comment=other),
            "bytes before": zip_of(Member(b"a", central={"offset": 4}), before=b"PK\x03\x04"),
            "a zip before": zip_of(one, before=other),
            "too many": zip_of(one, end={"here": 2, "count": 2}),
            "too few": zip_of(one, two, end={"here": 1, "count": 1}),
            "two counts": zip_of(one, two, end={"here": 1}),
            "another disk": zip_of(one, end={"disk": 1}),
            "an entry on another disk": zip_of(Member(central={"disk": 3})),
            "a directory that begins late": zip_of(one, two, start=5),
            "a directory beyond the end": zip_of(one, start=1 << 30),
            "a directory of no length": zip_of(one, end={"length": 0}),
            "a directory that is longer": zip_of(one, end={"length": 900}),
            "an entry beyond the end": zip_of(Member(central={"offset": 1 << 30})),
            "an entry in the directory": zip_of(one, Member(b"b", central={"offset": 60})),
            "an entry beyond all files": zip_of(
                Member(
                    central={
                        "offset": 0xFFFFFFFF,
                        "extra": extra(1, struct.pack("<Q", (1 << 64) - 1)),
                    }
                )
            ),
            "no directory": Member().entry(),
            "a record with another magic": zip_of(Member(central={"magic": b"PK\x01\x03"})),
            "no end": zip_of(one)[:-22],
            "an end alone, cut": zip_of()[:-1],
        }.items()
    )
    body, record = one.entry(), one.record(0)
    honest = (1, len(record), len(body), len(body) + len(record))
    for what, lie in {
        "at another place": {"at": 0},
        "beyond the end": {"at": 1 << 40},
        "on another disk": {"disk": 1},
        "of several files": {"disks": 2},
        "longer": {"rest": 60},
        "with bytes after it": {"more": b"more"},
        "with two counts": {"here": 2},
    }.items():
        data = zip_of(one, end64=end64(*honest[:3], **({"at": honest[3]} | lie)))
        yield Hostile(f"end64: {what}", data, codes)
    for what, values in {
        "another count": (2, len(record), len(body)),
        "another length": (1, len(record) - 1, len(body)),
        "another start": (1, len(record), 0),
    }.items():
        data = zip_of(one, end64=end64(*values, at=honest[3]))
        yield Hostile(f"end64: {what}", data, codes)


def fields_of_zips():
    """Zips whose entries are odd in themselves."""
    codes = frozenset({AMBIGUOUS, UNREADABLE})
    raw = b"x.txt"
    unicode_name = extra(0x7075, b"\x01" + struct.pack("<L", zlib.crc32(raw)) + b"../../y")
    large = extra(1, struct.pack("<2Q", 11, 11))
    folder = Member(b"d/", b"", mode=0o40755)
    data = b"text " * 100
    yield from (
        Hostile(f"entry: {what}", zip_of(member), codes)
        for what, member in {
            "a second name": Member(extra=unicode_name),
            "a second name in its own header": Member(local={"extra": unicode_name}),
            "a folder with hidden bytes": Member(b"d/", b"", mode=0o40755, packed=b"hidden"),
            "no UTF-8": Member(b"\xff.txt", flags=0x800),
            "two large sizes": Member(extra=large + large),
            "an odd large size": Member(extra=extra(1, b"12345")),
            "another large size": Member(extra=extra(1, struct.pack("<2Q", 11, 12))),
            "three large sizes": Member(extra=extra(1, struct.pack("<3Q", 11, 11, 3))),
            "a folder with bytes": Member(b"d/", b"bytes", mode=0o40755),
            "a folder without a slash": Member(b"d", b"", mode=0o40755),
            "a DOS folder without a slash": Member(b"d", b"", mode=0, central={"dos": 0x10}),
            "a file with a slash": Member(b"d/", b"", mode=0o100644),
            "encrypted": Member(flags=1),
            "strongly encrypted": Member(flags=0x41),
            "masked": Member(flags=0x2001),
            "patched": Member(flags=0x20),
            "bytes after deflated ones": Member(
                data=data, method=8, packed=deflated(data) + b"more"
            ),
            "deflated twice": Member(data=data, method=8, packed=deflated(data) * 2),
            "bytes after bzip2": Member(data=data, method=12, packed=bz2.compress(data) + b"m"),
            "bytes after zstd": Member(data=data, method=93, packed=zstd(data) + b"more"),
            "deflated, cut": Member(data=data, method=8, packed=deflated(data)[:-3]),
            "bzip2, cut": Member(data=data, method=12, packed=bz2.compress(data)[:-3]),
            "zstd, cut": Member(data=data, method=93, packed=zstd(data)[:-3]),
            "lzma, cut": Member(data=data, method=14, packed=raw_lzma(data)[:-8]),
            "lzma, no header": Member(data=data, method=14, packed=b"\x09\x04"),
            "lzma, odd properties": Member(data=data, method=14, packed=b"\0\0\5\0\xff" + bytes(9)),
            "lzma, impossible properties": Member(
                data=data, method=14, packed=struct.pack("<2BHBL", 9, 4, 5, 44, 1 << 16) + bytes(9)
            ),
            "no deflated bytes": Member(data=data, method=8, packed=b""),
            "damaged": Member(packed=b"some bytes?"),
            "stored in fewer": Member(packed=b"some"),
            "stored in more": Member(packed=b"some bytes\nand more"),
            "said to be shorter": Member(data=data, local={"size": 9}, central={"size": 9}),
            "said to be longer": Member(data=data, local={"size": 999}, central={"size": 999}),
        }.items()
    )
    yield Hostile("entry: a second of a folder", zip_of(folder, Member(b"D/x")), frozenset({TWICE}))
    for method in (1, 2, 3, 4, 5, 6, 7, 9, 10, 16, 18, 19, 94, 95, 96, 97, 98, 99, 1000):
        data = zip_of(Member(method=method))
        yield Hostile(f"entry: method {method}", data, codes)


def headers_of_tars():
    """Tars whose headers lie, or say a thing twice."""
    codes = frozenset({AMBIGUOUS, UNREADABLE})
    member = tar_member()
    name = pax(path=b"y.txt")
    other = tar_of(tar_member(b"other"))

    def records(data):
        return tar_of(tar_member(b"p", data, kind=b"x"), member)

    yield from (
        Hostile(f"tar: {what}", data, codes)
        for what, data in {
            "two extended headers": tar_of(name, pax(path=b"z.txt"), member),
            "two long names": tar_of(long_name(b"a"), long_name(b"b"), member),
            "a long name and another": tar_of(long_name(b"a"), name, member),
            "another and a long name": tar_of(name, long_name(b"a"), member),
            "a long name with two ends": tar_of(long_name(b"a\0b"), member),
            "two paths": records(pax_record(b"path", b"a") + pax_record(b"path", b"b")),
            "a path for all": tar_of(
                tar_member(b"g", pax_record(b"path", b"a"), kind=b"g"), member
            ),
            "a size for all": tar_of(
                tar_member(b"g", pax_record(b"size", b"1"), kind=b"g"), member
            ),
            "a header without an entry": tar_of(member, name),
            "a folder with bytes": tar_of(tar_member(b"d/", kind=b"5"), member),
            "a folder by its name, with bytes": tar_of(tar_member(b"d/"), member),
            "a folder with hidden entries": tar_of(tar_head(b"d/", len(member), kind=b"5"), member),
            "a record without a length": records(b"path=a\n"),
            "a record of no length": records(b"0 path=a\n"),
            "a record that is too long": records(b"99 path=a\n"),
            "a record that is too short": records(b"5 path=a\n"),
            "a record without a sign": records(b"8 path\n\n\n"),
            "a record without a line end": records(b"9 path=abX"),
            "a record with a huge length": records(b"9" * 40 + b" path=a\n"),
            "a record of other digits": records("\u0661\u0660 path=a\n".encode()),
            "a negative size": tar_of(pax(size=b"-1"), member),
            "a size that is none": tar_of(pax(size=b"1e3"), member),
            "a size that is smaller": tar_of(pax(size=b"1"), tar_member(b"x", b"y" * 1200)),
            "a size that is larger": tar_of(pax(size=b"700"), member),
            "a size of none, and another": tar_of(
                pax(size=b"%d" % len(member)), tar_head(b"x", 0), tar_member(b"hidden"), member
            ),
            "a negative number": tar_of(tar_head(size_field=b"\xff" * 12)),
            "a number that is none": tar_of(tar_head(size_field=b"0000000009z\0")),
            "a wrong sum": tar_of(member, tar_head(b"y", sum=b"000000\0 ")),
            "no sum": tar_of(member, tar_head(b"y", sum=bytes(8))),
            "a name that is not UTF-8": tar_of(tar_member(b"\xff\xfe.txt")),
            "another tar after its end": tar_of(member) + other,
            "a file after its end": tar_of(member) + member,
            "bytes after its end": tar_of(member) + b"more",
            "an end of one block, then more": tar_of(member, end=bytes(BLOCK)) + other,
            "no end": tar_of(member, end=b""),
        }.items()
    )


def what_is_cut():
    """Archives that break off, at many points."""
    codes = frozenset({AMBIGUOUS, UNREADABLE})
    chance = Random(4)  # noqa: S311 - the same bytes each time
    members = [Member(b"%d.txt" % n, chance.randbytes(600), method=8) for n in range(4)]
    whole_tar = tar_of(*(tar_member(b"%d.txt" % n, chance.randbytes(600)) for n in range(4)))
    whole = {"zip": zip_of(*members), "tar": whole_tar.rstrip(b"\0")}
    for codec, compress in CODECS.items():
        whole[f"tar.{codec}"] = compress(whole_tar)
        whole[codec] = compress(chance.randbytes(2_000))
    for what, data in whole.items():
        for part in range(1, 17):
            at = max(30, len(data) * part // 17)
            yield Hostile(f"cut: {what} after {part}/17", data[:at], codes)
        for less in (1, 2, 5, 9):
            yield Hostile(f"cut: {what} {less} before the end", data[:-less], codes)


def what_is_damaged():
    """Archives of which a byte was changed where a checksum looks, and what is no archive."""
    codes = frozenset({AMBIGUOUS, UNREADABLE})
    chance = Random(5)  # noqa: S311 - the same bytes each time
    for codec, compress in CODECS.items():
        data = bytearray(compress(chance.randbytes(5_000)))
        for number in range(6):
            changed = bytearray(data)
            changed[1_000 + 600 * number] ^= 1 + number
            # Arrow's zstd frames hold no checksum: a changed byte of stored data goes unseen.
            if codec != "zst":
                yield Hostile(f"damage: {codec} {number}", bytes(changed), codes)
        if codec == "zst":
            skipped = bytes(data) + b"\x50\x2a\x4d\x18\x10\0\0\0few"
            yield Hostile("damage: a skipped frame that breaks off", skipped, codes)
        yield Hostile(f"damage: garbage after {codec}", bytes(data) + b"garbage", codes)
        yield Hostile(f"damage: a zip after {codec}", bytes(data) + zip_of(Member()), codes)
        tar = compress(tar_of(tar_member()))
        yield Hostile(f"damage: garbage after tar.{codec}", tar + b"garbage", codes)
    sums = io.BytesIO()
    with zipfile.ZipFile(sums, "w") as file:
        file.writestr("x.txt", "some bytes")
    flipped = sums.getvalue().replace(b"some bytes", b"same bytes")
    yield Hostile("damage: a stored byte (zip)", flipped, codes)
    for what, head in {
        "7z": b"7z\xbc\xaf\x27\x1c\0\4",
        "rar": b"Rar!\x1a\x07\x01\0",
        "old rar": b"Rar!\x1a\x07\0",
        "cabinet": b"MSCF\0\0\0\0",
        "lzip": b"LZIP\1",
        "lz4": b"\x04\x22\x4d\x18",
        "compress": b"\x1f\x9d\x90",
        "ar": b"!<arch>\n",
        "cpio": b"070701",
        "split zip": b"PK\x07\x08",
        "text": b"label,path\n",
        "HTML": b"<!doctype html>",
        "nothing": b"",
        "a pickle": b"\x80\x04\x95",
        "zeros": bytes(1_000),
        "a zip with a picture before it": b"\x89PNG\r\n\x1a\n" + zip_of(Member()),
        "a program with a zip": b"MZ" + bytes(200) + zip_of(Member()),
    }.items():
        data = head + bytes(600) if len(head) < 10 and head else head
        yield Hostile(f"no archive: {what}", data, codes)


def mixed():
    """A good entry beside a bad one, in each order: neither is left."""
    good = tar_member(b"good.txt")
    bad = tar_member(b"../bad.txt")
    yield Hostile("mixed: good, bad", tar_of(good, bad), frozenset({NAME}))
    yield Hostile("mixed: bad, good", tar_of(bad, good), frozenset({NAME}))
    members = Member(b"good.txt"), Member(b"../bad.txt")
    yield Hostile("mixed: good, bad (zip)", zip_of(*members), frozenset({NAME}))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        file.addfile(tarfile.TarInfo("good.txt"))
        link = tarfile.TarInfo("d")
        link.type, link.linkname = tarfile.SYMTYPE, ".."
        file.addfile(link)
        file.addfile(tarfile.TarInfo("d/evil.txt"))
    yield Hostile("mixed: through a link, by tarfile", buffer.getvalue(), frozenset({SPECIAL}))


def hostile():
    """Return all of them."""
    makers = (
        names,
        links,
        pairs,
        bombs,
        overlaps,
        headers_that_disagree,
        ends_of_zips,
        fields_of_zips,
        headers_of_tars,
        what_is_cut,
        what_is_damaged,
        mixed,
    )
    return [one for maker in makers for one in maker()]
