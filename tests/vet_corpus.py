"""Files for the rules on bytes: hostile in shape and harmless in fact, and ordinary ones.

Nothing here is run by a test, and nothing would do anything if it were.
"""

import base64
import gzip
import io
import json
import random
import struct
import wave
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
from pickle_corpus import archive, object_array
from PIL import Image


def picture(form, size=(24, 20), seed=0, mode="RGB", **options):
    """Return a picture of smooth noise."""
    draw = np.random.default_rng(seed)
    small = Image.fromarray(draw.integers(0, 255, (5, 4, 3), np.uint8)).resize(size)
    buffer = io.BytesIO()
    small.convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


PNG, JPEG, GIF, WEBP, BMP = (picture(form) for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP"))
ZIP = archive({"a.txt": b"hello"})
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
PE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def with_chunk(kind, data):
    """Return a PNG with one more chunk before its end."""
    return PNG[:-12] + chunk(kind, data) + PNG[-12:]


def huge_png(width, height):
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def with_exif(**options):
    exif = Image.Exif()
    for tag, value in options.pop("fields", {}).items():
        exif[tag] = value
    for directory, values in options.pop("directories", {}).items():
        exif.get_ifd(directory).update(values)
    return picture("JPEG", exif=exif, **options)


def document(members, **more):
    return archive({"[Content_Types].xml": b"<Types/>", **members, **more}, zipfile.ZIP_DEFLATED)


def notebook(*cells):
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
    ).encode()


def parquet(name):
    """Return a table with a column of an extension type, as its metadata says it."""
    metadata = {"ARROW:extension:name": name, "ARROW:extension:metadata": "x"}
    field = pa.field("a", pa.int64(), metadata=metadata)
    table = pa.table([pa.array([1, 2], pa.int64())], schema=pa.schema([field]))
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def arrow(name):
    field = pa.field("a", pa.int64(), metadata={"ARROW:extension:name": name})
    sink = io.BytesIO()
    with pyarrow.ipc.new_file(sink, pa.schema([field])) as writer:
        writer.write_batch(pa.record_batch([pa.array([1], pa.int64())], schema=pa.schema([field])))
    return sink.getvalue()


def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(start, stop, shape=(4,), kind="U8"):
    return {"dtype": kind, "shape": list(shape), "data_offsets": [start, stop]}


def pdf(*objects, stream=b""):
    body = b"%PDF-1.7\n" + b"\n".join(objects)
    if stream:
        packed = zlib.compress(stream)
        body += b"\n5 0 obj\n<< /Type /ObjStm /Length %d /Filter /FlateDecode >>\nstream\n" % len(
            packed
        )
        body += packed + b"\nendstream\nendobj"
    return body + b"\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def numpy_array(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def rels(kind, target="http://192.0.2.1/x"):
    return (
        b'<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/'
        + kind
        + b'" Target="'
        + target.encode()
        + b'" TargetMode="External"/></Relationships>'
    )


def hdf5(config):
    return b"\x89HDF\r\n\x1a\n" + bytes(40) + json.dumps(config).encode() + bytes(100)


LAYER = {"class_name": "Functional", "config": {"layers": [{"class_name": "Lambda"}]}}

