"""Ordinary archives, made by ordinary programs: none of them may be refused."""

import bz2
import gzip
import io
import lzma
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa

CONTENTS = {
    "one file": {"x.txt": b"some text\n"},
    "nothing": {},
    "class folders": {f"{c}/{n:05}.png": bytes([n, c]) * 300 for c in range(3) for n in range(8)},
    "names": {
        "d\u00e9j\u00e0 vu/\u00fc.txt": b"latin",
        "\u65e5\u672c/\u6a19\u8b58.png": b"japanese",
        "\u0639\u0631\u0628\u064a.csv": b"arabic",
        "emoji \U0001f6d1\U0001f3fd\u200d\u2642\ufe0f.jpg": b"stop",
        "spaces in a name.txt": b"spaces",
        "semi;colon, [brackets] (1) #2 100% @home.txt": b"marks",
        "12:30:00.log": b"colons",
        ".hidden": b"dot",
        "..two": b"dots",
        "a...b": b"dots within",
        "-rf": b"dash",
        "con_tent.txt": b"nearly a device",
        "console.log": b"nearly a device",
        "com10.txt": b"nearly a device",
    },
    "names like magic": {"BZh.txt": b"a", "MSCF": b"b", "LZIP": b"c", "070701": b"d"},
    "deep": {"/".join(f"level{n}" for n in range(20)) + "/x": b"deep"},
    "long names": {
        "n" * 240 + ".txt": b"long",
        "l" * 99: b"99",
        "m" * 100: b"100",
        "k" * 101: b"1",
    },
    "empty files": {"a": b"", "b/c": b"", "b/d": b""},
    "zeros": {"z.bin": bytes(1 << 20)},
    "many": {f"{n // 100:02}/{n:04}.txt": b"%d" % n for n in range(700)},
    "blocks": {f"{size}.bin": b"x" * size for size in (511, 512, 513, 1024, 10240)},
}
FOLDERS = ["empty", "above/below/empty"]


def zips():
    """Return zips by `zipfile`, in each of its ways."""
    for what, contents in CONTENTS.items():
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield f"zipfile: {what}, method {method}", zipped(contents, method), contents
    few = CONTENTS["class folders"]
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"zipfile: method {method}", zipped(few, method), few
        yield (
            f"zipfile: method {method}, large",
            zipped(CONTENTS["zeros"], method),
            (CONTENTS["zeros"]),
        )
    yield "zipfile: folders", zipped(few, folders=FOLDERS), few
    yield "zipfile: large form", zipped(few, large=True), few
    yield "zipfile: to a pipe", zipped(few, pipe=True), few
    yield "zipfile: large form, to a pipe", zipped(few, pipe=True, large=True), few
    yield "zipfile: bzip2, to a pipe", zipped(few, zipfile.ZIP_BZIP2, pipe=True), few
    yield "zipfile: with a comment", zipped(few, comment=b"made by hand"), few
    added = io.BytesIO(zipped({"first": b"1"}))
    with zipfile.ZipFile(added, "a") as file:
        file.writestr("second", b"2")
    yield "zipfile: added to", added.getvalue(), {"first": b"1", "second": b"2"}
    for level in (1, 9):
        yield f"zipfile: level {level}", zipped(few, zipfile.ZIP_DEFLATED, level=level), few


class Pipe:
    """A file that cannot go back."""

    def __init__(self):
        self.data = b""

    def write(self, data):
        self.data += data
        return len(data)

    def flush(self):
        pass


def zipped(contents, method=0, *, folders=(), large=False, pipe=False, comment=b"", level=None):
    target = Pipe() if pipe else io.BytesIO()
    with zipfile.ZipFile(target, "w", method, compresslevel=level) as file:
        for folder in folders:
            file.writestr(folder + "/", b"")
        for name, data in contents.items():
            with file.open(name, "w", force_zip64=large) as entry:
                entry.write(data)
        file.comment = comment
    return target.data if pipe else target.getvalue()


COMPRESS = {
    "": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def tars():
    """Return tars by `tarfile`, in each of its forms and compressions."""
    forms = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
    for form, number in forms.items():
        for what, contents in CONTENTS.items():
            if what == "nothing" or (form == "ustar" and what in ("long names", "names")):
                continue
            yield f"tarfile: {what}, {form}", tarred(contents, number), contents
    few = CONTENTS["class folders"]
    for codec, compress in COMPRESS.items():
        for what, contents in CONTENTS.items():
            if codec and contents:
                data = compress(tarred(contents, tarfile.PAX_FORMAT))
                yield f"tarfile: {what}, {codec}", data, contents
    yield "tarfile: folders", tarred(few, tarfile.PAX_FORMAT, FOLDERS), few
    times = tarred(few, tarfile.PAX_FORMAT, mtime=1_700_000_000.25)
    yield "tarfile: times of a fraction", times, few
    old = tarred(few, tarfile.GNU_FORMAT, mtime=-1_000)
    yield "tarfile: times before 1970", old, few
    commit = {"comment": "9" * 40}
    yield "tarfile: a comment for all, as by git", tarred(few, tarfile.PAX_FORMAT, all=commit), few


def tarred(contents, form, folders=(), mtime=0, all=None):  # noqa: A002 - records of all entries
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form, pax_headers=all) as file:
        for folder in folders:
            one = tarfile.TarInfo(folder)
            one.type, one.mode = tarfile.DIRTYPE, 0o2775
            file.addfile(one)
        for name, data in contents.items():
            one = tarfile.TarInfo(name)
            one.size, one.mtime, one.uname = len(data), mtime, "\u00fcser"
            file.addfile(one, io.BytesIO(data))
    return target.getvalue()


