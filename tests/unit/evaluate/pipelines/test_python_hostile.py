"""Python that somebody wrote to break the reader: a finding or a pipeline, soon, always."""

import time
from dataclasses import dataclass

import pytest

from bezoar.evaluate.pipelines.python_file import PARSER


@dataclass(frozen=True)
class File:
    """A file of a tree, as the audit hands it over."""

    path: str
    text: str


def parsed(text, path="pipeline.py", others=()):
    files = {one.path: one for one in (File(path, text), *others)}
    return PARSER.parse(files[path], files)


def codes(pipelines):
    return [finding.code for one in pipelines for finding in one.found]


AIRFLOW = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
MANY = 10_000
AIRFLOW_MANY = AIRFLOW + "".join(
    f"t{n} = BashOperator(task_id='t{n}', bash_command='true')\n" for n in range(MANY)
)
PREFECT = "from prefect import flow, task\n@task\ndef a(x=None): return x\n@flow\ndef f():\n"
BOMB = "def f0(): return g()\n" + "".join(
    f"def f{n}():\n    f{n - 1}()\n" + f"    f{n - 1}()\n" * 40 for n in range(1, 12)
)
HOSTILE = {
    "nested-lists": "x = " + "[" * 5_000 + "]" * 5_000,
    "nested-calls": "x = " + "f(" * 190 + ")" * 190,
    "nested-sums": "x = " + "1 + (" * 180 + "1" + ")" * 180,
    "long-sum": "x = " + " + ".join(["a"] * 20_000),
    "long-chain": "x = a" + ".b()" * 3_000,
    "nested-ifs": "".join(f"{' ' * n}if a:\n" for n in range(95)) + " " * 95 + "fit(1)\n",
    "long-elif": "if a:\n    f(1)\n"
    + "".join(f"elif a == {n}:\n    f({n})\n" for n in range(3_000)),
    "nested-attributes": "x = a" + ".b" * 5_000,
    "nested-lambdas": "x = " + "lambda: " * 400 + "1",
    "nested-functions": "".join(f"{' ' * n}def f():\n" for n in range(95)) + " " * 95 + "g()\n",
    "syntax": "from airflow import DAG\nwith DAG('x') as dag\n    pass\n",
    "python-2": "import os\nprint 'x'\nexec 'x'\ntry:\n    f()\nexcept E, e:\n    print e\n",
    "nothing-but-noise": "\x00\x01\x02",
    "line-ends": "x = 1\r\ny = 2\rz = 3\n",
    "ten-thousand-tasks": AIRFLOW_MANY,
    "twenty-thousand-edges": AIRFLOW
    + "a = BashOperator(task_id='a', bash_command='true')\n"
    + "b = BashOperator(task_id='b', bash_command='true')\n"
    + "a >> b\n" * 15_000,
    "long-arrow": AIRFLOW
    + "".join(f"t{n} = BashOperator(task_id='t{n}', bash_command='x')\n" for n in range(300))
    + " >> ".join(f"t{n}" for n in range(300)),
    "calls-that-double": BOMB + "f11()\n",
    "endless-recursion": "def f(x): return g(x)\ndef g(x): return f(x)\nf(open('data/a.csv'))\n",
    "stacked-decorators": "from prefect import task, flow\n" + "@task\n" * 500 + "def a(): pass\n",
    "generated-names": PREFECT
    + "".join(f"    x{n} = a(x{n - 1 if n else 0})\n" for n in range(2_000)),
    "list-that-doubles": "x = ['data/a.csv']\n" + "x = [x, x]\n" * 60 + "f(x)\n",
    "text-that-doubles": "x = 'data/a.csv'\n" + "x = x + x\n" * 60 + "open(x)\n",
    "branches-that-double": "x = 'a'\n"
    + "".join(f"if c{n}: x = x + '{n}'\n" for n in range(500))
    + "open(x)\n",
    "long-try": "try:\n    f()\n" + "".join(f"except E{n}:\n    g()\n" for n in range(3_000)),
    "many-functions": "".join(f"def f{n}(): f{n + 1}()\n" for n in range(9_000)) + "f0()\n",
    "cut-off": "import kfp\n@kfp.dsl.pipeline(\n",
    "many-components": "from tfx import v1 as tfx\n"
    + "".join(f"c{n} = tfx.components.StatisticsGen(examples=1)\n" for n in range(3_000))
    + "tfx.dsl.Pipeline(components=["
    + ", ".join(f"c{n}" for n in range(3_000))
    + "])\n",
    "channels-in-a-row": "from tfx import v1 as tfx\nc0 = tfx.components.CsvExampleGen()\n"
    + "".join(
        f"c{n} = tfx.components.StatisticsGen(examples=c{n - 1}.outputs['o{n}'])\n"
        for n in range(1, 1_500)
    ),
    "many-choices": AIRFLOW
    + "from airflow.operators.python import ShortCircuitOperator as S\n"
    + "".join(f"t{n} = S(task_id='t{n}', python_callable=print)\n" for n in range(1_500))
    + "".join(f"t{n} >> t{n + 1}\n" for n in range(1_499)),
    "many-outputs": "from kfp import dsl\n@dsl.component\ndef a(x=0): pass\n@dsl.pipeline\n"
    "def p():\n    t = a()\n" + "".join(f"    a(x=t.outputs['o{n}'])\n" for n in range(1_500)),
}
TESTS = "".join(f"def test_{n}(table): table.validate('data/a.csv')\n" for n in range(5_000))
FIXTURES = "".join(f"def f{n}(f{(n + 1) % 50}, f{n}): return g(f{n})\n" for n in range(50))
PASSED_ON = {
    "a/__init__.py": "from .b import f\nfrom a import f\n",
    "a/b/__init__.py": "from a import f\nfrom ..b import f\n",
}


