"""What definitions of Argo, Kubeflow, SageMaker, DVC, make and MLflow come to."""

# ruff: noqa: E501 - a definition reads better in one row

import json

from declared_scene import File, codes, only, parsed, safe_trees, steps, texts

from bezoar.evaluate.pipelines.definition import Access, OnFailure, Trigger
from bezoar.evaluate.pipelines.kedro_catalog import catalog_of

ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n  entrypoint: main\n"


def argo(tasks, templates="", head=""):
    return {
        "w.yaml": ARGO
        + head
        + "  templates:\n  - {name: t, container: {image: i, command: [echo]}}\n"
        + templates
        + "  - name: main\n    dag:\n      tasks:\n"
        + "".join(f"      - {one}\n" for one in tasks)
    }


def test_argo_orders_tasks_and_knows_which_failures_are_borne():
    found = steps(
        argo(
            [
                "{name: a, template: t, continueOn: {failed: true}}",
                "{name: b, template: t, depends: a}",
                "{name: c, template: t, depends: 'a.Failed || a.Succeeded'}",
                "{name: d, template: t, dependencies: [b, c], when: '{{workflow.parameters.x}} == 1'}",
            ]
        )
    )
    assert found["a"].on_failure is OnFailure.IGNORED
    assert found["b"].after == ("a",)
    assert found["c"].runs_after_failure
    assert set(found["d"].after) == {"b", "c"}
    assert found["d"].condition == "{workflow.parameters.x} == 1"


def test_argo_runs_what_depends_on_a_skipped_task_unless_it_asks_for_success():
    tasks = ["{name: a, template: t, when: 'x == y'}"]
    plain = steps(argo([*tasks, "{name: b, template: t, depends: a}"]))["b"]
    strict = steps(argo([*tasks, "{name: b, template: t, depends: a.Succeeded}"]))["b"]
    assert plain.condition == ""
    assert strict.condition == "x == y"


def test_argo_hands_artifacts_over_through_templates():
    found = steps(
        argo(
            [
                "{name: a, template: make}",
                "{name: b, template: use, arguments: {artifacts: [{name: d, from: '{{tasks.a.outputs.artifacts.o}}'}]}}",
            ],
            "  - {name: make, container: {image: i, command: [x]}, outputs: {artifacts: [{name: o, path: /o, s3: {bucket: b, key: k}}]}}\n"
            "  - {name: use, container: {image: i, command: [y]}, inputs: {artifacts: [{name: d, path: /d}]}}\n",
        )
    )
    assert {one.name for one in found["a"].writes} == {"PIPELINE-INTERNAL:a.o", "s3://b/k"}
    assert [(one.name, one.path) for one in found["b"].reads] == [("PIPELINE-INTERNAL:a.o", "/d")]


def test_argo_gives_one_path_to_a_volume_wherever_it_is_mounted():
    volume = "  volumes: [{name: w, persistentVolumeClaim: {claimName: signs}}]\n"
    mount = "volumeMounts: [{{name: w, mountPath: {}, readOnly: {}}}]"
    found = steps(
        argo(
            ["{name: a, template: one}", "{name: b, template: two}"],
            f"  - {{name: one, container: {{image: i, command: [put, /work/x], {mount.format('/work', 'false')}}}}}\n"
            f"  - {{name: two, container: {{image: i, command: [get, /mnt/x], {mount.format('/mnt', 'true')}}}}}\n",
            volume,
        )
    )
    assert texts(found["b"]) == ["get /work/x"]
    assert found["a"].access == {"pvc:signs": Access.WRITE}
    assert found["b"].access == {"pvc:signs": Access.READ}
    assert found["a"].workspace == found["b"].workspace


def test_argo_scripts_have_no_errexit_of_their_own():
    def script(head):
        return steps(
            argo(
                ["{name: a, template: s}"],
                f"  - name: s\n    script:\n      image: i\n      command: {head}\n      source: |\n        check\n        train\n",
            )
        )["a"].commands[0]

    assert script("[bash]").on_failure is OnFailure.IGNORED
    assert script("[bash, -euo, pipefail]").on_failure is OnFailure.STOPS
    assert script("[python]").language == "python"


def test_argo_finds_templates_in_other_files_and_looks_at_them_there():
    files = argo(
        [
            "{name: a, templateRef: {name: shared, template: v}, arguments: {parameters: [{name: p, value: q}]}}"
        ]
    )
    files["shared.yaml"] = (
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: shared}\n"
        "spec: {templates: [{name: v, inputs: {parameters: [{name: p}]}, container: {image: i, command: [check, '{{inputs.parameters.p}}']}}]}\n"
    )
    assert texts(steps(files)["a"]) == ["check q"]


