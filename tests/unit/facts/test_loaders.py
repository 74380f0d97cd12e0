"""The catalogue of Python loaders can be read, and says what it means."""

from itertools import chain

import pytest

from bezoar.facts.loaders import Argument, Needs, argument, loaders, pieces, split

KINDS = {"dataset", "model", "archive", "other", "address"}


def test_it_names_at_least_150_calls_of_many_libraries():
    names = set(chain.from_iterable(one.calls for one in loaders().all))
    assert len(names) >= 150
    assert len({one.library for one in loaders().all}) >= 60


def test_each_entry_is_whole():
    for one in loaders().all:
        assert one.kind in KINDS, one
        assert all(one.uri), one
        assert one.calls, one
        assert set(one.dangers) <= {"remote-code", "unsafe-load"}, one
        last = {split(call)[-1].removesuffix("()") for call in one.calls}
        assert one.distinct <= last, one


def test_no_name_stands_in_two_entries():
    names = list(chain.from_iterable(one.calls for one in loaders().all))
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("torchvision.datasets.MNIST", "torchvision:{call}"),
        ("torchvision.datasets.mnist.MNIST", "torchvision:{call}"),
        ("tensorflow.keras.datasets.mnist.load_data", "keras:{class}"),
        ("six.moves.urllib.request.urlopen", "{0:url|fullurl}"),
        ("boto3.client().download_file", "s3://{0:Bucket}/{1:Key}"),
        ("peft.PeftModel.from_pretrained", "hf:{1:model_id}"),
        ("pyspark.sql.SparkSession.builder.getOrCreate().read.csv", "{0:path|paths|name}"),
    ],
)
def test_a_call_is_found_by_its_full_name(name, uri):
    assert loaders().find(name).uri[0] == uri


@pytest.mark.parametrize(
    "name",
    [
        "torchvision.datasets.ImageFolder",
        "torchvision.models.resnet18().eval",
        "sklearn.datasets.load_iris",
        "boto3.client().upload_file",
        "boto3.download_file",
        "mnist.MNIST",
        "datasets",
        "",
    ],
)
def test_what_fetches_nothing_is_not_found(name):
    assert loaders().find(name) is None or loaders().find(name).if_any


def test_a_name_that_looks_like_a_loader_is_known_to_be_none():
    assert loaders().is_nothing("torch.nn.Embedding.from_pretrained")
    assert not loaders().is_nothing("transformers.BertModel.from_pretrained")


def test_an_argument_is_read_from_its_text():
    assert argument("0:url|uri") == Argument(0, ("url", "uri"))
    assert argument("url") == Argument(None, ("url",))
    assert argument("bucket().0:name") == Argument(0, ("name",), "bucket")
    assert argument("1") == Argument(1, ())


def test_a_source_is_cut_into_literals_and_arguments():
    assert pieces("s3://{0:Bucket}/{Key}") == (
        "s3://",
        Argument(0, ("Bucket",)),
        "/",
        Argument(None, ("Key",)),
    )


def test_braces_hold_a_part_together():
    assert split("torchvision.models.{args.arch}") == ("torchvision", "models", "{args.arch}")


def test_every_need_is_used():
    assert {one.needs for one in loaders().all} == set(Needs)
