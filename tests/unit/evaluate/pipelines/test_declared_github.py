"""What a workflow of GitHub Actions comes to."""

# ruff: noqa: E501 - a definition reads better in one row

from declared_scene import codes, only, steps, texts

from bezoar.evaluate.pipelines.definition import Access, OnFailure, Trigger

PATH = ".github/workflows/w.yml"
COMMIT = "11bd71901bbe5b1630ceea73d27597364c9af683"


def workflow(jobs, on="push", rest=""):
    return {PATH: f"on: {on}\n{rest}jobs:\n{jobs}"}


def job(steps, head=""):
    return f"  a:\n{head}    steps:\n{steps}"


def test_steps_of_a_job_run_one_after_the_other_in_one_workspace():
    found = list(steps(workflow(job("    - run: one\n    - run: two\n"))).values())
    assert found[1].after == (found[0].name,)
    assert {one.workspace for one in found} == {"a"}


def test_a_job_waits_for_the_last_steps_of_those_that_it_needs():
    found = steps(
        workflow("  a: {steps: [{run: x}, {run: y}]}\n  b: {needs: a, steps: [{run: z}]}\n")
    )
    assert found["b/step-1"].after == ("a/step-2",)


def test_a_job_is_skipped_with_the_job_that_it_needs_unless_it_runs_always():
    jobs = "  a: {if: github.ref == 'x', steps: [{run: x}]}\n"
    plain = steps(workflow(jobs + "  b: {needs: a, steps: [{run: z}]}\n"))["b/step-1"]
    always = steps(workflow(jobs + "  b: {needs: a, if: always(), steps: [{run: z}]}\n"))[
        "b/step-1"
    ]
    assert (plain.condition, plain.runs_after_failure) == ("github.ref == 'x'", False)
    assert (always.condition, always.runs_after_failure) == ("", True)


def test_what_an_unspecified_shell_and_bash_do_with_a_pipe():
    plain = steps(workflow(job("    - run: check | tee log\n")))["a/step-1"]
    bash = steps(workflow(job("    - {run: check | tee log, shell: bash}\n")))["a/step-1"]
    own = steps(workflow(job('    - {run: "check\\ntrain", shell: "bash {0}"}\n')))["a/step-1"]
    assert plain.commands[0].on_failure is OnFailure.IGNORED
    assert bash.commands[0].on_failure is OnFailure.STOPS
    assert own.commands[0].on_failure is OnFailure.IGNORED


def test_a_job_that_asks_for_the_success_of_all_that_it_needs_does_not_run_after_a_failure():
    jobs = "  f: {steps: [{run: x}]}\n  v: {needs: f, steps: [{run: x}]}\n"
    ask = "  t: {needs: [f, v], if: \"always() && needs.%s.result == 'success'\", steps: [{run: z}]}\n"
    assert not steps(workflow(jobs + ask % "v"))["t/step-1"].runs_after_failure
    assert steps(workflow(jobs + ask % "f"))["t/step-1"].runs_after_failure
    either = "  t: {needs: v, if: success() || failure(), steps: [{run: z}]}\n"
    assert steps(workflow(jobs + either))["t/step-1"].runs_after_failure


def test_a_failure_that_a_later_step_acts_on_is_not_ignored():
    check = "    - {run: check, id: v, continue-on-error: true}\n"
    fails = "    - {run: exit 1, if: steps.v.outcome == 'failure'}\n"
    tells = "    - {run: echo bad, if: steps.v.outcome == 'failure'}\n"
    asks = "    - {run: train, if: steps.v.outcome == 'success'}\n"
    assert steps(workflow(job(check + fails)))["a/v"].on_failure is OnFailure.STOPS
    assert steps(workflow(job(check + asks)))["a/v"].on_failure is OnFailure.STOPS
    assert steps(workflow(job(check + tells)))["a/v"].on_failure is OnFailure.IGNORED


def test_continue_on_error_is_a_failure_that_is_ignored():
    found = steps(workflow(job("    - {run: x, continue-on-error: true}\n    - run: y\n")))
    assert found["a/step-1"].on_failure is OnFailure.IGNORED
    assert found["a/step-2"].on_failure is OnFailure.STOPS


def test_variables_of_all_levels_are_put_in_and_a_secret_is_not():
    jobs = job(
        "    - {run: 'use $A ${{ env.B }} $C', env: {C: c}}\n",
        "    env: {B: b, HF_TOKEN: abcd1234}\n",
    )
    found = only(workflow(jobs, rest="env: {A: a}\n"))
    assert texts(found.steps[0]) == ["use a b c"]
    assert found.steps[0].secrets == (("HF_TOKEN", 5),)
    assert "abcd1234" not in repr(found)


