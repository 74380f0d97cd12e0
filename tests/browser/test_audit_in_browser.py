"""An audit in a real browser: nothing runs, nothing leaves it, it fits, its marks are seen."""

import shutil

import pytest
from devtools import CHROMIUM, Browser

from bezoar.flows.audit import audit
from bezoar.project import Project
from bezoar.report.audit_html import audit_html

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")

HOSTILE = "</svg><script>document.title='hit'</script><img src='https://x.test/i'>"
WORKFLOW = """\
name: "{name}"
on: push
jobs:
  train:
    runs-on: ubuntu-24.04
    steps:
      - run: curl -fsSL https://data.example.org/signs.csv --create-dirs -o data/signs/a.csv
      - run: bezoar validate data/signs || true
      - name: "{name}"
        run: python train.py --data data/signs --out model.joblib
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return an audit's page of a small tree whose names are markup, and one of 20 pipelines."""
    root = tmp_path_factory.mktemp("project")
    folder = root / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "train.yml").write_text(WORKFLOW.format(name=HOSTILE))
    for number in range(20):
        (folder / f"{number}.yml").write_text(WORKFLOW.format(name=f"pipeline {number}"))
    found = audit(root, Project(root), noted=False)
    path = root / "audit.html"
    path.write_text(audit_html(found, HOSTILE), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    found = Browser(folder)
    yield found
    found.close()
    shutil.rmtree(folder, ignore_errors=True)


OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SEEN = (
    "[...document.querySelectorAll('svg.journey')].filter(one => one.getClientRects().length)"
    ".map(one => one.classList.contains('wide') ? 'wide' : 'narrow')"
)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "which"), [(390, "narrow"), (768, "wide"), (1280, "wide")])
def test_it_fits_and_each_width_has_its_drawing(browser, page, width, which, dark):
    browser.open(page.as_uri())
    browser.wait("document.readyState === 'complete'")
    browser.size(width, 900, dark=dark)
    assert browser.look(OVER) == 0
    drawings = browser.look(SEEN)
    assert drawings
    assert set(drawings) == {which}
    # A word is read at its own size: a drawing that is too wide scrolls, and is not made smaller.
    size = "getComputedStyle(document.querySelector('svg.journey .called')).fontSize"
    assert browser.look(size) == "12px"
    scale = "(one => one.getBoundingClientRect().width / one.viewBox.baseVal.width)"
    assert browser.look(f"{scale}(document.querySelector('svg.journey.{which}'))") == 1


def test_what_is_unsafe_is_marked_by_shape_and_word(browser, page):
    browser.open(page.as_uri())
    browser.wait("document.readyState === 'complete'")
    browser.size(1280, 900)
    words = browser.look("document.querySelector('svg.journey.wide').textContent")
    assert "public pull" in words
    assert "check cannot stop it" in words
    unsafe = "getComputedStyle(document.querySelector('svg.journey .unsafe .way'))"
    safe = "getComputedStyle(document.querySelector('svg.journey .safe .way'))"
    assert browser.look(f"{unsafe}.strokeDasharray") != browser.look(f"{safe}.strokeDasharray")
    assert browser.look("document.querySelectorAll('svg.journey .octagon').length") > 2


def test_names_run_nothing_and_ask_for_nothing(browser, page):
    browser.open(page.as_uri())
    browser.wait("document.readyState === 'complete'")
    assert browser.look("document.title").startswith("Grade ")
    assert browser.look("document.querySelectorAll('script, img').length") == 0
    assert not [one for one in browser.asked() if not one.startswith("file:")]
    assert browser.complaints() == []
