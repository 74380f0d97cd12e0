"""Which reader a file goes to."""

import pytest

from bezoar.recon.scan.dispatch import Language, decoded, reader, runs_in_ci
from bezoar.syntax.unreadable import UnreadableError


def language(path: str, head: bytes = b"") -> Language | None:
    found = reader(path, head)
    return found.language if found else None


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("train.py", b"", Language.PYTHON),
        ("bin/train", b"#!/usr/bin/env python3\n", Language.PYTHON),
        ("get_data.sh", b"", Language.SHELL),
        ("scripts/fetch", b"#!/bin/bash -e\n", Language.SHELL),
        ("scripts/fetch", b"#!/usr/bin/env -S bash -e\n", Language.SHELL),
        ("run.sbatch", b"", Language.SHELL),
    ],
)
def test_a_file_goes_to_the_reader_of_its_language(path, head, expected):
    assert language(path, head) is expected


@pytest.mark.parametrize("path", ["README.md", "a.png", "LICENSE", "package-lock.json"])
def test_what_fetches_nothing_has_no_reader(path):
    assert language(path) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".github/workflows/test.yml", True),
        (".gitlab-ci.yml", True),
        (".circleci/config.yml", True),
        ("sub/.github/workflows/x.yaml", True),
        ("azure-pipelines.yml", True),
        (".ci/get.sh", True),
        ("configs/data.yaml", False),
        ("github/workflows/test.yml", False),
    ],
)
def test_continuous_integration_is_told_by_the_path(path, expected):
    assert runs_in_ci(path) is expected


def test_text_is_utf_8_with_one_kind_of_line_end():
    assert decoded(b"\xef\xbb\xbfa\r\nb\rc") == "a\nb\nc"


@pytest.mark.parametrize("data", [b"\xff\xfe", b"PK\x03\x04\x00\x00", b"a\0b"])
def test_what_is_no_text_is_unreadable(data):
    with pytest.raises(UnreadableError):
        decoded(data)
