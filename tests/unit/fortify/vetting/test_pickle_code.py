"""Pickles: what reaches for code is seen whatever it is called, and text is no pickle."""

import bz2
import gzip
import lzma
import pickle
import random
from collections import OrderedDict

import numpy as np
import pytest
from pickle_corpus import BYPASSES, HOSTILE, PLAIN, dumped, object_array

from bezoar.core.severity import Severity
from bezoar.fortify.vetting.budget import Budget, SpentError
from bezoar.fortify.vetting.layers import Specimen, layers
from bezoar.fortify.vetting.rules import pickle_code
from bezoar.fortify.vetting.specimen import held


def worst(data, name="x.bin"):
    """Return the worst severity that the rule gives to bytes and what lies in them."""
    return max((one for one in _severities(held(name, data, Budget(len(data))))), default=None)


def _severities(specimen):
    for seen in pickle_code.findings(specimen):
        yield pickle_code.RULE.severity if seen.severity is None else seen.severity
    for inner in layers(specimen):
        if isinstance(inner, Specimen):
            yield from _severities(inner)


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_reaches_for_code_is_refused(data):
    assert worst(data) is Severity.CRITICAL


@pytest.mark.parametrize("case", BYPASSES.values(), ids=BYPASSES)
def test_a_way_around_published_scanners_is_seen(case):
    name, data = case if isinstance(case, tuple) else ("x.bin", case)
    assert worst(data, name) is Severity.CRITICAL


@pytest.mark.parametrize("name", ["x.pkl", "x.jpg", "x.csv", "x"])
@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_plain_values_are_milder_and_told(data, name):
    assert worst(data, name) is Severity.MEDIUM


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [np.arange(5), np.float32(2), OrderedDict(a=1), {1, 2}, b"x" * 300, np.array(["a", "b"])],
    ids=["array", "scalar", "ordered", "set", "bytes", "text"],
)
def test_arrays_and_containers_reach_for_nothing(value, protocol):
    assert worst(pickle.dumps(value, protocol)) is Severity.MEDIUM


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("data", [HOSTILE["reduce"], HOSTILE["protocol 4"]])
def test_what_is_packed_is_seen(pack, data):
    assert worst(pack(data)) is Severity.CRITICAL
    assert worst(pack(pack(data))) is Severity.CRITICAL


def test_an_alone_lzma_stream_is_seen():
    assert worst(lzma.compress(dumped(4), lzma.FORMAT_ALONE)) is Severity.CRITICAL


def test_zstandard_is_looked_into():
    zstandard = pytest.importorskip("zstandard")
    assert worst(zstandard.compress(dumped(4))) is Severity.CRITICAL


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_no_pickle(seed):
    assert worst(random.Random(seed).randbytes(300_000)) is None  # noqa: S311 - no secret


def test_what_chance_spelled_in_a_real_picture_is_no_pickle():
    assert worst(b"picture\x80\x02\x84\x01\x02\x03\x41.more") is None
    assert worst(b"picture ca\nb\n.more") is None


@pytest.mark.parametrize(
    "text",
    [
        "cat\ndog\nfish\n",
        "cos\nsin\ntan\n",
        "ios\nandroid\nwindows\n",
        "(ios\nandroid\n",
        "I\nyou\n",
        ".",
        "N.",
        "I5\n.",
        "a,b\n1,2\n",
        "class\nsubclass\n(a tuple)\nR is a language.\n",
        "c\n(\nR\n",
        "\n".join(f"{word}\nname\n(x)" for word in ("cos", "ctime", "cast", "icon")),
        "The end.\ncity\ncountry\nNo.\n",
    ],
)
def test_text_is_no_pickle(text):
    assert worst(text.encode(), "words.txt") is None
    assert worst(f"{text}\nThe end.\n".encode() * 50, "words.txt") is None


def test_words_in_lines_are_no_pickle():
    draw = random.Random(1)  # noqa: S311 - no secret
    letters = "abcdefghijklmnopqrstuvwxyzNSVRco()"
    words = ("".join(draw.choices(letters, k=draw.randint(1, 6))) for _ in range(30_000))
    assert worst("\n".join(words).encode(), "words.txt") is None


def test_a_pickle_behind_four_containers_is_not_waved_through():
    data = HOSTILE["reduce"]
    for _ in range(8):
        data = gzip.compress(data)
    with pytest.raises(SpentError):
        worst(data)


def test_decoys_without_end_are_given_up_and_not_waved_through():
    budget = Budget(0)
    budget.steps = 20_000
    data = b"\x80\x02U\x02" * 100_000 + dumped(2)
    with pytest.raises(SpentError):
        list(pickle_code.findings(held("x", data, budget)))


def test_a_decoy_that_swallows_what_follows_does_not_hide_it():
    decoy = b"prefix\x80\x04B\xff\0\0\0" + b"filler " * 3
    assert worst(decoy + dumped(4)) is Severity.CRITICAL


@pytest.mark.parametrize("protocol", range(6))
def test_a_harmless_pickle_behind_a_prefix_reaches_for_nothing(protocol):
    assert worst(b"some header\0" + pickle.dumps(np.array(["a", "b"]), protocol)) is None


def test_a_truncated_pickle_is_told():
    assert worst(pickle.dumps({"a": list(range(100))})[:-20], "x.pkl") is Severity.MEDIUM


def test_an_object_array_of_plain_values_is_no_code():
    assert worst(object_array(pickle.dumps(["a", 1]))) is Severity.MEDIUM


def test_where_it_hides_is_told():
    specimen = held("x", b"prefix " * 3 + dumped(4), Budget(0))
    (seen,) = pickle_code.findings(specimen)
    assert seen.evidence["offset"] == 21
    assert "builtins.print" in seen.message