HOSTILE = {
    # Programs.
    "a program for Linux": ("BZ312", "a.jpg", ELF),
    "a program for Windows": ("BZ312", "a.png", PE),
    "a program for macOS": ("BZ312", "a", b"\xcf\xfa\xed\xfe" + bytes(60)),
    "a Java class": ("BZ312", "a.class", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(20)),
    "WebAssembly": ("BZ312", "a.bin", b"\0asm\x01\0\0\0"),
    "a Windows shortcut": ("BZ312", "a.txt.lnk", b"L\0\0\0\x01\x14\x02\0" + bytes(60)),
    "Python bytecode": ("BZ312", "a.dat", struct.pack("<H", 3495) + b"\r\n" + bytes(12)),
    "a shell script": ("BZ312", "labels.txt", b"#!/bin/sh\ntrue\n"),
    "a script behind a mark": ("BZ312", "a", b"\xef\xbb\xbf#! /usr/bin/env python\n"),
    "a batch file": ("BZ312", "a.txt", b"@echo off\r\nrem nothing\r\n"),
    "a PowerShell script": ("BZ312", "a.ps1", b"Write-Output 1\n"),
    "a desktop entry": ("BZ312", "a", b"[Desktop Entry]\nType=Application\nExec=true\n"),
    "a path file": ("BZ312", "a.pth", b"import os; os.getcwd()\n"),
    "a program in an archive": ("BZ312", "a.zip", archive({"tool": ELF})),
    "a program in gzip": ("BZ312", "a.gz", gzip.compress(ELF)),
    # Two formats.
    "an archive behind a picture": ("BZ313", "a.png", PNG + ZIP),
    "an archive behind a GIF": ("BZ313", "a.gif", GIF + archive({"x.jar": b"x" * 500})),
    "an archive behind a PDF": ("BZ313", "a.pdf", pdf() + ZIP),
    "a script in a GIF": ("BZ313", "a.gif", b"GIF89a/*" + GIF[8:-1] + b"*/=1;alert(1);;"),
    "a script in a BMP": ("BZ313", "a.bmp", b"BM/*" + b"\0\0" + b"\0\0\0\0" + bytes(40) + b"*/=1;"),
    "a page in a comment": (
        "BZ313",
        "a.jpg",
        picture("JPEG", comment=b"<script>alert(1)</script>"),
    ),
    "PHP in a picture": ("BZ313", "a.png", with_chunk(b"tEXt", b"Comment\0<?php phpinfo(); ?>")),
    "a page behind a picture": ("BZ313", "a.png", PNG + b"<html><body>x</body></html>"),
    "a PDF in a picture": ("BZ313", "a.jpg", picture("JPEG", comment=b"%PDF-1.4\n1 0 obj")),
    "a program in a picture": ("BZ313", "a.png", with_chunk(b"ruNn", PE)),
    "a program for Linux in a picture": ("BZ313", "a.png", with_chunk(b"ruNn", ELF)),
    # Notebooks.
    "a notebook": (
        "BZ314",
        "a.ipynb",
        notebook({"cell_type": "code", "source": ["x"], "outputs": [{"text": "y"}]}),
    ),
    "a notebook by another name": (
        "BZ314",
        "a.json",
        notebook({"cell_type": "code", "source": "x"}),
    ),
    "a notebook that is damaged": ("BZ314", "a.ipynb", b'{"cells": [' * 5000),
    # Code of loaders.
    "a loading script": (
        "BZ315",
        "signs.py",
        b"import datasets\nclass Signs(datasets.GeneratorBasedBuilder):\n    pass\n",
    ),
    "a script in a folder": ("BZ315", "src/x.py", b"class X(PreTrainedModel):\n    pass\n"),
    "Python beside the data": ("BZ315", "read.py", b"print(1)\n"),
    "a setup script": ("BZ315", "tools/setup.py", b"print(1)\n"),
    "code that a model asks for": ("BZ315", "config.json", b'{"auto_map": {"AutoModel": "x.Y"}}'),
    "remote code": ("BZ315", "load.yaml", b"trust_remote_code: true\n"),
    # Office documents.
    "macros": ("BZ316", "a.docm", document({"word/vbaProject.bin": b"x"})),
    "sheet macros": ("BZ316", "a.xlsx", document({"xl/macrosheets/sheet1.xml": b"<x/>"})),
    "a remote template": (
        "BZ316",
        "a.docx",
        document({"word/_rels/settings.xml.rels": rels(b"attachedTemplate")}),
    ),
    "a remote object": ("BZ316", "a.pptx", document({"ppt/_rels/x.xml.rels": rels(b"oleObject")})),
    "an embedded object": ("BZ316", "a.docx", document({"word/embeddings/oleObject1.bin": b"x"})),
    "a link to a workbook": (
        "BZ316",
        "a.xlsx",
        document({"xl/externalLinks/externalLink1.xml": b"<x/>"}),
    ),
    "DDE": ("BZ316", "a.docx", document({"word/document.xml": b"<w:t>DDEAUTO c:\\\\x</w:t>"})),
    "old macros": (
        "BZ316",
        "a.doc",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "_VBA_PROJECT".encode("utf-16-le"),
    ),
    "an object in rich text": ("BZ316", "a.rtf", b"{\\rtf1{\\object\\objupdate{\\*\\objdata 01}}}"),
    "macros of LibreOffice": ("BZ316", "a.odt", document({"Basic/Standard/Module1.xml": b"<x/>"})),
    # PDF.
    "JavaScript in a PDF": ("BZ317", "a.pdf", pdf(b"1 0 obj << /S /JavaScript /JS (x) >>")),
    "JavaScript by escapes": ("BZ317", "a.pdf", pdf(b"1 0 obj << /S /J#61vaScript >>")),
    "JavaScript in a packed object": (
        "BZ317",
        "a.pdf",
        pdf(stream=b"<< /S /JavaScript /JS (x) >>"),
    ),
    "a PDF that starts a program": ("BZ317", "a.pdf", pdf(b"1 0 obj << /S /Launch /F (x) >>")),
    "a PDF with a file in it": ("BZ317", "a.pdf", pdf(b"1 0 obj << /EmbeddedFile 2 0 R >>")),
    "an encrypted PDF": ("BZ317", "a.pdf", pdf(b"1 0 obj << /Encrypt 2 0 R >>")),
    # Arrays.
    "an array of objects": ("BZ318", "a.npy", object_array(b"N.")),
    "an array of objects in an archive": (
        "BZ318",
        "a.npz",
        archive({"a.npy": object_array(b"N.")}),
    ),
    "a record of objects": (
        "BZ318",
        "a.npy",
        numpy_array(np.zeros(2, [("a", "<i4")])).replace(b"<i4", b"|O8"),
    ),
    "an array that is too long": ("BZ318", "a.npy", numpy_array(np.arange(9)) + b"more"),
    "an array without a header": ("BZ318", "a.npy", b"\x93NUMPY\x01\x00\x10\0" + b"{" * 16),
    # Types.
    "a type that is unpickled": ("BZ319", "a.parquet", parquet("arrow.py_extension_type")),
    "a type that is unpickled, in Arrow": ("BZ319", "a.arrow", arrow("arrow.py_extension_type")),
    "a type that nobody knows": ("BZ319", "a.parquet", parquet("evil.type")),
    # XML.
    "an entity": (
        "BZ320",
        "a.xml",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    ),
    "a file by entity": (
        "BZ320",
        "a.svg",
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/hostname">]><svg>&a;</svg>',
    ),
    "an entity in UTF-16": (
        "BZ320",
        "a.xml",
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>'.encode("utf-16"),
    ),
    "a document type from elsewhere": (
        "BZ320",
        "a.xml",
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd"><x/>',
    ),
    "an inclusion": ("BZ320", "a.xml", b'<x><xi:include href="file:///etc/hostname"/></x>'),
    "an encoding that hides": ("BZ320", "a.xml", b'<?xml version="1.0" encoding="UTF-7"?><x/>'),
    # Tables.
    "a program by a formula": ("BZ321", "a.csv", b"name,label\na.png,=cmd|' /C calc'!A0\n"),
    "a link by a formula": ("BZ321", "a.csv", b'name,label\n"=HYPERLINK(""http://x"")",1\n'),
    "a formula with a plus": ("BZ321", "a.tsv", b"name\tlabel\n+cmd|'/C calc'!A0\t1\n"),
    "a formula with an at sign": ("BZ321", "a.csv", b"a;b\n@WEBSERVICE(1);2\n"),
    # Drawings.
    "a script in a drawing": ("BZ322", "a.svg", b"<svg><script>alert(1)</script></svg>"),
    "a handler in a drawing": ("BZ322", "a.svg", b'<svg onload="alert(1)"></svg>'),
    "a script by escapes": ("BZ322", "a.svg", b'<svg><a href="&#106;avascript:x"/></svg>'),
    "a packed drawing": ("BZ322", "a.svgz", gzip.compress(b"<svg><script>x</script></svg>")),
    "a page by the name of a drawing": (
        "BZ322",
        "a.svg",
        b"<html><svg></svg><script>alert(1)</script></html>",
    ),
    "a drawing that fetches": (
        "BZ322",
        "a.svg",
        b'<svg><image href="http://192.0.2.1/x.png"/></svg>',
    ),
    # Models.
    "a Lambda layer": ("BZ323", "a.h5", hdf5(LAYER)),
    "a Lambda layer in an archive": (
        "BZ323",
        "a.keras",
        archive({"config.json": json.dumps(LAYER).encode()}),
    ),
    "a foreign class": (
        "BZ323",
        "a.keras",
        archive({"config.json": b'{"module": "os", "class_name": "system"}'}),
    ),
    "a graph that writes files": (
        "BZ323",
        "m/saved_model.pb",
        b"\x0a\x09WriteFile\x12 \x08ReadFile\x1a",
    ),
    # Safetensors.
    "a header without end": ("BZ324", "a.safetensors", safetensors({}, length=1 << 40)),
    "a header that is none": ("BZ324", "a.safetensors", safetensors(b"{" * 50)),
    "tensors that overlap": (
        "BZ324",
        "a.safetensors",
        safetensors({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6)),
    ),
    "a tensor of another size": (
        "BZ324",
        "a.safetensors",
        safetensors({"a": tensor(0, 9)}, bytes(9)),
    ),
    "bytes of no tensor": ("BZ324", "a.safetensors", safetensors({"a": tensor(0, 4)}, bytes(99))),
    "a name twice": ("BZ324", "a.safetensors", safetensors(b'{"a":{},"a":{}}')),
    # Names.
    "a repository's hooks": ("BZ325", ".git/hooks/post-checkout", b"x"),
    "settings of a shell": ("BZ325", "data/.envrc", b"x"),
    "two extensions": ("BZ325", "cat.jpg.exe", b"x"),
    "a name read backwards": ("BZ325", "cat\u202egpj.txt", b"x"),
    # Behind the end.
    "bytes behind a PNG": ("BZ326", "a.png", PNG + b"secret " * 20),
    "bytes behind a JPEG": ("BZ326", "a.jpg", JPEG + b"secret " * 20),
    "bytes behind a GIF": ("BZ326", "a.gif", GIF + b"secret " * 20),
    "bytes behind a WebP": ("BZ326", "a.webp", WEBP + b"secret " * 20),
    "bytes behind a BMP": ("BZ326", "a.bmp", BMP + b"secret " * 20),
    # What cannot be looked at.
    "an archive of another kind": ("BZ330", "a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40)),
    "an encrypted member": (
        "BZ330",
        "a.zip",
        ZIP.replace(b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\1\0"),
    ),
    "a method that nobody knows": (
        "BZ330",
        "a.zip",
        ZIP.replace(b"PK\x03\x04\x14\0\0\0\0\0", b"PK\x03\x04\x14\0\0\0\x63\0"),
    ),
    "LZ4": ("BZ330", "a.lz4", b"\x04\x22\x4d\x18" + bytes(20)),
    # Pictures
    "a picture that is cut off": ("BZ201", "a.png", PNG[: len(PNG) // 2]),
    "a picture that is none": ("BZ201", "a.jpg", b"no picture at all"),
    "an empty picture": ("BZ202", "a.png", b""),
    "a pixel bomb": ("BZ204", "a.png", huge_png(60_000, 60_000)),
    "a pixel bomb by another name": ("BZ204", "a.txt", huge_png(60_000, 60_000)),
}
"""Name: the rule that has to speak at medium or above, the file's name, its bytes."""

MILD = {
    "where it was taken": (
        "BZ327",
        "a.jpg",
        with_exif(
            directories={0x8825: {1: "N", 2: (52.0, 31.0, 1.0), 3: "E", 4: (13.0, 24.0, 1.0)}}
        ),
    ),
    "a date to come": ("BZ327", "a.jpg", with_exif(fields={0x0132: "2999:01:01 00:00:00"})),
    "a hidden file": ("BZ325", "data/.hidden.txt", b"x"),
    "a picture by another extension": ("BZ203", "a.png", JPEG),
    "a picture named as text": ("BZ203", "a.csv", PNG),
    "Python among the data": ("BZ315", "data/read.py", b"print(1)\n"),
    "a cell that starts so": ("BZ321", "a.csv", b"a,b\n=1+x,2\n"),
    "a few bytes behind the end": ("BZ326", "a.png", PNG + b"abc"),
    "a second picture": ("BZ326", "a.jpg", JPEG + JPEG),
}
"""The same, at low."""


def _texts():
    yield "README.md", b"# Signs\n\nA set of signs. Load it with `load_dataset(...)`.\n"
    yield "LICENSE", b"Permission is hereby granted...\n" * 20
    yield (
        "labels.csv",
        b"path,label\n" + b"".join(b"a/%d.png,%d\n" % (i, i % 7) for i in range(500)),
    )
    yield "numbers.csv", b"a,b,c\n-1,+2.5,-3e-05\n-inf,nan,+1\n1,-0.5,-1%\n"
    yield (
        "tweets.csv",
        b'user,text\n1,"@anna - look at this, - really!"\n2,-5 degrees\n3,- a list\n',
    )
    yield "phones.tsv", b"name\tphone\nAnna\t+49 30 123456\nBo\t+1-202-555-0100\n"
    yield "semicolons.csv", b"a;b\n1,5;-2,5\n"
    yield "words.txt", "\n".join(["cat", "cos", "ios", "time", "code", "city"] * 50).encode()
    yield "utf16.txt", "Grüße aus Köln\n".encode("utf-16")
    yield "data.json", json.dumps({"a": [1, 2, {"b": None}], "cells": 3}).encode()
    yield "lines.jsonl", b'{"text": "a", "label": 1}\n' * 300
    yield "config.yaml", b"train:\n  path: data\n  trust_remote_code: false\n"
    yield (
        "card.md",
        b"---\nlicense: mit\n---\n```python\nload_dataset('x', trust_remote_code=True)\n```\n",
    )
    yield (
        "voc.xml",
        b"<annotation><object><name>stop</name><bndbox><xmin>1</xmin></bndbox></object></annotation>",
    )
    yield "declared.xml", b'<?xml version="1.0" encoding="UTF-8"?>\n<root><a b="c"/></root>'
    yield "plain.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L1 1"/></svg>'
    yield (
        "w3c.svg",
        (
            b'<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
            b'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n<svg><rect width="1"/></svg>'
        ),
    )
    yield "page.html", b"<!DOCTYPE html><html><body>About this set</body></html>"
    yield (
        "plist.xml",
        b'<!DOCTYPE plist PUBLIC "x" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"><plist/>',
    )
    yield "dataset_infos.json", b'{"default": {"features": {"label": {"dtype": "int64"}}}}'
    yield "empty.txt", b""


def _pictures():
    for form, extension, modes in (
        ("PNG", "png", ("RGB", "L", "P", "RGBA", "1")),
        ("JPEG", "jpg", ("RGB", "L", "CMYK")),
        ("GIF", "gif", ("P", "L")),
        ("WEBP", "webp", ("RGB", "RGBA")),
        ("BMP", "bmp", ("RGB", "L")),
        ("PPM", "ppm", ("RGB", "L")),
    ):
        for mode in modes:
            for seed, size in enumerate([(24, 20), (61, 43), (200, 160)]):
                yield f"{form}/{mode}{seed}.{extension}", picture(form, size, seed, mode)
    yield "progressive.jpg", picture("JPEG", (90, 70), progressive=True, quality=95)
    yield "restart.jpg", picture("JPEG", (90, 70), restart_marker_rows=1)
    yield "interlaced.png", picture("PNG", (90, 70), optimize=True)
    frames = [Image.new("P", (9, 9), i) for i in range(4)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    yield "moving.gif", buffer.getvalue()
    yield "padded.jpg", JPEG + bytes(300)
    yield "comment.jpg", picture("JPEG", comment=b"made by hand")
    yield "dated.jpg", with_exif(fields={0x0132: "2020:01:01 00:00:00", 0x010F: "Maker"})
    yield "text.png", with_chunk(b"tEXt", b"Software\0paint")


def _others():
    draw = random.Random(7)  # noqa: S311 - no secret
    for i in range(12):
        yield f"random/{i}.bin", draw.randbytes(20_000 * (i + 1))
    for name, array in {
        "f4": np.ones((3, 4), "f4"),
        "u1": np.zeros((8, 8, 3), "u1"),
        "text": np.array(["a", "bcd"]),
        "records": np.zeros(3, [("a", "<i4"), ("O", "<f8"), ("c", [("d", "i1", (2, 2))])]),
        "scalar": np.float64(1),
        "dates": np.array(["2020-01-01"], "M8[D]"),
        "fortran": np.asfortranarray(np.ones((2, 3))),
    }.items():
        yield f"arrays/{name}.npy", numpy_array(array)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.arange(1000), y=np.ones((5, 5)))
    yield "arrays/two.npz", buffer.getvalue()
    yield "arrays/python2.npy", numpy_array(np.arange(12)).replace(b"(12,), }  ", b"(12L,), } ")
    buffer = io.BytesIO()
    np.savez(buffer, x=np.arange(1000), y=np.ones((5, 5)))
    yield "arrays/stored.npz", buffer.getvalue()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made, made.open("a.npy", "w", force_zip64=True) as member:
        member.write(numpy_array(np.arange(7)))
    yield "arrays/large.npz", buffer.getvalue()
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": ["a", "b"], "label": [1, 2]}), buffer)
    yield "table.parquet", buffer.getvalue()
    yield "known.parquet", parquet("geoarrow.point")
    yield "plain.zip", archive({"a/b.txt": b"hello" * 50, "c.csv": b"1,2\n"}, zipfile.ZIP_DEFLATED)
    yield "pictures.zip", archive({"a.png": PNG, "b.jpg": JPEG})
    yield "text.csv.gz", gzip.compress(b"a,b\n1,2\n" * 500)
    yield "document.docx", document({"word/document.xml": b"<w:document>Hello</w:document>"})
    yield (
        "linked.docx",
        document({"word/_rels/document.xml.rels": rels(b"relationships/hyperlink")}),
    )
    yield "paper.pdf", pdf(b"1 0 obj << /Type /Catalog /OpenAction [3 0 R /Fit] >>")
    yield (
        "weights.safetensors",
        safetensors(
            {
                "__metadata__": {"a": "b"},
                "w": tensor(0, 16, (2, 2), "F32"),
                "b": tensor(16, 18, (1,), "F16"),
            },
            bytes(18),
        ),
    )
    yield (
        "model.h5",
        hdf5({"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}}),
    )
    yield (
        "plain.keras",
        archive({"config.json": b'{"module": "keras.src.models", "class_name": "Sequential"}'}),
    )
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(draw.randbytes(4000))
    yield "sound.wav", buffer.getvalue()
    yield "base64.txt", base64.encodebytes(draw.randbytes(3000))


ORDINARY = dict([*_texts(), *_pictures(), *_others()])
"""What data sets are made of: nothing at medium or above, please."""