def test_an_artifact_is_handed_from_one_job_to_another():
    found = steps(
        workflow(
            "  a: {steps: [{uses: actions/upload-artifact@v4, with: {name: d, path: data}}]}\n"
            "  b: {needs: a, steps: [{uses: actions/download-artifact@v4, with: {name: d, path: in}}]}\n"
        )
    )
    up, down = found["a/actions/upload-artifact@v4"], found["b/actions/download-artifact@v4"]
    assert [(one.name, one.path) for one in up.writes] == [("PIPELINE-INTERNAL:artifact.d", "data")]
    assert [(one.name, one.path) for one in down.reads] == [("PIPELINE-INTERNAL:artifact.d", "in")]


def test_a_cache_is_pinned_by_a_digest_and_by_nothing_looser():
    def cache(key, more=""):
        text = f'    - {{uses: actions/cache@v4, with: {{path: data, key: "{key}"{more}}}}}\n'
        return steps(workflow(job(text)))["a/actions/cache@v4"]

    assert cache("d-${{ hashFiles('dvc.lock') }}").cache_key_pins
    assert not cache("d-${{ runner.os }}").cache_key_pins
    assert not cache("d-${{ hashFiles('dvc.lock') }}", ", restore-keys: d-").cache_key_pins
    assert cache("d").cached


def test_a_checkout_of_a_pull_requests_head_with_rights_makes_what_follows_untrusted():
    checkout = "    - {uses: actions/checkout@v4, with: {ref: '${{ github.event.pull_request.head.sha }}'}}\n    - run: x\n"
    target = steps(workflow(job(checkout), on="pull_request_target"))
    plain = steps(workflow(job(checkout), on="pull_request"))
    guarded = steps(
        workflow(
            job(
                checkout,
                "    if: github.event.pull_request.head.repo.full_name == github.repository\n",
            ),
            on="[pull_request_target, push]",
        )
    )
    assert not target["a/step-2"].trusted
    assert plain["a/step-2"].trusted
    assert guarded["a/step-2"].trusted
    assert guarded["a/step-2"].triggers == {Trigger.PUSH}


def test_the_events_rights_and_roles():
    found = only(
        workflow(
            job(
                "    - {uses: aws-actions/configure-aws-credentials@v4, with: {role-to-assume: r}}\n    - run: x\n",
                "    permissions: {contents: write}\n    runs-on: [self-hosted, gpu]\n    environment: production\n",
            ),
            on="{schedule: [{cron: x}], workflow_dispatch: }",
        )
    )
    step = found.steps[1]
    assert found.triggers == {Trigger.SCHEDULE, Trigger.MANUAL}
    assert step.identity == "r"
    assert step.access == {"repository": Access.WRITE}
    assert step.settings["runs-on"] == "self-hosted\ngpu"
    assert step.settings["environment"] == "production"


def test_a_reusable_workflow_and_a_composite_action_stand_in_the_place_of_their_call():
    files = workflow(
        "  a: {uses: ./.github/workflows/c.yml, with: {v: two}}\n"
        "  b: {needs: a, steps: [{uses: ./act, with: {w: three}}, {run: end}]}\n"
    )
    files[".github/workflows/c.yml"] = (
        "on: workflow_call\njobs:\n  c: {steps: [{run: 'get ${{ inputs.v }}'}]}\n"
    )
    files["act/action.yml"] = (
        "inputs: {w: {default: one}}\nruns: {using: composite, steps: [{run: 'make ${{ inputs.w }}', shell: bash}]}\n"
    )
    found = only(files).steps
    assert [texts(one) for one in found] == [["get two"], ["make three"], ["end"]]
    assert found[1].after == (found[0].name,)
    assert found[2].after == (found[1].name,)
    assert found[1].workspace == found[2].workspace


def test_what_is_called_at_a_full_commit_is_no_finding():
    assert codes(workflow(f"  a: {{uses: o/r/.github/workflows/w.yml@{COMMIT}}}\n")) == []
    assert codes(workflow("  a: {uses: o/r/.github/workflows/w.yml@v1}\n")) == ["BZ242"]


def test_a_step_that_cannot_be_read_is_a_finding():
    assert codes(workflow("  a: {steps: [{run: [x]}]}\n")) == ["BZ240"]
    assert codes(workflow("  a: {steps: x}\n")) == ["BZ240"]
