"""Each text format against a file in `tests/golden`.

`UPDATE_GOLDEN=1 pytest tests/unit/report` writes the files anew; read the diff.
"""

import os
from importlib.metadata import version
from pathlib import Path

import pytest
from report_scene import DRILL, inspection

from bezoar.report.json import outcomes_json
from bezoar.report.junit import junit_xml
from bezoar.report.postmortem import postmortem_markdown
from bezoar.report.sarif import sarif_json
from bezoar.report.text import findings_text, inspection_text

GOLDEN = Path(__file__).parents[2] / "golden"
FOUND, _ = inspection()
CLEAN, _ = inspection(flagged=0)
FORMATS = {
    "inspection.txt": lambda: inspection_text(FOUND),
    "inspection-clean.txt": lambda: inspection_text(CLEAN),
    "findings.txt": lambda: findings_text(FOUND.outcomes, verdict=FOUND.verdict, subject="signs@2"),
    "findings.json": lambda: outcomes_json(FOUND.outcomes, verdict=FOUND.verdict),
    "findings.junit.xml": lambda: junit_xml(FOUND.outcomes),
    "findings.sarif": lambda: sarif_json(FOUND.outcomes, root="data/signs"),
    "postmortem.md": lambda: postmortem_markdown(DRILL),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_stays_as_it_is(name):
    written = FORMATS[name]().replace(f'"{version("bezoar")}"', '"VERSION"')
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")
    assert written == FORMATS[name]().replace(f'"{version("bezoar")}"', '"VERSION"')
