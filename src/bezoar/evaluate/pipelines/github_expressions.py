"""GitHub's expressions, conditions and events, as far as they decide what runs.

Source: docs.github.com, "Workflow syntax", "Events that trigger workflows", "Contexts".
"""

import re
from collections.abc import Mapping
from typing import Final

from bezoar.evaluate.pipelines.definition import Trigger
from bezoar.syntax.access import entries, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node

_EXPRESSION: Final = re.compile(r"\$\{\{([^{}]{0,1000})\}\}")
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]{0,200}")
_STATUS: Final = re.compile(r"(!\s*)?\b(always|failure|cancelled|success)\s*\(\s*\)")
_EVENTS: Final = {
    "push": Trigger.PUSH,
    "merge_group": Trigger.PUSH,
    "pull_request": Trigger.PULL_REQUEST,
    "pull_request_review": Trigger.PULL_REQUEST,
    "pull_request_target": Trigger.PULL_REQUEST_TARGET,
    "issue_comment": Trigger.PULL_REQUEST_TARGET,
    "schedule": Trigger.SCHEDULE,
    "workflow_dispatch": Trigger.MANUAL,
    "repository_dispatch": Trigger.MANUAL,
    "workflow_call": Trigger.CALL,
}
_PULL_REQUESTS: Final = frozenset({Trigger.PULL_REQUEST, Trigger.PULL_REQUEST_TARGET})
_EVENT: Final = re.compile(r"github\.event_name\s*(==|!=)\s*['\"](\w+)['\"]")
_REF: Final = re.compile(
    r"github\.ref(?:_name|_type)?\s*==\s*['\"]|startsWith\(\s*github\.ref\s*,\s*['\"]refs/(?:tags|heads)"
)
# Conditions that only those pass who may write to the repository anyway.
_INSIDERS: Final = re.compile(
    r"head\.repo\.full_name\s*==\s*github\.repository|github\.repository\s*==\s*\S*head\.repo"
    r"|!\s*github\.event\.pull_request\.head\.repo\.fork|head\.repo\.fork\s*==\s*false"
    r"|pull_request\.merged\s*==\s*true|author_association|github\.event\.pull_request\.merged$"
)
_RESULT: Final = re.compile(r"needs\.([\w-]+)\.result\s*==\s*['\"]success['\"]")
_OUTCOME: Final = re.compile(r"steps\.([\w-]+)\.outcome\s*(==|!=)\s*['\"](\w+)['\"]")
_FAILS: Final = re.compile(r"\bexit\s+[1-9]|\bfalse\b|setFailed")
_HEAD: Final = re.compile(
    r"github\.event\.pull_request\.head\.|github\.head_ref|refs/pull/|pull/\S{1,80}/(?:head|merge)"
    r"|github\.event\.workflow_run\.head_|github\.event\.(?:number|issue\.number)"
    r"|gh\s+pr\s+checkout|github\.event\.pull_request\.merge_commit_sha"
)


def fold(text: str, known: Mapping[str, str]) -> str:
    """Return a text with the values of expressions that are known, and `{name}` for the others."""
    if "${{" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        inner = found[1].strip()
        if inner in known:
            return known[inner]
        if len(inner) > 1 and inner[0] == inner[-1] == "'" and "'" not in inner[1:-1]:
            return inner[1:-1]
        return f"{{{inner}}}" if _NAME.fullmatch(inner) else _first_name(inner)

    return _EXPRESSION.sub(value, text)


def _first_name(inner: str) -> str:
    name = _NAME.search(inner)
    return f"{{{name[0]}}}" if name else "{expression}"


def triggers_of(node: Node | None) -> frozenset[Trigger]:
    """Return what the events under `on` come to."""
    names = [key.text for key, _ in entries(node)] if isinstance(node, Map) else texts(node)
    return frozenset(_EVENTS.get(name.strip(), Trigger.OTHER) for name in names)


def condition_of(text: str) -> tuple[str, bool]:
    """Return a condition without status functions, and whether it holds after a failure."""
    text = _EXPRESSION.sub(lambda found: found[1], text).strip()
    after_failure = False
    for found in _STATUS.finditer(text):
        turned, name = found[1], found[2]
        after_failure |= (name != "success") if not turned else name in ("success", "cancelled")
        if name == "failure" and not turned and "success()" not in text:
            return "failure()", True
    rest = _STATUS.sub("", text)
    rest = re.sub(r"^(?:\s|&&|\|\||\(\s*\))+|(?:\s|&&|\|\||\(\s*\))+$", "", rest)
    return " ".join(rest.split())[:1000], after_failure


def needs_success(condition: str) -> frozenset[str]:
    """Return the jobs whose success a condition asks for."""
    if "||" in condition:
        return frozenset()
    return frozenset(_RESULT.findall(condition))


def acts_on(condition: str, script: str) -> frozenset[str]:
    """Return the steps on whose outcome a step depends, or with whose failure it fails."""
    found = set()
    for name, sign, outcome in _OUTCOME.findall(condition):
        succeeded = (outcome == "success") is (sign == "==")
        if succeeded or _FAILS.search(script):
            found.add(name)
    return frozenset(found)


def reaching(condition: str, triggers: frozenset[Trigger]) -> frozenset[Trigger]:
    """Return the triggers that get past a condition; all of them where it does not tell."""
    left = set(triggers)
    if not condition or "||" in condition:
        return triggers
    for term in condition.split("&&"):
        if event := _EVENT.search(term):
            named = _EVENTS.get(event[2], Trigger.OTHER)
            left = {one for one in left if (one is named) is (event[1] == "==")}
        elif _REF.search(term):
            left.discard(Trigger.PULL_REQUEST)  # `pull_request_target` has the base as its ref.
        elif _INSIDERS.search(term.strip()):
            left -= _PULL_REQUESTS
    return frozenset(left) or frozenset({Trigger.OTHER})


def is_pull_request_head(text: str) -> bool:
    """Say whether a revision or a command names what a pull request sent."""
    return _HEAD.search(text) is not None
