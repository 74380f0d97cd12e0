"""What engines do on their own: TFX's channels, caches, templates, choices, tests of data."""

from dataclasses import dataclass

import pytest

from bezoar.evaluate.pipelines.definition import OnFailure
from bezoar.evaluate.pipelines.python_file import PARSER


@dataclass(frozen=True)
class File:
    """A file of a tree, as the audit hands it over."""

    path: str
    text: str


def pipelines(text, path="pipeline.py", **files):
    tree = {path: File(path, text)} | {name: File(name, one) for name, one in files.items()}
    return PARSER.parse(tree[path], tree)


def steps(text, **files):
    (found,) = pipelines(text, **files)
    return {step.name: step for step in found.steps}


TFX = """
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
@component
def Gate(anomalies=None): pass
gen = tfx.components.CsvExampleGen(input_base="data/taxi")
statistics = tfx.components.StatisticsGen(examples=gen.outputs["examples"])
validator = tfx.components.ExampleValidator(statistics=statistics.outputs["statistics"])
{gate}
trainer = tfx.components.Trainer(examples=gen.outputs["examples"], module_file="model.py")
trainer.add_upstream_node({upstream})
tfx.dsl.Pipeline(pipeline_name="taxi", components=[{listed}])
"""
ALL = "gen, statistics, validator, trainer"


def test_a_validator_of_tfx_that_nobody_heeds_stops_nothing():
    found = steps(TFX.format(gate="", upstream="validator", listed=ALL))
    assert found["ExampleValidator"].on_failure is OnFailure.IGNORED
    assert "ExampleValidator" in found["Trainer"].after


def test_a_validator_of_tfx_whose_anomalies_a_component_takes_stops():
    gate = 'gate = Gate(anomalies=validator.outputs["anomalies"])'
    found = steps(TFX.format(gate=gate, upstream="gate", listed=f"{ALL}, gate"))
    assert found["ExampleValidator"].on_failure is OnFailure.STOPS
    assert "Gate" in found["Trainer"].after


def test_a_validator_of_tfx_looks_at_what_the_statistics_tell_about():
    found = steps(TFX.format(gate="", upstream="validator", listed=ALL))
    shared = {one.name for one in found["ExampleValidator"].reads} & {
        one.name for one in found["Trainer"].reads
    }
    assert shared == {"PIPELINE-INTERNAL:CsvExampleGen.examples"}


def test_a_component_of_tfx_that_the_pipeline_does_not_list_does_not_run():
    found = steps(TFX.format(gate="", upstream="gen", listed="gen, trainer"))
    assert set(found) == {"CsvExampleGen", "Trainer"}


def test_a_pipeline_of_tfx_is_told_where_it_is_put_together():
    made = TFX.format(gate="", upstream="gen", listed=ALL).replace("gen = ", "def make():\n gen = ")
    made = made.replace("\ntrainer", "\n trainer").replace("\nstat", "\n stat")
    made = made.replace("\nvalid", "\n valid").replace("\ntfx.dsl.", "\n return tfx.dsl.")
    runner = "from tfx import v1 as tfx\nfrom made import make\ntfx.run(make())\n"
    assert [one.format for one in pipelines(runner, **{"made.py": made})] == ["python"]


KFP = """
from kfp import dsl
from kfp.dsl import Dataset, Input, Output
@dsl.component
def get(uri: str, data: Output[Dataset]): pass
@dsl.component
def train(data: Input[Dataset]): pass
@dsl.pipeline
def p():
    got = get(uri="{uri}"){first}
    train(data=got.outputs["data"]){second}
{after}
"""
OFF = ".set_caching_options(False)"


@pytest.mark.parametrize(
    ("first", "second", "after", "cached"),
    [
        ("", "", "", False),  # on by default, and nothing says that anybody knows
        ("", OFF, "", True),
        (OFF, OFF, "", False),
        (".set_caching_options(True)", "", "", True),
        ("", "", "aiplatform.PipelineJob(enable_caching=True)", True),
        ("", OFF, "aiplatform.PipelineJob(enable_caching=False)", False),
    ],
)
def test_a_cache_of_kubeflow_counts_where_it_is_meant(first, second, after, cached):
    text = KFP.format(first=first, second=second, after=after, uri="s3://a/b.csv")
    found = steps(text)
    assert found["get"].cached is cached
    assert not found["train"].cached


def test_a_digest_among_the_arguments_pins_a_cache():
    text = KFP.format(first=".set_caching_options(True)", second="", after="", uri="b@" + "0a" * 32)
    assert steps(text)["get"].cache_key_pins


ZENML = """
from zenml import pipeline, step
@step
def load(): return 1
@step(enable_cache=False)
def train(data): pass
@pipeline{options}
def p(): train(load())
"""


@pytest.mark.parametrize(("options", "cached"), [("", True), ("(enable_cache=False)", False)])
def test_a_cache_of_zenml_counts_where_another_step_turns_it_off(options, cached):
    assert steps(ZENML.format(options=options))["load"].cached is cached


