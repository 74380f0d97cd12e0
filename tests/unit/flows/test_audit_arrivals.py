"""What a scan saw, as an audit asks for it: is it public, pinned, compared with a digest?"""

import pytest

from bezoar.core.source import Pin
from bezoar.flows.audit_arrivals import arrivals, is_public, looked_at, outsiders
from bezoar.recon.scan.fetch import Checksum, Danger, Fetch, Kind


@pytest.mark.parametrize(
    "uri",
    [
        "https://data.example.org/signs.zip",
        "http://93.184.216.34/signs.zip",
        "ftp://ftp.example.org/a",
        "git+https://github.com/acme/signs",
        "torchvision:CIFAR10",
        "hf-datasets:acme/signs",
        "hf://datasets/acme/signs",
        "https://data.example.org/{name}.zip",
        "https://mirror.acme.org.evil.example/signs/a.zip",
        "https://mirror.acme.org/signs/../other/a.zip",
        "https://[::bad",
    ],
)
def test_what_the_world_can_ask_is_public(uri):
    assert is_public(uri, ("http://mirror.acme.org/signs",))


@pytest.mark.parametrize(
    "uri",
    [
        "https://mirror.acme.org/signs/a.zip",
        "https://data.acme.internal/a.zip",
        "https://artifactory.acme.org/a.zip",
        "http://10.0.0.7/a.zip",
        "http://localhost:9000/a.zip",
        "http://minio/a.zip",
        "s3://acme-data/signs",
        "gs://acme-data/signs",
        "file:///mnt/signs",
        "{url}",
        "https://{host}/a.zip",
        "",
    ],
)
def test_what_is_the_teams_own_or_not_known_is_not(uri):
    assert not is_public(uri, ("http://mirror.acme.org/signs",))


def test_a_fetch_becomes_an_arrival_and_what_is_no_data_does_not():
    fetch = Fetch(
        path="a.py",
        line=3,
        end_line=4,
        loader="datasets.load_dataset",
        kind=Kind.DATASET,
        uri="hf-datasets:acme/signs",
        revision="main",
        pin=Pin.TAG,
        checksum=Checksum.NONE,
        dangers=frozenset({Danger.REMOTE_CODE}),
    )
    other = Fetch("a.py", 9, 9, "wget", Kind.OTHER, "https://example.org/tool.sh")
    (found,) = arrivals([fetch, other], ())
    assert (found.path, found.line, found.kind, found.revision) == ("a.py", 3, "dataset", "main")
    assert (found.pinned, found.verified, found.public, found.remote_code) == (
        *(False, False, True, True),
    )
    sure = Fetch(
        *("a.py", 3, 3, "wget", Kind.ARCHIVE, "https://example.org/a.zip"),
        pin=Pin.HASH,
        checksum=Checksum.CALL,
    )
    (found,) = arrivals([sure], ("https://example.org",))
    assert (found.pinned, found.verified, found.public) == (True, True, False)


def test_every_line_of_a_fetch_was_looked_at_data_or_not():
    tool = Fetch(path="a.sh", line=3, end_line=5, loader="curl", kind=Kind.OTHER, uri="https://x.y")
    assert list(looked_at([tool])) == [("a.sh", 3), ("a.sh", 4), ("a.sh", 5)]


def test_who_is_an_outsider():
    outsider = outsiders(["https://mirror.acme.org/signs"])
    assert outsider("https://data.example.org/a.zip")
    assert not outsider("https://mirror.acme.org/signs/a.zip")