def test_argo_cron_exit_handlers_and_gates():
    files = argo(
        ["{name: a, template: wait}"],
        "  - {name: wait, suspend: {}}\n",
        "  onExit: t\n  serviceAccountName: sa\n",
    )
    found = steps(files)
    assert found["a"].uses == "argo.suspend"
    assert found["onExit"].runs_after_failure
    assert found["onExit"].identity == "sa"
    cron = {
        "w.yaml": ARGO.replace("kind: Workflow", "kind: CronWorkflow").replace(
            "spec:\n", "spec:\n schedule: x\n workflowSpec:\n"
        )
        + "  templates: [{name: main, container: {image: i, command: [x]}}]\n"
    }
    assert only(cron).triggers == {Trigger.SCHEDULE}


def kubeflow_tree():
    files = safe_trees()["kubeflow-no-dominating-validation"]
    return dict(files), "pipelines/train.yaml"


def test_kubeflow_follows_tasks_and_artifacts():
    files, _ = kubeflow_tree()
    found = steps(files)
    assert set(found["train"].after) == {"fetch", "validate"}
    assert (
        found["train"].reads[0].name
        == found["validate"].reads[0].name
        == found["fetch"].writes[0].name
    )
    assert texts(found["validate"]) == ["bezoar validate /inputs/signs --suite /suites/signs.json"]


def test_kubeflow_in_json_with_a_runtime_configuration_is_vertex():
    spec = {
        "pipelineInfo": {"name": "p"},
        "deploymentSpec": {
            "executors": {
                "e": {
                    "container": {
                        "image": "i",
                        "command": ["get", "{{$.inputs.parameters['uri']}}"],
                    }
                },
                "m": {"importer": {"artifactUri": {"runtimeParameter": "uri"}}},
            }
        },
        "components": {
            "c": {"executorLabel": "e", "inputDefinitions": {"parameters": {"uri": {}}}},
            "i": {"executorLabel": "m"},
        },
        "root": {
            "inputDefinitions": {"parameters": {"uri": {"defaultValue": "gs://old"}}},
            "dag": {
                "tasks": {
                    "get": {
                        "componentRef": {"name": "c"},
                        "inputs": {"parameters": {"uri": {"componentInputParameter": "uri"}}},
                        "triggerPolicy": {"condition": "inputs.parameter_values['uri'] != ''"},
                    },
                    "import": {
                        "componentRef": {"name": "i"},
                        "inputs": {
                            "parameters": {"uri": {"runtimeValue": {"constant": "gs://data"}}}
                        },
                    },
                }
            },
        },
    }
    job = {
        "pipelineSpec": spec,
        "serviceAccount": "sa@x",
        "runtimeConfig": {"parameterValues": {"uri": "gs://new"}},
    }
    pipeline = only({"job.json": json.dumps(job)})
    found = {step.name: step for step in pipeline.steps}
    assert pipeline.identity == "sa@x"
    assert texts(found["get"]) == ["get gs://new"]
    assert found["get"].condition == "gs://new != ''"
    assert found["import"].uses == "kfp.importer"
    assert found["import"].reads[0].name == "gs://data"


def test_kubeflow_code_of_a_component_is_python():
    files, path = kubeflow_tree()
    text = files[path].replace(
        "command: [bezoar, validate, \"{{$.inputs.artifacts['signs'].path}}\", --suite, /suites/signs.json]",
        'command: [sh, -c, "python3 -m kfp.dsl.executor_main", "\\nimport pandas\\n\\ndef check():\\n    pass\\n"]',
    )
    found = steps({path: text})["validate"]
    assert [one.language for one in found.commands] == ["shell", "python"]


def test_sagemaker_follows_results_conditions_and_checks():
    files = safe_trees()["sagemaker-no-dominating-validation"]
    found = steps(files)
    assert found["Train"].after == ("Validate",)
    assert found["Train"].reads[0].name == found["Validate"].reads[0].name
    assert found["Register"].condition == (
        "Steps.Train.PropertyFiles.evaluation.metrics.accuracy GreaterThanOrEqualTo 0.95"
    )
    assert found["Register"].settings["ModelApprovalStatus"] == "PendingManualApproval"
    assert found["Register"].reads[0].name == "PIPELINE-INTERNAL:Train.model"
    assert found["Train"].identity.endswith("role/signs-trainer")
    assert found["Train"].scripts == ("train.py",)


def test_sagemaker_checks_that_let_violations_pass_are_ignored():
    step = {"Name": "Q", "Type": "QualityCheck", "FailOnViolation": False, "Arguments": {"x": 1}}
    text = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    assert steps({"p.json": text})["Q"].on_failure is OnFailure.IGNORED


DVC = """\
vars: [{d: data}]
stages:
  train: {cmd: "python train.py ${d} ${lr}", deps: ["${d}/clean", ok.json], outs: [m]}
  check: {cmd: [first, "check; second"], deps: ["${d}/clean/x.csv"], outs: [ok.json]}
  prepare: {wdir: sub, cmd: prepare, deps: [../data/raw], outs: [../data/clean]}
  each: {foreach: [a, b], do: {cmd: "make ${item}"}}
  grid: {matrix: {m: [x, y], n: [1]}, cmd: "run ${item.m} ${item.n}"}
"""


