"""What definitions of Azure Pipelines and CircleCI come to."""

# ruff: noqa: E501 - a definition reads better in one row

from declared_scene import codes, only, parsed, steps, texts

from bezoar.evaluate.pipelines.definition import OnFailure, Trigger

CIRCLE = ".circleci/config.yml"
AZURE = "azure-pipelines.yml"


def test_circleci_orders_jobs_and_hands_a_workspace_over():
    found = steps(
        {
            CIRCLE: """
version: 2.1
commands:
  check: {parameters: {d: {type: string, default: data}}, steps: [{run: 'bezoar validate << parameters.d >>'}]}
executors:
  gpu: {docker: [{image: 'i:1'}], environment: {D: data}}
jobs:
  get:
    executor: gpu
    steps: [checkout, {run: {name: Get, command: 'get $D | tee log'}}, {persist_to_workspace: {root: ., paths: [data]}}]
  learn:
    docker: [{image: 'i:2'}]
    steps: [{attach_workspace: {at: .}}, check, {restore_cache: {keys: ['v1-{{ checksum "x" }}', v1-]}}, {run: {command: train, when: always}}]
workflows:
  all:
    jobs: [get, {hold: {type: approval, requires: [get]}}, {learn: {requires: [hold], filters: {branches: {only: main}}}}]
"""
        }
    )
    assert texts(found["get/Get"]) == ["get data", "tee log"]
    assert found["get/Get"].commands[0].on_failure is OnFailure.STOPS
    assert found["get/Get"].image.name == "i:1"
    assert found["hold"].uses == "circleci.approval"
    assert found["learn/attach_workspace"].after == ("hold",)
    assert (
        found["learn/attach_workspace"].reads[0].name
        == found["get/persist_to_workspace"].writes[0].name
    )
    assert texts(found["learn/run"]) == ["bezoar validate data"]
    assert found["learn/run#2"].runs_after_failure
    assert found["learn/run"].condition == "branches only main"
    assert not found["learn/restore_cache"].cache_key_pins


def test_circleci_faults_are_findings():
    cycle = "jobs: {a: {steps: [checkout]}, b: {steps: [checkout]}}\nworkflows: {w: {jobs: [{a: {requires: [b]}}, {b: {requires: [a]}}]}}\n"
    command = "commands: {c: {steps: [c]}}\njobs: {a: {steps: [c]}}\n"
    assert codes({CIRCLE: cycle}) == ["BZ241"]
    assert "BZ241" in codes({CIRCLE: command})
    assert codes({CIRCLE: "x: 1\n"}) == ["BZ240"]


def test_azure_orders_stages_and_skips_what_depends_on_what_was_skipped():
    found = only(
        {
            AZURE: """
pr: [main]
schedules: [{cron: x}]
variables: [{name: D, value: data}]
stages:
  - stage: one
    condition: eq(variables['x'], 'y')
    jobs: [{job: a, steps: [{script: get $(D)}, {publish: data, artifact: d}]}]
  - stage: two
    jobs:
      - job: b
        container: i:1
        steps: [{download: current, artifact: d}, {bash: "check\\ntrain", condition: always(), continueOnError: true}]
      - deployment: c
        dependsOn: b
        environment: production
        strategy: {runOnce: {deploy: {steps: [{script: put}]}}}
"""
        }
    )
    by_name = {step.name: step for step in found.steps}
    assert found.triggers == {Trigger.PUSH, Trigger.PULL_REQUEST, Trigger.SCHEDULE}
    assert texts(by_name["one/a/step-1"]) == ["get data"]
    check = by_name["two/b/step-2"]
    assert check.commands[0].on_failure is OnFailure.IGNORED
    assert (check.on_failure, check.runs_after_failure) == (OnFailure.IGNORED, True)
    assert check.image.name == "i:1"
    assert by_name["two/b/step-1"].after == ("one/a/step-2",)
    assert by_name["two/b/step-1"].reads[0].name == by_name["one/a/step-2"].writes[0].name
    assert by_name["two/c/step-1"].condition == "eq(variables['x'], 'y')"
    assert by_name["two/c/step-1"].settings["environment"] == "production"


def test_azure_templates_stand_in_the_place_of_what_names_them():
    files = {
        AZURE: "steps:\n- template: t/s.yml\n  parameters: {d: two}\n- ${{ if eq(1, 1) }}:\n  - script: last\n",
        "t/s.yml": "parameters: [{name: d, default: one}]\nsteps: [{script: 'use ${{ parameters.d }}'}]\n",
    }
    (pipeline,) = parsed(files)
    assert [texts(step) for step in pipeline.steps] == [["use two"], ["last"]]
    assert pipeline.steps[1].condition == "eq(1, 1)"
    assert codes({AZURE: "steps: [{template: no.yml}, {script: x}]\n"}) == ["BZ242"]
    assert codes({AZURE: "jobs: [{template: azure-pipelines.yml}]\n"}) == ["BZ241"]
    assert codes(
        {
            AZURE: "stages: [{stage: a, dependsOn: b, jobs: []}, {stage: b, dependsOn: a, jobs: []}]\n"
        }
    ) == ["BZ241"]


def test_secrets_in_the_open_are_told_by_name():
    found = only(
        {
            AZURE: "variables: {STORAGE_ACCOUNT_KEY: abcdefgh1234}\nsteps: [{script: 'x $(STORAGE_ACCOUNT_KEY)'}]\n"
        }
    )
    assert found.steps[0].secrets == (("STORAGE_ACCOUNT_KEY", 1),)
    assert "abcdefgh1234" not in repr(found)
