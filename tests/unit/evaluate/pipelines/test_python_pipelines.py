"""What Python says of pipelines: steps, order, data, and what a failure comes to."""

from dataclasses import dataclass

import pytest

from bezoar.evaluate.pipelines.definition import OnFailure
from bezoar.evaluate.pipelines.python_file import PARSER

STOPS, IGNORED = OnFailure.STOPS, OnFailure.IGNORED


@dataclass(frozen=True)
class File:
    """A file of a tree, as the audit hands it over."""

    path: str
    text: str


def pipeline(text, path="pipeline.py", **others):
    tree = {path: File(path, text)}
    tree |= {name: File(name, one) for name, one in others.get("files", {}).items()}
    (found,) = PARSER.parse(tree[path], tree)
    return found


def steps(text, **others):
    return {step.name: step for step in pipeline(text, **others).steps}


def commands(text, **others):
    """Return the calls of a script by the last part of their name."""
    (step,) = pipeline(text, path="script.py", **others).steps
    return {one.text.partition("(")[0].rpartition(".")[2]: one for one in step.commands}


def names(references):
    return {one.name for one in references}


AIRFLOW = """
from airflow import DAG
from airflow.models.baseoperator import chain, cross_downstream
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup
from airflow.utils.trigger_rule import TriggerRule
with DAG("signs", schedule="@daily"):
    a = BashOperator(task_id="a", bash_command="true")
    b = BashOperator(task_id="b", bash_command="true")
    c = BashOperator(task_id="c", bash_command="true")
    d = BashOperator(task_id="d", bash_command="true")
"""


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("a >> b >> [c, d]", {"b": {"a"}, "c": {"b"}, "d": {"b"}}),
        ("d << c << a", {"d": {"c"}, "c": {"a"}}),
        ("chain(a, [b, c], d)", {"b": {"a"}, "c": {"a"}, "d": {"b", "c"}}),
        ("cross_downstream([a, b], [c, d])", {"c": {"a", "b"}, "d": {"a", "b"}}),
        ("b.set_upstream(a); b.set_downstream([c, d])", {"b": {"a"}, "c": {"b"}, "d": {"b"}}),
    ],
)
def test_airflow_orders_tasks_in_each_way_that_it_can_be_written(said, after):
    found = steps(AIRFLOW + f"    {said}\n")
    assert {name: set(one.after) for name, one in found.items() if one.after} == after


def test_airflow_groups_stand_for_their_tasks():
    text = AIRFLOW + (
        "    with TaskGroup('checks') as checks:\n"
        "        BashOperator(task_id='one', bash_command='true')\n"
        "        BashOperator(task_id='two', bash_command='true')\n"
        "    a >> checks >> b\n"
    )
    found = steps(text)
    assert set(found["checks.one"].after) == set(found["checks.two"].after) == {"a"}
    assert set(found["b"].after) == {"checks.one", "checks.two"}


@pytest.mark.parametrize(
    "rule", ["'all_done'", "TriggerRule.ALL_DONE", "'always'", "'one_success'"]
)
def test_airflow_knows_rules_under_which_a_failure_stops_nothing(rule):
    text = AIRFLOW + f"    e = BashOperator(task_id='e', bash_command='x', trigger_rule={rule})\n"
    assert steps(text)["e"].runs_after_failure
    assert not steps(text)["a"].runs_after_failure


def test_airflow_gives_a_callable_what_its_operator_says():
    text = (
        "from airflow.operators.python import PythonOperator\nimport pandas as pd\n"
        "def check(path):\n    pd.read_csv(path)\n"
        "PythonOperator(task_id='check', python_callable=check, op_kwargs={'path': 'data/a.csv'})\n"
    )
    assert names(steps(text)["check"].reads) == {"data/a.csv"}


KFP = """
from kfp import dsl
@dsl.component
def get() -> str: return "x"
@dsl.component
def use(x: str): pass
@dsl.pipeline(name="signs")
def signs():
"""


def test_kubeflow_knows_conditions_exit_handlers_and_tasks_that_run_anyway():
    text = KFP + (
        "    last = use(x='end')\n"
        "    with dsl.ExitHandler(last):\n"
        "        first = get()\n"
        "        with dsl.If(first.output == 'yes'):\n"
        "            use(x=first.output).set_display_name('x')\n"
        "        use(x='z').after(first).ignore_upstream_failure()\n"
    )
    found = steps(text)
    assert found["use"].runs_after_failure
    assert found["use#2"].condition == "first.output == 'yes'"
    assert found["use#2"].after == ("get",)
    assert found["use#3"].runs_after_failure
    assert found["use#3"].after == ("get",)


