"""An image's history, written as the Dockerfile that it came from: one line for each step."""

import json
import re
from typing import Any, Final

from bezoar.recon.source.fields import at, items, text

_INSTRUCTION: Final = re.compile(
    r"(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL"
    r"|STOPSIGNAL|USER|VOLUME|WORKDIR)(?=\s|$)"
)
_SHELL: Final = re.compile(
    r"(?:/[\w./-]{1,40}/)?(?:ba|da|a|z|k)?sh(?:\s+-[a-z]{0,8}o\s+pipefail|\s+-[a-z]{1,8}(?=\s+-))*\s+-[a-z]{0,8}c\s+"
)
_NO_OPERATION: Final = re.compile(r"#\(nop\)\s*")
_ARGUMENTS: Final = re.compile(r"\|(\d{1,3})\s+")
# A here-document has lost its body where it became history; it must not swallow the next steps.
_DOCUMENT: Final = re.compile(r"<<[-~]?\s{0,4}[\"']?\w*[\"']?")
_MOST_STEPS: Final = 2_000
_LONGEST_STEP: Final = 100_000


def dockerfile(config: dict[str, Any]) -> str:
    """Return an image's history as a Dockerfile; line N is step N.

    What runs when the image starts, and what the image says it was built on, stands after it, where
    the history does not say it.

    Args:
        config: The image's configuration.
    """
    steps = [_step(text_of(one)) for one in (items(config, "history") or ())[:_MOST_STEPS]]
    inner = at(config, "config")
    for name in ("Entrypoint", "Cmd"):
        command = [part for part in items(inner, name) or () if isinstance(part, str)]
        if command and not any(step.startswith(name.upper()) for step in steps):
            steps.append(f"{name.upper()} {_one_line(json.dumps(command))}")
    base = text(inner, "Labels", "org.opencontainers.image.base.name")
    if base and not any(step.startswith("FROM") for step in steps):
        steps.append(f"FROM {_one_line(base)}")
    return "\n".join(steps) + "\n" if steps else ""


def text_of(entry: Any) -> str:
    """Return what a step of the history says it did."""
    found = at(entry, "created_by")
    return found[:_LONGEST_STEP] if isinstance(found, str) else ""


def _step(created_by: str) -> str:
    """Return a step as one instruction."""
    line = _without_mark(_one_line(created_by))
    run = line.startswith("RUN ")
    line = line.removeprefix("RUN ").lstrip()
    arguments = ""
    if found := _ARGUMENTS.match(line):
        arguments, line = _split(line[found.end() :])
    shell = _SHELL.match(line)
    if shell:
        line = line[shell.end() :].lstrip()
        if found := _NO_OPERATION.match(line):
            return line[found.end() :] or "#"
    elif not run and (_INSTRUCTION.match(line) or not line):
        return line or "#"
    return f"RUN {arguments}{line}"


def _without_mark(line: str) -> str:
    """Take out the `# buildkit` at a step's end."""
    start = line.removesuffix("buildkit").rstrip()
    marked = start != line and start.endswith("#")
    return start.removesuffix("#").rstrip() if marked else line


def _split(line: str) -> tuple[str, str]:
    """Split `A=1 B=2 /bin/sh -c …` into assignments for the shell and what comes after."""
    found = re.search(r"(?:/[\w./-]{1,40}/)?(?:ba|da|a|z|k)?sh\s+-", line[:_LONGEST_STEP])
    if not found:
        return "", line
    return f"export {line[: found.start()].strip()} && ", line[found.start() :]


def _one_line(text_: str) -> str:
    """Join lines, so that each step stays one; what would reach over its end is taken out."""
    joined = "; ".join(part for part in re.split(r"[\r\n\v\f\x85\u2028\u2029]+", text_) if part)
    return _DOCUMENT.sub(" ", joined).replace("\0", " ").rstrip("\\` \t")
