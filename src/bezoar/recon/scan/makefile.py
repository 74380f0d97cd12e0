"""Makefiles and justfiles: recipes as one shell script line for line, make's variables folded."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.recon.scan import shell
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.shell.value import Scope, Value
from bezoar.syntax.shell_words import lines_of

may_fetch = shell.may_fetch

_NAME: Final = r"[A-Za-z_][\w.-]{0,200}"
_ASSIGNED: Final = re.compile(
    rf"[ ]*(?:(?:export|override|private|define)[ \t]+)*({_NAME})[ \t]*(\?|\+|::?:?|!)?=[ \t]*(.*)",
    re.DOTALL,
)
_DEFINED: Final = re.compile(rf"[ ]*(?:override[ \t]+)?define[ \t]+({_NAME})")
_REFERENCE: Final = re.compile(
    r"\$(?:\$|\(([^()$]{0,400})\)|\{([^{}$]{0,400})\}|([@<^+?*%A-Za-z0-9]))"
)
_JUST: Final = re.compile(r"\{\{([^{}]{0,400})\}\}")
_JUST_VARIABLE: Final = re.compile(rf"(?:export[ \t]+)?({_NAME})[ \t]*:=[ \t]*(.*)")
_FUNCTION: Final = re.compile(r"([a-z-]{2,12})[ \t]+(.*)", re.DOTALL)
_CHANGED: Final = re.compile(rf"({_NAME}):([^=]{{0,200}})=(.*)", re.DOTALL)
_QUOTED: Final = re.compile(r"\s*(['\"])(.*)\1\s*", re.DOTALL)
_ROUNDS: Final = 6  # References within references that are followed.
_LONGEST: Final = 4096
_MOST: Final = 16


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Return the fetches of a Makefile or a justfile.

    Args:
        text: The file.
        path: Its path.
        context: What is known of the file.

    Raises:
        UnreadableError: It has more lines than a person writes.
    """
    lines = lines_of(text)
    just = path.rpartition("/")[2].lower() in ("justfile", ".justfile")
    folding = _Variables(lines, just=just)
    script = "\n".join(_script(lines, folding))
    return shell.read_in(folding.scope(), script, path, context, shown=text)


