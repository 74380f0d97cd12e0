"""What names and attributes stand for, in the scope in which they are used."""

import ast
import builtins
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Protocol

from bezoar.syntax.python.arguments import given
from bezoar.syntax.python.containers import looked_up, summed
from bezoar.syntax.python.declared import Declared
from bezoar.syntax.python.paths import of_text
from bezoar.syntax.python.scopes import END, Binding, How, Point, Scope, Survey, reaching
from bezoar.syntax.python.value import (
    MOST,
    NOTHING,
    Either,
    Plain,
    Symbol,
    Table,
    Text,
    Unknown,
    Value,
    either,
    spelled,
    text,
)


class Elsewhere(Protocol):
    """What other modules of the project say."""

    def value(self, name: str) -> Value | None:
        """Return the value of a full dotted name, None where it is not known."""
        ...


class Names(ABC):
    """Looks up the names of one module.

    Attributes:
        survey: The module.
        declared: Defaults of its command-line arguments.
        wanted: Full names of other modules that were asked for in vain.
    """

    def __init__(self, survey: Survey, declared: Declared, elsewhere: Elsewhere | None) -> None:
        self.survey = survey
        self.declared = declared
        self.wanted: set[str] = set()
        self._elsewhere = elsewhere
        self._sums: dict[int, Value] = {}  # by the identity of what was added last

    @abstractmethod
    def value(self, node: ast.expr, point: Point) -> Value:
        """Return what an expression comes to; where it cannot be told, what decides it."""

    # Names ------------------------------------------------------------------------------------

    def name(self, name: str, point: Point) -> Value:
        """Return what a name stands for at a point."""
        scope: Scope | None = point.scope
        here = point
        first = True
        while scope is not None:
            skipped = name in scope.outer or (scope.is_class and not first)
            if not skipped and name in scope.bindings:
                if scope.receiver == name and scope.parent is not None:
                    return self._receiver(scope)
                found = reaching(scope.bindings[name], here)
                if found:
                    return either((self._bound(one, name, scope) for one in found), name)
                if scope.is_function:
                    # It is bound only further down: by an earlier turn of a loop, perhaps.
                    return Unknown(name)
            within = scope.is_function or scope.is_class
            # A function runs when all that is around it is bound.
            here = Point(scope, (), END) if within else Point(scope, here.arms, here.position)
            first = first and not within
            scope = scope.parent
        return self._unbound(name)

    def _unbound(self, name: str) -> Value:
        for star in self.survey.stars:
            if (found := self._elsewhere_value(f"{star}.{name}")) is not None:
                return found
        if len(self.survey.stars) == 1 and not hasattr(builtins, name):
            return Symbol(f"{self.survey.stars[0]}.{name}")
        return Symbol(name)

    def _receiver(self, method: Scope) -> Value:
        owner = method.parent
        if owner is None:
            return Unknown(method.receiver)
        node = method.node
        decorators = getattr(node, "decorator_list", [])
        is_class = any(isinstance(one, ast.Name) and one.id == "classmethod" for one in decorators)
        return Symbol(owner.name if is_class else f"{owner.name}()")

    def _bound(self, binding: Binding, name: str, scope: Scope | None = None) -> Value:
        match binding.how:
            case How.IMPORTED:
                return self._imported(binding.symbol)
            case How.DEFINED:
                return Symbol(binding.symbol)
            case How.PARAMETER:
                return self._parameter(binding, name, scope or binding.point.scope)
        if binding.node is None:
            return Unknown(name)
        if binding.how is How.ADDED:
            return self._summed(binding, name)
        found = self.value(binding.node, binding.point)
        if binding.how is How.EACH:
            found = self._each(found, name)
        for number in binding.unpacked:
            found = self._unpacked(found, number, name)
        return _under(found, name)

    def _summed(self, last: Binding, name: str) -> Value:
        """Return what was there before, and all that was added to it one after the other."""
        added: list[Value] = []
        found, earlier = [last], last.point
        while len(found) == 1 and (node := found[0].node) and found[0].how is How.ADDED:
            if id(node) in self._sums:
                break
            if len(added) > MOST:
                self._sums[id(last.node)] = Unknown(name)
                return Unknown(name)
            added.append(self.value(node, found[0].point))
            scope, arms, (line, _) = found[0].point
            earlier = Point(scope, arms, (getattr(node, "lineno", line), 0))
            found = reaching(scope.bindings.get(name, []), earlier)
        known = self._sums.get(id(found[0].node)) if len(found) == 1 else None
        before = self.name(name, earlier) if known is None else known
        whole = summed([before, *reversed(added)], name) if added else before
        self._sums[id(last.node)] = whole
        return whole

    def _imported(self, symbol: str) -> Value:
        found = self._elsewhere_value(symbol)
        return Symbol(symbol) if found is None else found

    def _elsewhere_value(self, symbol: str) -> Value | None:
        found = self._elsewhere.value(symbol) if self._elsewhere is not None else None
        if found is None:
            self.wanted.add(symbol)
        return found

    def _parameter(self, binding: Binding, name: str, scope: Scope) -> Value:
        declared = self.declared.option(name, scope)
        if declared is not None:
            node, point = declared
            return Unknown(name, self.value(node, point))
        if binding.node is None:
            owner = self._annotated(binding)
            return Symbol(f"{owner}()") if owner else Unknown(name)
        default = self.value(binding.node, binding.point)
        if isinstance(default, Symbol) and default.calls:
            default = self._typer_default(default)
        return Unknown(name, None if default == NOTHING else default)

    def _typer_default(self, default: Symbol) -> Value:
        """Return the default in `typer.Option(DEFAULT)`, `Field(default=DEFAULT)` and such."""
        call, point = default.calls[-1]
        arguments = given(call, point, self)
        found = arguments.get(0, ("default",))
        return Unknown(default.name) if found is None else found

    def _annotated(self, binding: Binding) -> str | None:
        """Return the class of this module that a parameter is annotated with."""
        if isinstance(binding.annotation, ast.Name):
            name = f"{self.survey.module.name}.{binding.annotation.id}"
            return name if name in self.survey.classes else None
        return None

    # Attributes -------------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute, base: Value, name: str, point: Point) -> Value:
        if isinstance(base, Either):
            options = [self._attribute(node, one, name, point) for one in base.options]
            return either(options, base.by)
        if isinstance(base, Symbol):
            return self._of_symbol(node, base, name)
        if isinstance(base, Unknown):
            return self._of_unknown(base, name)
        if isinstance(base, Text):
            return of_text(base, name)
        if isinstance(base, Table):
            found = looked_up(base, text(name))
            return Unknown(spelled(node)) if found is None else found
        return Unknown(spelled(node))

    def _of_symbol(self, node: ast.Attribute, base: Symbol, name: str) -> Value:
        owner = base.name.removesuffix("()")
        if owner in self.survey.classes:
            found = self._of_class(self.survey.classes[owner], name, set())
            return self._of_own(found, node, name, of_instance=base.name.endswith("()"))
        parsed = base.calls and (self.declared.is_namespace(base.name) or self._is_own(base.name))
        if parsed or base.name.endswith("flags.FLAGS"):
            return self._of_unknown(Unknown(spelled(node.value)), name)
        if spelled(node) in self.survey.module.bindings:
            return self.name(spelled(node), Point(self.survey.module))
        symbol = f"{base.name}.{name}"
        known = None if base.calls else self._elsewhere_value(symbol)
        written = f"{base.written}.{name}" if base.written else ""
        return Symbol(symbol, base.calls, base.bound, written) if known is None else known

    @staticmethod
    def _of_own(found: Value | None, node: ast.Attribute, name: str, *, of_instance: bool) -> Value:
        """Return an attribute of a class of this module, named as the code names it."""
        match found:
            case None | Plain(None):
                return Unknown(spelled(node))
            case Symbol() if of_instance:
                return replace(found, written=spelled(node))
            case Unknown(own, default) if own == name:
                return Unknown(spelled(node), default)
            case _:
                return found

    def _is_own(self, name: str) -> bool:
        """Say whether a function of this module made it: who knows what it is?"""
        return name.removesuffix("()") in self.survey.functions

    def _of_unknown(self, base: Unknown, name: str) -> Value:
        whole = f"{base.name}.{name}"
        declared = self.declared.default(name)
        if declared is None:
            return Unknown(whole)
        node, point = declared
        default = self.value(node, point)
        return Unknown(whole, None if default == NOTHING else default)

    def _of_class(self, scope: Scope, name: str, seen: set[str]) -> Value | None:
        """Look an attribute up in a class, what its methods assign, and its bases."""
        seen.add(scope.name)
        if found := scope.bindings.get(name):
            last = found[-1]
            if last.how is How.DEFINED:
                return self._property(last.symbol) or Symbol(last.symbol)
            return either((self._class_value(one, name) for one in found[-3:]), name)
        if found := scope.attributes.get(name):
            values = [self._bound(one, f"self.{name}") for one in found[:4]]
            known = [one for one in values if one != NOTHING]
            return either(known, f"self.{name}") if known else NOTHING
        node = scope.node
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            owner = self.value(base, Point(scope.parent or scope))
            if not isinstance(owner, Symbol) or owner.name in seen:
                continue
            if owner.name in self.survey.classes:
                found_above = self._of_class(self.survey.classes[owner.name], name, seen)
                if found_above is not None:
                    return found_above
            elif "." in owner.name:
                found_elsewhere = self._elsewhere_value(f"{owner.name}.{name}")
                return found_elsewhere or Symbol(f"{owner.name}.{name}")
        return None

    def _class_value(self, binding: Binding, name: str) -> Value:
        found = self._bound(binding, name)
        if isinstance(found, Symbol) and found.calls:
            # A field of a dataclass.
            call, point = found.calls[-1]
            if found.name.endswith(("field()", "Field()")):
                default = given(call, point, self).get(0, ("default",))
                return Unknown(name, default)
        return found

    def _property(self, name: str) -> Value | None:
        scope = self.survey.functions.get(name)
        decorators = getattr(scope.node, "decorator_list", []) if scope else []
        if scope and any(isinstance(one, ast.Name) and one.id == "property" for one in decorators):
            return self._returned(scope)
        return None

    def _returned(self, scope: Scope) -> Value | None:
        """Return what a function of one `return` gives back."""
        body = getattr(scope.node, "body", [])
        last = body[-1] if body else None
        if isinstance(last, ast.Return) and last.value is not None and len(body) <= 6:  # noqa: PLR2004 - longer ones compute
            return self.value(last.value, Point(scope, (), (last.lineno, last.col_offset)))
        return None

    @abstractmethod
    def _each(self, found: Value, name: str) -> Value: ...

    @abstractmethod
    def _unpacked(self, found: Value, number: int, name: str) -> Value: ...


def _under(value: Value, name: str) -> Value:
    """Let what has no name of its own be called after the variable that holds it."""
    if isinstance(value, Unknown) and value.name in ("expression", ""):
        return Unknown(name, value.default, value.local)
    return value
