import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from bezoar.datasets.decoding import (
    EMPTY_FILE,
    OVERSIZED_IMAGE,
    UNREADABLE_IMAGE,
    Limits,
    UnreadableImage,
    decode,
    disagreement,
    encode_png,
)

PICTURE = np.random.default_rng(0).integers(0, 255, (13, 17, 3), dtype=np.uint8)
FORMATS = ("PNG", "JPEG", "PPM", "WEBP", "BMP", "GIF")


def encoded(kind, picture=PICTURE, **options):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def broken_rule(data, **limits):
    with pytest.raises(UnreadableImage) as caught:
        decode(data, Limits(**limits))
    return caught.value.rule


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_decoded(kind):
    assert decode(encoded(kind)).shape == (13, 17, 3)


@pytest.mark.parametrize("kind", ["PNG", "PPM", "BMP"])
def test_lossless_formats_keep_each_pixel(kind):
    assert np.array_equal(decode(encoded(kind)), PICTURE)


def test_png_round_trip():
    assert np.array_equal(decode(encode_png(PICTURE)), PICTURE)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_truncation_is_an_error(kind):
    data = encoded(kind)
    assert {broken_rule(data[:length]) for length in range(1, len(data))} == {UNREADABLE_IMAGE}


@pytest.mark.parametrize("kind", FORMATS)
def test_damage_never_raises_anything_else(kind):
    data, rng, rules = encoded(kind), np.random.default_rng(1), set()
    for _ in range(100):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 4):
            damaged[place] = rng.integers(256)
        try:
            decode(bytes(damaged))
        except UnreadableImage as error:
            rules.add(error.rule)
    assert rules <= {UNREADABLE_IMAGE, OVERSIZED_IMAGE}
    assert rules or kind in ("PPM", "BMP")


def test_first_frame_of_a_gif():
    frames = [Image.new("RGB", (8, 8), (value, 0, 0)) for value in (250, 10, 20)] * 30
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert decode(buffer.getvalue())[0, 0].tolist() == [250, 0, 0]


def test_bomb_is_refused_before_it_unpacks():
    def chunk(kind, body):
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1_000_000)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    assert broken_rule(bomb) is OVERSIZED_IMAGE


def test_limits_are_inclusive():
    assert decode(encoded("PNG"), Limits(max_pixels=13 * 17)).shape == (13, 17, 3)
    assert broken_rule(encoded("PNG"), max_pixels=13 * 17 - 1) is OVERSIZED_IMAGE
    assert broken_rule(encoded("PNG"), max_bytes=100) is OVERSIZED_IMAGE


def test_empty_and_text():
    assert broken_rule(b"") is EMPTY_FILE
    assert broken_rule(b"just text") is UNREADABLE_IMAGE


def test_sixteen_bits_are_scaled_not_clipped():
    grey = np.full((4, 5), 0x8000, dtype=np.uint16)
    assert decode(encoded("PNG", grey)).tolist() == np.full((4, 5, 3), 0x80).tolist()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_other_modes_become_rgb(mode):
    buffer = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    Image.fromarray(PICTURE).convert(mode).save(buffer, kind)
    assert decode(buffer.getvalue()).shape == (13, 17, 3)


def test_transparency_is_dropped_without_a_word():
    picture = Image.fromarray(PICTURE).convert("P")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=bytes(range(256)))
    assert np.array_equal(decode(buffer.getvalue()), np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize(
    "array",
    [
        PICTURE,
        PICTURE.transpose(2, 0, 1).copy(),
        PICTURE.astype(np.float32),
        (PICTURE / 255).astype(np.float32),
        PICTURE.astype(np.int64),
    ],
)
def test_arrays(array):
    assert np.array_equal(decode(npy(array)), PICTURE)


@pytest.mark.parametrize("shape", [(13, 17), (13, 17, 1), (1, 13, 17)])
def test_grey_arrays(shape):
    grey = PICTURE[:, :, 0].reshape(shape).copy()
    assert np.array_equal(decode(npy(grey)), np.repeat(PICTURE[:, :, :1], 3, axis=2))


@pytest.mark.parametrize(
    "array",
    [
        np.array([{"a": 1}], dtype=object),
        np.array(["text"]),
        np.zeros((3, 3, 3), dtype=complex),
        np.zeros((0, 3, 3), dtype=np.uint8),
        np.zeros((4, 5, 7), dtype=np.uint8),
        np.zeros((2, 3, 4, 5), dtype=np.uint8),
        np.full((3, 3), np.nan),
        np.full((3, 3), 256.0),
        np.full((3, 3), -1),
        np.asfortranarray(PICTURE[:, :, 0]),
    ],
)
def test_arrays_that_are_no_image(array):
    assert broken_rule(npy(array)) is UNREADABLE_IMAGE


def test_array_that_lies_about_its_shape():
    data = npy(PICTURE).replace(b"(13, 17, 3)", b"(99999999, 17, 3)".ljust(11)[:17])
    assert broken_rule(data) is UNREADABLE_IMAGE
    assert broken_rule(npy(PICTURE)[:-1]) is UNREADABLE_IMAGE


def test_disagreement():
    assert disagreement("a/x.jpg", encoded("PNG")) == "named as JPEG, but its content is PNG"
    assert disagreement("a/x.JPEG", encoded("JPEG")) is None
    assert disagreement("a/x.ppm", npy(PICTURE)) is None
    assert disagreement("no-extension", encoded("PNG")) is None
