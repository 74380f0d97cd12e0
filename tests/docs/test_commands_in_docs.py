"""What the pages tell people to type exists: commands, options, links."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from bezoar.cli.app import build

ROOT = Path(__file__).parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(page for page in ROOT.glob("docs/**/*.md") if page.name != "commands.md"),
]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(bezoar [^`]+)`")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def calls(text):
    """Yield the words of each call of bezoar on a page."""
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    for line in lines:
        words = shlex.split(line, comments=True)
        names = [Path(word).name for word in words]
        if "bezoar" in names[:4]:
            yield words[names.index("bezoar") + 1 :]
    for call in INLINE.findall(text):
        # `log verify|export|import` names three commands.
        first, *rest = call.removeprefix("bezoar ").split()
        options = rest[0].split("|") if rest else []
        for word in options or [""]:
            yield [first, *filter(None, [word]), *rest[1:]]


def fault(words):
    """Say what is wrong with a call, None where nothing is."""
    command = typer.main.get_command(build())
    while words and not words[0].startswith("-") and hasattr(command, "commands"):
        if words[0] not in command.commands:
            # A group that has an argument of its own ends here.
            return f"no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    if not words:  # a mention
        return None
    needed = [
        set(param.opts) for param in command.params if param.required and param.opts[0][0] == "-"
    ]
    known = {option for param in command.params for option in param.opts}
    known |= {"--help", "-h"}
    if "--" in words:  # what follows is another program's
        words = words[: words.index("--")]
    unknown = [word for word in words if re.match(r"--?[a-z]", word) and word not in known]
    if unknown:
        return f"no option {unknown[0]}"
    missing = [options for options in needed if not options & set(words)]
    return f"needs {missing[0]}" if missing else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_call_on_a_page_exists(page):
    wrong = {shlex.join(words): fault(words) for words in calls(page.read_text(encoding="utf-8"))}
    assert {call: why for call, why in wrong.items() if why} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_a_call_that_does_not_exist_is_seen():
    text = (
        "```sh\nbezoar nope ./x\nenv X=1 bezoar log verify --nope\n```\nand `bezoar log show|nope`."
    )
    assert [fault(words) for words in calls(text)] == [
        "no command nope",
        "no option --nope",
        None,
        "no command nope",
    ]
