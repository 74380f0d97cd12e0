"""What the keywords of one GitLab job say: its image, identity, settings, paths and cache."""

import re
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.reading import public_settings, public_variables
from bezoar.evaluate.pipelines.shell_variables import Variables
from bezoar.syntax.access import at, entries, listed, text, texts
from bezoar.syntax.nodes import Node, Scalar

_SETTINGS: Final = ("stage", "tags", "environment", "when", "resource_group", "id_tokens")


def settings_of(node: Node, variables: Variables) -> dict[str, str]:
    """Return what a job sets, by keyword; nested ones joined with dots."""
    found: dict[str, str] = {}
    for name in _SETTINGS:
        for inner, value in public_settings(at(node, name), variables.fold).items():
            found[f"{name}.{inner}".strip(".")] = value
    for name, value in public_variables(at(node, "variables")).items():
        found[f"env.{name}"] = value
    return found


def image_name(node: Node | None) -> str:
    """Return the name of an image, as it is written."""
    return node.text if isinstance(node, Scalar) else text(node, "name")


def identity_of(node: Node, variables: Variables) -> str:
    """Return what a job runs as: its runner may tell, or the variable of a role."""
    for name in ("ROLE_ARN", "AWS_ROLE_ARN", "GCP_SERVICE_ACCOUNT", "SERVICE_ACCOUNT"):
        if value := text(node, "variables", name):
            return variables.fold(value)
    return ""


def scalars_of(node: Node | None) -> list[Scalar]:
    """Return the values of a list, or the one value that stands in its place."""
    return [one for one in listed(node) if isinstance(one, Scalar)]


def paths_of(node: Node | None, variables: Variables) -> list[Scalar]:
    """Return paths with the values of variables."""
    return [replace(one, text=variables.fold(one.text.rstrip("/"))) for one in scalars_of(node)]


def pins(cache: Node) -> bool:
    """Say whether a cache's key is a digest of files, or of the commit."""
    key = at(cache, "key")
    loose = bool(texts(at(cache, "fallback_keys")))
    if texts(at(key, "files")):
        return not loose
    return not loose and bool(re.search(r"CI_COMMIT_SHA|[0-9a-f]{40}", text(cache, "key")))


def described(node: Node | None) -> dict[str, str]:
    """Return the variables that are written with a description."""
    return {key.text: text(value, "value") for key, value in entries(node) if text(value, "value")}
