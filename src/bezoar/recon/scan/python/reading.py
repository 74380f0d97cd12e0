"""The calls of a module that fetch, and the functions of it that do so for others."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, Protocol

from bezoar.facts.loaders import Loader, Needs, loaders, split
from bezoar.recon.scan import addresses
from bezoar.recon.scan.fetch import Checksum, Context, Danger, Fetch, Kind
from bezoar.recon.scan.python import shelled, sources, wrappers
from bezoar.recon.scan.python.candidate import Candidate, admitted, candidates, pinned
from bezoar.recon.scan.python.origins import Origins
from bezoar.recon.scan.python.sources import Chain
from bezoar.recon.scan.python.usage import Usage, unverified_by_default
from bezoar.recon.scan.python.wrappers import Wrapper
from bezoar.syntax.python.arguments import Given, given
from bezoar.syntax.python.declared import declared
from bezoar.syntax.python.folding import Folding
from bezoar.syntax.python.names import Elsewhere
from bezoar.syntax.python.scopes import Binding, How, Point, Site, Survey
from bezoar.syntax.python.survey import spelled_last
from bezoar.syntax.python.value import Symbol, Text, Unknown, alternatives, texts
from bezoar.syntax.unreadable import UnreadableError

_MOST_SITES: Final = 10_000
# Keys under which frameworks take the address of a model, and fetch it.
_CONFIGURED: Final = frozenset(
    {"load_from", "resume_from", "checkpoint", "pretrained", "init_checkpoint"}
)
_ROUNDS: Final = 3  # a wrapper of a wrapper of a wrapper
# What fetches through urllib, and so with its default context.
_BY_URLLIB: Final = frozenset(
    {"stdlib", "torch", "torchvision", "torchaudio", "keras", "scikit-learn", "nltk", "wget"}
)
_COMMAND: Final = Loader(("command",), "", "other", ("{0}",))
_NAMED: Final = Loader(("*",), "", "address", ("{0}",), Needs.ADDRESS)


class Project(Elsewhere, Protocol):
    """What other modules of the project define."""

    def wrapper(self, name: str) -> Wrapper | None:
        """Return the function of a full dotted name, if it fetches for others."""
        ...

    def has_wrapper(self, last: str) -> bool:
        """Say whether a function of this last name fetches for others."""
        ...

    def is_own(self, name: str) -> bool:
        """Say whether a name is the project's own, though a library has one like it."""
        ...


