"""What a Julia file, or an `Artifacts.toml`, fetches."""

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan.fetch import Checksum, Context, Fetch
from bezoar.recon.scan.julia import may_fetch, read
from bezoar.syntax.unreadable import UnreadableError

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def fetches(text: str, path: str = "a.jl") -> list[Fetch]:
    return list(read(text, path, Context()))


@pytest.mark.parametrize(
    ("text", "loader", "uri"),
    [
        ("MLDatasets.MNIST(split=:train)", "MLDatasets.MNIST", "mldatasets:MNIST"),
        ("using MLDatasets\nx = MNIST(:train)[:]", "MNIST", "mldatasets:MNIST"),
        (
            "using MLDatasets: CIFAR10\nCIFAR10.traindata()",
            "CIFAR10.traindata",
            "mldatasets:CIFAR10",
        ),
        ("d = MLDatasets.Cora\nd()", "MLDatasets.Cora", "mldatasets:Cora"),
        ("using Flux.Data.MNIST\nMNIST.images()", "MNIST.images", "flux:MNIST"),
        ('download("https://x.edu/a.csv", "a")', "download", "https://x.edu/a.csv"),
        ('const B = "https://x.edu"\ndownload("$B/a.csv")', "download", "https://x.edu/a.csv"),
        ('B = "https://x.edu"\ndownload(B * "/a.csv")', "download", "https://x.edu/a.csv"),
        ('download(joinpath("https://x.edu", f))', "download", "https://x.edu/{f}"),
        ('f(; u="https://x.edu/a.csv") = download(u)', "download", "{u}"),
        (
            'function f(; u="https://x.edu/a.csv")\ndownload(u)\nend',
            "download",
            "https://x.edu/a.csv",
        ),
        ("run(`wget https://x.edu/a.csv`)", "wget", "https://x.edu/a.csv"),
        ('using Transformers\nm = hgf"bert-base-cased:model"', 'hgf""', "hf:bert-base-cased"),
        ('hf_hub_download("o/n", "f.bin")', "hf_hub_download", "hf:o/n"),
        ("using Metalhead\nResNet(18, pretrain = true)", "ResNet", "metalhead:ResNet"),
    ],
)
def test_a_call_names_its_source(text, loader, uri):
    found = fetches(text)
    assert [(fetch.loader, fetch.uri) for fetch in found] == [(loader, uri)]
    assert may_fetch(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "using MLDatasets\n# MNIST()",
        "using MLDatasets\n#= MNIST() =#",
        'using MLDatasets\n"MNIST()"',
        "MNIST(:train)",
        "using MLDatasets\nfunction MNIST(x) x end",
        "using MLDatasets\nf(x::MNIST) = x",
        "using Metalhead\nResNet(18)",
        'download("local.csv")',
        'download("https://julialang-s3.julialang.org/bin/julia.tar.gz")',
        'CSV.File("local.csv")',
    ],
)
def test_comments_strings_definitions_and_local_files_are_no_fetch(text):
    assert fetches(text) == []


def test_a_data_dependency_has_its_digest_and_its_lines():
    text = f'register(DataDep("n", """a "b" c""",\n  "https://x.edu/a.tar.gz",\n  "{DIGEST}"))'
    fetch = fetches(text)[0]
    assert (fetch.line, fetch.end_line, fetch.uri) == (1, 3, "https://x.edu/a.tar.gz")
    assert (fetch.pin, fetch.checksum) == (Pin.HASH, Checksum.CALL)
    listed = fetches('DataDep("n", "m", ["https://x.edu/a.csv", "https://x.edu/b.csv"])')
    assert [fetch.uri for fetch in listed] == ["https://x.edu/a.csv", "https://x.edu/b.csv"]
    assert {fetch.pin for fetch in listed} == {Pin.NONE}


def test_artifacts_are_pinned_by_their_digest():
    text = (
        f'[sets]\ngit-tree-sha1 = "{"a" * 40}"\n\n    [[sets.download]]\n'
        f'    sha256 = "{DIGEST}"\n    url = "https://x.edu/sets.tar.gz"\n'
    )
    fetch = fetches(text, "Artifacts.toml")[0]
    assert (fetch.line, fetch.uri, fetch.pin) == (6, "https://x.edu/sets.tar.gz", Pin.HASH)
    with pytest.raises(UnreadableError):
        fetches("[", "Artifacts.toml")
