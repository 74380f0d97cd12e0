"""Which entry of the DBOM covers a fetch."""

from datetime import UTC, datetime

import pytest

from bezoar.datasets.entry import Content, DbomEntry, Origin, Status
from bezoar.recon.scan.fetch import Fetch, Kind
from bezoar.recon.scan.registered import Registry, canonical

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = "merkle-sha256-v1:" + "0" * 64


def entry(uri, *, revision=None, status=Status.DRAFT, version="1"):
    return DbomEntry(
        name="signs",
        version=version,
        status=status,
        reason="bad" if status in (Status.QUARANTINED, Status.REVOKED) else "",
        added_at=NOW,
        origin=Origin(uris=(uri,), revision=revision, retrieved_at=NOW),
        content=Content(
            location="signs", samples=1, bytes=1, root=ROOT, manifest="sha256:" + "0" * 64
        ),
    )


def fetch(uri, revision=None):
    return Fetch("a.py", 1, 1, "wget", Kind.DATASET, uri, revision=revision)


def covered(known, uri, revision=None, pinned=None):
    cover = Registry.of([entry(known, revision=pinned)]).cover(fetch(uri, revision))
    return cover is not None and cover.covers


@pytest.mark.parametrize(
    ("known", "uri"),
    [
        ("https://example.org/a.zip", "http://example.org/a.zip"),
        ("https://Example.ORG/a", "https://example.org/a/"),
        ("https://example.org:443/a.zip", "https://example.org/a.zip#part"),
        ("https://example.org/a.zip", "https://example.org/a.zip?download=1"),
        ("https://example.org/a.zip", "https://user:***@example.org/a.zip?sig=***"),
        ("https://example.org/a%20b.zip", "https://example.org/a b.zip"),
        ("https://example.org/get?id=1&x=2", "https://example.org/get?x=2&id=1"),
        ("hf-datasets:org/name", "https://huggingface.co/datasets/org/name"),
        ("hf-datasets:org/name", "hf://datasets/org/name/data/train.parquet"),
        ("https://huggingface.co/datasets/org/name", "hf-datasets:org/name@main"),
        ("hf:org/name", "https://huggingface.co/org/name/resolve/main/model.bin"),
        ("hf:gpt2", "https://huggingface.co/gpt2/resolve/main/vocab.json"),
        ("s3://bucket/a", "s3a://bucket/a"),
        ("s3://bucket/a/b.csv", "https://bucket.s3.eu-west-1.amazonaws.com/a/b.csv"),
        ("s3://bucket/a/b.csv", "https://s3.amazonaws.com/bucket/a/b.csv"),
        ("s3://bucket/data/", "s3://bucket/data/2024/x.csv"),
        ("https://example.org/sets/", "https://example.org/sets/{split}.zip"),
        ("torchvision:CIFAR10", "torchvision:CIFAR10"),
    ],
)
def test_one_place_has_many_spellings(known, uri):
    assert covered(known, uri)


@pytest.mark.parametrize(
    ("known", "uri"),
    [
        ("https://example.org/a.zip", "https://example.com/a.zip"),
        ("https://example.org/a", "https://example.org/a/b"),
        ("https://example.org/a", "https://example.org/ab"),
        ("https://example.org/get?id=1", "https://example.org/get?id=2"),
        ("https://example.org/get", "https://example.org/get?id=2"),
        ("https://example.org:8443/a", "https://example.org/a"),
        ("hf:org/name", "hf-datasets:org/name"),
        ("hf:org/name", "hf:org/name2"),
        ("s3://bucket/data", "s3://bucket/data/x.csv"),
        ("s3://bucket/data/", "s3://bucket/data/../other/x.csv"),
        ("s3://bucket/data/", "s3://bucket/database"),
        ("https://example.org/a.zip", "{url}"),
        ("{url}", "{url}"),
        ("https://example.org/{x}", "https://example.org/{x}"),
        ("torchvision:CIFAR10", "torchvision:CIFAR100"),
        ("https://example.org/a", "https://example.org@evil.example/a"),
        ("https://example.org/a", "https://[broken/a"),
    ],
)
def test_another_place_is_not_covered(known, uri):
    assert not covered(known, uri)


def test_a_revision_must_be_the_one_that_the_entry_pins():
    pinned = "a" * 40
    assert covered("hf:org/name", "hf:org/name", "a" * 40, pinned=pinned)
    assert covered("hf:org/name", "hf:org/name", None, pinned=pinned)
    assert not covered("hf:org/name", "hf:org/name", "main", pinned=pinned)
    assert not covered(
        "hf:org/name", "https://huggingface.co/org/name/resolve/main/x.bin", pinned=pinned
    )
    assert covered("hf:org/name", "hf:org/name", "main")


def test_what_is_quarantined_or_revoked_covers_nothing_but_is_named():
    registry = Registry.of([entry("hf:org/name", status=Status.REVOKED)])
    cover = registry.cover(fetch("hf:org/name"))
    assert cover is not None
    assert not cover.covers
    both = Registry.of(
        [entry("hf:org/name", status=Status.REVOKED), entry("hf:org/name", version="2")]
    )
    assert both.cover(fetch("hf:org/name")).entry.spec == "signs@2"


@pytest.mark.parametrize("uri", ["", ":", "://", "hf:", "http://", "http://a:b", "s3://", "x:y:z"])
def test_what_is_hardly_an_address_is_no_reason_to_fall(uri):
    assert canonical(canonical(uri).place).place is not None
