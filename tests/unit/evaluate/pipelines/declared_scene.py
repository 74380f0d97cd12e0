"""What the tests of declared formats share: files in memory, and every parser over them."""

from dataclasses import dataclass
from pathlib import Path

from bezoar.evaluate.pipelines.registry import parsers as every_parser

CORPUS = Path(__file__).parents[3] / "corpus" / "pipelines"


@dataclass(frozen=True)
class File:
    """A file of a tree, as the audit hands it over."""

    path: str
    text: str


DECLARED = {
    *("argo", "azure_pipelines", "circleci", "dvc_stages", "github_actions", "gitlab_ci"),
    *("kedro_catalog", "kubeflow", "makefile_rules", "mlproject", "sagemaker", "shell_script"),
}


def parsers():
    """Return the parsers of declared formats: what reads Python has tests of its own."""
    return [one for one in every_parser() if type(one).__module__.rpartition(".")[2] in DECLARED]


def parsed(files):
    """Return the pipelines of a tree of texts by path."""
    tree = {path: File(path, text) for path, text in files.items()}
    return [
        pipeline
        for file in tree.values()
        for parser in parsers()
        if parser.claims(file)
        for pipeline in parser.parse(file, tree)
    ]


def only(files):
    """Return the one pipeline of a tree."""
    (pipeline,) = parsed(files)
    return pipeline


def steps(files):
    """Return the steps of the one pipeline by name."""
    return {step.name: step for step in only(files).steps}


def codes(files):
    """Return the codes of what the parsers found."""
    return sorted(finding.code for one in parsed(files) for finding in one.found)


def texts(step):
    """Return a step's commands as text."""
    return [one.text for one in step.commands]


def safe_trees():
    """Return each safe tree of the corpus, by format and rule."""
    found = {}
    for root in sorted(CORPUS.glob("*/*/safe")):
        files = {
            path.relative_to(root).as_posix(): path.read_text()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }
        found[f"{root.parts[-3]}-{root.parts[-2]}"] = files
    return found
