"""`Walk`: lists, pipes, branches and loops of a shell script, in the order in which they run."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.definition import Command
from bezoar.evaluate.pipelines.shell_parts import handlers, is_test, negated, plain
from bezoar.evaluate.pipelines.shell_running import Running
from bezoar.evaluate.pipelines.shell_status import Context
from bezoar.evaluate.pipelines.shell_variables import Variables
from bezoar.syntax import shell_tree
from bezoar.syntax.shell_tree import AndOr, Branch, Case, Element, Function, Group, Loop, Script
from bezoar.syntax.shell_words import Command as Simple

_LONGEST_CONDITION: Final = 1000


class Walk(Running):
    """Follows one script."""

    def __init__(self, variables: Variables, *, errexit: bool, pipefail: bool) -> None:
        """Begin with no chain; see `Running`."""
        super().__init__(variables, errexit=errexit, pipefail=pipefail)
        self.chains = 0

    def whole(self, text: str, line: int) -> Iterator[Command]:
        """Yield all commands, then those of functions that nothing calls by name."""
        yield from self.script(shell_tree.parse(text, line), Context())
        for name in list(self.functions):
            if name not in self.called:
                yield from self.script(self.functions[name], Context())

    def script(self, script: Script, context: Context) -> Iterator[Command]:
        """Follow lists one after the other."""
        for index, one in enumerate(script):
            last = index == len(script) - 1
            dies = self.errexit and context.dies and not context.tested
            stops = dies or (last and context.stops)
            if not stops and not last:
                stops = self.checked_after(script[index + 1 : index + 4], context)
            here = context if last else replace(context, chain=0)
            yield from self._list(one, stops=stops, last=last and context.stops, context=here)

    def _new_chain(self) -> int:
        self.chains += 1
        return self.chains

    def _list(self, one: AndOr, *, stops: bool, last: bool, context: Context) -> Iterator[Command]:
        """Follow one list: `stops` is what the failure of its last pipe comes to."""
        condition = context.condition
        chain = context.chain if context.chain and "||" not in one.joints else self._new_chain()
        handler_of = handlers(one.joints)
        for index, pipe in enumerate(one.pipes):
            following = one.joints[index + 1] if index + 1 < len(one.pipes) else ""
            ends = stops
            if handler_of[index]:
                handler = one.pipes[handler_of[index]]
                ends = self.ends(handler[-1], stops=stops, context=context)
            elif following:
                ends = last  # `set -e` looks at the last one of a list only.
            joined = one.joints[index] == "||"
            if joined:
                chain = self._new_chain()
            guards = following == "&&" or (chain == context.chain and not following)
            here = replace(
                context,
                stops=ends,
                tested=context.tested or bool(following),
                condition=condition,
                chain=chain if guards and not joined else 0,
                within=(*context.within, chain) if one.joints[index] == "&&" else context.within,
            )
            if joined:
                before = self.said(one.pipes[index - 1])
                here = replace(here, condition=_both(condition, f"not {before}".strip()))
            yield from self._pipe(pipe, here)
            if following == "&&" and all(map(is_test, pipe)):
                condition = _both(condition, self.said(pipe))

    def _pipe(self, pipe: list[Element], context: Context) -> Iterator[Command]:
        before = ""
        for index, element in enumerate(pipe):
            here = context
            if index < len(pipe) - 1:
                here = replace(context, stops=context.stops and self.pipefail)
            if len(pipe) > 1:
                here = replace(here, dies=here.stops)
            for command in self._element(element, here):
                yield replace(command, stdin=command.stdin or before)
            before = self.text(element) if isinstance(element, Simple) else ""

    def _element(self, element: Element, context: Context) -> Iterator[Command]:
        if isinstance(element, Group):
            inner = replace(context, dies=context.stops) if element.subshell else context
            yield from self.script(element.body, inner)
        elif isinstance(element, Branch):
            yield from self._branch(element, context)
        elif isinstance(element, Loop):
            tested = replace(context, stops=element.until, tested=True, chain=0)
            yield from self.script(element.head, tested)
            yield from self.script(element.body, replace(context, stops=False, chain=0))
        elif isinstance(element, Case):
            head = _both(context.condition, self.text(element.head))
            for body in element.bodies:
                yield from self.script(body[1:], replace(context, condition=head, chain=0))
        elif isinstance(element, Function):
            self.functions[element.name] = element.body
        else:
            yield from self.simple(element, context)

    def _branch(self, branch: Branch, context: Context) -> Iterator[Command]:
        turned = negated(branch.condition)
        escape = branch.then if turned else branch.other
        ends = any(self.list_ends(one, stops=False, context=context) for one in escape)
        real = not all(is_test(pipe[-1]) for one in branch.condition for pipe in one.pipes)
        chain = self._new_chain() if real else 0
        tested = replace(context, stops=ends, tested=True, chain=chain, condition=context.condition)
        yield from self.script(plain(branch.condition), tested)
        said = " && ".join(self.said(pipe) for one in branch.condition for pipe in one.pipes)
        leaves = ends and real
        for body, holds in ((branch.then, True), (branch.other, False)):
            guarded = holds is not turned
            text = said if holds else f"not {said}"
            yield from self.script(
                body,
                replace(
                    context,
                    condition=context.condition
                    if leaves and guarded
                    else _both(context.condition, text),
                    chain=0,
                    within=(*context.within, chain) if guarded and chain else context.within,
                ),
            )


def _both(first: str, second: str) -> str:
    joined = f"{first} && {second}" if first and second else first or second
    return joined[:_LONGEST_CONDITION]
