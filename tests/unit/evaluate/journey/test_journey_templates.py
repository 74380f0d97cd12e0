"""Values that only a run decides: found in every way to write them, and not where one is given."""

import time

import pytest

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.journey import build
from bezoar.evaluate.journey.arrivals import Arrival
from bezoar.evaluate.journey.declared import Declarations
from bezoar.evaluate.journey.templates import templates_in, undecided_in
from bezoar.evaluate.pipelines.definition import Command, Pipeline, Step, Trigger
from bezoar.evaluate.rules.undecidable_value import findings


class File:
    def __init__(self, path, text):
        self.path, self.text = path, text


def found(command, text, *, path="w.yaml", arrivals=(), others=(), **fields):
    home = Place(PlaceKind.FILE, path, 1)
    steps = (Step("s", home, (Command(command, 3), Command("python train.py --data d", 4))),)
    files = {path: File(path, text), **{name: File(name, other) for name, other in others}}
    journey = build([Pipeline("p", "argo", home, steps, **fields)], arrivals, files)
    return [finding.evidence["name"] for finding in findings(journey)]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("${{ inputs.source }}", "inputs.source"),
        ("{{workflow.parameters.source}}", "workflow.parameters.source"),
        ("$[[ inputs.source ]]", "inputs.source"),
        ("<< pipeline.parameters.source >>", "pipeline.parameters.source"),
        ("$(SOURCE)", "SOURCE"),
        ("${SOURCE}/x", "SOURCE"),
        ("$SOURCE", "SOURCE"),
        ("{params.source}/x.csv", "params.source"),
        ("s3://acme/{inputs.source}", "inputs.source"),
    ],
)
def test_every_way_to_write_a_template(value, name):
    assert list(templates_in(value)) == [name]
    assert [one for _, one in undecided_in(f"aws s3 cp '{value}' data")] == [name]
    assert [one for _, one in undecided_in(f"python train.py --data '{value}'")] == [name]


@pytest.mark.parametrize(
    "value",
    [
        "data/signs",
        "$GITHUB_WORKSPACE/data",
        "${{ github.sha }}",
        "{{ ds }}",
        "{steps.fetch.outputs.path}",
        "$DATA_DIR/train.csv",
        "s3://$BUCKET/signs/2025-06",
        "$(Build.SourcesDirectory)/d",
        "{matrix.seed}",
        "",
    ],
)
def test_what_an_engine_fills_or_names_a_place_is_no_choice(value):
    assert list(templates_in(value)) == []


@pytest.mark.parametrize(
    "command",
    [
        "python train.py --epochs $EPOCHS",
        "python train.py --out $OUT_PATH",
        "python train.py --model-path {inputs.model}",
        "aws s3 cp model.bin s3://acme/{inputs.version}/model.bin",
        "bezoar validate data --suite {inputs.suite}",
        "echo $SOURCE",
    ],
)
def test_what_is_no_data_of_a_training(command):
    assert not [name for _, name in undecided_in(command) if name != "SOURCE"]


@pytest.mark.parametrize(
    ("path", "text", "given"),
    [
        ("w.yaml", "inputs:\n  source:\n    required: true\n", False),
        ("w.yaml", "inputs:\n  source:\n    default: s3://a/b\n", True),
        ("w.yaml", "inputs:\n  source:\n    type: choice\n    options: [a, b]\n", True),
        ("w.yaml", "parameters:\n- name: source\n", False),
        ("w.yaml", "parameters:\n- name: source\n  value: s3://a/b\n", True),
        ("w.yaml", "with:\n  source: ${{ inputs.source }}\n", False),
        ("w.yaml", "a:\n  source: '{{x.other}}'\nb:\n- {name: other, value: d}\n", True),
        ("w.yaml", "a: {source: '{{x.b}}', b: '{{x.source}}'}\n", False),
        ("w.yaml", "source: ''\n", False),
        ("w.yaml", "a: [", True),  # said elsewhere
        ("p.json", '{"Parameters": [{"Name": "source", "DefaultValue": "d"}]}', True),
        ("Makefile", "source ?= s3://a/b\n", True),
        ("Makefile", "all:\n\techo $(source)\n", False),
        (".env", "source=s3://a/b\n", True),
        ("p.py", "def pipe(source: str):\n    fetch(source=source)\n", False),
        ("p.py", "def pipe(source: str = 'd'):\n    pass\n", True),
        ("p.py", "params = {'source': 's3://a/b'}\n", True),
        ("p.py", "params = {'source': None}\n", False),
        ("p.py", "ParameterString(name='source', default_value='d')\n", True),
        ("p.py", "ParameterString(name='source')\n", False),
    ],
)
def test_where_a_name_is_given_a_value(path, text, given):
    assert Declarations(path, text).gives("source") is given


def test_a_choice_is_told_once_and_by_its_line():
    command = "aws s3 cp {inputs.source} data && wget {inputs.source}"
    assert found(command, "inputs: {source: {required: true}}") == ["inputs.source"]
    assert found(command, "inputs: {source: {default: d}}") == []


def test_what_a_file_of_parameters_or_a_caller_gives():
    command, text = "aws s3 cp {inputs.source} data", "x: y"
    assert found(command, text, others=[("params.yaml", "source: s3://a/b")]) == []
    assert found(command, text, others=[("other.yaml", "source: s3://a/b")]) == ["inputs.source"]
    assert found(command, text, others=[(".env", "source=d")], triggers=frozenset()) == []
    called = frozenset({Trigger.CALL})
    assert found(command, "source: s3://a/b", triggers=called) == []


def test_what_is_compared_with_a_digest_is_decided():
    known = Arrival(
        "w.yaml", 3, "{x}", "curl", "dataset", pinned=False, verified=True, public=False
    )
    assert found("curl -o d {inputs.source}", "x: y", arrivals=[known]) == []
    assert found("curl -o d {inputs.source}", "x: y") == ["inputs.source"]


def test_thousands_of_names_end_soon():
    steps = tuple(
        Step(
            f"s{n}",
            Place(PlaceKind.FILE, "w.yaml", n),
            (Command(f"python train.py --data $D{n}", n),),
        )
        for n in range(1, 5_000)
    )
    home = Place(PlaceKind.FILE, "w.yaml", 1)
    text = "".join(f"D{n}: '{{{{x.D{n + 1}}}}}'\n" for n in range(5_000))
    journey = build([Pipeline("p", "argo", home, steps)], (), {"w.yaml": File("w.yaml", text)})
    began = time.process_time()
    assert len(list(findings(journey))) == 100
    assert time.process_time() - began < 10
