"""Templates in what a step reads: what only a run, and whoever starts it, decides."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.evaluate.journey.arguments import OUTPUT, pairs
from bezoar.evaluate.journey.words import taken_apart

# `${{ x }}`, `{{ x }}`, `$[[ x ]]`, `<< x >>`, `$(x)`, `${x}`, `$x`, and `{x}` as parsers write it.
_TEMPLATE: Final = re.compile(
    r"\$?\{\{-?\s*([A-Za-z_][\w.-]{0,100})|\$\[\[\s*([\w.-]{1,100})|<<\s*([\w.-]{1,100})"
    r"|\$\(([A-Za-z_][\w.]{0,100})\)|\$?\{([A-Za-z_][\w.-]{0,100})|\$([A-Za-z_]\w{0,100})"
)
# What the engine gives: where it runs, when, and what an earlier step of the same run made.
_ENGINE: Final = re.compile(
    r"(?:github\.(?!event)|runner|job|steps|needs|matrix|strategy|tasks|item|outputs|pod|retries"
    r"|workflow\.(?!parameters)|inputs\.artifacts|secrets|ti\b|task|dag\b|dag\.|macros|ds\b|ds_|ts\b"
    r"|ts_|prev_|next_|execution_date|logical_date|data_interval|run_id|yesterday|tomorrow"
    r"|GITHUB_|RUNNER_|CI_|CI\b|CIRCLE_|BUILD|AGENT_|Agent\.|Build\.|System\.|Pipeline\."
    r"|AIRFLOW_|SM_|AIP_|AZ_|AZUREML_|KFP_|SLURM_|HOME\b|PWD\b|OLDPWD\b|TMP|TEMP|USER\b|LOGNAME\b"
    r"|HOSTNAME\b|RANDOM\b|CURDIR|MAKE|WORKSPACE\b|VIRTUAL_ENV|CONDA_|BASH_|SHELL\b)"
)
_A_FOLDER: Final = re.compile(r"(?i)(?:^|_)(?:dir|root|home|folder|workspace|workdir|mount|tmp)$")
_ASKED: Final = re.compile(
    r"inputs\.|github\.event\.|parameters\.|Parameters\.|workflow\.parameters\.|params\."
    r"|dag_run\.conf|conf\.|var\.|pipeline\.parameters\.|(?:airflow\.models\.)?Variable\.get$"
)
_SPACED: Final = re.compile(
    r"(?:\$?\{\{|\$\[\[|<<)\s*([\w.-]{1,100})[^\]{}<>]{0,200}(?:\}\}|\]\]|>>)"
)
_DOWNLOADERS: Final = frozenset({"curl", "wget", "aria2c", "gdown"})
_PULL: Final = ["bezoar", "pull"]
_COPIES: Final = re.compile(
    r"aws s3 |gsutil (?:cp|rsync)|gcloud storage|s5cmd|rclone|az storage|azcopy|mc cp|hdfs dfs"
)
_DATA: Final = re.compile(
    r"(?i)data|input|source|src|uri|url|path|file|csv|corpus|samples?\b|images?_|bucket|train_?set"
)
_NO_DATA: Final = re.compile(
    r"(?i)model|output|out_|_out|report|metric|suite|config|image_(?:tag|name)"
)


def templates_in(value: str) -> Iterator[str]:
    """Yield the names of the templates in a value that no engine fills by itself."""
    for found in _TEMPLATE.finditer(value):
        name = next(group for group in found.groups() if group).rstrip(".-")
        if _ENGINE.match(name) is None and (is_asked(name) or not _is_place(name, value, found)):
            yield name


def _is_place(name: str, value: str, found: re.Match[str]) -> bool:
    """Say whether a variable names where data lies here, as a bucket for each environment does."""
    behind = value[found.end() :].lstrip(" })")
    bucket = value[: found.start()].endswith("://") and behind.startswith("/")
    return bucket or _A_FOLDER.search(name) is not None


def is_asked(name: str) -> bool:
    """Say whether a name is, by its form, what whoever starts a run is asked for."""
    return _ASKED.match(name) is not None


def names_data(name: str) -> bool:
    """Say whether an option, a setting or a variable is called as what holds data is."""
    return _DATA.search(name) is not None and _NO_DATA.search(name) is None


def undecided_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a command takes as data and only a run decides: as written, and the template."""
    words = list(taken_apart(_SPACED.sub(r"{\1}", text)).words)
    copies = _COPIES.match(" ".join(words[:3])) is not None
    fetches = copies or (bool(words) and words[0] in _DOWNLOADERS) or words[:2] == _PULL
    named = list(pairs(words[1:]))
    last = max((at for at, (option, _) in enumerate(named) if not option), default=-1)
    for at, (option, value) in enumerate(named):
        if option and (OUTPUT.fullmatch(option) or not names_data(option)):
            continue
        if not option and copies and at == last:
            continue
        for name in templates_in(value):
            if option or fetches or names_data(name.rpartition(".")[2]):
                yield value, name
