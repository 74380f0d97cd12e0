"""What a configuration of GitLab CI comes to."""

# ruff: noqa: E501 - a definition reads better in one row

from declared_scene import codes, only, steps, texts

from bezoar.evaluate.pipelines.definition import OnFailure, Trigger


def config(text, **others):
    return {".gitlab-ci.yml": text, **others}


def test_jobs_run_in_stages_and_receive_the_artifacts_of_all_stages_before():
    found = steps(
        config(
            "stages: [one, two, three]\n"
            "a: {stage: one, script: x, artifacts: {paths: [data/]}}\n"
            "b: {stage: two, script: y}\n"
            "c: {stage: three, script: z}\n"
        )
    )
    assert found["c"].after == ("a", "b")
    assert [(one.name, one.path) for one in found["c"].reads] == [
        ("PIPELINE-INTERNAL:a.data", "data")
    ]


def test_needs_come_before_stages_and_may_leave_artifacts_out():
    found = steps(
        config(
            "a: {stage: build, script: x, artifacts: {paths: [d]}}\n"
            "b: {stage: test, script: y, needs: []}\n"
            "c: {stage: deploy, script: z, needs: [{job: a, artifacts: false}]}\n"
        )
    )
    assert found["b"].after == ()
    assert found["c"].after == ("a",)
    assert found["c"].reads == ()


def test_extends_merges_mappings_and_replaces_lists():
    found = steps(
        config(
            ".t: {variables: {A: a, B: b}, script: [old]}\n"
            "j: {extends: .t, variables: {B: c}, script: ['use $A $B']}\n"
        )
    )
    assert texts(found["j"]) == ["use a c"]


def test_references_anchors_and_defaults_are_followed():
    found = steps(
        config(
            "default: {before_script: [prepare], image: 'i:1'}\n"
            ".s: {script: [one, two]}\n"
            ".a: &a {tags: [gpu]}\n"
            "j: {<<: *a, script: [!reference [.s, script], three]}\n"
        )
    )
    assert texts(found["j"]) == ["prepare", "one", "two", "three"]
    assert found["j"].settings["tags"] == "gpu"
    assert found["j"].image.name == "i:1"


def test_an_include_of_the_tree_is_read_with_its_inputs():
    files = config(
        "include: [{local: ci/t.yml, inputs: {stage-name: two}}]\n",
        **{
            "ci/t.yml": "spec: {inputs: {stage-name: , v: {default: x}}}\n---\nj: {script: 'run $[[ inputs.stage-name ]] $[[ inputs.v ]]'}\n"
        },
    )
    assert texts(steps(files)["j"]) == ["run two x"]


def test_a_failure_that_is_allowed_and_a_job_that_runs_in_any_case():
    found = steps(config("a: {script: x, allow_failure: true}\nb: {script: y, when: always}\n"))
    assert found["a"].on_failure is OnFailure.IGNORED
    assert found["b"].runs_after_failure


def test_a_manual_job_is_optional_unless_its_failure_counts():
    found = steps(
        config("a: {script: x, when: manual}\nb: {script: y, when: manual, allow_failure: false}\n")
    )
    assert found["a"].condition
    assert found["a"].on_failure is OnFailure.IGNORED
    assert not found["b"].condition
    assert found["b"].settings["when"] == "manual"


def test_what_may_run_only_where_another_job_runs_has_its_condition():
    rules = "rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}, {if: $CI_COMMIT_BRANCH == 'main'}]"
    found = steps(
        config(
            f"a: {{stage: build, script: x, {rules}}}\n"
            "b: {stage: test, script: y, rules: [{if: $CI_COMMIT_BRANCH == 'main'}]}\n"
            "c: {stage: test, script: y}\n"
        )
    )
    assert found["b"].condition.split(" && ")[0] == found["a"].condition
    assert found["c"].condition == ""
    assert found["b"].triggers == {Trigger.PUSH}
    assert only(config(f"a: {{script: x, {rules}}}")).triggers == {
        Trigger.PUSH,
        Trigger.PULL_REQUEST,
    }


def test_the_runner_stops_at_the_first_failure_also_in_a_pipe():
    found = steps(config("a: {script: ['check | tee log', train], after_script: [clean]}\n"))
    assert found["a"].commands[0].on_failure is OnFailure.STOPS
    assert found["a/after_script"].runs_after_failure


def test_a_cache_is_a_step_of_its_own():
    found = steps(
        config(
            "a: {script: x, cache: {key: {files: [dvc.lock]}, paths: [d]}}\n"
            "b: {script: x, cache: {key: k, paths: [d]}}\n"
        )
    )
    assert found["a/cache"].cache_key_pins
    assert found["b/cache"].cached
    assert not found["b/cache"].cache_key_pins
    assert found["a"].after == ("a/cache",)


def test_a_child_pipeline_stands_in_the_place_of_its_trigger():
    files = config(
        "a: {trigger: {include: [{local: c.yml}], strategy: depend}}\nb: {stage: deploy, script: y}\n",
        **{"c.yml": "x: {script: inner}\n"},
    )
    found = steps(files)
    assert texts(found["a/x"]) == ["inner"]
    assert found["b"].after == ("a/end",)
    assert found["a/end"].after == ("a/x",)


def test_secrets_stand_in_the_open_or_not():
    found = only(
        config(
            "variables: {HF_TOKEN: abcd1234, OTHER_TOKEN: $X}\na: {script: 'login --password hunter22'}\n"
        )
    )
    assert found.steps[0].secrets == (("HF_TOKEN", 1), ("password", 2))


def test_what_is_no_job_is_a_finding_and_a_template_of_gitlab_is_none():
    assert codes(config("a: x\nb: {script: y}\n")) == ["BZ240"]
    assert codes(config("include: [{template: Jobs/Build.gitlab-ci.yml}]\nb: {script: y}\n")) == []
