"""`rewrite`: calls of a file with other arguments, or with something else in their place."""

import ast
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import libcst as cst
from libcst import metadata

from bezoar.adapters.libcst.edits import Edit, NotRewritableError, Rewritten, Where
from bezoar.adapters.libcst.imports import with_imports
from bezoar.adapters.libcst.seen import Seen


def rewrite(data: bytes, edits: Sequence[Edit]) -> Rewritten:
    """Rewrite calls of a Python file.

    Args:
        data: The file.
        edits: What to rewrite; those that cannot be are left out and named.

    Raises:
        NotRewritableError: If the file cannot be parsed.
    """
    # libcst's parser crashes on nesting that Python's own refuses.
    if why := _fault(data):
        raise NotRewritableError(f"it cannot be parsed: {why}")
    try:
        result = _rewritten(data, edits)
    except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise NotRewritableError(f"it cannot be parsed: {first}") from None
    if why := _fault(result.data):
        raise NotRewritableError(f"it would be no Python any more: {why}")
    return result


def _fault(data: bytes) -> str:
    """Say why some bytes are no Python; "" where they are."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error).partition("\n")[0] or "it is nested too deeply"
    return ""


def _rewritten(data: bytes, edits: Sequence[Edit]) -> Rewritten:
    wrapper = metadata.MetadataWrapper(cst.parse_module(data))
    seen = Seen()
    wrapper.visit(seen)
    chosen, refused = _chosen(seen, edits)
    chosen = _with_alike(wrapper.module, seen, chosen, refused)
    made = _Rewriting(wrapper.module, chosen, refused, seen.statements)
    module = wrapper.module.visit(made)
    needed = {name for edit in made.done for name in edit.imports} - seen.imported
    if needed:
        standard = sys.stdlib_module_names
        module = with_imports(module, sorted(needed, key=lambda name: name not in standard))
    return Rewritten(module.bytes, refused)


def _chosen(seen: Seen, edits: Iterable[Edit]) -> tuple[dict[cst.Call, Edit], dict[Edit, str]]:
    """Return the call that each edit means, and why the others mean none."""
    refused: dict[Edit, str] = {}
    pairs: list[tuple[cst.Call, Edit]] = []
    for edit in edits:
        here = seen.calls.get((edit.line, edit.end_line), ())
        meant = [call for call in here if seen.last_part(call) == edit.callee]
        taken = [name for name in edit.imports if not seen.may_import(name)]
        if taken:
            refused[edit] = f"the file has a {taken[0]} of its own"
        elif len(meant) == 1:
            pairs.append((meant[0], edit))
        else:
            many = f"{len(meant)} calls of {edit.callee} stand on its line"
            refused[edit] = many if meant else f"no call of {edit.callee} is written there"
    count = Counter(call for call, _ in pairs)
    for call, edit in pairs:
        at = _find(call.args, edit.source) if edit.source else None
        if at is not None and not seen.is_constant(call.args[at].value, call):
            refused[edit] = "its source is a variable, which may be another at run time"
        if count[call] > 1:
            refused[edit] = f"one call brings in {count[call]} sources"
    return {call: edit for call, edit in pairs if edit not in refused}, refused


def _with_alike(
    module: cst.Module, seen: Seen, chosen: dict[cst.Call, Edit], refused: dict[Edit, str]
) -> dict[cst.Call, Edit]:
    """Add calls that read what a chosen one fetches: the same function, the same argument.

    Where one of them cannot be rewritten, none is: it would look where nothing is any more.
    """
    wanted = {}
    for call, edit in chosen.items():
        at = _find(call.args, edit.argument) if edit.alike and edit.argument else None
        if at is not None:
            wanted[edit.callee, module.code_for_node(call.args[at].value)] = edit
    found = {}
    for call in [call for calls in seen.calls.values() for call in calls] if wanted else ():
        for (callee, code), edit in wanted.items():
            at = _find(call.args, edit.argument) if edit.argument else None
            same = at is not None and module.code_for_node(call.args[at].value) == code
            if not same or call in chosen or seen.last_part(call) != callee:
                continue
            found[call] = edit
            if any(arg.star for arg in call.args):
                refused[edit] = f"another call of {callee} reads it, with arguments not written out"
    return {call: edit for call, edit in (chosen | found).items() if edit not in refused}


class _Rewriting(cst.CSTTransformer):
    """Rewrites the calls that were chosen; what cannot be is noted and left.

    Attributes:
        done: What was rewritten.
    """

    def __init__(
        self,
        module: cst.Module,
        chosen: Mapping[cst.Call, Edit],
        refused: dict[Edit, str],
        statements: set[cst.Call],
    ) -> None:
        super().__init__()
        self._module, self._chosen, self._refused = module, chosen, refused
        self._statements = statements
        self.done: list[Edit] = []

    def leave_Call(  # noqa: N802 - libcst's name
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Rewrite a call if it was chosen."""
        edit = self._chosen.get(original_node)
        if edit is None:
            return updated_node
        try:
            _checked(updated_node.args, edit)
            if edit.argument is None:
                used = original_node not in self._statements
                new = self._whole(updated_node, edit, used=used)
            else:
                new = _with_argument(updated_node, edit, edit.argument)
        except NotRewritableError as error:
            self._refused[edit] = str(error)
            return updated_node
        self.done.append(edit)
        return new

    def _whole(self, call: cst.Call, edit: Edit, *, used: bool) -> cst.BaseExpression:
        _uncommented(call)
        value = edit.value
        if edit.target is not None:
            if used:
                raise NotRewritableError("what the call returns is used")
            if (at := _find(call.args, edit.target)) is None:
                raise NotRewritableError("it does not say where the bytes go")
            value = value.replace("{target}", self._module.code_for_node(call.args[at].value))
        new = cst.parse_expression(value, config=self._module.config_for_parsing)
        return new.with_changes(lpar=call.lpar, rpar=call.rpar) if call.lpar else new