def test_kubeflow_lets_the_output_of_a_step_decide_about_another():
    text = KFP.replace('return "x"', "return suite.run().success") + (
        "    ok = get()\n    with dsl.Condition(ok.output == 'True'):\n        use(x='a')\n"
        "    use(x='b')\n"
    )
    found = steps(text)
    assert found["use"].after == ("get",)
    assert found["use#2"].after == ()
    assert found["get"].commands[0].checked


def test_kubeflow_takes_importers_and_components_of_a_file():
    text = (
        "from kfp import components, dsl\n"
        "train_op = components.load_component_from_file('train.yaml')\n"
        "@dsl.pipeline(name='p')\n"
        "def p():\n"
        "    data = dsl.importer(artifact_uri='gs://b/signs', artifact_class=dsl.Dataset)\n"
        "    train_op(data=data.output)\n"
    )
    component = (
        "name: Train\nimplementation:\n  container:\n    image: r/t:1\n"
        "    command: [python, train.py]\n"
    )
    found = steps(text, files={"train.yaml": component})
    assert names(found["importer"].reads) == {"gs://b/signs"}
    assert found["Train"].after == ("importer",)
    assert found["Train"].image.name == "r/t:1"
    assert not found["Train"].image.pinned
    assert [one.text for one in found["Train"].commands] == ["python train.py"]


PREFECT = """
from prefect import allow_failure, flow, task
@task
def check(x): pass
@task
def train(x): pass
@flow
def f():
"""


@pytest.mark.parametrize(
    ("body", "after", "on_failure", "late"),
    [
        ("check(1)\n    train(1)", {"check"}, STOPS, False),
        ("check.submit(1)\n    train.submit(1)", set(), STOPS, False),
        ("c = check.submit(1)\n    train.submit(1, wait_for=[c])", {"check"}, STOPS, False),
        ("c = check.submit(1)\n    c.result()\n    train(1)", {"check"}, STOPS, False),
        ("check(1, return_state=True)\n    train(1)", {"check"}, IGNORED, False),
        (
            "c = check.submit(1)\n    train.submit(1, wait_for=[allow_failure(c)])",
            {"check"},
            STOPS,
            True,
        ),
    ],
)
def test_prefect_waits_as_its_flow_says(body, after, on_failure, late):
    found = steps(PREFECT + f"    {body}\n")
    assert set(found["train"].after) == after
    assert found["check"].on_failure is on_failure
    assert found["train"].runs_after_failure is late


def test_metaflow_follows_next_and_what_a_step_leaves_behind():
    text = (
        "from metaflow import FlowSpec, catch, step\nimport pandas as pd\n"
        "class F(FlowSpec):\n"
        "    @step\n    def start(self):\n"
        "        self.x = pd.read_csv('data/a.csv')\n        self.next(self.left, self.right)\n"
        "    @catch(var='e')\n    @step\n    def left(self):\n        self.next(self.join)\n"
        "    @step\n    def right(self):\n        self.next(self.join)\n"
        "    @step\n    def join(self, inputs):\n        model.fit(inputs[0].x)\n"
        "        self.next(self.end)\n"
        "    @step\n    def end(self): pass\n"
    )
    found = steps(text)
    assert set(found["join"].after) == {"left", "right"}
    assert found["left"].on_failure is IGNORED
    assert names(found["join"].reads) == {"data/a.csv"}


SWALLOWED = "import pandera as pa\nimport sys\ns = pa.DataFrameSchema({})\n"


@pytest.mark.parametrize(
    ("body", "on_failure"),
    [
        ("s.validate(open('data/a.csv'))", STOPS),
        ("try:\n    s.validate(1)\nexcept Exception:\n    pass", IGNORED),
        ("try:\n    s.validate(1)\nexcept Exception as e:\n    print(e)\n    raise", STOPS),
        ("try:\n    s.validate(1)\nexcept Exception:\n    sys.exit(1)", STOPS),
        ("try:\n    s.validate(1)\nexcept ImportError:\n    pass", STOPS),
        ("try:\n    s.validate(1)\nfinally:\n    print(1)", STOPS),
        (
            "try:\n    s.validate(1)\nexcept Exception:\n    bad = 1\nif bad:\n    sys.exit(1)",
            STOPS,
        ),
        ("import contextlib\nwith contextlib.suppress(Exception):\n    s.validate(1)", IGNORED),
    ],
)
def test_a_script_tells_whether_an_exception_stops_it(body, on_failure):
    assert commands(f"{SWALLOWED}{body}\n")["validate"].on_failure is on_failure


