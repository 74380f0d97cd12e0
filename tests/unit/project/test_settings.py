import pytest

from bezoar.core.errors import UsageError
from bezoar.core.policy import Policy
from bezoar.core.severity import Severity
from bezoar.project import Project
from bezoar.project.settings import Settings, read_settings

TOML = """
fail_on = "high"
writer = "ci"
[policy]
quarantine_at = "low"
required = ["BZ501", "BZ502"]
"""


def test_without_a_file_the_defaults_hold(tmp_path):
    assert Project(tmp_path).settings == Settings()
    assert Project(tmp_path).settings.as_policy() == Policy()


@pytest.mark.parametrize("name", ["bezoar.toml", "pyproject.toml"])
def test_the_file_goes_before_the_defaults(tmp_path, name):
    text = TOML if name == "bezoar.toml" else TOML.replace("[policy]", "[tool.bezoar.policy]")
    text = text if name == "bezoar.toml" else "[tool.bezoar]\n" + text
    (tmp_path / name).write_text(text)
    settings = Project(tmp_path).settings
    assert settings.fail_on is Severity.HIGH
    assert settings.writer == "ci"
    required = frozenset({"BZ501", "BZ502"})
    assert settings.as_policy() == Policy(Severity.LOW, Severity.CRITICAL, required)


def test_the_environment_goes_before_the_file(tmp_path, monkeypatch):
    (tmp_path / "bezoar.toml").write_text(TOML)
    monkeypatch.setenv("BEZOAR_FAIL_ON", "low")
    monkeypatch.setenv("BEZOAR_POLICY_REJECT_AT", "HIGH")
    monkeypatch.setenv("BEZOAR_POLICY_REQUIRED", "BZ503, BZ504")
    settings = Project(tmp_path).settings
    assert settings.fail_on is Severity.LOW
    assert settings.writer == "ci"
    required = frozenset({"BZ503", "BZ504"})
    assert settings.as_policy() == Policy(Severity.LOW, Severity.HIGH, required)


WRONG = {
    "unknown key": ({"fail_onn": "low"}, "unknown key 'fail_onn'; did you mean 'fail_on'"),
    "unknown policy key": (
        {"policy": {"quarantine": "low"}},
        r"unknown key \[policy\] 'quarantine'; did you mean 'quarantine_at'",
    ),
    "severity": ({"fail_on": "hgih"}, "fail_on: want one of info, low, medium, high, critical"),
    "severity by number": ({"fail_on": 3}, "fail_on: want one of"),
    "policy severity": ({"policy": {"reject_at": "no"}}, r"policy\.reject_at: want one of"),
    "no table": ({"policy": "high"}, "policy: "),
    "a code": ({"policy": {"required": ["BZ9"]}}, r"policy\.required"),
    "writer": ({"writer": "a b"}, "writer: "),
    "an empty writer": ({"writer": ""}, "writer: "),
    "ledger": ({"ledger": 3}, "ledger: "),
}


@pytest.mark.parametrize(("table", "why"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_file(table, why):
    with pytest.raises(UsageError, match=r"^bezoar\.toml: .*" + why):
        read_settings("bezoar.toml", table, {})


def test_what_is_wrong_in_the_environment_is_named():
    with pytest.raises(UsageError, match=r"^environment: fail_on: want one of"):
        read_settings("bezoar.toml", {}, {"BEZOAR_FAIL_ON": "x"})
    with pytest.raises(UsageError, match="BEZOAR_FAILON; did you mean BEZOAR_FAIL_ON"):
        read_settings("bezoar.toml", {}, {"BEZOAR_FAILON": "low"})


def test_variables_of_others_are_theirs():
    theirs = {"BEZOAR_HOME": "/x", "BEZOAR_VERSION": "1", "BEZOAR_TEST_POSTGRES": "y"}
    assert read_settings("bezoar.toml", {}, theirs) == Settings()
