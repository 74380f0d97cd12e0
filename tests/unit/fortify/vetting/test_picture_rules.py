"""EXIF, encoders, and files too large to hold."""

import io
import random
import zlib
from collections import Counter

import numpy as np
import pytest
from pickle_corpus import dumped
from PIL import Image
from vet_corpus import picture

from bezoar.datasets.decoding import UnreadableImage, check, decode
from bezoar.datasets.encoder import signature
from bezoar.datasets.exif import read_exif
from bezoar.fortify.vetting import looking
from bezoar.fortify.vetting.budget import Budget, SpentError
from bezoar.fortify.vetting.rules import exif_anomaly, one_off_encoder, trailing_data
from bezoar.fortify.vetting.rules.pickle_code import findings as pickles
from bezoar.fortify.vetting.specimen import HELD, WINDOW, held, specimen_of_file


def messages(rule, data, name="a.jpg"):
    return [seen.message for seen in rule.findings(held(name, data, Budget(len(data))))]


def with_thumbnail(thumbnail, seed=0):
    """Return a JPEG of a coarse pattern that carries another picture as its thumbnail."""
    entry = b"\x01\x02\x04\x00\x01\x00\x00\x00"  # a tag's kind and count, little-endian
    start = 8 + 2 + 4 + 2 + 24 + 4
    ifd1 = b"\x02\x00" + entry.replace(b"\x01\x02", b"\x01\x02", 1) + start.to_bytes(4, "little")
    ifd1 += b"\x02\x02\x04\x00\x01\x00\x00\x00" + len(thumbnail).to_bytes(4, "little") + bytes(4)
    tiff = b"II*\0\x08\0\0\0" + b"\0\0" + (14).to_bytes(4, "little") + ifd1 + thumbnail
    return picture("JPEG", (320, 240), seed, exif=b"Exif\0\0" + tiff)


def test_a_thumbnail_of_the_picture_is_fine():
    assert messages(exif_anomaly, with_thumbnail(picture("JPEG", (80, 60), seed=0))) == []


def test_a_thumbnail_of_another_picture_is_told():
    told = messages(exif_anomaly, with_thumbnail(picture("JPEG", (80, 60), seed=5)))
    assert told == ["a thumbnail that shows another picture"]


def test_a_large_note_of_the_maker_is_told():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x927C] = bytes(65_000)
    data = picture("WEBP", exif=exif)
    assert messages(exif_anomaly, data, "a.webp") == []
    exif.get_ifd(0x8769)[0x927C] = bytes(70_000)
    (told,) = messages(exif_anomaly, picture("WEBP", exif=exif), "a.webp")
    assert "70,000 bytes" in told


@pytest.mark.parametrize("seed", range(30))
def test_damaged_exif_is_no_error(seed):
    draw = random.Random(seed)  # noqa: S311 - no secret
    exif = Image.Exif()
    exif[0x0132] = "2020:01:01 00:00:00"
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    block = bytearray(exif.tobytes()[6:])
    for _ in range(8):
        block[draw.randrange(len(block))] = draw.randrange(256)
    read_exif(bytes(block[: draw.randrange(len(block))]))
    read_exif(bytes(block))


def test_a_directory_that_leads_to_itself_ends():
    assert read_exif(b"II*\0\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0").fields == {}


def test_the_one_of_another_encoder_is_found():
    marks = Counter()
    for seed in range(80):
        marks[signature(picture("JPEG", seed=seed), "jpeg")] += 1
    odd = signature(picture("JPEG", quality=40), "jpeg")
    png = signature(picture("PNG"), "png")
    assert len(marks) == 1
    marks[odd] += 1
    marks[png] += 1
    assert one_off_encoder.odd_ones(marks.items()) == {odd}


def test_a_mixed_or_small_set_has_no_odd_one():
    assert one_off_encoder.odd_ones([("jpeg a", 48), ("jpeg b", 1)]) == frozenset()
    assert one_off_encoder.odd_ones([("jpeg a", 100), ("jpeg b", 80), ("jpeg c", 1)]) == frozenset()


def test_a_jpeg_whose_segment_holds_an_end_mark_ends_later():
    data = picture("JPEG", comment=b"\xff\xd9 is no end")
    assert messages(trailing_data, data) == []
    assert messages(trailing_data, data + b"x" * 40) != []


@pytest.mark.parametrize("place", [100, WINDOW - 5, WINDOW + 70_000, HELD + 3 * WINDOW - 1])
def test_a_pickle_in_a_file_too_large_to_hold_is_seen(tmp_path, place):
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(HELD + 4 * WINDOW)
        file.seek(place)
        file.write(dumped(4))
    (seen,) = pickles(specimen_of_file(tmp_path, "large.bin"))
    assert seen.evidence["offset"] == place


def test_a_large_archive_behind_other_bytes_is_seen(tmp_path):
    from pickle_corpus import archive  # noqa: PLC0415 - beside its one use

    (tmp_path / "a.bin").write_bytes(bytes(HELD + 5) + archive({"x": b"y"}))
    codes = {rule.code for _, rule, _ in looking._seen(specimen_of_file(tmp_path, "a.bin"))}
    assert "BZ313" in codes


def test_a_bomb_is_given_up():
    packed = zlib.compress(zlib.compress(bytes(1 << 26)))
    budget = Budget(len(packed))
    budget.inflated = 1 << 24
    with pytest.raises(SpentError):
        list(looking._seen(held("a.zlib", packed, budget)))


def test_an_array_of_a_large_picture_is_refused_before_it_is_decoded():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((1, 1, 3), np.uint8))
    lying = buffer.getvalue().replace(b"(1, 1, 3)", b"(9, 9, 3)")
    assert "BZ318" in {rule.code for _, rule, _ in looking._seen(held("a.npy", lying, Budget(0)))}


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "PPM"])
def test_what_is_checked_is_what_is_decoded(form):
    data = picture(form, (90, 70))
    for cut in range(0, len(data) + 1, max(len(data) // 40, 1)):
        results = []
        for look in (decode, check):
            try:
                look(data[:cut])
                results.append(None)
            except UnreadableImage as error:
                results.append(error.rule)
        assert results[0] is results[1], cut
