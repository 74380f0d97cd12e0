"""Definitions that somebody wrote to break the reader: a finding or a pipeline, soon, always."""

# ruff: noqa: E501 - a definition reads better in one row

import itertools
import random
import time

import pytest
import yaml
from declared_scene import File, codes, parsed, parsers, safe_trees

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n"
KUBEFLOW = "deploymentSpec: {executors: {e: {container: {image: i}}}}\ncomponents:\n"
MANY = 10_000


def argo_tasks(tasks):
    return (
        ARGO
        + "  entrypoint: main\n  templates:\n"
        + "  - {name: t, container: {image: i, command: [echo]}}\n"
        + "  - name: main\n    dag:\n      tasks:\n"
        + tasks
    )


def kubeflow_tasks(tasks):
    return (
        KUBEFLOW
        + "  c: {executorLabel: e}\nroot:\n  dag:\n    tasks:\n"
        + tasks
        + "pipelineInfo: {name: x}\n"
    )


CYCLES = {
    "github": (
        ".github/workflows/w.yml",
        "on: push\njobs:\n  a: {needs: b, steps: []}\n  b: {needs: a, steps: []}\n",
    ),
    "github-call": (
        ".github/workflows/w.yml",
        "on: push\njobs:\n  a: {uses: ./.github/workflows/w.yml}\n",
    ),
    "gitlab-extends": (".gitlab-ci.yml", "a: {extends: b, script: x}\nb: {extends: a}\n"),
    "gitlab-needs": (".gitlab-ci.yml", "a: {needs: [b], script: x}\nb: {needs: [a], script: x}\n"),
    "gitlab-include": (".gitlab-ci.yml", "include: /.gitlab-ci.yml\na: {script: x}\n"),
    "argo": (
        "w.yaml",
        argo_tasks(
            "      - {name: a, depends: b, template: t}\n      - {name: b, depends: a, template: t}\n"
        ),
    ),
    "argo-template": ("w.yaml", argo_tasks("      - {name: a, template: main}\n")),
    "kubeflow": (
        "w.yaml",
        kubeflow_tasks(
            "      a: {componentRef: {name: c}, dependentTasks: [b]}\n      b: {componentRef: {name: c}, dependentTasks: [a]}\n"
        ),
    ),
    "dvc": (
        "dvc.yaml",
        "stages:\n  a: {cmd: x, deps: [o], outs: [p]}\n  b: {cmd: y, deps: [p], outs: [o]}\n",
    ),
    "make": ("Makefile", "a: b\n\techo\nb: a\n\techo\n"),
    "sagemaker": (
        "p.json",
        '{"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Processing", "DependsOn": ["b"], "Arguments": {}}, {"Name": "b", "Type": "Processing", "DependsOn": ["a"], "Arguments": {}}]}',
    ),
}
MISSING = {
    "github": (
        ".github/workflows/w.yml",
        "on: push\njobs:\n  a: {uses: ./.github/workflows/no.yml}\n",
    ),
    "github-remote": (
        ".github/workflows/w.yml",
        "on: push\njobs:\n  a: {uses: o/r/.github/workflows/no.yml@main}\n",
    ),
    "github-action": (".github/workflows/w.yml", "on: push\njobs:\n  a: {steps: [{uses: ./no}]}\n"),
    "gitlab": (".gitlab-ci.yml", "include: [{local: no.yml}]\na: {script: x}\n"),
    "gitlab-remote": (".gitlab-ci.yml", "include: 'https://example.org/x.yml'\na: {script: x}\n"),
    "gitlab-child": (".gitlab-ci.yml", "a: {trigger: {include: no.yml}}\n"),
    "argo": ("w.yaml", argo_tasks("      - {name: a, templateRef: {name: no, template: t}}\n")),
    "argo-workflow": ("w.yaml", ARGO + "  workflowTemplateRef: {name: no}\n"),
    "kubeflow": ("w.yaml", kubeflow_tasks("      a: {componentRef: {name: no}}\n")),
    "dvc": ("dvc.yaml", "vars: [no.yaml]\nstages: {a: {cmd: x}}\n"),
    "make": ("Makefile", "include no.mk\na:\n\techo\n"),
}
LARGE = {
    "github-jobs": (
        ".github/workflows/w.yml",
        "on: push\njobs:\n"
        + "".join(f"  j{n}: {{needs: j{n - 1}, steps: [{{run: echo}}]}}\n" for n in range(MANY)),
    ),
    "github-fan": (
        ".github/workflows/w.yml",
        "on: push\njobs:\n"
        + "".join(f"  j{n}: {{steps: [{{run: echo}}]}}\n" for n in range(MANY))
        + f"  last: {{needs: [{','.join(f'j{n}' for n in range(MANY))}], steps: [{{run: e}}]}}\n",
    ),
    "github-calls": (
        ".github/workflows/w.yml",
        "on: push\njobs:\n"
        + "".join(f"  j{n}: {{uses: ./.github/workflows/c.yml}}\n" for n in range(100)),
    ),
    "gitlab-jobs": (".gitlab-ci.yml", "".join(f"j{n}: {{script: echo}}\n" for n in range(MANY))),
    "gitlab-stages": (
        ".gitlab-ci.yml",
        "".join(
            f"j{n}: {{stage: {('build', 'test')[n % 2]}, script: echo, artifacts: {{paths: [p{n}]}}}}\n"
            for n in range(MANY)
        ),
    ),
    "gitlab-extends": (
        ".gitlab-ci.yml",
        ".t: {"
        + ",".join(f"k{n}: 1" for n in range(5000))
        + "}\n"
        + "".join(f"j{n}: {{extends: .t, script: x}}\n" for n in range(5000)),
    ),
    "gitlab-chain": (
        ".gitlab-ci.yml",
        "".join(f"j{n}: {{extends: j{n + 1}, script: x}}\n" for n in range(5000)),
    ),
    "argo-tasks": (
        "w.yaml",
        argo_tasks(
            "".join(
                f"      - {{name: a{n}, depends: a{n - 1}, template: t}}\n" for n in range(MANY)
            )
        ),
    ),
    "argo-groups": (
        "w.yaml",
        ARGO
        + "  entrypoint: main\n  templates:\n  - {name: t, container: {image: i}}\n  - name: main\n    steps:\n"
        + ("    - [" + "{name: a, template: t}," * 3000 + "]\n") * 3,
    ),
    "argo-nested": (
        "w.yaml",
        ARGO
        + "  entrypoint: t0\n  templates:\n"
        + "".join(
            f"  - {{name: t{n}, dag: {{tasks: [{','.join(f'{{name: a{m}, template: t{n + 1}}}' for m in range(10))}]}}}}\n"
            for n in range(20)
        )
        + "  - {name: t20, container: {image: i}}\n",
    ),
    "kubeflow-tasks": (
        "w.yaml",
        kubeflow_tasks(
            "".join(
                f"      a{n}: {{componentRef: {{name: c}}, dependentTasks: [a{n - 1}]}}\n"
                for n in range(MANY)
            )
        ),
    ),
    "dvc-stages": (
        "dvc.yaml",
        "stages:\n"
        + "".join(f"  s{n}: {{cmd: x, deps: [d/o{n - 1}], outs: [d/o{n}]}}\n" for n in range(MANY)),
    ),
    "dvc-folder": (
        "dvc.yaml",
        "stages:\n"
        + "".join(f"  s{n}: {{cmd: x, deps: [d], outs: [d/o{n}]}}\n" for n in range(3000)),
    ),
    "dvc-matrix": (
        "dvc.yaml",
        "stages:\n  s: {cmd: x, matrix: {"
        + ",".join(f"a{n}: [1,2,3,4,5,6,7,8,9]" for n in range(12))
        + "}}\n",
    ),
    "make-targets": ("Makefile", "".join(f"t{n}: t{n - 1}\n\techo {n}\n" for n in range(9000))),
    "make-variables": (
        "Makefile",
        "A = x\n"
        + "".join(f"A{n} = $(A{n - 1})$(A{n - 1})\n" for n in range(5000))
        + "t:\n\techo $(A4999)\n",
    ),
    "sagemaker": (
        "p.json",
        '{"Version": "2020-12-01", "Steps": ['
        + ",".join(
            f'{{"Name": "s{n}", "Type": "Training", "DependsOn": ["s{n - 1}"], "Arguments": {{}}}}'
            for n in range(MANY)
        )
        + "]}",
    ),
}
CALLED = {
    ".github/workflows/c.yml": "on: workflow_call\njobs:\n"
    + "".join(f"  k{n}: {{steps: [{{run: echo}}]}}\n" for n in range(300))
}


