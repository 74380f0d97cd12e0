"""Which names of a module can lead to a package of which a whole family of names is known.

Every call in a file that imports torchvision may be one of `torchvision.models.*`. Most are not,
and what they are called on tells: to follow `np`, `plt` and `print` would cost most of the time.
"""

import ast

from bezoar.syntax.python.scopes import Binding, How, Survey


class Origins:
    """Where the names of one module come from, as far as their bindings tell by themselves."""

    def __init__(self, survey: Survey, families: frozenset[str]) -> None:
        """Look at each binding once.

        Args:
            survey: The module.
            families: The packages in question, as code may write them.
        """
        self._families = families
        self._stars = bool(survey.stars)
        self._bound: set[str] = set()
        self._open: set[str] = set(families)  # names that may lead to a family
        self._defined: set[str] = set()  # functions and classes of the module itself
        if families:
            self._look(survey)

    def may_be_of_family(self, called: ast.expr) -> bool:
        """Say whether what is called can belong to a family, whatever its last part."""
        direct = isinstance(called, ast.Name)
        while isinstance(called, ast.Attribute):
            called = called.value
        if not isinstance(called, ast.Name) or called.id in self._open:
            return True
        if called.id not in self._bound:
            return self._stars
        return called.id in self._defined and not direct

    def _look(self, survey: Survey) -> None:
        for scope in (survey.module, *survey.scopes.values()):
            for name, bindings in scope.bindings.items():
                self._bound.add(name)
                for one in bindings:
                    if one.how is How.DEFINED:
                        self._defined.add(name)
                    elif not self._is_elsewhere(one):
                        self._open.add(name)

    def _is_elsewhere(self, binding: Binding) -> bool:
        root = binding.symbol.partition(".")[0]
        return binding.how is How.IMPORTED and root not in self._families