class _Variables:
    """The variables of a file, with every value that it gives them.

    A variable with one value is put into the text, as make does. One with several becomes a
    variable of the shell, which knows how to stay undecided.
    """

    def __init__(self, lines: list[str], *, just: bool) -> None:
        self.just = just
        self.raw: dict[str, list[str]] = {}
        for line in _whole(lines):
            self._assign(line)
        self.values = {
            name: [self.folded(text) for text in raws] for name, raws in self.raw.items()
        }

    def _assign(self, line: str) -> None:
        if self.just and (found := _JUST_VARIABLE.fullmatch(line)):
            quoted = _QUOTED.fullmatch(found[2])
            self.raw.setdefault(found[1], []).append(quoted[2] if quoted else found[2])
        if line.startswith("\t") or self.just:
            return
        found = _ASSIGNED.match(line) or _ASSIGNED.match(line.partition(":")[2])
        if not found:
            return
        name, sign, value = found[1], found[2] or "", _uncommented(found[3])
        before = self.raw.setdefault(name, [])
        if sign == "!":
            value = f"$(shell {value})"
        if sign == "+" and before:
            before[-1] = f"{before[-1]} {value}"[:_LONGEST]
        elif value not in before and len(before) < _MOST:
            before.append(value)

    def folded(self, text: str) -> str:
        """Put variables into a text, as long as there are any."""
        for _ in range(_ROUNDS):
            new = (_JUST if self.just else _REFERENCE).sub(self._reference, text)
            if new == text or len(new) > _LONGEST * 4:
                break
            text = new
        return text

    def recipe(self, text: str, target: str, first: str) -> str:
        """Fold a line of a recipe; `$$` becomes the shell's `$`."""
        for sign, value in (("@", target), ("<", first), ("^", first), ("*", "%")):
            known = value.replace("%", "{stem}") or f"{{{sign}}}"
            text = text.replace(f"$({sign})", known).replace(f"${sign}", known)
        return self.folded(text).replace("$$", "$")

    def scope(self) -> Scope:
        """Return the variables with more than one value, for the shell."""
        scope = Scope()
        for name, values in self.values.items():
            if len(values) > 1:
                scope.set(_shell_name(name), Value(tuple(values)))
        return scope

    def _reference(self, found: re.Match[str]) -> str:
        inner = found[1] if self.just else found[1] or found[2] or found[3]
        if inner is None:
            return found[0]  # `$$`
        inner = inner.strip()
        raws = self.raw.get(inner, [])
        if len(raws) == 1:
            return raws[0]
        if raws:
            return f"$${{{_shell_name(inner)}}}"
        if function := None if self.just else _FUNCTION.fullmatch(inner):
            return self._called(function[1], function[2])
        if changed := _CHANGED.fullmatch(inner):
            return f"{{{changed[1]}}}"
        return f"{{{inner}}}"

    def _called(self, function: str, arguments: str) -> str:
        """Fold a call of one of make's functions."""
        if function == "shell":
            return f"$$({arguments.strip()})"
        parts = [part.strip() for part in arguments.split(",")]
        words = parts[-1].split()
        if function in ("addprefix", "addsuffix") and len(parts) == 2:  # noqa: PLR2004
            front, back = (parts[0], "") if function == "addprefix" else ("", parts[0])
            return " ".join(front + word + back for word in words)
        if function in ("strip", "sort", "realpath", "abspath", "wildcard"):
            return parts[-1]
        if function in ("notdir", "dir"):
            side = 2 if function == "notdir" else 0
            return " ".join(word.rpartition("/")[side] for word in words)
        if function == "or":
            return next((part for part in parts if part), "")
        return f"{{{function}}}"


def _script(lines: list[str], variables: _Variables) -> Iterator[str]:
    """Yield a line of shell for each line: those of recipes, and empty ones for all others."""
    target = first = ""
    going_on = in_recipe = defining = False
    for line in lines:
        recipe = (line.startswith("\t") or (variables.just and line[:1] == " ")) and not (
            going_on and not in_recipe
        )
        if recipe or (going_on and in_recipe) or (defining and not line.startswith("endef")):
            body = line if going_on else line.lstrip("\t @+-")
            yield variables.recipe(body, target, first)
            in_recipe = True
        else:
            in_recipe = False
            defining = bool(_DEFINED.match(line)) or (defining and not line.startswith("endef"))
            body = ""
            if rule := _rule(line):
                target, first, inline = rule
                body = variables.recipe(inline, target, first)
            elif "$(shell " in line:
                body = ": " + variables.recipe(line[line.index("$(shell ") :], "", "")
            yield body.rstrip("\\") if not in_recipe else body
        going_on = line.endswith("\\")


def _whole(lines: list[str]) -> Iterator[str]:
    """Yield lines with those that they go on in."""
    held: list[str] = []
    for line in lines:
        if line.endswith("\\") and len(held) < _LONGEST:
            held.append(line[:-1].strip() if held else line[:-1])
            continue
        yield " ".join([*held, line.strip()]) if held else line
        held = []
    if held:
        yield " ".join(held)


def _uncommented(value: str) -> str:
    return re.split(r"(?<!\\)#", value, maxsplit=1)[0].strip()[:_LONGEST]


def _rule(line: str) -> tuple[str, str, str] | None:
    """Return a rule's first target, its first source, and the recipe on the same line."""
    targets, colon, rest = line.partition(":")
    if not colon or not targets.strip() or "#" in targets or "=" in line:
        return None
    sources, _, recipe = rest.lstrip(":").partition(";")
    return targets.split()[0], (sources.split() or [""])[0], recipe


def _shell_name(name: str) -> str:
    return re.sub(r"\W", "_", name)