@pytest.mark.parametrize("name", CYCLES)
def test_a_cycle_is_a_finding(name):
    path, text = CYCLES[name]
    assert "BZ241" in codes({path: text})


@pytest.mark.parametrize("name", MISSING)
def test_what_is_included_and_not_there_is_a_finding(name):
    path, text = MISSING[name]
    assert codes({path: text}) == ["BZ242"]


@pytest.mark.parametrize("name", LARGE)
def test_a_large_definition_is_read_or_refused_in_time(name):
    path, text = LARGE[name]
    begin = time.process_time()
    pipelines = parsed({path: text, **(CALLED if name == "github-calls" else {})})
    assert time.process_time() - begin < 2
    assert all(one.steps or one.found for one in pipelines)


@pytest.mark.parametrize(
    "path",
    [".github/workflows/w.yml", ".gitlab-ci.yml", "dvc.yaml", "MLproject", "conf/base/catalog.yml"],
)
@pytest.mark.parametrize(
    "text", [BOMB, "[" * 100_000, "a: [", "\t", "- a\n" * 300_000, "{{ x }}: {% if %}\n"]
)
def test_what_is_no_definition_is_a_finding_in_time(path, text):
    begin = time.process_time()
    assert codes({path: text}) == ["BZ240"]
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("path", ["w.yaml", "p.json"])
@pytest.mark.parametrize("head", ["argoproj.io kind: Workflow\n", "deploymentSpec root dag\n"])
def test_a_bomb_that_claims_to_be_a_definition_is_a_finding(path, head):
    comment = "".join(f"# {line}\n" for line in head.splitlines()) + "kind: Workflow\n"
    found = codes({path: comment + BOMB})
    assert found
    assert set(found) == {"BZ240"}


