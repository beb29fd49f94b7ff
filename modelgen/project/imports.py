"""What a file calls the things that its new annotations name, and what it must import for them."""

from __future__ import annotations

import ast
import builtins
import sys
from dataclasses import dataclass, field

from modelgen.source.reader import Imported, ModuleScope

MODULES = {"numpy": "np", "torch": "", "datetime": ""}
"""Modules that are imported whole, and the name they customarily get."""
ALONE = frozenset({"numpy.typing"})
"""Modules that their parent's import need not bring."""


class Unspellable(Exception):
    """No annotation says a type in a file: Python has no name for it, or the file calls something else so."""


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """An import to add."""

    module: str
    name: str = ""
    """Of the module; empty: the module itself."""
    alias: str = ""

    @property
    def bound(self) -> str:
        """The name that it binds."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def costs(self) -> bool:
        """Whether importing it loads more than the standard library: then only a type checker should."""
        return self.module.partition(".")[0] not in sys.stdlib_module_names

    def __str__(self) -> str:
        what = f"from {self.module} import {self.name}" if self.name else f"import {self.module}"
        return f"{what} as {self.alias}" if self.alias else what


@dataclass(slots=True)
class Names:
    """The names of one file, and the imports that were asked of it."""

    scope: ModuleScope
    added: set[Import] = field(default_factory=set)
    late: bool = False
    """Whether an annotation names what may not be there when it would be evaluated."""

    def copy(self) -> Names:
        """The same, to try something with."""
        return Names(self.scope, set(self.added), self.late)

    def take(self, tried: Names, text: str) -> None:
        """Keep what a trial asked for that led to an annotation."""
        self.added, self.late = tried.added, tried.late or "|" in text

    def of(self, dotted: str) -> str:
        """What the file calls something from outside the package.

        Raises:
            Unspellable: it cannot be imported under its name.
        """
        if dotted.startswith("builtins."):
            return dotted.removeprefix("builtins.")
        return self._bound(dotted) or self._imported(dotted)

    def of_class(self, module: str, qualname: str, *, public: str) -> str:
        """What the file calls a class of the package, which is defined in a module and imported as `public`.

        Raises:
            Unspellable: it cannot be imported under its name.
        """
        top, _, rest = qualname.partition(".")
        if module == self.scope.name:
            return self.own(qualname)
        found = self._bound(f"{module}.{qualname}") or self._bound(public)
        if found:
            return found
        return ".".join([self._add(Import(module, top)), *([rest] if rest else [])])

    def own(self, qualname: str) -> str:
        """What the file calls a class of its own."""
        self.late = True
        return qualname

    def _bound(self, dotted: str) -> str:
        """What an import that is there already makes of a dotted name; empty if none does."""
        for name, bindings in self.scope.names.items():
            for binding in bindings:
                if not isinstance(binding, Imported):
                    continue
                known = f"{binding.module}.{binding.name}" if binding.name else binding.module
                if dotted != known and not (dotted.startswith(f"{known}.") and not _alone(dotted, known)):
                    continue
                rest = dotted[len(known) :]
                self.late = self.late or name not in self._sure() or (not binding.name and rest.count(".") > 1)
                return name + rest
        return ""

    def _imported(self, dotted: str) -> str:
        module, _, name = dotted.rpartition(".")
        if module in MODULES:
            return f"{self._add(Import(module, alias=MODULES[module]))}.{name}"
        outer, _, inner = module.rpartition(".")
        if outer and inner[:1].isupper():  # a class's module that is known by its name: `PIL.Image.Image`
            return f"{self._add(Import(outer, inner))}.{name}"
        return self._add(Import(module, name))

    def _add(self, one: Import) -> str:
        taken = one.bound in self.scope.names or (one.bound in dir(builtins))
        if taken and one not in self.added:
            raise Unspellable(one.bound)
        if any(other != one and other.bound == one.bound for other in self.added):
            raise Unspellable(one.bound)
        self.added.add(one)
        self.late = self.late or one.costs
        return one.bound

    def _sure(self) -> set[str]:
        """The names that the file's own top level imports, whatever happens."""
        found: set[str] = set()
        for statement in self.scope.tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                found |= {(one.asname or one.name).partition(".")[0] for one in statement.names}
        return found


def _alone(dotted: str, known: str) -> bool:
    """Whether a module between the two must be imported by itself."""
    return any(dotted.startswith(f"{module}.") and len(known) < len(module) for module in ALONE)