def _with_argument(call: cst.Call, edit: Edit, where: Where) -> cst.Call:
    args = list(call.args)
    at = _find(args, where)
    if at is None:
        raise NotRewritableError("its source is not written out in the call")
    _uncommented(args[at].value)
    args[at] = args[at].with_changes(value=cst.parse_expression(edit.value))
    for other, literal in edit.settings.items():
        if (found := _find(args, other)) is not None:
            args[found] = args[found].with_changes(value=cst.parse_expression(literal))
    kept = [arg for arg in args if not (arg.keyword and arg.keyword.value in edit.dropped)]
    if len(kept) < len(args):
        kept[-1] = kept[-1].with_changes(comma=args[-1].comma)
    return call.with_changes(args=kept)


def _checked(args: Sequence[cst.Arg], edit: Edit) -> None:
    """Refuse arguments that nobody can see, or that ask for more than a local copy gives."""
    if any(arg.star for arg in args):
        raise NotRewritableError("its arguments are not written out")
    named = [arg.keyword.value for arg in args if arg.keyword is not None]
    strange = [name for name in named if edit.known is not None and name not in edit.known]
    if strange:
        raise NotRewritableError(f"a local copy has no {strange[0]}=")
    if edit.most is not None and len(args) - len(named) > edit.most:
        raise NotRewritableError(f"it has more than {edit.most} arguments without a name")


def _find(args: Sequence[cst.Arg], where: Where) -> int | None:
    """Return the number of an argument in a call; None where it is not given."""
    for number, arg in enumerate(args):
        if arg.keyword is not None and arg.keyword.value in where.names:
            return number
    index = where.index
    if index is None or index >= len(args) or any(arg.keyword for arg in args[: index + 1]):
        return None
    return index


def _uncommented(node: cst.CSTNode) -> None:
    if any(isinstance(one, cst.Comment) for one in _below(node)):
        raise NotRewritableError("a comment stands in what would go")


def _below(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    pending = [node]
    while pending:
        one = pending.pop()
        yield one
        pending.extend(one.children)
