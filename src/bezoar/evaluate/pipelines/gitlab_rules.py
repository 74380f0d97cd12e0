"""When a job of GitLab runs: `rules`, `only`, `except`, `when`.

Source: docs.gitlab.com, "Specify when jobs run with rules".
"""

import re
from dataclasses import dataclass
from typing import Final

from bezoar.evaluate.pipelines.definition import Trigger
from bezoar.syntax.access import at, entries, is_true, items, listed, text, texts
from bezoar.syntax.nodes import Mapping, Node, Scalar

_SOURCES: Final = {
    "merge_request_event": Trigger.PULL_REQUEST,
    "merge_requests": Trigger.PULL_REQUEST,
    "external_pull_request_event": Trigger.PULL_REQUEST,
    "external_pull_requests": Trigger.PULL_REQUEST,
    "push": Trigger.PUSH,
    "pushes": Trigger.PUSH,
    "branches": Trigger.PUSH,
    "tags": Trigger.PUSH,
    "schedule": Trigger.SCHEDULE,
    "schedules": Trigger.SCHEDULE,
    "web": Trigger.MANUAL,
    "api": Trigger.MANUAL,
    "trigger": Trigger.MANUAL,
    "triggers": Trigger.MANUAL,
    "pipeline": Trigger.CALL,
    "parent_pipeline": Trigger.CALL,
}
_SOURCE: Final = re.compile(r"\$CI_PIPELINE_SOURCE\s*(==|!=)\s*['\"](\w+)['\"]")
_MERGE_REQUEST: Final = re.compile(r"\$CI_MERGE_REQUEST_\w+|\$CI_EXTERNAL_PULL_REQUEST\w*")
_BRANCH: Final = re.compile(r"\$CI_COMMIT_(?:BRANCH|TAG|REF_PROTECTED)")


@dataclass(frozen=True, slots=True)
class When:
    """When a job runs.

    Attributes:
        alternatives: Texts of conditions, one of which has to hold; empty where it always runs.
        triggers: What reaches it; empty where nothing tells.
        manual: Whether somebody has to start it.
        optional: Whether those after it do not wait for that.
        always: Whether it runs after a failure.
        fails_freely: Whether its failure is allowed.
        never: Whether it never runs.
    """

    alternatives: tuple[str, ...] = ()
    triggers: frozenset[Trigger] = frozenset()
    manual: bool = False
    optional: bool = False
    always: bool = False
    fails_freely: bool = False
    never: bool = False

    @property
    def condition(self) -> str:
        """The alternatives as one text."""
        joined = " or ".join(self.alternatives)
        return joined.replace(" && ", " and ")[:1000]


def when_of(job: Node) -> When:
    """Return when a job runs."""
    word = text(job, "when")
    allowed = at(job, "allow_failure")
    fails = is_true(allowed) or isinstance(allowed, Mapping)
    rules = items(at(job, "rules"))
    if rules:
        return _of_rules(rules, word, fails=fails)
    triggers, alternatives = _of_only(job)
    manual = word == "manual"
    optional = manual and not (isinstance(allowed, Scalar) and not is_true(allowed))
    return When(
        alternatives=("somebody starts it",) if optional else alternatives,
        triggers=triggers,
        manual=manual,
        optional=optional,
        always=word in ("always", "on_failure"),
        fails_freely=fails or optional,
        never=word == "never",
    )


def triggers_of(rules: Node | None) -> frozenset[Trigger]:
    """Return what the rules of a whole pipeline let in."""
    found: set[Trigger] = set()
    for rule in items(rules):
        if text(rule, "when") != "never":
            found |= _triggers(text(rule, "if"))
    return frozenset(found)


def _of_rules(rules: list[Node], word: str, *, fails: bool) -> When:
    alternatives: list[str] = []
    triggers: set[Trigger] = set()
    refused: list[str] = []
    words: list[str] = []
    allowed: list[bool] = []
    open_ended = False
    for rule in rules:
        said, when = _said(rule), text(rule, "when") or word or "on_success"
        if when == "never":
            refused.append(said)
            if not said:
                break
            continue
        words.append(when)
        allowed.append(is_true(at(rule, "allow_failure")) or fails)
        triggers |= _triggers(text(rule, "if"))
        if not said:
            open_ended = True
            break
        alternatives.append(said)
    if not words:
        return When(never=True, alternatives=("never",))
    manual = all(one == "manual" for one in words)
    optional = manual and any(allowed)
    exceptions = [f"not {one}" for one in refused if one and open_ended]
    positive = (" and ".join(exceptions),) if exceptions else ()
    return When(
        alternatives=("somebody starts it",)
        if optional
        else positive
        if open_ended
        else tuple(dict.fromkeys(alternatives)),
        triggers=frozenset() if open_ended else frozenset(triggers),
        manual=manual,
        optional=optional,
        always="always" in words or "on_failure" in words,
        fails_freely=any(allowed),
    )


def _said(rule: Node) -> str:
    """Return what a rule asks for, as text."""
    parts = [text(rule, "if")]
    named = {
        name: texts(at(rule, name)) or texts(at(rule, name, "paths"))
        for name in ("changes", "exists")
    }
    parts += [f"{name} {' '.join(paths)}" for name, paths in named.items() if paths]
    if not any(parts) and not isinstance(rule, Mapping):
        parts = ["a rule that cannot be read"]
    return " and ".join(filter(None, parts))[:500]


def _triggers(condition: str) -> set[Trigger]:
    """Return what the condition of one rule lets in, as far as it says so."""
    found: set[Trigger] = set()
    for sign, name in _SOURCE.findall(condition):
        if sign == "==":
            found.add(_SOURCES.get(name, Trigger.OTHER))
    if found:
        return found
    if _MERGE_REQUEST.search(condition):
        return {Trigger.PULL_REQUEST}
    if _BRANCH.search(condition):
        return {Trigger.PUSH}
    return {Trigger.OTHER}


def _of_only(job: Node) -> tuple[frozenset[Trigger], tuple[str, ...]]:
    """Return what `only` and `except` say, the older way of rules."""
    alternatives: list[str] = []
    triggers: set[Trigger] = set()
    for one in listed(at(job, "only")):
        names = texts(at(one, "refs")) if isinstance(one, Mapping) else texts(one)
        for name in names:
            triggers.add(_SOURCES.get(name, Trigger.PUSH))
            alternatives.append(f"only {name}")
        for key, value in entries(one):
            if key.text != "refs":
                alternatives.append(f"only {key.text} {' '.join(texts(value))}")
    refused = [f"except {name}" for one in listed(at(job, "except")) for name in texts(one)]
    if not alternatives and refused:
        alternatives = [" and ".join(refused)]
    return frozenset(triggers), tuple(one[:500] for one in alternatives)
