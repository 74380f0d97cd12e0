"""What a Dockerfile fetches."""

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan.dockerfile import read
from bezoar.recon.scan.fetch import Checksum, Context, Fetch

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def fetches(text: str) -> list[Fetch]:
    return list(read(text, "Dockerfile", Context()))


def places(text: str) -> list[tuple[int, str]]:
    return [(fetch.line, fetch.uri) for fetch in fetches(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ADD https://x.edu/a.csv /d/", [(1, "https://x.edu/a.csv")]),
        ('ADD ["https://x.edu/a.csv", "/d/"]', [(1, "https://x.edu/a.csv")]),
        ("ADD a.csv /d/", []),
        ("RUN wget https://x.edu/a.csv", [(1, "https://x.edu/a.csv")]),
        ('RUN ["wget", "https://x.edu/a b.csv"]', [(1, "https://x.edu/a b.csv")]),
        ("RUN <<EOF\ncd x\nwget https://x.edu/a.csv\nEOF\n", [(3, "https://x.edu/a.csv")]),
        ("RUN --mount=type=cache,target=/x wget https://x.edu/a.csv", [(1, "https://x.edu/a.csv")]),
        ("ONBUILD RUN wget https://x.edu/a.csv", [(1, "https://x.edu/a.csv")]),
        ("CMD wget https://x.edu/a.csv", [(1, "https://x.edu/a.csv")]),
        ("# RUN wget https://x.edu/a.csv", []),
        ("LABEL get='wget https://x.edu/a.csv'", []),
        ("RUN apt-get update && apt-get install -y wget curl git", []),
        ("RUN curl -sL https://deb.nodesource.com/setup_20.x | bash -", []),
        ("RUN git clone https://github.com/o/code", []),
        ("FROM pytorch/pytorch:2.1.0", []),
        ("FROM org/road-data:1.0", [(1, "docker://org/road-data")]),
        (
            "FROM org/some-data AS data\nFROM data\nCOPY --from=data /a /b",
            [(1, "docker://org/some-data")],
        ),
        ("FROM x\nCOPY --from=org/model-weights:v1 /a /b", [(2, "docker://org/model-weights")]),
    ],
)
def test_instructions_are_read_where_they_stand(text, expected):
    assert places(text) == expected


def test_lines_are_right_across_continuations_comments_and_empty_lines():
    text = (
        "FROM x\nRUN apt-get update && \\\n    # what isn't a command\n\n"
        "    wget https://x.edu/a.csv && \\\n    true\nRUN wget https://x.edu/b.csv\n"
    )
    assert places(text) == [(5, "https://x.edu/a.csv"), (7, "https://x.edu/b.csv")]


def test_arguments_and_environment_are_folded():
    text = (
        "ARG BASE=https://x.edu\nENV DIR=sets VERSION='2'\nENV OLD old form\nARG OPEN\n"
        'RUN wget "$BASE/$DIR/${VERSION}.csv" ${BASE}/$OPEN.csv\n'
    )
    assert [uri for _, uri in places(text)] == [
        "https://x.edu/sets/2.csv",
        "https://x.edu/{OPEN}.csv",
    ]


def test_checksums_and_digests_pin():
    added = fetches(f"ADD --checksum=sha256:{DIGEST} https://x.edu/a.csv /d/")[0]
    assert (added.pin, added.checksum) == (Pin.HASH, Checksum.CALL)
    checked = fetches(
        f"RUN wget https://x.edu/a.zip\nRUN echo '{DIGEST}  a.zip' | sha256sum -c -\n"
    )[0]
    assert (checked.pin, checked.checksum) == (Pin.HASH, Checksum.CALL)
    assert fetches(f"FROM org/some-data@sha256:{DIGEST}")[0].pin is Pin.HASH
    assert fetches("FROM org/some-data:v1")[0].pin is Pin.TAG
    assert fetches("ADD https://x.edu/a.csv /d/")[0].pin is Pin.NONE


def test_backticks_continue_lines_where_a_directive_says_so():
    text = "# escape=`\nRUN wget `\n  https://x.edu/a.csv\n"
    assert places(text) == [(2, "https://x.edu/a.csv")]


def test_what_is_shown_is_the_line_of_the_file():
    assert fetches("ADD https://x.edu/a.csv /d/")[0].snippet == "ADD https://x.edu/a.csv /d/"
