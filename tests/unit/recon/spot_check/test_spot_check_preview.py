"""What a person sees of a sample, whatever its bytes are."""

import json

import numpy as np
import pytest
from dataset_layouts import png

from bezoar.recon.spot_check.preview import (
    MOST_CHARACTERS,
    Fields,
    Picture,
    Text,
    Unshowable,
    preview,
)


def test_a_picture():
    seen = preview(png(3))
    assert isinstance(seen, Picture)
    assert seen.pixels.shape == (8, 8, 3)


def test_a_text_shows_what_hides_in_it():
    seen = preview("great film\r\nbuy\u202e now\x1b[2J\u200b\tyes, café".encode())
    assert seen == Text("great film\nbuy\\u202e now\\x1b[2J\\u200b    yes, café")


def test_a_long_text_is_cut_and_says_so():
    seen = preview(("ä" * 10**6).encode())
    assert seen == Text("ä" * MOST_CHARACTERS, more=True)
    assert preview(b"x" + ("ä" * 10**6).encode()).more


def test_a_row():
    seen = preview(json.dumps({"text": "fine\nfilm", "stars": 5, "tags": ["a"]}).encode())
    assert seen == Fields((("text", "fine\nfilm"), ("stars", "5"), ("tags", '["a"]')))


def test_a_field_that_stands_twice_is_shown_as_it_is_written():
    text = '{"label": "good", "label": "bad"}'
    assert preview(text.encode()) == Text(text)


def test_a_row_that_nests_too_deep_is_shown_as_it_is_written():
    text = '{"a":' + "[" * 10_000 + "]" * 10_000 + "}"
    assert isinstance(preview(text.encode()), Text)


def test_wide_rows_and_long_values_are_cut():
    seen = preview(json.dumps({str(n): "x" * 5000 for n in range(10)}).encode())
    assert [len(value) for _, value in seen.fields] == [2001] * 10
    assert len(preview(json.dumps({str(n): n for n in range(1000)}).encode()).fields) == 200


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (png(1)[:40], "truncated"),
        (b"\xff\xd8\xff damaged", "JPEG"),
        (b"text\0text", "not an image"),
        (b"\xc3\x28 no text", "not an image"),
        (b"x" * 30 + b"\xff", "not an image"),
    ],
)
def test_what_cannot_be_shown_says_why(data, why):
    seen = preview(data)
    assert isinstance(seen, Unshowable)
    assert why in seen.why


def test_an_array_is_a_picture():
    row = np.zeros((2, 2, 3), np.uint8)
    header = b"\x93NUMPY\x01\x00"
    text = b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3), }\n"
    data = header + len(text).to_bytes(2, "little") + text + row.tobytes()
    assert isinstance(preview(data), Picture)