def test_dvc_orders_stages_by_their_files_and_pins_them_by_the_lock():
    lock = "stages: {prepare: {deps: [{path: ../data/raw, md5: abc}]}, train: {deps: [{path: ok.json}]}}\n"
    found = steps(
        {"dvc.yaml": DVC, "params.yaml": "lr: 0.1\n", "dvc.lock": lock.replace("../", "")}
    )
    assert set(found["train"].after) == {"prepare", "check"}
    assert found["check"].after == ("prepare",)
    assert texts(found["train"]) == ["python train.py data 0.1"]
    assert texts(found["prepare"])[0] == "cd sub"
    assert found["prepare"].reads[0].name == "data/raw"
    assert found["prepare"].reads[0].pinned
    assert [one.pinned for one in found["train"].reads] == [False, False]
    assert texts(found["each@b"]) == ["make b"]
    assert texts(found["grid@y-1"]) == ["run y 1"]
    assert found["check"].commands[1].on_failure is OnFailure.IGNORED


def test_make_orders_targets_and_bears_what_begins_with_a_dash():
    found = steps(
        {
            "Makefile": "D := data\n.PHONY: train check\ntrain: check ; use $(D) $$HOME\ncheck: $(D)/x\n\t@-check $<\n"
            "ifdef X\n\tmore; last\nendif\n$(D)/x:\n\tget -o $@ \\\n\t  url\n"
        }
    )
    assert found["train"].after == ("check",)
    assert texts(found["train"]) == ["use data $HOME"]
    check = found["check"].commands
    assert (check[0].text, check[0].on_failure) == ("check data/x", OnFailure.IGNORED)
    assert (check[1].on_failure, check[2].on_failure) == (OnFailure.IGNORED, OnFailure.STOPS)
    assert check[1].condition == "ifdef X"
    assert texts(found["data/x"]) == ["get -o data/x url"]
    assert found["data/x"].writes[0].name == "data/x"
    assert found["check"].reads[0].name == "data/x"


def test_mlflow_entry_points_have_the_defaults_of_their_parameters():
    found = steps(
        {
            "MLproject": "name: p\nentry_points:\n  main: {parameters: {d: {type: path, default: data}, e: float},"
            ' command: "check {d} && train {d} {e}"}\n'
        }
    )
    assert texts(found["main"]) == ["check data", "train data {e}"]
    assert found["main"].commands[0].chain in found["main"].commands[1].within


def test_a_recipe_has_its_steps_in_order_and_takes_values_from_a_profile():
    files = {
        "recipe.yaml": "recipe: regression/v1\nsteps:\n  ingest: {{INGEST}}\n  train: {using: custom}\n"
        "  evaluate: {validation_criteria: [{metric: rmse, threshold: 1}]}\n  register: {allow_non_validated_model: true}\n",
        "profiles/local.yaml": "INGEST: {using: csv, location: data/x.csv}\n",
    }
    found = steps(files)
    assert found["ingest"].reads[0].name == "data/x.csv"
    assert found["register"].after == ("evaluate",)
    assert found["evaluate"].on_failure is OnFailure.IGNORED


def test_kedros_catalogue_says_what_names_stand_for():
    files = {
        "conf/base/catalog.yml": "_root: data\nsigns: {type: pandas.CSVDataset, filepath: '${_root}/signs.csv'}\n"
        "'{name}_raw': {type: x, filepath: 's3://b/{name}.csv'}\n",
        "conf/local/catalog_more.yml": "signs: {type: x, filepath: other.csv}\n",
    }
    catalog = catalog_of({path: File(path, text) for path, text in files.items()})
    assert catalog.get("signs").name == "other.csv"
    assert catalog.get("cars_raw").name == "s3://b/cars.csv"
    assert catalog.get("unknown") is None
    assert parsed(files) == []
    (secret,) = parsed({"conf/base/credentials.yml": "s3: {key: AKIAABCDEFGHIJKLMNOP}\n"})
    assert secret.steps[0].secrets == (("key", 1),)


def test_a_shell_script_is_one_step_and_its_first_line_counts():
    loose = only({"run.sh": "#!/bin/bash\ncheck\ntrain\n"}).steps[0]
    strict = only({"run": "#!/bin/bash -e\ncheck\ntrain\n"}).steps[0]
    assert loose.commands[0].on_failure is OnFailure.IGNORED
    assert strict.commands[0].on_failure is OnFailure.STOPS


def test_no_safe_tree_of_the_corpus_is_hard_to_read():
    for files in safe_trees().values():
        assert codes(files) == []


def test_argo_templates_of_one_name_in_two_workflows_of_a_file_are_no_cycle():
    text = """
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: job}
spec:
  templates:
    - name: main
      container: {image: a, command: [python, train.py]}
---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: backfill}
spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - - {name: run, templateRef: {name: job, template: main}}
"""
    found = only({"workflow.yaml": text})
    assert [one.name for one in found.steps] == ["run"]
    assert found.found == ()
