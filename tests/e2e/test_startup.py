"""What starting costs: nobody waits for a library that a command does not use."""

import subprocess
import sys

HEAVY = {
    "PIL",
    "jinja2",
    "numpy",
    "platformdirs",
    "polars",
    "pyarrow",
    "pydantic",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "torch",
}
LISTED = "import sys; from bezoar.cli.app import {}; {}; print(*sys.modules)"


def imported(name, call):
    code = LISTED.format(name, call)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {module.partition(".")[0] for module in done.stdout.split()}


def test_registering_every_command_imports_nothing_heavy():
    assert imported("build", "build()") & HEAVY == set()


def test_help_imports_nothing_heavy():
    assert imported("run", "run(['--help'])") & HEAVY == set()


def test_an_empty_log_imports_nothing_to_read_or_train_with(tmp_path):
    found = imported("run", f"import os; os.chdir({str(tmp_path)!r}); run(['log'])")
    assert found & {"torch", "sklearn", "scipy", "polars", "pyarrow", "PIL"} == set()