class Reading:
    """The reading of one module.

    Attributes:
        wrappers: Its functions that fetch what they are given, once it is read.
        folding: Its expressions.
    """

    def __init__(
        self,
        survey: Survey,
        lines: list[str],
        path: str,
        context: Context,
        project: Project | None = None,
    ) -> None:
        self.wrappers: dict[str, Wrapper] = {}
        self.folding = Folding(survey, declared(survey), project)
        self._survey = survey
        self._lines = lines
        self._path = path
        self._context = context
        self._project = project
        self._catalogue = loaders()
        self._roots = frozenset(
            one.partition(".")[0] for one in map(self._catalogue.canonical, survey.imported)
        )
        self._in_family: dict[str, bool] = {}
        self._users = {
            name.rpartition(".")[2]: (name, which) for name, which in context.wrappers.items()
        }
        self._aliases = _aliases(survey, self._is_loader)
        self._origins = Origins(survey, self._catalogue.families(self._roots))
        self._usage = Usage(survey)
        self._unverified = unverified_by_default(survey)

    def fetches(self) -> list[Fetch]:
        """Return every fetch of the module.

        Raises:
            UnreadableError: So many calls may fetch that nobody wrote them.
        """
        sites = [site for site in self._survey.sites if self._may_fetch(site)]
        if len(sites) > _MOST_SITES:
            raise UnreadableError(f"{len(sites):,} calls in one module that may fetch")
        found = [fetch for site in sites for fetch in self._at(site)]
        found += self._configured({one.line for one in found})
        for _ in range(_ROUNDS):
            flows = self._flows()
            known = {(one.line, one.loader, one.uri) for one in found}
            new = [
                fetch
                for site in self._calls_of_wrappers()
                for fetch in self._through_wrapper(site)
                if (fetch.line, fetch.loader, fetch.uri) not in known
            ]
            found += new
            if not new and self._flows() == flows:
                break
        once = {(one.line, one.loader, one.uri, one.revision): one for one in reversed(found)}
        return list(reversed(once.values()))

    def _flows(self) -> int:
        return sum(len(one.flows) for one in self.wrappers.values())

    def _may_fetch(self, site: Site) -> bool:
        last = site.last
        if not last:
            return _may_name(site.call.func, self._is_loader)
        if last in self._aliases or wrappers.says_so(last) or self._is_known(last):
            return True
        return self._is_of_family(last) and self._origins.may_be_of_family(site.call.func)

    def _is_loader(self, last: str) -> bool:
        return self._is_known(last) or self._is_of_family(last)

    def _is_of_family(self, last: str) -> bool:
        if (known := self._in_family.get(last)) is None:
            known = self._catalogue.may_be_of_family(last, self._roots)
            self._in_family[last] = known
        return known

    def _is_known(self, last: str) -> bool:
        return last in shelled.LAST or last in self._users or self._catalogue.has(last)

    def _configured(self, told: set[int]) -> Iterator[Fetch]:
        """Yield the models that a configuration written in Python names by address."""
        for site in self._survey.sites:
            for keyword in site.call.keywords:
                if keyword.arg in _CONFIGURED and site.call.lineno not in told:
                    yield from self._named_by(keyword.arg, keyword.value, site.point)
        for name in _CONFIGURED & self._survey.module.bindings.keys():
            for binding in self._survey.module.bindings[name]:
                if binding.node is not None:
                    yield from self._named_by(name, binding.node, binding.point)

    def _named_by(self, key: str, node: ast.expr, point: Point) -> Iterator[Fetch]:
        if not isinstance(node, ast.Constant | ast.Name | ast.JoinedStr | ast.BinOp):
            return
        for found in texts(self.folding.value(node, point)):
            if addresses.scheme(found.likely) and addresses.judge(found.likely) is Kind.MODEL:
                yield from self._admitted(Candidate(_NAMED, key, found), node)

    # Calls of what the catalogue knows ----------------------------------------------------------

    def _at(self, site: Site) -> Iterator[Fetch]:
        callee = self.folding.value(site.call.func, site.point)
        seen: set[Loader] = set()
        for one in alternatives(callee):
            symbol = one if isinstance(one, Symbol) else Symbol(getattr(one, "name", site.last))
            if symbol.name in shelled.RUNNERS:
                yield from self._in_shell(site, symbol)
                continue
            found = self._loader(symbol, known=isinstance(one, Symbol))
            if found is None:
                yield from self._by_its_name(symbol, site)
            elif found[0] not in seen:
                seen.add(found[0])
                yield from self._by(*found, symbol, site)

    def _loader(self, symbol: Symbol, *, known: bool) -> tuple[Loader, str] | None:
        """Return what is known of a call, and its name."""
        last = split(symbol.name)[-1]
        if (user := self._users.get(last)) is not None:
            name, which = user
            if _same_end(name, symbol.name):
                source = f"{{{which}:}}" if isinstance(which, int) else f"{{{which}}}"
                return Loader((name,), "", "other", (source,)), name
        own_call = symbol.name in self._survey.functions or symbol.name in self._survey.classes
        if own_call or self._catalogue.is_nothing(symbol.name):
            return None
        own = self._project is not None and self._project.is_own(symbol.name)
        if known and not own and (found := self._catalogue.match(symbol.name)) is not None:
            return found
        loader = self._catalogue.by_last_part(last)
        return None if loader is None else (loader, symbol.name)

    def _by(self, loader: Loader, name: str, symbol: Symbol, site: Site) -> Iterator[Fetch]:
        chain = self._chain(site, symbol)
        for found in candidates(loader, symbol.name, chain):
            candidate = replace(found, name=name)
            whole = self._with_usage(candidate, site)
            flags = sources.flags(loader, chain)
            self._note(whole, flags, site)
            yield from self._admitted(whole, site.call)

    def _by_its_name(self, symbol: Symbol, site: Site) -> Iterator[Fetch]:
        """Yield what a function of which only the name is known is told to download."""
        name = split(symbol.name)[-1]
        if not wrappers.says_so(name) or symbol.name in self._survey.functions:
            return
        arguments = self._chain(site, symbol).last
        for value in (*arguments.positional, *arguments.named.values()):
            for text in texts(value):
                if addresses.scheme(text.likely) and addresses.judge(text.likely) is not None:
                    candidate = Candidate(_NAMED, symbol.name, text)
                    yield from self._admitted(self._with_usage(candidate, site), site.call)

    def _chain(self, site: Site, symbol: Symbol) -> Chain:
        last = given(site.call, site.point, self.folding)
        for call, point in reversed(symbol.bound):
            first = given(call, point, self.folding)
            last = Given(
                [*first.positional[1:], *last.positional], first.named | last.named, last.open
            )
        names = list(sources.receivers(symbol))[-len(symbol.calls) :] if symbol.calls else []
        before = {
            name: given(call, point, self.folding)
            for name, (call, point) in zip(names, symbol.calls[-len(names) :], strict=False)
        }
        return Chain(last, before)

    def _with_usage(self, candidate: Candidate, site: Site) -> Candidate:
        """Add what the function around a call does with what it fetched."""
        dangers = set(candidate.dangers)
        loader = candidate.loader
        if self._usage.unpickled(site):
            dangers.add(Danger.UNSAFE_LOAD)
        if self._unverified and loader.library in _BY_URLLIB:
            dangers.add(Danger.UNVERIFIED_TLS)
        checksum = candidate.checksum
        if checksum is Checksum.NONE and self._usage.checked(site):
            checksum = Checksum.CALL
        used = loader.needs is Needs.DATA and self._usage.kept(site)
        return replace(candidate, dangers=frozenset(dangers), checksum=checksum, used=used)

    # Functions of the project -------------------------------------------------------------------

    def _note(
        self,
        candidate: Candidate,
        flags: list[tuple[str, bool]],
        site: Site,
        *,
        is_command: bool = False,
    ) -> None:
        """Note what the function around a call leaves to its callers."""
        scope = wrappers.owner(site.point.scope)
        if scope is None:
            return
        flow = wrappers.flow_of(candidate, flags, scope, is_command=is_command)
        if flow is None:
            return
        name = scope.name.removesuffix(".__init__")
        wrapper = self.wrappers.setdefault(name, Wrapper(name, wrappers.names_of(scope)))
        if flow not in wrapper.flows and len(wrapper.flows) < 64:  # noqa: PLR2004 - nobody writes more
            wrapper.flows.append(flow)

    def _through_wrapper(self, site: Site) -> Iterator[Fetch]:
        callee = self.folding.value(site.call.func, site.point)
        for symbol in alternatives(callee):
            wrapper = self._wrapper(symbol) if isinstance(symbol, Symbol) else None
            if wrapper is None or not isinstance(symbol, Symbol):
                continue
            arguments = self._chain(site, symbol).last
            by_name = {
                name: value
                for number, name in enumerate(wrapper.parameters)
                if (value := arguments.get(number, (name,))) is not None
            }
            for flow in list(wrapper.flows):
                for text, told in wrappers.filled(flow, by_name):
                    candidate = wrappers.named(flow.candidate, wrapper.name, text)
                    flags = [
                        (value.name, False)
                        for name, _ in flow.flags
                        if isinstance(value := by_name.get(name), Unknown)
                    ]
                    self._note(candidate, flags, site, is_command=flow.is_command)
                    if not told:
                        continue
                    if flow.is_command:
                        before = {one.uri for one in self._command(flow.candidate.source, site)}
                        found = self._command(text, site)
                        # A parameter may be no more than the place to write to.
                        yield from (one for one in found if one.uri not in before)
                    else:
                        yield from self._admitted(candidate, site.call)

    def _calls_of_wrappers(self) -> list[Site]:
        """Return the calls that may be one of a function which fetches for others."""
        lasts = {name.rpartition(".")[2] for name in self.wrappers}
        project = self._project
        return [
            site
            for site in self._survey.sites
            if site.last in lasts or (project is not None and project.has_wrapper(site.last))
        ][:_MOST_SITES]

    def _wrapper(self, symbol: Symbol) -> Wrapper | None:
        if (own := self.wrappers.get(symbol.name)) is not None:
            return own
        return self._project.wrapper(symbol.name) if self._project is not None else None

    # Commands -----------------------------------------------------------------------------------

    def _in_shell(self, site: Site, symbol: Symbol) -> Iterator[Fetch]:
        chain = self._chain(site, symbol)
        value = chain.last.get(0, ("args", "cmd", "command", "cmdline"))
        if value is None:
            return
        for command in shelled.commands(value):
            self._note(Candidate(_COMMAND, symbol.name, command), [], site, is_command=True)
            yield from self._command(command, site)

    def _command(self, command: Text, site: Site) -> Iterator[Fetch]:
        found = shelled.fetched(command, site.call.lineno, self._path, self._context)
        last = site.call.end_lineno or site.call.lineno
        for fetch in found:
            line = min(fetch.line, last)
            yield replace(fetch, line=line, end_line=max(line, min(fetch.end_line, last)))

    # Fetches ------------------------------------------------------------------------------------

    def _admitted(self, candidate: Candidate, node: ast.expr) -> Iterator[Fetch]:
        kind = admitted(candidate)
        if kind is None:
            return
        revision, pin = pinned(candidate)
        line = node.lineno
        yield Fetch(
            path=self._path,
            line=line,
            end_line=node.end_lineno or line,
            loader=candidate.name,
            kind=kind,
            uri=str(candidate.source),
            decided_by=candidate.source.decided_by,
            revision=revision,
            pin=pin,
            checksum=candidate.checksum,
            dangers=candidate.dangers | frozenset(addresses.dangers(candidate.source.likely)),
            snippet=self._lines[line - 1].strip()[:200] if line <= len(self._lines) else "",
            in_ci=self._context.in_ci,
        )


