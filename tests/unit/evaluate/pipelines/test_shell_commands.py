"""What the failure of a command in a shell script comes to, by Bash's own rules."""

import contextlib
import shutil
import subprocess
import time

import pytest

from bezoar.evaluate.pipelines.definition import OnFailure
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.syntax.unreadable import UnreadableError


def found(text, **options):
    return {one.text: one for one in commands_of(text, **options)}


# The script, whether it starts with `set -e`, whether with pipefail; `check` fails.
SCRIPTS = [
    ("check\ntrain", True, False),
    ("check\ntrain", False, False),
    ("check || true\ntrain", True, False),
    ("check && train", False, False),
    ("check || true && train", False, False),
    ("true && check && train; true", False, False),
    ("if true && check; then train; fi", False, False),
    ("if true; then check || true; train; fi", True, False),
    ("if cat /dev/null; then check; train; fi", False, False),
    ("{ true; check; } && train", False, False),
    ("{ check; true; } && train", False, False),
    ("check && train\ntrain", False, False),
    ("check | cat\ntrain", True, False),
    ("check | cat\ntrain", True, True),
    ("set -euo pipefail\ncheck | cat\ntrain", False, False),
    ("check || exit 1\ntrain", False, False),
    ("check || { echo no; exit 1; }\ntrain", False, False),
    ("check || (echo no; exit 1)\ntrain", False, False),
    ("check || (echo no; exit 1)\ntrain", True, False),
    ("check || echo no\ntrain", True, False),
    ("check || false\ntrain", True, False),
    ("if check; then train; fi", False, False),
    ("if check; then echo ok; fi\ntrain", True, False),
    ("if ! check; then echo no; exit 1; fi\ntrain", False, False),
    ("if check; then echo ok; else exit 3; fi\ntrain", False, False),
    ("check\nif [ $? -ne 0 ]; then exit 1; fi\ntrain", False, False),
    ("check\n[ $? -eq 0 ] || exit 1\ntrain", False, False),
    ("set +e\ncheck\nrc=$?\nset -e\nif [ $rc -ne 0 ]; then exit $rc; fi\ntrain", True, False),
    ("set +e\ncheck\nset -e\ntrain", True, False),
    ("all() { check; train; }\nall", True, False),
    ("all() { check; train; }\nall", False, False),
    ("all() { check; train; }\nall || true", True, False),
    ("die() { echo $1; exit 1; }\ncheck || die no\ntrain", False, False),
    ("for one in a b; do check $one; done\ntrain", True, False),
    ("for one in a b; do check $one; done\ntrain", False, False),
    ("(check; train)", True, False),
    ("(check)\ntrain", False, False),
    ("{ check; train; } || true", True, False),
    ("! check\ntrain", True, False),
    ("cd . && check\ntrain", True, False),
    ("check && echo ok\ntrain", True, False),
    ("bash -c 'check; train'", True, False),
    ("bash -ec 'check; train'", False, False),
    ("trap 'exit 1' ERR\ncheck\ntrain", False, False),
    ("check & wait\ntrain", True, False),
    ("x=$(check)\ntrain", True, False),
    ('x="$(check)"\ntrain', False, False),
    ("export x=$(check)\ntrain", True, False),
    ("x=$(check) || exit 1\ntrain", False, False),
    ("true && { check; train; }", True, False),
    ("if true; then check; train; fi", True, False),
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(("script", "errexit", "pipefail"), SCRIPTS)
def test_what_a_failed_check_comes_to_is_what_bash_makes_of_it(script, errexit, pipefail):
    prelude = (
        "check() { return 1; }; train() { echo TRAINED; }; export -f check train\n"
        + ("set -e\n" if errexit else "")
        + ("set -o pipefail\n" if pipefail else "")
    )
    ran = subprocess.run(
        ["bash", "-c", prelude + script], capture_output=True, text=True, check=False
    )
    trained = "TRAINED" in ran.stdout

    commands = list(commands_of(script, errexit=errexit, pipefail=pipefail))
    check = next(one for one in commands if one.text.removeprefix("! ").split()[0] == "check")
    train = [one for one in commands if one.text == "train"][-1]
    stopped = check.on_failure is OnFailure.STOPS
    guarded = check.chain and check.chain in train.within
    assert trained == (not stopped and not guarded)


def test_a_check_in_a_branch_has_the_condition_of_the_branch():
    commands = found('if [ "$SKIP" != 1 ]; then check; fi\n[ -n "$X" ] && look\ntrain')
    assert commands["check"].condition == '[ "$SKIP" != 1 ]'
    assert commands["look"].condition == '[ -n "$X" ]'
    assert commands["train"].condition == ""


def test_literal_values_of_variables_are_put_in_and_undecided_ones_stay():
    commands = found(
        "D=data/train\nif [ a ]; then E=1; fi\nuse $D ${R:-main} '$D' $E $GIVEN",
        variables={"GIVEN": "g"},
    )
    assert "use data/train main '$D' 1 g" in commands
    assert "use $E" in found("E=1\nif [ a ]; then E=2; fi\nuse $E")


def test_code_that_a_command_holds_is_read_in_its_language():
    commands = commands_of("python - <<'EOF'\nimport x\nEOF\npython -c 'print(1)'\n")
    assert [(one.text, one.language, one.line) for one in commands] == [
        ("import x\n", "python", 2),
        ("print(1)", "python", 4),
    ]


def test_what_feeds_a_command_stands_beside_it():
    assert found("echo 'abc  data.zip' | sha256sum -c -")["sha256sum -c -"].stdin == (
        "echo 'abc  data.zip'"
    )


@pytest.mark.parametrize(
    "script",
    [
        "{ " * 50_000,
        "( " * 50_000,
        "if a; then " * 20_000,
        "a && " * 15_000 + "b",
        "a | " * 15_000 + "b",
        "f() { g; }\ng() { f; }\nf\n" * 2000,
        "f() { f; f; f; }\nf\n",
        "A=$A$A$A$A\n" * 10_000 + "use $A",
        "case x in\n" * 10_000,
        "bash -c 'bash -c \"bash -c x\"'\n" * 3000,
        "elif x; then y\n" * 5000,
        "if a; then b\n" + "elif x; then y\n" * 5000 + "fi",
        "done } fi ;; ) esac " * 5000,
        "$(" * 50_000,
        "[ a ] && " * 15_000 + "b",
    ],
)
def test_a_hostile_script_is_read_or_refused_in_time(script):
    begin = time.process_time()
    with contextlib.suppress(UnreadableError):
        commands_of(script)
    assert time.process_time() - begin < 2