def single_files():
    """Return compressed files that hold no archive, with the name that theirs becomes."""
    text = b"label,path\n" * 1_000
    for codec, compress in COMPRESS.items():
        if codec:
            yield f"one file: {codec}", compress(text), {"archive": text}
            if codec != "zst":
                yield f"one file: empty, {codec}", compress(b""), {"archive": b""}
            yield f"one file: two streams, {codec}", compress(text) * 2, {"archive": text * 2}
        zeros = bytes(2_000) + text
        if codec:
            yield f"one file: zeros first, {codec}", compress(zeros), {"archive": zeros}
    padded = gzip.compress(text) + bytes(512)
    yield "one file: gz, filled up with zeros", padded, {"archive": text}


PROGRAMS = {
    "zip": "zip -qr {out} .",
    "zip without folders": "zip -qrD {out} .",
    "zip of a folder": "cd .. && zip -qr {out} given",
    "zip to a pipe": "zip -qr - . > {out}",
    "zip by bzip2": "zip -qr -Z bzip2 {out} .",
    "zip, stored": "zip -qr0 {out} .",
    "zip with comments": "echo hello | zip -qrz {out} .",
    "tar": "tar -cf {out} .",
    "tar of a folder": "cd .. && tar -cf {out} given",
    "tar of its files": "tar -cf {out} *",
    "tar, v7": "tar -cf {out} --format=v7 .",
    "tar, oldgnu": "tar -cf {out} --format=oldgnu .",
    "tar, gnu": "tar -cf {out} --format=gnu .",
    "tar, ustar": "tar -cf {out} --format=ustar .",
    "tar, pax": "tar -cf {out} --format=posix .",
    "tar, small blocks": "tar -b1 -cf {out} .",
    "tar, large blocks": "tar -b200 -cf {out} .",
    "tar, sorted": "tar --sort=name --owner=0 --numeric-owner -cf {out} .",
    "tar, added to": "tar -cf {out} --exclude=z.bin . && tar -rf {out} ./z.bin",
    "tar | gzip": "tar -cf - . | gzip > {out}",
    "tar | gzip -1": "tar -cf - . | gzip -1 > {out}",
    "tar -z": "tar -czf {out} .",
    "tar -j": "tar -cjf {out} .",
    "tar -J": "tar -cJf {out} .",
    "tar --zstd": "tar --zstd -cf {out} .",
    "zstd -19": "tar -cf - . | zstd -q -19 > {out}",
    "zstd --long": "tar -cf - . | zstd -q --long=27 > {out}",
    "zstd, two frames": "(tar -cf - . | head -c 20000 | zstd -q;"
    " tar -cf - . | tail -c +20001 | zstd -q) > {out}",
    "xz -9": "tar -cf - . | xz -9 > {out}",
    "xz, blocks": "tar -cf - . | xz -T2 --block-size=65536 > {out}",
    "xz, two streams": "(tar -cf - . | head -c 20000 | xz;"
    " tar -cf - . | tail -c +20001 | xz) > {out}",
    "bzip2, two streams": "(tar -cf - . | head -c 20000 | bzip2;"
    " tar -cf - . | tail -c +20001 | bzip2) > {out}",
    "git archive": "git init -q . && git add . && git -c user.name=x -c user.email=x@y commit -qm x"
    " && git archive --format=tar -o {out} HEAD && rm -rf .git",
    "git archive, zip": "git init -q . && git add . && git -c user.name=x -c user.email=x@y"
    " commit -qm x && git archive --format=zip -o {out} HEAD && rm -rf .git",
    "git archive, prefix": "git init -q . && git add . && git -c user.name=x -c user.email=x@y"
    " commit -qm x && git archive --format=tar.gz --prefix=given/ -o {out} HEAD && rm -rf .git",
}
GIVEN = {
    "readme.txt": b"hello\n" * 50,
    "stop/a.png": bytes(range(256)) * 20,
    "80/\u00e9t\u00e9.png": b"summer" * 500,
    "z.bin": bytes(100_000),
    "empty": b"",
}


def by_program(what, folder):
    """Return an archive by a program of the machine, and what it holds; None without it."""
    command = PROGRAMS[what]
    if not all(shutil.which(name) for name in ("tar", "zip", "zstd", "xz", "bzip2", "git")):
        return None
    given = folder / "given"
    for name, data in GIVEN.items():
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_bytes(data)
    (given / "nothing in it").mkdir()
    out = folder / "made"
    line = command.format(out=out)
    subprocess.run(["sh", "-c", line], cwd=given, check=True, capture_output=True)
    made = out if out.exists() else out.with_suffix(".zip")
    prefix = "given/" if "given" in command else ""
    return made.read_bytes(), {prefix + name: data for name, data in GIVEN.items()}


def ordinary():
    """Return all that Python's own modules make."""
    return [*zips(), *tars(), *single_files()]


def below(folder):
    """Return the files below a folder, by their paths."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }
