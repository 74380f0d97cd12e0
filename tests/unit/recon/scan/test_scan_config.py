"""JSON, TOML, INI, gin, submodules and Terraform: values that name what lies elsewhere."""

import json
import textwrap

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan import config, dvc, terraform
from bezoar.recon.scan.fetch import Checksum, Context, Danger, Kind
from bezoar.syntax.unreadable import UnreadableError

COMMIT = "f59388cd04276e75d70b2136597aaa27e7937cc3"


def fetches(reader, text, path):
    text = textwrap.dedent(text).lstrip("\n")
    return sorted(reader.read(text, path, Context()), key=lambda one: one.line)


def uris(text, path="conf/a.json"):
    return [(one.line, one.uri) for one in fetches(config, text, path)]


def test_json_keeps_its_lines():
    text = """
        {
          "name": "x", // as editors bear it
          "data": {
            "url": "https:\\/\\/a.example/x.csv",
            "items": [1, 2, {"model_name_or_path": "acme/name"}],
          },
        }
    """
    assert uris(text) == [(4, "https://a.example/x.csv"), (5, "hf:acme/name")]


def test_strict_json_is_told_with_its_lines_too():
    text = json.dumps({"a": [1, {"u": "https://a.example/x.csv"}], "b": True}, indent=1)
    assert uris(text) == [(5, "https://a.example/x.csv")]


@pytest.mark.parametrize("text", ["{", '{"a": ]}', "]", '{"u": "s3://b/x.csv"', "\x01", "{[]: 1}"])
def test_what_is_no_json_is_unreadable(text):
    with pytest.raises(UnreadableError, match="no JSON"):
        uris(text)


@pytest.mark.parametrize("text", ["[" * 10_000 + "]" * 10_000, '{"a":' * 10_000, "[" * 200])
def test_deep_json_is_told(text):
    assert config.may_fetch(text.encode()) or text[0] == "{"
    with pytest.raises(UnreadableError, match="nested too deeply"):
        uris(text)


def test_a_digest_and_a_revision_in_json():
    digest = "sha256:" + "0" * 64
    text = json.dumps({"a": {"url": "https://a.example/x.zip", "checksum": digest}})
    (found,) = fetches(config, text, "a.json")
    assert (found.pin, found.checksum) == (Pin.HASH, Checksum.CALL)
    text = json.dumps({"repo_id": "acme/x", "revision": COMMIT})
    assert fetches(config, text, "a.json")[0].pin is Pin.REVISION


def test_sagemaker_names_its_data():
    text = '{"Input": {"S3Uri": "s3://b/train"}, "OutputDataConfig": {"S3OutputPath": "s3://b/o"}}'
    assert uris(text) == [(1, "s3://b/train")]
    text = '{"PrimaryContainer": {"ModelDataUrl": "s3://b/model.tar.gz"}}'
    assert [one.kind for one in fetches(config, text, "a.json")] == [Kind.ARCHIVE]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("schema.json", '{"$id": "https://a.example/x.csv"}'),
        ("a.json", '{"$schema": "https://a.example/x.json", "properties": {"u": "s3://b/x.csv"}}'),
        ("a.json", '{"openapi": "3", "servers": [{"u": "s3://b/x.csv"}]}'),
        ("tests/fixtures/a.json", '{"u": "s3://b/x.csv"}'),
        ("pyproject.toml", '[project.urls]\nData = "https://a.example/x.csv"\n'),
        ("pyproject.toml", '[tool.uv]\nfind = "https://a.example/x.csv"\n'),
        ("a.toml", '# url = "https://a.example/x.csv"\n'),
        ("a.ini", "[a]\n; url = https://a.example/x.csv\n"),
    ],
)
def test_what_configures_no_data(path, text):
    assert uris(text, path) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.toml", '[data]\nurl = "https://a.example/x.csv"\n'),
        ("a.toml", '[data]\nurls = ["https://a.example/x.csv",\n]\n'),
        ("a.toml", '[tool.mine]\ndata = {url = "https://a.example/x.csv"}\n'),
        ("a.ini", "[data]\nurl: https://a.example/x.csv\n"),
        ("a.cfg", "[data]\nurl=https://a.example/x.csv\n"),
        ("a.gin", "# set\nload.url = 'https://a.example/x.csv'\n"),
        ("a.jsonnet", "{\n  url: 'https://a.example/x.csv',\n}\n"),
    ],
)
def test_lines_of_settings(path, text):
    assert uris(text, path) == [(2, "https://a.example/x.csv")]


