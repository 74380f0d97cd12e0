"""The page and the offline sheet: one template, one script, the look of the reports."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jinja2

POLICY: Final = (
    "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
    "style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def review_page(state: dict[str, Any], *, token: str) -> str:
    """Return the page; it asks the server for everything else."""
    return _render(state, token=token, sheet=None)


def sheet_page(state: dict[str, Any], data: dict[str, Any]) -> str:
    """Return the offline sheet: one file that loads nothing.

    Args:
        state: Where the reviewer is.
        data: What the script would ask a server for.
    """
    policy = POLICY.format(style=_digest(style()), script=_digest(script()))
    sheet = {"policy": policy, "style": style(), "script": script(), "data": data}
    return _render(state, token="", sheet=sheet)


@cache
def style() -> str:
    """Return the style sheet: that of the reports, and what a review adds to it."""
    shared = files("bezoar.report").joinpath("templates", "report.css").read_text("utf-8")
    return shared + _source("review.css")


@cache
def script() -> str:
    """Return the script."""
    return _source("review.js")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("bezoar.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(state: dict[str, Any], **fields: Any) -> str:
    template = _environment().get_template("review.html.j2")
    return template.render(dataset=state["dataset"], reviewer=state["reviewer"], **fields)


def _source(name: str) -> str:
    return files("bezoar.web").joinpath("templates", name).read_text("utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
