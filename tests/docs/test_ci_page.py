"""What the page on CI shows as YAML fits what the repository offers."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "use-it-in-ci.md"
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def blocks():
    text = PAGE.read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in BLOCK.findall(text)]


def test_the_workflow_uses_the_action_as_it_is(blocks):
    workflow = blocks[0]
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    triggers = workflow[True]  # what YAML 1.1 makes of `on`
    assert {"pull_request", "workflow_call"} <= set(triggers)
    assert "pull_request_target" not in triggers  # it would hand secrets to what is judged
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["bezoar"]["steps"]
    (check,) = [step for step in steps if step.get("id") == "check"]
    assert set(check["with"]) <= set(action["inputs"])
    used = set(re.findall(r"steps\.check\.outputs\.([\w-]+)", str(steps)))
    assert used
    assert used <= set(action["outputs"])


def test_the_other_two_name_what_is_there(blocks):
    _, gitlab, hooks = blocks
    template = ROOT / gitlab["include"][0]["file"]
    job = yaml.safe_load(template.read_text(encoding="utf-8"))["bezoar"]
    assert set(gitlab["bezoar"]["variables"]) <= set(job["variables"])
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (wanted,) = hooks["repos"][0]["hooks"]
    assert wanted["id"] in {hook["id"] for hook in offered}
