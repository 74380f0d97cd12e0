"""What became of a repository of the Hugging Face Hub.

Reference: `list_repo_refs`, `list_repo_commits` and `list_repo_tree` of
https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/hf_api.py
"""

from dataclasses import replace
from itertools import islice
from typing import Any, Final

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.recon.source.asking import described, learn, part
from bezoar.recon.source.fields import items, moment, text
from bezoar.recon.source.hub import HubRepository
from bezoar.recon.upstream.answer import (
    COMMIT,
    Pinned,
    State,
    Upstream,
    by_digests,
    by_name,
    differing,
)

_SHOWN: Final = 200
_DEFAULT: Final = "main"


def upstream(repository: HubRepository, client: Client, pinned: Pinned) -> Upstream:
    """Ask the Hub; see `Host`.

    Raises:
        UnreachableError: If nothing could be learned.
    """
    revision = pinned.revision or repository.revision
    if revision and COMMIT.fullmatch(revision):
        return _since(repository, client, revision)
    return _named(repository, client, pinned, revision or _DEFAULT)


def _since(repository: HubRepository, client: Client, commit: str) -> Upstream:
    """Say what came after a commit."""
    url = repository.api
    head = text(described(client, url), "sha")
    if head is None:
        raise UnreachableError("the Hub does not say what is newest")
    if head == commit:
        return Upstream(State.SAME, "nothing came after it", commit, head, url=url)
    try:
        described(client, f"{url}/revision/{commit}")
    except NotThereError:
        says = "the pinned commit is no longer there: its history was squashed or rewritten"
        return Upstream(State.GONE, says, commit, head, url=url, rewritten=True)
    return replace(
        _commits(repository, client, commit, head), **_files(repository, client, commit, head)
    )


def _commits(repository: HubRepository, client: Client, commit: str, head: str) -> Upstream:
    log = learn(client, f"{repository.api}/commits/{_DEFAULT}")
    listed = items(log.value)
    names = [text(one, "id") for one in listed or ()]
    if commit in names:
        number = names.index(commit)
        says = f"{number:,} commit{'s' if number != 1 else ''} since"
        return Upstream(State.NEWER, says, commit, head, url=log.url)
    if listed is None:
        return Upstream(State.NEWER, f"there is more since: {log.why}", commit, head, url=log.url)
    # The log has pages, and only the first one is read.
    says = f"more than {len(names):,} commits since, or the pinned one is on another branch"
    return Upstream(State.NEWER, says, commit, head, url=log.url)


def _files(repository: HubRepository, client: Client, commit: str, head: str) -> dict[str, Any]:
    before, after = (_tree(repository, client, one) for one in (commit, head))
    if before is None or after is None:
        return {}
    found = list(islice(differing(before, after), _SHOWN + 1))
    return {"changes": tuple(found[:_SHOWN]), "more_changes": len(found) > _SHOWN}


def _tree(repository: HubRepository, client: Client, revision: str) -> dict[str, str] | None:
    """Return each file's digest: SHA-256 where the Hub keeps it in LFS, Git's own elsewhere."""
    listed = items(learn(client, f"{repository.api}/tree/{part(revision)}?recursive=true").value)
    if listed is None:
        return None
    found = {}
    for one in listed:
        path, large = text(one, "path"), text(one, "lfs", "oid")
        if path and text(one, "type") != "directory":
            found[path] = f"sha256:{large}" if large else f"git:{text(one, 'oid') or ''}"
    return found


def _named(repository: HubRepository, client: Client, pinned: Pinned, name: str) -> Upstream:
    """Say where a branch or a tag leads."""
    url = f"{repository.api}/refs"
    refs = described(client, url)
    if items(refs, "branches") is None:
        raise UnreachableError("the Hub does not list its branches")
    targets = {
        text(one, "name"): text(one, "targetCommit")
        for kind in ("branches", "tags")
        for one in items(refs, kind) or ()
    }
    head = targets.get(name)
    if head is None:
        says = f"there is no branch or tag {name!r} any more"
        return Upstream(State.GONE, says, name, url=url)
    tree = _tree(repository, client, head) or {}
    large = {p: d.removeprefix("sha256:") for p, d in tree.items() if d.startswith("sha256:")}
    changes = by_digests(pinned, large, repository.file)
    if changes:
        says = f"moved: {name!r}, which you pinned by name, now holds other bytes"
        return Upstream(State.MOVED, says, name, head, tuple(changes[:_SHOWN]), url=url)
    found = learn(client, f"{repository.api}/commits/{part(name)}")
    result = by_name(pinned, name, head, url, changed_at=moment(found.value, 0, "date"))
    if changes is not None and result.state is State.UNKNOWN:
        says = f"{name!r} holds the registered bytes, as the Hub says; a name is no pin"
        return replace(result, state=State.SAME, says=says)
    return result
