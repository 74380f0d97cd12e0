"""What became of a repository at GitHub.

Reference: https://docs.github.com/en/rest/commits/commits (compare two commits, get a commit) and
https://docs.github.com/en/rest/releases/releases (get a release by tag name).
"""

from typing import Final
from urllib.parse import urlsplit

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.recon.source.asking import described, part
from bezoar.recon.source.fields import count, items, moment, text
from bezoar.recon.source.github import GithubRepository
from bezoar.recon.upstream.answer import (
    COMMIT,
    Change,
    Pinned,
    State,
    Upstream,
    by_digests,
    by_name,
)

_SHOWN: Final = 200
_WORDS: Final = {"added": "added", "removed": "removed"}


def upstream(repository: GithubRepository, client: Client, pinned: Pinned) -> Upstream:
    """Ask GitHub; see `Host`.

    Raises:
        UnreachableError: If nothing could be learned.
    """
    revision = pinned.revision or repository.revision
    if "/releases/download/" in urlsplit(pinned.uri).path and repository.revision:
        return _asset(repository, client, pinned, repository.revision)
    if revision and COMMIT.fullmatch(revision):
        return _since(repository, client, revision)
    return _named(repository, client, pinned, revision)


def _since(repository: GithubRepository, client: Client, commit: str) -> Upstream:
    """Compare a commit with the default branch."""
    branch = text(described(client, repository.api), "default_branch")
    if branch is None:
        raise UnreachableError("GitHub does not say what is newest")
    url = f"{repository.api}/compare/{commit}...{part(branch)}"
    try:
        answer = described(client, url)
    except NotThereError:
        says = "the pinned commit is no longer there, or has nothing in common with what is"
        return Upstream(State.GONE, says, commit, branch, url=url, rewritten=True)
    ahead, behind = count(answer, "ahead_by"), count(answer, "behind_by")
    if ahead is None or behind is None:
        raise UnreachableError("GitHub does not say what came after it")
    listed = items(answer, "commits") or []
    # Not all of them are listed where there are many.
    head = text(listed[-1], "sha") if listed and len(listed) >= ahead else None
    files = items(answer, "files") or []
    changes = tuple(
        Change(
            text(one, "filename") or "(no name)", _WORDS.get(text(one, "status") or "", "changed")
        )
        for one in files[:_SHOWN]
    )
    plural = "s" if ahead != 1 else ""
    if behind:
        says = (
            f"the pinned commit is not on {branch!r}: history was rewritten, or it is from another"
            " branch or a fork"
        )
        state = State.GONE
    elif ahead:
        state, says = State.NEWER, f"{ahead:,} commit{plural} since"
    else:
        state, says = State.SAME, "nothing came after it"
    more = len(files) > _SHOWN
    return Upstream(state, says, commit, head or branch, changes, more, url, rewritten=bool(behind))


def _named(
    repository: GithubRepository, client: Client, pinned: Pinned, name: str | None
) -> Upstream:
    """Say where a branch or a tag leads."""
    if name is None:
        name = text(described(client, repository.api), "default_branch") or "HEAD"
    url = f"{repository.api}/commits/{part(name)}"
    try:
        answer = described(client, url)
    except NotThereError:
        return Upstream(State.GONE, f"there is no branch or tag {name!r} any more", name, url=url)
    head = text(answer, "sha")
    if head is None:
        raise UnreachableError("GitHub does not say where the name leads")
    changed_at = moment(answer, "commit", "committer", "date")
    return by_name(pinned, name, head, url, changed_at=changed_at)


def _asset(repository: GithubRepository, client: Client, pinned: Pinned, tag: str) -> Upstream:
    """Compare a release's file with what was registered."""
    url = f"{repository.api}/releases/tags/{part(tag)}"
    try:
        release = described(client, url)
    except NotThereError:
        return Upstream(State.GONE, f"there is no release {tag!r} any more", tag, url=url)
    found = next(
        (one for one in items(release, "assets") or () if text(one, "name") == repository.file),
        None,
    )
    if found is None:
        says = f"release {tag!r} has no file {repository.file!r} any more"
        return Upstream(State.GONE, says, tag, url=url)
    digest = (text(found, "digest") or "").removeprefix("sha256:")
    changes = by_digests(pinned, {repository.file: digest} if digest else {}, repository.file)
    if changes is None:
        updated = text(found, "updated_at") or ""
        return by_name(pinned, tag, digest or updated, url, changed_at=moment(found, "updated_at"))
    if changes:
        says = f"changed: the file of release {tag!r} is not the registered one any more"
        return Upstream(State.CHANGED, says, tag, f"sha256:{digest}", tuple(changes), url=url)
    says = "the file has the registered digest, as GitHub says"
    return Upstream(State.SAME, says, tag, f"sha256:{digest}", url=url)