@pytest.mark.parametrize(
    ("body", "checked"),
    [
        ("r.run()", False),
        ("s = r.Suite()\ns.run()\nif not s.as_dict()['passed']:\n    raise ValueError", True),
        ("s = r.Suite()\ns.run()\nprint(s.as_dict())", False),
        ("assert r.run().success", True),
        ("x = r.run()\nif not x.success:\n    raise ValueError", True),
        ("x = r.run()\nif not x['success']:\n    print('no')", False),
        ("x = r.run()\nif x.success:\n    model.fit(open('data/a.csv'))", True),
        ("r.run().success or sys.exit(1)", True),
        ("x = r.run()\nif not x.success:\n    sys.exit(0)", True),
        ("def ok():\n    return r.run().success\nif not ok():\n    sys.exit(1)", True),
    ],
)
def test_a_script_tells_whether_a_result_decides(body, checked):
    assert commands(f"import sys\n{body}\n")["run"].checked is checked


def test_a_script_follows_data_through_variables_functions_and_modules():
    text = (
        "from pathlib import Path\nimport pandas as pd\nfrom lib import clean\n"
        "ROOT = Path('data')\n"
        "def load(name):\n    return pd.read_csv(ROOT / f'{name}.csv')\n"
        "table = clean(load('train'))\nmodel.fit(table)\n"
    )
    files = {"lib.py": "def clean(t):\n    t.to_csv('data/clean.csv')\n    return t.dropna()\n"}
    found = commands(text, files=files)
    assert names(found["fit"].reads) == {"data/train.csv"}
    assert names(found["to_csv"].writes) == {"data/clean.csv"}


def test_a_script_tells_what_may_be_skipped():
    text = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--check')\n"
        "args = p.parse_args()\nif args.check:\n    s.validate(1)\nmodel.fit(1)\n"
    )
    found = commands(text)
    assert found["validate"].condition == "args.check"
    assert not found["fit"].condition


@pytest.mark.parametrize(
    ("call", "on_failure"),
    [
        ("subprocess.run(['bezoar', 'validate', 'data'], check=True)", STOPS),
        ("subprocess.check_call(['bezoar', 'validate', 'data'])", STOPS),
        ("subprocess.run(['bezoar', 'validate', 'data'])", IGNORED),
        ("os.system('bezoar validate data')", IGNORED),
        ("if os.system('bezoar validate data') != 0: sys.exit(1)", STOPS),
    ],
)
def test_a_script_hands_commands_to_the_shell(call, on_failure):
    (step,) = pipeline(f"import os, subprocess, sys\n{call}\n").steps
    command = step.commands[0]
    assert (command.text, command.language) == ("bezoar validate data", "shell")
    assert command.on_failure is on_failure


def test_a_script_tells_what_decorates_a_function():
    text = (
        "import pandas as pd\nimport pandera as pa\n"
        "@pa.check_types\ndef train(t):\n    model.fit(t)\n"
        "train(pd.read_csv('data/a.csv'))\n"
    )
    (step,) = pipeline(text).steps
    told = [(one.text, names(one.reads)) for one in step.commands]
    assert told[1] == ("pandera.check_types()", {"data/a.csv"})
    assert told[2][0].startswith("model.fit(")


def test_what_other_files_call_is_no_script_of_its_own():
    text = "def train(table):\n    model.fit(table)\n"
    assert PARSER.parse(File("lib.py", text), {}) == []
    text = "def main():\n    model.fit(open('data/a.csv'))\n"
    assert names(pipeline(text).steps[0].reads) == {"data/a.csv"}


def test_a_secret_is_told_by_its_name_and_never_shown():
    text = "API_TOKEN = 'Kv7-qd93-Lr20-xw'\nclient.login(password='Zk3-99ab-Tq71')\n"
    found = pipeline(text)
    assert {name for name, _ in found.steps[0].secrets} == {"API_TOKEN", "password"}
    assert "Zk3-99ab" not in str(found)
    assert "Kv7-qd93" not in str(found)


def test_dagster_takes_assets_by_parameter_and_by_name():
    text = (
        "from dagster import asset, op, job\n"
        "@asset\ndef raw(): ...\n"
        "@asset(deps=[raw])\ndef clean(): ...\n"
        "@asset\ndef model(clean): ...\n"
    )
    found = steps(text)
    assert found["clean"].after == ("raw",)
    assert found["model"].after == ("clean",)
    assert names(found["model"].reads) == {"PIPELINE-INTERNAL:clean"}