def _same_end(name: str, other: str) -> bool:
    return name == other or name.endswith("." + other) or other.endswith("." + name)


def _aliases(survey: Survey, may_be: Callable[[str], bool]) -> frozenset[str]:
    """Return names that may stand for a loader of another name."""
    names: set[str] = set()
    for scope in (survey.module, *survey.scopes.values()):
        for name, bindings in scope.bindings.items():
            if any(_renames(one, name, may_be) for one in bindings):
                names.add(name)
    return frozenset(names)


def _renames(binding: Binding, name: str, may_be: Callable[[str], bool]) -> bool:
    if binding.how is How.IMPORTED:
        return not binding.symbol.endswith(name) and may_be(split(binding.symbol)[-1])
    if binding.how not in (How.ASSIGNED, How.EACH) or binding.node is None:
        return False
    return _may_name(binding.node, may_be)


def _may_name(node: ast.expr, may_be: Callable[[str], bool], depth: int = 3) -> bool:
    """Say whether an expression may come to a loader, not to what one returns."""
    match node:
        case ast.Name(last) | ast.Attribute(_, last):
            return may_be(last)
        case ast.Call(func):
            return spelled_last(func) in ("getattr", "partial")
        case ast.Subscript():
            return True
        case ast.IfExp(_, body, orelse) if depth:
            return any(_may_name(one, may_be, depth - 1) for one in (body, orelse))
        case ast.Tuple(items) | ast.List(items) if depth:
            return any(_may_name(one, may_be, depth - 1) for one in items[:64])
        case _:
            return False