# What stands in the place of each node in turn.
OTHERS = (None, "", "x", "{{x}}", 0, True, [], {}, [[]], [{}], {"": None}, {"x": {"x": []}}, "$(")


def replaced(value, other):
    """Yield copies of a value in which one node is another."""
    yield other
    if isinstance(value, dict):
        for key in value:
            yield from ({**value, key: one} for one in replaced(value[key], other))
    elif isinstance(value, list):
        for index in range(len(value)):
            for one in replaced(value[index], other):
                yield [*value[:index], one, *value[index + 1 :]]


OTHER_CI = {
    "azure": (
        "azure-pipelines.yml",
        (
            "variables: [{name: D, value: data}]\nstages:\n- stage: a\n  jobs:\n  - job: b\n    container: i\n"
            "    steps: [{script: x, env: {A: b}}, {task: 'Cache@2', inputs: {key: k, path: p}}, {publish: d, artifact: e}]\n"
            "  - {deployment: c, dependsOn: b, environment: e, strategy: {runOnce: {deploy: {steps: [{bash: x}]}}}}\n"
        ),
    ),
    "circle": (
        ".circleci/config.yml",
        (
            "commands: {c: {parameters: {d: {default: e}}, steps: [{run: x}]}}\nexecutors: {e: {docker: [{image: i}]}}\n"
            "jobs: {a: {executor: e, environment: {A: b}, steps: [checkout, c, {run: {command: x, when: always}}, {restore_cache: {keys: [k]}}]}}\n"
            "workflows: {w: {triggers: [{schedule: {cron: x}}], jobs: [{a: {requires: [b], filters: {branches: {only: m}}}}]}}\n"
        ),
    ),
}
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
CASES = 60
# The same definition needs to be tried but once.
SEEDS = {
    name: (path, files)
    for name, files in safe_trees().items()
    for path in files
    if path.endswith((".yml", ".yaml", ".json", "MLproject", ".lock"))
    and name
    not in ("kubeflow-image-by-tag", "kubeflow-no-dominating-validation", "argo-image-by-tag")
} | {name: (path, {path: text}) for name, (path, text) in OTHER_CI.items()}


@pytest.mark.parametrize("name", SEEDS)
def test_a_node_of_any_other_kind_is_never_a_traceback(name):
    path, files = SEEDS[name]
    drawn = random.Random(name)  # noqa: S311 - which cases to try is no secret
    documents = list(yaml.safe_load_all(files[path]))
    made = [
        [*documents[:index], one, *documents[index + 1 :]]
        for index, document in enumerate(documents)
        for other in OTHERS
        for one in itertools.islice(replaced(document, other), 1, None)
    ]
    for one in drawn.sample(made, min(len(made), CASES)):
        parsed({**files, path: yaml.dump_all(one, Dumper=DUMPER)})


@pytest.mark.parametrize("name", SEEDS)
def test_bytes_that_are_cut_or_changed_are_never_a_traceback(name):
    path, files = SEEDS[name]
    drawn = random.Random(name)  # noqa: S311 - which cases to try is no secret
    text = files[path]
    for _ in range(60):
        at = drawn.randrange(len(text))
        changed = text[:at] + drawn.choice("{}[]:,-&*#'\"\n\t|>!%@`$") + text[at + 1 :]
        parsed({**files, path: drawn.choice((changed, text[:at], text[at:]))})


def test_every_parser_says_which_files_it_reads():
    for parser in parsers():
        assert not parser.claims(File("notes.txt", "nothing of that kind"))
