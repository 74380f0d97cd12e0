"""Which reader a file goes to: by its name, its folder, or its first line."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import import_module
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.syntax.unreadable import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST_FETCHES: Final = 5_000  # Of one file; what has more was made to have them.


class Language(StrEnum):
    """What a file is written in, as far as readers differ."""

    PYTHON = "python"
    NOTEBOOK = "notebook"
    SHELL = "shell"
    DOCKERFILE = "dockerfile"
    MAKEFILE = "makefile"
    DVC = "dvc"
    YAML = "yaml"
    CONFIG = "config"
    TERRAFORM = "terraform"
    JULIA = "julia"
    R = "r"


# Each module has `read(text, path, context)` and may have `may_fetch(data)`, which says from the
# bytes alone whether it is worth reading.
_MODULES = {
    Language.PYTHON: "bezoar.recon.scan.python",
    Language.NOTEBOOK: "bezoar.recon.scan.notebook",
    Language.SHELL: "bezoar.recon.scan.shell",
    Language.DOCKERFILE: "bezoar.recon.scan.dockerfile",
    Language.MAKEFILE: "bezoar.recon.scan.makefile",
    Language.DVC: "bezoar.recon.scan.dvc",
    Language.YAML: "bezoar.recon.scan.yaml",
    Language.CONFIG: "bezoar.recon.scan.config",
    Language.TERRAFORM: "bezoar.recon.scan.terraform",
    Language.JULIA: "bezoar.recon.scan.julia",
    Language.R: "bezoar.recon.scan.r",
}
_DEEPEST = 4  # Code in code in code in code: nobody writes more, except to choke a reader.

_BY_SUFFIX = {
    ".py": Language.PYTHON,
    ".pyw": Language.PYTHON,
    ".ipynb": Language.NOTEBOOK,
    **dict.fromkeys(
        (".sh", ".bash", ".zsh", ".ksh", ".sbatch", ".slurm", ".pbs", ".lsf", ".sub", ".def"),
        Language.SHELL,
    ),
    **dict.fromkeys((".bat", ".cmd", ".ps1"), Language.SHELL),
    ".dockerfile": Language.DOCKERFILE,
    ".containerfile": Language.DOCKERFILE,
    ".mk": Language.MAKEFILE,
    ".mak": Language.MAKEFILE,
    ".dvc": Language.DVC,
    ".yml": Language.YAML,
    ".yaml": Language.YAML,
    ".cwl": Language.YAML,
    **dict.fromkeys(
        (".json", ".toml", ".ini", ".cfg", ".conf", ".config", ".gin", ".jsonnet", ".libsonnet"),
        Language.CONFIG,
    ),
    ".tf": Language.TERRAFORM,
    ".tfvars": Language.TERRAFORM,
    ".hcl": Language.TERRAFORM,
    ".jl": Language.JULIA,
    ".r": Language.R,
    ".rmd": Language.R,
    ".qmd": Language.R,
}
_BY_NAME = {
    "makefile": Language.MAKEFILE,
    "gnumakefile": Language.MAKEFILE,
    "justfile": Language.MAKEFILE,
    "dockerfile": Language.DOCKERFILE,
    "containerfile": Language.DOCKERFILE,
    "mlproject": Language.YAML,
    "dvc.yaml": Language.DVC,
    "dvc.lock": Language.DVC,
    ".gitmodules": Language.CONFIG,
    ".envrc": Language.SHELL,
    "jenkinsfile": Language.SHELL,
    "singularity": Language.SHELL,
    "artifacts.toml": Language.JULIA,
    "juliaartifacts.toml": Language.JULIA,
    ".rprofile": Language.R,
}
_TEMPLATED = frozenset({".j2", ".jinja", ".jinja2", ".tpl", ".tmpl", ".template", ".in", ".dist"})
_SHEBANG = re.compile(rb"#!\s*\S*?(?:env\s+(?:-S\s+)?)?([A-Za-z]+)[0-9.]*(?:\s|$)")
_INTERPRETERS = {
    b"python": Language.PYTHON,
    **dict.fromkeys((b"sh", b"bash", b"zsh", b"ksh", b"dash", b"ash"), Language.SHELL),
    b"julia": Language.JULIA,
    b"Rscript": Language.R,
    b"make": Language.MAKEFILE,
}
# Locks of package managers list software; generated indexes of other tools list everything.
_PACKAGES = frozenset(
    {"package.json", "package-lock.json", "composer.json", "tsconfig.json", "renovate.json"}
    | {"pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock", "pixi.lock", "pnpm-lock.yaml"}
    | {"environment.yml", "environment.yaml", "conda.yml", "conda.yaml", "meta.yaml", "pixi.toml"}
    | {".pre-commit-config.yaml", ".pre-commit-hooks.yaml", "mkdocs.yml", "codecov.yml"}
    | {"_config.yml", ".readthedocs.yml", ".readthedocs.yaml", "manifest.toml", "cargo.lock"}
    | {".zenodo.json", "codemeta.json", ".all-contributorsrc", "conda-lock.yml", "tox.ini"}
    | {"cargo.toml", "setup.cfg", "dependabot.yml", "citation.cff", ".codecov.yml", "project.toml"}
)
_CI = re.compile(
    r"""(?:^|/)(?:
        \.github/(?:workflows|actions)/.*
      | \.gitlab-ci\.ya?ml | \.gitlab/.*\.ya?ml | [^/]*\.gitlab-ci\.ya?ml
      | \.circleci/.* | \.buildkite/.* | \.azure-pipelines/.* | \.azuredevops/.* | \.azure/.*\.ya?ml
      | azure-pipelines[^/]*\.ya?ml | \.?appveyor\.ya?ml | \.travis\.ya?ml | \.drone\.ya?ml
      | \.cirrus\.ya?ml | \.woodpecker(?:/.*|\.ya?ml) | bitbucket-pipelines\.ya?ml | \.semaphore/.*
      | cloudbuild[^/]*\.ya?ml | buildspec[^/]*\.ya?ml | Jenkinsfile[^/]* | \.jenkins/.* | \.ci/.*
      | \.tekton/.* | \.teamcity/.*
    )$""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads one file.

    Attributes:
        language: What the file is taken for.
        in_ci: Whether what it runs, runs in continuous integration.
    """

    language: Language
    in_ci: bool

    def may_fetch(self, data: bytes) -> bool:
        """Say from the bytes alone whether the file can hold a fetch at all."""
        asked: Callable[[bytes], bool] | None = getattr(
            import_module(_MODULES[self.language]), "may_fetch", None
        )
        return asked is None or asked(data)

    def read(self, data: bytes, path: str, context: Context) -> list[Fetch]:
        """Read a file's fetches, in the order of their lines.

        Raises:
            UnreadableError: The file is not what its name says.
        """
        text = decoded(data)  # First: what is no text hides from a look at its bytes.
        named = any(name.rpartition(".")[2].encode() in data for name in context.wrappers)
        if not (context.again or context.scripts or named or self.may_fetch(data)):
            return []
        read: Callable[[str, str, Context], Iterable[Fetch]] = import_module(
            _MODULES[self.language]
        ).read
        fetches = read(text, path, replace(context, in_ci=context.in_ci or self.in_ci))
        found = list(islice(fetches, _MOST_FETCHES + 1))
        if len(found) > _MOST_FETCHES:
            raise UnreadableError(f"more than {_MOST_FETCHES:,} sources")
        return sorted(found, key=lambda fetch: (fetch.line, fetch.end_line))


def reader(path: str, head: bytes = b"") -> Reader | None:
    """Return what reads a file, None where nothing does.

    Args:
        path: Relative to the tree, with `/`.
        head: The file's first bytes, at least its first line: they tell a script without a suffix.
    """
    language = _language(PurePosixPath(path), head)
    return Reader(language, in_ci=runs_in_ci(path)) if language in _MODULES else None


def embedded(
    language: Language, text: str, path: str, context: Context, *, first_line: int = 1
) -> list[Fetch]:
    """Read code that stands in another file: shell in YAML, Python in a here-document.

    Args:
        language: What the code is written in.
        text: The code alone, as the interpreter would see it.
        path: The file that it stands in.
        context: Of that file.
        first_line: The line of the file on which the code begins.

    Returns:
        Its fetches, with lines of the file; none where code is nested too deeply, or cannot be
        read: what stands around it still counts.
    """
    if context.depth >= _DEEPEST:
        return []
    inner = replace(context, depth=context.depth + 1)
    try:
        found = list(import_module(_MODULES[language]).read(text, path, inner))
    except (UnreadableError, RecursionError):
        return []
    below = first_line - 1
    return [replace(one, line=one.line + below, end_line=one.end_line + below) for one in found]


def runs_in_ci(path: str) -> bool:
    """Say whether a path belongs to continuous integration."""
    return _CI.search(path) is not None


def decoded(data: bytes) -> str:
    """Return a file's text, each line ended by one line feed.

    Raises:
        UnreadableError: The bytes are no UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8 text (byte {error.start})") from None
    if "\0" in text:
        raise UnreadableError("not text: it holds a NUL")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _language(path: PurePosixPath, head: bytes) -> Language | None:
    name, suffix = path.name.lower(), path.suffix.lower()
    if name in _PACKAGES or _is_entry(path):
        return None
    if path.as_posix().endswith((".dvc/config", ".dvc/config.local")):
        return Language.DVC
    if found := _BY_NAME.get(name) or _BY_SUFFIX.get(suffix) or _by_start(name):
        return found
    if suffix in _TEMPLATED:
        return _language(path.with_suffix(""), head)
    shebang = _SHEBANG.match(head)
    return _INTERPRETERS.get(shebang[1]) if shebang else None


def _is_entry(path: PurePosixPath) -> bool:
    """Say whether a file is an entry of a DBOM: it names its sources, and fetches none."""
    return path.parent.name == "dbom" and path.suffix == ".toml" and "@" in path.name


def _by_start(name: str) -> Language | None:
    if name.startswith(("dockerfile", "containerfile")):
        return Language.DOCKERFILE
    return Language.MAKEFILE if name.startswith(("makefile.", "gnumakefile.")) else None