@pytest.mark.parametrize(
    ("said", "cached"),
    [
        ("cache_key_fn=task_input_hash", True),
        ("cache_policy=INPUTS", True),
        ("cache_policy=NO_CACHE", False),
        ("persist_result=True", False),  # of this run alone
    ],
)
def test_a_cache_of_prefect_is_asked_for(said, cached):
    text = f"""
from prefect import flow, task
from prefect.tasks import task_input_hash
from prefect.cache_policies import INPUTS, NO_CACHE
@task({said})
def load(): return 1
@flow
def f(): load()
"""
    assert steps(text)["load"].cached is cached


def test_a_template_of_airflow_is_one_word():
    text = """
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("d"):
    BashOperator(task_id="a", bash_command="cp /in/{{ ds }}/x.csv /data/{{ ds_nodash }}.csv")
"""
    (command,) = steps(text)["a"].commands
    assert command.text == "cp /in/{ds}/x.csv /data/{ds_nodash}.csv"


def test_what_a_short_circuit_may_skip_is_under_its_condition():
    text = """
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import ShortCircuitOperator
with DAG("d"):
    a = BashOperator(task_id="a", bash_command="true")
    b = ShortCircuitOperator(task_id="b", python_callable=print)
    c = BashOperator(task_id="c", bash_command="true")
    d = BashOperator(task_id="d", bash_command="true")
    e = BashOperator(task_id="e", bash_command="true", trigger_rule="none_failed")
    a >> b >> c >> d >> e
"""
    found = steps(text)
    assert [found[name].condition for name in "abcde"] == [
        "",
        "",
        "b chooses it",
        "b chooses it",
        "",
    ]


CONFTEST = """
import great_expectations as ge
import pandas as pd
import pytest
@pytest.fixture
def table(request): return ge.dataset.PandasDataset(pd.read_csv("data/signs.csv"))
"""


def test_a_test_that_validates_data_is_read_with_its_fixtures():
    test = "def test_signs(table):\n    assert table.validate().success\n"
    other = "import model\ndef test_model():\n    model.fit('data/other.csv')\n"
    (found,) = pipelines(
        test + other.replace("import model\n", ""),
        path="tests/data/test_signs.py",
        **{"tests/conftest.py": CONFTEST},
    )
    said = [one.text.partition("(")[0] for one in found.steps[0].commands]
    assert "great_expectations.dataset.PandasDataset.validate" in said
    assert not any("fit" in one for one in said)
    assert not found.production


def test_a_function_is_found_through_the_package_that_passes_it_on():
    files = {
        "parts/lib/src/acme/__init__.py": "from .jobs import train_it\n",
        "parts/lib/src/acme/jobs.py": "def train_it(x):\n    model.fit('data/signs.csv')\n",
    }
    (found,) = pipelines("from acme import train_it\ntrain_it(1)\n", path="app/main.py", **files)
    (command,) = found.steps[0].commands
    assert command.text.startswith("model.fit(")
    assert command.path == "parts/lib/src/acme/jobs.py"


def test_what_is_only_written_is_no_input():
    text = """
from airflow import DAG
from acme import TrainOperator
with DAG("d"):
    TrainOperator(task_id="t", config={"In": "s3://a/in/", "OutputDataConfig": "s3://a/out/"},
                  output_uri="s3://a/made/", checkpoint_dir="s3://a/checkpoints/")
"""
    found = steps(text)["t"]
    assert [one.name for one in found.reads] == ["s3://a/in/"]
    assert "s3://a/made/" in {one.name for one in found.writes}


def test_a_step_that_refuses_what_another_one_made_is_a_gate():
    text = """
from zenml import pipeline, step
@step
def score(): return 1.0
@step
def deploy(accuracy):
    if accuracy < 0.9:
        raise ValueError
    client.deploy("signs")
@step
def report(accuracy): print(accuracy)
@pipeline
def p():
    accuracy = score()
    deploy(accuracy)
    report(accuracy)
"""
    found = steps(text)
    assert [one.text for one in found["deploy"].commands if one.checked] == [
        "checked_output(accuracy)"
    ]
    assert found["report"].commands == ()


@pytest.mark.parametrize(
    ("code", "secrets"),
    [
        ('OPTIONS = {"secret": "kX9v2LrT0aQ8ZbN4mHs6WcYp"}', ["secret"]),
        ('import os\nos.environ["API_TOKEN"] = "kX9v2LrT0aQ8ZbN4mHs6WcYp"', ["API_TOKEN"]),
        ('OPTIONS = {"secret": "YOUR_SECRET_HERE"}', []),
        ('OPTIONS = {"title": "kX9v2LrT0aQ8ZbN4mHs6WcYp"}', []),
    ],
)
def test_a_secret_under_a_key_is_told_by_its_name(code, secrets):
    (found,) = pipelines(f"{code}\nmodel.fit('data/x.csv')\n", path="train.py")
    assert [name for name, _ in found.steps[0].secrets] == secrets
