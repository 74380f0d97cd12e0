"""Each rule on an inventory: what it finds, and what it leaves alone."""

from dataclasses import replace

import pytest
from scan_scene import read

from bezoar.core.severity import Severity
from bezoar.recon.judging import judge
from bezoar.recon.rules import ON_FETCHES
from bezoar.recon.scan.fetch import Context
from bezoar.recon.scan.inventory import Inventory
from bezoar.recon.scan.tree import Unreadable


def codes(text, *, path="a.py", context=None, mirrors=(), registered=None, pinned=True):
    """Return the severity of each rule's first finding on this text."""
    fetches = tuple(read(text, path, context or Context()))
    if registered:
        fetches = tuple(
            replace(fetch, registered=registered, registered_bytes=pinned) for fetch in fetches
        )
    judgement = judge(Inventory(fetches), mirrors=mirrors)
    return {finding.code: finding.severity for finding in judgement.findings}


COMMIT = "revision=" + "a" * 40 + " pin=revision"


@pytest.mark.parametrize(
    ("text", "code", "severity"),
    [
        ("fetch wget https://x.org/a.zip", "BZ101", Severity.MEDIUM),
        ("fetch wget {url} pin=dynamic by=args.url", "BZ101", Severity.LOW),
        ("fetch load hf:a/b revision=main pin=tag", "BZ102", Severity.MEDIUM),
        ("fetch load hf:a/b", "BZ102", Severity.MEDIUM),
        ("fetch wget https://x.org/a.zip", "BZ103", Severity.LOW),
        ("fetch wget http://x.org/a.zip dangers=plain-http", "BZ104", Severity.MEDIUM),
        ("fetch wget http://x.org/a dangers=plain-http checksum=call", "BZ104", Severity.LOW),
        ("fetch wget https://x.org/a.zip dangers=unverified-tls", "BZ105", Severity.HIGH),
        ("fetch load hf:a/b dangers=remote-code", "BZ106", Severity.HIGH),
        (f"fetch load hf:a/b dangers=remote-code {COMMIT}", "BZ106", Severity.MEDIUM),
        ("fetch load https://x.org/a.pt dangers=unsafe-load", "BZ107", Severity.HIGH),
        ("fetch load https://x/a.pt dangers=unsafe-load pin=hash", "BZ107", Severity.LOW),
        ("fetch wget https://***@x.org/a.zip", "BZ110", Severity.HIGH),
        ("fetch wget https://x.org/a dangers=secret-in-uri", "BZ110", Severity.HIGH),
    ],
)
def test_what_a_rule_finds(text, code, severity):
    assert codes(text)[code] is severity


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"fetch load hf:a/b {COMMIT}", "BZ102"),
        (f"fetch load hf:a/b {COMMIT}", "BZ103"),
        ("fetch wget https://x.org/a.zip pin=hash checksum=call", "BZ103"),
        ("fetch CIFAR10 torchvision:CIFAR10 checksum=library", "BZ103"),
        ("fetch wget https://x.org/a.zip", "BZ102"),
        ("fetch load hf:{name} pin=none by=name", "BZ102"),
        ("fetch wget https://x.org/a.zip", "BZ104"),
        ("fetch wget https://x.org/a.zip", "BZ108"),
        ("fetch wget https://x.org/a.zip", "BZ109"),
        ("fetch wget https://x.org/a.zip", "BZ110"),
    ],
)
def test_what_a_rule_leaves_alone(text, code):
    assert code not in codes(text)


def test_the_dbom_is_the_pin():
    text = "fetch load hf:a/b revision=main pin=tag"
    assert set(codes(text)) == {"BZ101", "BZ102", "BZ103"}
    assert codes(text, registered="b@1") == {}
    # A draft whose bytes nobody registered pins nothing.
    assert set(codes(text, registered="b@1", pinned=False)) == {"BZ102", "BZ103"}


def test_jobs_are_told_by_their_reader_or_by_their_name():
    text = "fetch wget https://x.org/a.zip"
    assert "BZ108" in codes(text, context=Context(in_ci=True))
    assert "BZ108" in codes(text, path="train.sbatch")


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("https://mirror.example/sets/a.zip", False),
        ("http://MIRROR.example/sets/a.zip", False),
        ("https://mirror.example/other/a.zip", True),
        ("https://mirror.example/sets-evil/a.zip", True),
        ("https://mirror.example/sets/../other/a.zip", True),
        ("https://mirror.example.evil/sets/a.zip", True),
        ("hf:a/b", True),
        ("{url}", False),
    ],
)
def test_around_the_mirror(uri, found):
    mirrors = ("https://mirror.example/sets",)
    assert ("BZ109" in codes(f"fetch wget {uri}", mirrors=mirrors)) is found


def test_unreadable_files():
    inventory = Inventory(unreadable=(Unreadable("a.py", "odd"), Unreadable("data.json", "large")))
    found = {f.place.name: (f.code, f.severity) for f in judge(inventory).findings}
    assert found == {"a.py": ("BZ111", Severity.MEDIUM), "data.json": ("BZ111", Severity.LOW)}


def test_a_pasted_command_is_quoted():
    (finding, *_) = judge(
        Inventory(tuple(read("fetch wget https://x.org/a;rm$IFS-rf$IFS~.zip", "a.py", Context())))
    ).findings
    assert "--origin 'https://x.org/a;rm$IFS-rf$IFS~.zip'" in finding.next


def test_a_name_is_suggested_in_the_letters_of_the_dbom():
    from bezoar.datasets.entry import check_names  # noqa: PLC0415 - only this test needs it
    from bezoar.recon.rules.inquiry import suggested_name  # noqa: PLC0415 - the same

    assert suggested_name("https://x.org/Cora-2.tgz?x=/y") == "cora-2"
    assert suggested_name("torchvision:CIFAR10") == "cifar10"
    assert suggested_name("hf:a/B_c@main") == "b_c"
    assert suggested_name("https://x.org/mms/aligner/model.pt") == "aligner-model"
    assert suggested_name("https://x.org/model.pt") == "model"
    assert suggested_name("s3://bucket/signs/train.tar.gz") == "signs-train"
    assert suggested_name("{}") == "data"
    for uri in ("hf:a/ü-x", "a:" + "b" * 200, "https://x.org/日本/"):
        check_names(suggested_name(uri).replace("NAME", "name"), "1")


def test_each_rule_was_asked():
    judgement = judge(Inventory())
    assert [o.rule.code for o in judgement.outcomes] == [f"BZ{n}" for n in range(101, 113)]
    assert len(ON_FETCHES) == 11
