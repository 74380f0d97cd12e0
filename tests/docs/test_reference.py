"""The reference pages say what the code says."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with the pages as the code would make them today."""
    folder = tmp_path_factory.mktemp("reference")
    script = Path(__file__).with_name("reference.py")
    subprocess.run([sys.executable, script, folder], check=True)
    return folder


@pytest.mark.parametrize("name", ["rules.md", "commands.md"])
def test_a_reference_page_has_not_drifted(made, name):
    stored = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert (made / name).read_text(encoding="utf-8") == stored, "run `make docs`"


def test_commands_are_shown_in_80_columns_without_colour(made):
    text = (made / "commands.md").read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "## bezoar log\n" in text
