"""Fetches in YAML: pipelines of any kind, and configuration.

One walk serves every tool. What a key such as `run`, `script` or `command` holds goes to the reader
of its language, with the variables that it would see; all else is a setting.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.recon.scan import shell
from bezoar.recon.scan.dispatch import Language
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.hints import may_name
from bezoar.recon.scan.settings import Settings, summed
from bezoar.recon.scan.yaml.actions import action
from bezoar.recon.scan.yaml.commands import Commands
from bezoar.recon.scan.yaml.components import STORED, artifact, called
from bezoar.recon.scan.yaml.scope import Scope
from bezoar.recon.scan.yaml.templated import is_templated, without_template
from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence, rooted, scalars
from bezoar.syntax.yaml_tree import NoYamlError, documents

_COMMANDS: Final = frozenset(
    {"run", "script", "before_script", "after_script", "commands", "command", "cmd", "bash", "sh"}
    | {"powershell", "pwsh", "inlinescript", "entrypoint", "before_install", "install", "init"}
    | {"after_success", "before_cache", "postcreatecommand", "oncreatecommand", "shell", "setup"}
    | {"updatecontentcommand", "poststartcommand", "download", "execute", "pre_script", "prepare"}
    | {"args", "arguments", "exec", "user_data", "userdata", "startup_script", "before_test"}
)
_USES: Final = re.compile(rb"uses:[^\n]{0,200}(?:download|fetch|get|pull|prepare|setup|checkout)")
_SPEAKING: Final = _COMMANDS | {"uses", "source", "_target_", "_component_", "git", *STORED}
# A file without any of these holds no command.
_COMMANDED: Final = (
    *(b"run", b"script", b"command", b"cmd", b"args", b"arguments", b"bash", b"shell", b"sh:"),
    *(b"install", b"entrypoint", b"download", b"init", b"setup", b"exec", b".sh", b"userdata"),
    *(b"user_data", b"prepare", b"before_", b"container", b"source"),
)
# What people write about a project, and lists of packages.
_NO_PIPELINE: Final = re.compile(
    r"(?:^|/)(?:\.github/(?!workflows/|actions/)|\.vscode/|\.idea/|locales?/|i18n/)"
)
_CODE_FILES: Final = {
    **dict.fromkeys((".sh", ".bash"), Language.SHELL),
    ".py": Language.PYTHON,
}


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether YAML is worth parsing."""
    names = may_name(data) or _USES.search(data) is not None
    if names or b"import " in data:
        return True
    low = data.lower()
    return any(word in low for word in _COMMANDED) and shell.may_fetch(data)


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read a YAML file's fetches.

    Raises:
        UnreadableError: It is neither YAML nor a template of it.
    """
    if _NO_PIPELINE.search(path):
        return
    try:
        found = documents(text)
    except NoYamlError:
        if not is_templated(text):
            raise
        found = without_template(text)
    for document in found:
        if not _is_of_packages(document):
            yield from _Document(path, context, document).fetches()


def _is_of_packages(document: Node) -> bool:
    """Say whether a document is a list of packages, or describes an interface."""
    if not isinstance(document, Mapping):
        return False
    names = {key.text for key, _ in document.entries}
    return {"channels", "dependencies"} <= names or not names.isdisjoint({"openapi", "swagger"})


class _Document:
    """One document of a file."""

    def __init__(self, path: str, context: Context, root: Node) -> None:
        self.path = path
        self.context = context
        self.root = rooted(root)
        self.commands = Commands(path, context)
        self.settings = Settings(path, context, self.root)
        self._set: set[str] = set()  # Loaders that are keys of settings, not programs.

    def fetches(self) -> Iterator[Fetch]:
        """Yield what the document fetches."""
        found = list(self._within(self.root, (), Scope(names=self.settings.names)))
        # A variable's address is reported where a command uses it.
        used = {fetch.uri for fetch in found if fetch.loader not in self._set}
        set_here = [one for one in found if one.loader in self._set and one.uri not in used]
        yield from (one for one in found if one.loader not in self._set)
        yield from summed(set_here)

    def _within(self, node: Node, keys: tuple[str, ...], scope: Scope) -> Iterator[Fetch]:
        if isinstance(node, Sequence):
            for item in node.items:
                yield from self._within(item, keys, scope)
        elif isinstance(node, Mapping):
            yield from self._mapping(node, keys, scope.inside(node))

    def _mapping(self, node: Mapping, keys: tuple[str, ...], scope: Scope) -> Iterator[Fetch]:
        said: list[Fetch] = []
        names = {key.text.lower() for key, _ in node.entries}
        if not names.isdisjoint(_SPEAKING) or any(map(_code_file, names)):
            said = [*self._said(node, scope), *artifact(node, keys, self.settings)]
        yield from said
        lines, uris = {fetch.line for fetch in said}, {fetch.uri for fetch in said}
        for fetch in self.settings.of_mapping(node, keys) if not _is_repeated(keys) else ():
            self._set.add(fetch.loader)
            if fetch.line not in lines and fetch.uri not in uris:
                yield fetch
        for key, value in node.entries:
            if not isinstance(value, Scalar):
                yield from self._within(value, (*keys, key.text), scope)

    def _said(self, node: Mapping, scope: Scope) -> Iterator[Fetch]:
        """Yield what a mapping's own commands fetch."""
        words: list[Scalar] = []
        given = node.text("shell") or " ".join(one.text for one in scalars(node.get("command")))
        if call := called(node):
            yield from self.commands.code(Language.PYTHON, call, scope)
        for key, value in node.entries:
            name = key.text.lower()
            if name == "uses" and isinstance(value, Scalar):
                yield from action(node, value, self.path, self.context)
            elif name in ("command", "args", "arguments", "entrypoint") and _is_words(value):
                words += scalars(value)
            elif (name in _COMMANDS and not isinstance(value, Mapping)) or _is_source(name, value):
                yield from self._script(given, value, scope)
            elif isinstance(value, Scalar) and (language := _code_file(name)):
                yield from self.commands.code(language, value, scope)
        yield from self.commands.words(_program(node, words), scope)

    def _script(self, given: str, value: Node, scope: Scope) -> Iterator[Fetch]:
        if isinstance(value, Scalar):
            yield from self.commands.script(value, scope, given if value.text != given else "")
        else:
            yield from self.commands.lines(list(scalars(value)), scope)


def _is_repeated(keys: tuple[str, ...]) -> bool:
    """Say whether a compiled pipeline only hands over what its importer names as well."""
    return "runtimeValue" in keys and any(key.startswith("importer") for key in keys)


def _is_source(name: str, value: Node) -> bool:
    """Say whether this is Argo's `script.source`."""
    return name == "source" and isinstance(value, Scalar) and "\n" in value.text


def _is_words(value: Node) -> bool:
    """Tell the words of one command from a list of commands."""
    if not isinstance(value, Sequence) or not value.items:
        return False
    first = value.items[0]
    return isinstance(first, Scalar) and not re.search(r"\s", first.text.strip())


def _program(node: Mapping, words: list[Scalar]) -> list[Scalar]:
    """Put the program first where only the name of a builder's image tells it."""
    builder = node.text("name")
    if words and node.get("entrypoint", "command") is None and "/cloud-builders/" in builder:
        name = builder.rpartition("/")[2].partition(":")[0]
        return [Scalar(name, words[0].line, words[0].line, name), *words]
    return words


def _code_file(name: str) -> Language | None:
    """Say what a key that is a file's name holds, as in a ConfigMap."""
    return _CODE_FILES.get(name[name.rfind(".") :]) if "." in name else None
