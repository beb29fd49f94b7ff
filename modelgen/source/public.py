"""The name under which users import a class: the shortest path that the package re-exports it by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from modelgen.source.index import TextIndex, is_excluded
from modelgen.source.package import SourceFile
from modelgen.source.reader import Assigned, Binding, ClassDefinition, Imported, ModuleScope, dotted
from modelgen.source.resolver import Resolver

Exportable: TypeAlias = ClassDefinition | Assigned


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPath:
    """Where a class is imported from."""

    module: str
    qualname: str

    @property
    def symbol(self) -> str:
        """The dotted path."""
        return f"{self.module}.{self.qualname}"

    @property
    def name(self) -> str:
        """The last part."""
        return self.qualname.rpartition(".")[2]

    @property
    def is_private(self) -> bool:
        """Whether a part of it begins with an underscore."""
        return any(part.startswith("_") for part in self.symbol.split("."))


class PublicPaths:
    """Finds public paths."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._found: dict[Exportable, PublicPath] = {}
        self._classes: dict[str, ClassDefinition | None] = {}

    def of(self, definition: Exportable) -> PublicPath:
        """The shortest public path of a class, or of a class made by a call and assigned to a name."""
        if definition not in self._found:
            self._found[definition] = self._find(definition)
        return self._found[definition]

    def class_named(self, name: str) -> ClassDefinition | None:
        """The package's only class of that name; None where there is none, or several."""
        if name not in self._classes:
            files = self.index.defining(name)
            module = self.resolver.module(files[0].name) if len(files) == 1 else None
            found = self.resolver.member(module, name) if module is not None else None
            self._classes[name] = found if isinstance(found, ClassDefinition) else None
        return self._classes[name]

    def _find(self, definition: Exportable) -> PublicPath:
        if definition.outer is not None:
            outer = self.of(definition.outer)
            return PublicPath(module=outer.module, qualname=f"{outer.qualname}.{definition.name}")
        defined = PublicPath(module=definition.module.name, qualname=definition.name)
        top = definition.module.name.partition(".")[0]
        candidates = self._inside(definition, defined) if top == self.resolver.package.name else _prefixes(defined)
        for name in candidates:
            exported = self._exported(name, definition)
            if exported:
                return PublicPath(module=name, qualname=exported)
        return defined

    def _inside(self, definition: Exportable, defined: PublicPath) -> list[str]:
        """The modules, best first, that could re-export a class under a better path than its own."""
        found = {
            file.name
            for file in self.index.exporting(definition.name, defined.module)
            if self._is_place(file, defined) and file.name != defined.module and not is_excluded(file.name)
        }
        return sorted(
            found, key=lambda name: (-_shared(name, defined.module) * defined.is_private, name.count("."), name)
        )

    def _is_place(self, file: SourceFile, defined: PublicPath) -> bool:
        """Whether a module re-exports rather than only uses: a package does; another module where it hides nothing."""
        if "._" in file.name:
            return False
        if defined.is_private:
            return True
        return file.is_package and file.name.count(".") < defined.module.count(".")

    @cached_property
    def index(self) -> TextIndex:
        """Which files mention a name."""
        return TextIndex(self.resolver)

    def _exported(self, name: str, definition: Exportable) -> str:
        """The name by which a module exports a class; empty if it does not."""
        module = self.resolver.module(name)
        if module is None:
            return ""
        own = definition.name
        if not own.startswith("_") and _listed(module, own) and self.resolver.member(module, own) is definition:
            return own
        for bound, bindings in module.names.items():
            mentioned = any(_mentions(binding, own) for binding in bindings)
            public = mentioned and not bound.startswith("_") and _listed(module, bound)
            if public and self.resolver.member(module, bound) is definition:
                return bound
        return ""


def _shared(name: str, other: str) -> int:
    """How many first parts two dotted names share."""
    pairs = zip(name.split("."), other.split("."), strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(name.count("."), other.count(".")) + 1)


def _prefixes(path: PublicPath) -> list[str]:
    parts = path.module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _listed(module: ModuleScope, name: str) -> bool:
    return module.exported is None or name in module.exported


def _mentions(binding: Binding, name: str) -> bool:
    if isinstance(binding, Imported):
        return binding.name == name
    return isinstance(binding, Assigned) and binding.value is not None and dotted(binding.value).endswith(name)
