"""A template becomes one HTML file that loads nothing and runs nothing."""

import base64
import hashlib
from functools import cache
from typing import Any

import jinja2

from bezoar.core.place import printable
from bezoar.report.wording import STATUS_WORDS, clipped, counted, quoted, share

LONGEST_COMMAND = 2000


def page(template: str, **fields: Any) -> str:
    """Render a template; what it shows of `fields` is escaped."""
    style = _source("report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # No script, no font, no form, no address: nothing on the page can leave it.
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src 'sha256-{digest}'"
    )
    return environment().get_template(template).render(style=style, policy=policy, **fields)


@cache
def environment() -> jinja2.Environment:
    """Return the environment of the HTML templates: everything is escaped, nothing is missing."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("bezoar.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "clipped": clipped,
        "command": _command,
        "counted": counted,
        "quoted": quoted,
        "share": share,
        "thousands": lambda number: f"{number:,}",
    }
    templates.globals["status_words"] = STATUS_WORDS
    return templates


def _source(name: str) -> str:
    loader = environment().loader
    if loader is None:  # pragma: no cover - set above
        raise AssertionError
    return loader.get_source(environment(), name)[0]


def _command(text: str) -> str:
    """Return a command on one line; a cut command would be another command."""
    if len(text) > LONGEST_COMMAND:
        return f"(a command of {len(text):,} characters: see the JSON output)"
    return printable(text)
