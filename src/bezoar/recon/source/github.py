"""GitHub: repositories that hold data, or code that brings it.

Reference: https://docs.github.com/en/rest/repos/repos, /en/rest/repos/rules,
/en/rest/branches/branches and /en/rest/users/users (API version 2022-11-28).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import unquote

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import NotThereError
from bezoar.recon.source import levels
from bezoar.recon.source.asking import described, learn, part, renamed, vacant
from bezoar.recon.source.fields import count, flag, items, moment, text
from bezoar.recon.source.signal import Aspect, Level, Signal, unknown

API: Final = "https://api.github.com"
_STARS: Final = (50, 1_000)
_PAGE: Final = 100
_NAME: Final = r"[A-Za-z0-9][\w.-]{0,99}"
_PAGES: Final = re.compile(
    rf"(?:git\+)?(?:https?|ssh|git)://(?:[\w.-]+@)?(?:www\.|codeload\.)?github\.com(?::\d+)?/"
    rf"({_NAME})/({_NAME})(/[^?#]*)?(?:[?#].*)?"
)
_RAW: Final = re.compile(
    rf"https?://(?:raw|media)\.githubusercontent\.com/(?:media/)?({_NAME})/({_NAME})(/[^?#]*)?.*"
)
_SHORT: Final = re.compile(
    rf"(?:git@github\.com:|github:|gha:|torch\.hub:)/*({_NAME})/({_NAME})(?:[@:]([^/@:]+))?(/.*)?"
)
# Where a revision stands in the path of a page; `refs/heads/` and `refs/tags/` may go before it.
_REVISION: Final = re.compile(
    r"/(?:tree|raw|blob|resolve|archive|zip|tar\.gz|releases/download)/(?:refs/(?:heads|tags)/)?"
    r"([^/]+)(?:/(.*))?"
)


@dataclass(frozen=True, slots=True)
class GithubRepository:
    """A repository at GitHub.

    Attributes:
        owner: The user or organisation.
        name: Its name.
        revision: The revision in the address.
        file: The file in the address.
    """

    owner: str
    name: str
    revision: str | None = None
    file: str = ""

    @classmethod
    def matches(cls, uri: str) -> Self | None:
        """Return the repository behind an address."""
        uri = unquote(uri.strip())
        if found := _PAGES.fullmatch(uri):
            inside = _REVISION.fullmatch(found[3] or "")
            revision, file = (inside[1], inside[2]) if inside else (None, "")
            if revision and "/archive/" in found[3]:
                revision = re.sub(r"\.(?:zip|tar\.gz)$", "", revision)
            return cls(found[1], found[2].removesuffix(".git"), revision, file or "")
        if found := _RAW.fullmatch(uri):
            rest = re.sub(r"^/refs/(?:heads|tags)", "", found[3] or "")
            revision, _, file = rest.strip("/").partition("/")
            return cls(found[1], found[2], revision or None, file)
        if found := _SHORT.fullmatch(uri):
            return cls(found[1], found[2].removesuffix(".git"), found[3])
        return None

    @property
    def id(self) -> str:
        """`OWNER/NAME`."""
        return f"{self.owner}/{self.name}"

    @property
    def place(self) -> str:
        """What it is called."""
        return f"GitHub, {self.id}"

    @property
    def api(self) -> str:
        """Where GitHub answers for it."""
        return f"{API}/repos/{part(self.owner)}/{part(self.name)}"

    def signals(self, client: Client, now: datetime) -> list[Signal]:
        """Ask GitHub; see `Host`."""
        url = self.api
        try:
            info = described(client, url)
        except NotThereError:
            if free := vacant(client, self.owner, [f"{API}/users/{part(self.owner)}"]):
                return [free]
            raise
        owner = learn(client, f"{API}/users/{part(text(info, 'owner', 'login') or self.owner)}")
        made = moment(owner.value, "created_at")
        return [
            _contributors(info, url),
            *filter(None, [renamed(self.id, text(info, "full_name"), url, "full_name")]),
            *_branch(client, url, text(info, "default_branch")),
            levels.last_update(moment(info, "pushed_at"), now, url, "pushed_at"),
            _people(client, url),
            owner.tells(levels.account_age(made, now, owner.url, "created_at")),
            levels.popularity(
                count(info, "stargazers_count"), "stars", _STARS, url, "stargazers_count"
            ),
            levels.licence(text(info, "license", "spdx_id"), url, "license.spdx_id"),
            *_flags(info, url),
        ]


def _contributors(info: Any, url: str) -> Signal:
    kind = text(info, "owner", "type")
    field = "owner.type"
    if flag(info, "archived"):
        says = "nobody: it is archived, and read-only until its owner changes that"
        return Signal(Aspect.CONTRIBUTORS, Level.GOOD, says, url, "archived", True)
    if kind not in ("User", "Organization"):
        return unknown(Aspect.CONTRIBUTORS, "who owns it is not said", url, field)
    whose = "a user's" if kind == "User" else "an organisation's"
    says = f"it is {whose}: whom they invited may push; anybody may propose"
    return Signal(Aspect.CONTRIBUTORS, Level.FAIR, says, url, field, kind)


def _branch(client: Client, api: str, branch: str | None) -> list[Signal]:
    """Say what is asked of a change to the default branch, and whether its history can change."""
    if branch is None:
        aspects = (Aspect.REVIEW, Aspect.VERSIONS)
        return [
            unknown(aspect, "its branch is not said", api, "default_branch") for aspect in aspects
        ]
    protection = learn(client, f"{api}/branches/{part(branch)}")
    rules = learn(client, f"{api}/rules/branches/{part(branch)}")
    protected = flag(protection.value, "protected")
    kinds = {text(rule, "type") for rule in items(rules.value) or ()}
    return [
        _review(rules.value, protected, rules.url, protection.url),
        _versions(kinds, protected, rules.url, protection.url),
    ]


def _review(rules: Any, protected: bool | None, rules_url: str, branch_url: str) -> Signal:
    asked = [rule for rule in items(rules) or () if text(rule, "type") == "pull_request"]
    field = "[type=pull_request].parameters.required_approving_review_count"
    needed = [count(rule, "parameters", "required_approving_review_count") or 0 for rule in asked]
    if needed and max(needed) > 0:
        says = f"a rule asks for {max(needed)} approving review(s) on the default branch"
        return Signal(Aspect.REVIEW, Level.GOOD, says, rules_url, field, max(needed))
    if needed:
        says = "a rule asks for a pull request, but for no approval"
        return Signal(Aspect.REVIEW, Level.FAIR, says, rules_url, field, 0)
    if protected:
        says = "the default branch is protected; by what, only its owners see"
        return Signal(Aspect.REVIEW, Level.FAIR, says, branch_url, "protected", True)
    if protected is None:
        return unknown(Aspect.REVIEW, "whether changes are reviewed is not said", branch_url)
    says = "the default branch is not protected: who may write, pushes unseen"
    return Signal(Aspect.REVIEW, Level.POOR, says, branch_url, "protected", False)


def _versions(
    kinds: set[str | None], protected: bool | None, rules_url: str, branch_url: str
) -> Signal:
    if "non_fast_forward" in kinds:
        says = "the default branch's history cannot be rewritten; tags may move"
        return Signal(Aspect.VERSIONS, Level.GOOD, says, rules_url, "[].type", "non_fast_forward")
    if protected:
        says = "the default branch is protected; tags move, a commit stays what it is"
        return Signal(Aspect.VERSIONS, Level.FAIR, says, branch_url, "protected", True)
    if protected is None:
        return unknown(Aspect.VERSIONS, "whether history can be rewritten is not said", branch_url)
    says = "branches and tags move, and history can be rewritten; only a full commit pins"
    return Signal(Aspect.VERSIONS, Level.POOR, says, branch_url, "protected", False)


def _people(client: Client, api: str) -> Signal:
    """Count who committed: GitHub does not tell strangers who may."""
    answer = learn(client, f"{api}/contributors?per_page={_PAGE}")
    listed = items(answer.value)
    people = sum(text(one, "type") != "Bot" for one in listed) if listed is not None else None
    return answer.tells(levels.maintainers(people, "contributors", answer.url, "length"))


def _flags(info: Any, url: str) -> list[Signal]:
    if flag(info, "disabled"):
        return [levels.flagged(Level.BAD, "GitHub has disabled it", url, "disabled", True)]
    says = "GitHub does not flag it"
    return [levels.flagged(Level.GOOD, says, url, "disabled", flag(info, "disabled"))]
