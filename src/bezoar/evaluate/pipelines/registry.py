"""Every parser of pipeline definitions, by name; imported when a tree is audited."""

from functools import cache
from importlib import import_module
from typing import Final

from bezoar.evaluate.pipelines.definition import Parser

PARSERS: Final[tuple[str, ...]] = (
    "bezoar.evaluate.pipelines.argo:PARSER",
    "bezoar.evaluate.pipelines.azure_pipelines:PARSER",
    "bezoar.evaluate.pipelines.circleci:PARSER",
    "bezoar.evaluate.pipelines.dvc_stages:PARSER",
    "bezoar.evaluate.pipelines.github_actions:PARSER",
    "bezoar.evaluate.pipelines.gitlab_ci:PARSER",
    "bezoar.evaluate.pipelines.kedro_catalog:PARSER",
    "bezoar.evaluate.pipelines.kubeflow:PARSER",
    "bezoar.evaluate.pipelines.makefile_rules:PARSER",
    "bezoar.evaluate.pipelines.mlproject:PARSER",
    "bezoar.evaluate.pipelines.mlproject:RECIPE",
    "bezoar.evaluate.pipelines.python_file:PARSER",
    "bezoar.evaluate.pipelines.sagemaker:PARSER",
    "bezoar.evaluate.pipelines.shell_script:PARSER",
)
"""Each is `module:NAME`. A file goes to each parser that claims it."""


@cache
def parsers() -> tuple[Parser, ...]:
    """Return the parsers, in the order of `PARSERS`."""
    found: list[Parser] = []
    for name in PARSERS:
        module, _, attribute = name.partition(":")
        found.append(getattr(import_module(module), attribute))
    return tuple(found)
