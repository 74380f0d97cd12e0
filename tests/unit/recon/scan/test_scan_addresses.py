"""What an address says about the thing behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.facts.addresses import addresses
from bezoar.recon.scan.addresses import dangers, holds_secret, is_software, judge
from bezoar.recon.scan.fetch import Danger, Kind

FETCHED = {
    "https://data.example.edu/train.csv": Kind.DATASET,
    "https://data.example.edu/train.csv.gz": Kind.DATASET,
    "https://example.edu/pub/resnet50-0676ba61.pth": Kind.MODEL,
    "https://example.edu/bert/vocab.json": Kind.MODEL,
    "https://example.edu/labels.json": Kind.DATASET,
    "https://example.edu/datasets/cora.tgz": Kind.ARCHIVE,
    "https://nlp.stanford.edu/data/glove.6B.zip": Kind.ARCHIVE,
    "https://huggingface.co/datasets/imdb/resolve/main/a.parquet": Kind.DATASET,
    "https://huggingface.co/bert-base-cased/resolve/main/pytorch_model.bin": Kind.MODEL,
    "https://github.com/o/weights/releases/download/v1/yolo.pt": Kind.MODEL,
    "https://raw.githubusercontent.com/o/r/main/data/input.txt": Kind.DATASET,
    "https://drive.google.com/uc?id=1a2b": Kind.OTHER,
    "https://example.org.uk/get?file=train.csv": Kind.DATASET,
    "{base}/images/train.tar.gz": Kind.ARCHIVE,
    "s3://bucket/prefix/": Kind.DATASET,
    "s3://bucket/models/": Kind.MODEL,
    "gs://bucket/x.tfrecord": Kind.DATASET,
    "hf://datasets/imdb/train.csv": Kind.DATASET,
    "hf://openai/whisper": Kind.MODEL,
}
SOFTWARE = [
    "https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh",
    "https://bootstrap.pypa.io/get-pip.py",
    "https://example.edu/tool_1.2-3_amd64.deb",
    "https://github.com/o/tool/releases/download/v1.0/tool-linux-amd64.tar.gz",
    "https://github.com/o/tool/archive/v1.2.3.tar.gz",
    "https://download.open-mpi.org/release/open-mpi/v4.0/openmpi-4.0.3.tar.gz",
    "https://developer.download.nvidia.com/compute/cuda/repos/x.pin",
    "http://localhost:8080/predict",
    "https://hooks.slack.com/services/T/B/x",
    "{MINICONDA_URL}",
    "git@github.com:o/code.git",
]
NOTHING = [
    "",
    "hello",
    "https://example.net/about",
    "https://api.example.net/v1/predict",
    "x" * 9999,
]


@pytest.mark.parametrize(("uri", "kind"), FETCHED.items())
def test_what_comes_in_is_told_by_its_address(uri, kind):
    assert judge(uri) is kind
    assert not is_software(uri)


@pytest.mark.parametrize("uri", SOFTWARE)
def test_software_and_interfaces_are_no_fetch(uri):
    assert judge(uri) is None
    assert is_software(uri)


@pytest.mark.parametrize("uri", NOTHING)
def test_what_tells_nothing_is_unknown_and_not_software(uri):
    assert judge(uri) is None
    assert not is_software(uri)


def test_the_kept_file_tells_what_the_address_hides():
    assert judge("https://example.net/d/17", "train.csv") is Kind.DATASET
    assert judge("https://example.net/d/17", "tool.deb") is None


@pytest.mark.parametrize(
    "uri",
    [
        "https://me:secret@example.edu/x.csv",
        "https://example.edu/x.csv?token=0123456789",
        "https://b.s3.amazonaws.com/x?X-Amz-Signature=abcdef0123",
    ],
)
def test_a_literal_password_is_seen(uri):
    assert Danger.SECRET_IN_URI in dangers(uri)


@pytest.mark.parametrize(
    "uri", ["https://{u}:{p}@h.edu/x", "https://git@h.edu/x", "https://h.edu/x?id=12345678"]
)
def test_a_reference_to_a_password_is_none(uri):
    assert not holds_secret(uri)


def test_plain_http_is_dangerous_but_not_on_this_machine():
    assert list(dangers("http://h.edu/x.csv")) == [Danger.PLAIN_HTTP]
    assert list(dangers("http://localhost/x.csv")) == []


def test_no_ending_or_host_is_filed_twice():
    facts = addresses()
    assert len(facts.hosts) > 150
    assert facts.endings["pt"] == "model"
    assert not facts.words["data"] & facts.words["software"]


@given(st.text(), st.text())
def test_any_text_is_judged(uri, name):
    judge(uri, name)
    judge(f"https://{uri}", name)
    list(dangers(f"http://{uri}"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("coco2017val.zip", Kind.ARCHIVE),
        ("VOCtrainval_06-Nov-2007.zip", Kind.ARCHIVE),
        ("efficientnetb0.tar.gz", Kind.ARCHIVE),
        ("resnext50_32x4d.tar.gz", Kind.ARCHIVE),
        ("tool-1.2-linux-x86_64.tar.gz", None),
        ("protoc-3.1-win64.zip", None),
    ],
)
def test_words_that_are_written_as_one_are_told_apart(name, kind):
    assert judge(f"https://github.com/o/r/releases/download/v1/{name}") is kind


def test_a_tool_beside_data_is_software():
    assert is_software("https://www.openslr.org/resources/3/sph2pipe_v2.5.tar.gz")