@pytest.mark.parametrize(
    ("text", "path", "others"),
    [
        (TESTS, "tests/test_many.py", {}),
        (FIXTURES + "def test_a(f0, f1): f0.validate(f1)\n", "tests/test_circle.py", {}),
        ("from a import f\nf(open('data/a.csv'))\n", "main.py", PASSED_ON),
        ("import a\n" + "a.f(1)\n" * 5_000, "main.py", PASSED_ON),
    ],
    ids=["many-tests", "fixtures-in-a-circle", "passed-on-in-a-circle", "passed-on-often"],
)
def test_hostile_trees_end_soon_and_without_a_traceback(text, path, others):
    start = time.process_time()
    parsed(text, path, [File(name, one) for name, one in others.items()])
    assert time.process_time() - start < 3


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_python_ends_soon_and_without_a_traceback(name):
    start = time.process_time()
    for one in parsed(HOSTILE[name]):
        assert one.steps or one.found
    assert time.process_time() - start < 3


@pytest.mark.parametrize("name", ["nested-lists", "syntax", "ten-thousand-tasks", "cut-off"])
def test_what_cannot_be_read_is_said(name):
    assert "BZ240" in codes(parsed(HOSTILE[name]))


def test_a_cycle_is_said():
    text = AIRFLOW + (
        "a = BashOperator(task_id='a', bash_command='true')\n"
        "b = BashOperator(task_id='b', bash_command='true')\n"
        "a >> b >> a\n"
    )
    (pipeline,) = parsed(text)
    assert codes([pipeline]) == ["BZ241"]
    assert {step.name for step in pipeline.steps} == {"a", "b"}


def test_a_component_that_is_not_there_is_said():
    text = (
        "import kfp\nfrom kfp import dsl\n"
        "op = kfp.components.load_component_from_file('components/train/component.yaml')\n"
        "@dsl.pipeline(name='p')\ndef p():\n    op(data='gs://b/c')\n"
    )
    assert codes(parsed(text)) == ["BZ242"]


def test_a_module_that_cannot_be_read_does_not_keep_another_from_being_read():
    broken = File("helper.py", "def f(:\n")
    (pipeline,) = parsed("import helper\nhelper.f(open('data/a.csv'))\n", others=[broken])
    assert [one.name for one in pipeline.steps[0].reads] == ["data/a.csv"]


def test_a_damaged_notebook_is_said():
    assert codes(parsed("{'cells': [", path="a.ipynb")) == ["BZ240"]