def test_a_toml_table_ties_its_address():
    text = f'[a]\nurl = "https://a.example/x.csv"\nsha256 = "{"0" * 64}"\n'
    assert fetches(config, text, "a.toml")[0].pin is Pin.HASH


def test_ini_interpolates():
    text = "[a]\nbase = https://a.example\nurl = %(base)s/%(name)s.csv\n"
    (found,) = fetches(config, text, "a.ini")
    assert (found.uri, found.decided_by) == ("https://a.example/{name}.csv", ("name",))


def test_submodules_of_data():
    text = """
        [submodule "lib/eigen"]
            path = lib/eigen
            url = https://gitlab.com/x/eigen.git
        [submodule "data"]
            path = data/signs
            url = http://a.example/x/signs.git
        [submodule "m"]
            path = m
            url = https://huggingface.co/acme/m
    """
    found = fetches(config, text, ".gitmodules")
    assert [(one.line, one.kind, one.pin) for one in found] == [
        (6, Kind.DATASET, Pin.REVISION),
        (9, Kind.MODEL, Pin.REVISION),
    ]
    assert found[0].dangers == {Danger.PLAIN_HTTP}


def test_dvc_imports_are_pinned_by_their_lock():
    text = f"""
        md5: f5ea021eddd7b1df6de80b904cba1da6
        deps:
        - path: get/data.xml
          repo:
            url: https://github.com/x/registry
            rev_lock: {COMMIT}
        outs:
        - md5: 22a1a2931c8370d3aeedd7183606fd7f
          path: data.xml
    """
    (found,) = fetches(dvc, text, "data/data.xml.dvc")
    assert (found.line, found.uri) == (5, "git+https://github.com/x/registry#get/data.xml")
    assert (found.pin, found.revision, found.checksum) == (Pin.REVISION, COMMIT, Checksum.CALL)


def test_dvc_imports_an_address():
    text = "deps:\n- etag: '1'\n  path: https://a.example/x.csv\nouts:\n- path: x.csv\n"
    (found,) = fetches(dvc, text, "x.csv.dvc")
    assert (found.line, found.loader, found.pin) == (3, "dvc.import-url", Pin.NONE)
    text = text.replace("- path", "- md5: " + "0" * 32 + "\n  path")
    assert fetches(dvc, text, "x.csv.dvc")[0].pin is Pin.HASH


def test_dvc_tracks_local_files_and_locks_addresses():
    assert fetches(dvc, "outs:\n- md5: 1\n  path: x.csv\n", "x.csv.dvc") == []
    text = "stages:\n  get:\n    deps:\n    - path: s3://b/x.csv\n      etag: 1\n    - path: a.py\n"
    assert [one.line for one in fetches(dvc, text, "dvc.lock")] == [4]


def test_dvc_remotes_that_lie_elsewhere():
    text = (
        "[core]\n  remote = a\n['remote \"a\"']\n  url = s3://b/x\n['remote \"b\"']\n  url = /mnt\n"
    )
    (found,) = fetches(dvc, text, ".dvc/config")
    assert (found.line, found.uri, found.kind) == (4, "s3://b/x", Kind.OTHER)


def test_dvc_stages_run_commands():
    text = "stages:\n  get:\n    cmd:\n    - echo\n    - wget https://a.example/x.csv\n"
    assert [(one.line, one.uri) for one in fetches(dvc, text, "dvc.yaml")] == [
        (5, "https://a.example/x.csv")
    ]


def test_terraform_reads_data_and_runs_commands():
    text = """
        variable "where" {
          default = "https://a.example"
        }
        data "http" "set" {
          url = "${var.where}/x.csv"
        }
        data "aws_s3_object" "set" {
          bucket = "b"
          key    = "sets/${var.name}.csv"
        }
        resource "aws_s3_object" "mine" {
          source = "x.csv"
        }
        resource "null_resource" "a" {
          provisioner "local-exec" {
            command = "wget https://a.example/y.csv"
          }
        }
        resource "aws_instance" "a" {
          user_data = <<-EOF
            #!/bin/bash
            wget https://a.example/z.csv
          EOF
        }
        module "m" {
          source = "https://a.example/modules.zip"
        }
    """
    found = fetches(terraform, text, "a.tf")
    assert [(one.line, one.uri) for one in found] == [
        (5, "https://a.example/x.csv"),
        (7, "s3://b/sets/{var.name}.csv"),
        (16, "https://a.example/y.csv"),
        (22, "https://a.example/z.csv"),
    ]
