"""Which definition a name means: imports, re-exports, aliases, star imports, branches, over modules and packages."""

from __future__ import annotations

import ast
import builtins
import codecs
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from modelgen.finding import Finding, Level
from modelgen.source import package as packages
from modelgen.source import spelling
from modelgen.source.package import FileUnreadable, Package, Parsed, SourceFile
from modelgen.source.reader import (
    Assigned,
    Binding,
    ClassDefinition,
    FunctionDefinition,
    Imported,
    ModuleScope,
    TypeStatement,
    dotted,
    read_module,
)
from modelgen.source.stars import Stars
from modelgen.source.stubs import annotate

BUILTINS = frozenset(dir(builtins))
MAX_HOPS = 60
"""How many imports and aliases a name is followed through."""
MAX_REST = 300_000
"""Up to how many bytes the files that no name led to are parsed too, only to warn of syntax errors."""


@dataclass(frozen=True, slots=True)
class External:
    """A name from outside what is read: `typing.Optional`, `numpy.ndarray`."""

    name: str
    found: bool = True
    """Whether its package is known or installed; of the package that is read, what has a source is never external."""


Definition: TypeAlias = ClassDefinition | FunctionDefinition | Assigned | TypeStatement | ModuleScope | External


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a text stands: what its names are looked up in."""

    module: ModuleScope
    owner: ClassDefinition | None = None
    """The class whose body it stands in."""
    me: ClassDefinition | None = None
    """What `Self` means: the class that is served."""
    variables: Mapping[str, TypeArgument] = field(default_factory=dict)
    """What type variables stand for."""
    loose: bool = False
    """A docstring: well-known names need no import."""
    strict: bool = False
    """A docstring's description that only may be a type."""
    served: bool = False
    """A method of the class `me`, which is served: an instance of that class is no value."""

    def at(self, definition: ClassDefinition) -> Scope:
        """The scope of a class's body."""
        return replace(self, module=definition.module, owner=definition)


@dataclass(frozen=True, slots=True)
class TypeArgument:
    """The text that a type variable stands for, and where it stands."""

    node: ast.expr
    scope: Scope


class Resolver:
    """Finds definitions; reads files only when a name leads there."""

    def __init__(self, package: Package, texts: Mapping[Path, bytes] | None = None) -> None:
        self.package = package
        self.texts = texts or {}
        self.findings: list[Finding] = []
        self._packages: dict[str, Package | None] = {package.name: package}
        self._modules: dict[str, ModuleScope | None] = {}
        self._files: dict[str, SourceFile | None] = {}
        self._bytes: dict[Path, bytes | None] = {}
        self._broken: dict[str, FileUnreadable] = {}
        self._stars = Stars(self)
        self._members: dict[tuple[str, str], Definition | None] = {}
        self._tried: dict[tuple[str, str], Definition | None] = {}
        self._cut = False

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file read so far, sorted."""
        return tuple(sorted(self._bytes))

    def bytes_of(self, file: SourceFile) -> bytes:
        """A file's content; empty where it cannot be read, which is then a finding."""
        if file.path not in self._bytes:
            self._bytes[file.path] = self._read(file)
        return self._bytes[file.path] or b""

    def text_of(self, file: SourceFile) -> bytes:
        """A file's content as patterns look through it: lines end in one way, no mark is before them."""
        data = self.bytes_of(file).removeprefix(codecs.BOM_UTF8)
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data

    def _read(self, file: SourceFile) -> bytes | None:
        if file.path in self.texts:
            return self.texts[file.path]
        try:
            return file.path.read_bytes()
        except OSError as error:
            reason = FileUnreadable(file, error.strerror or "cannot be read")
            self._broken[file.name] = reason
            self.findings.append(
                Finding(level=Level.ERROR, code="file-unreadable", message=reason.reason, where=reason.where)
            )
            return None

    def module(self, name: str) -> ModuleScope | None:
        """A module by its dotted name; None where there is no source, or it cannot be parsed."""
        if name not in self._modules:
            self._modules[name] = None
            file = self.file(name)
            if file is not None:
                self._modules[name] = self._load(file)
        return self._modules[name]

    def _load(self, file: SourceFile) -> ModuleScope | None:
        data = self.bytes_of(file)
        if file.name in self._broken:
            return None
        try:
            parsed = packages.parse(file, data)
            self._add_stub(file, parsed)
            return read_module(file, parsed)
        except FileUnreadable as error:
            self._broken[file.name] = error
            self.findings.append(self._broken_finding(file, error))
            return None

    def _add_stub(self, file: SourceFile, parsed: Parsed) -> None:
        """Add what the `.pyi` beside a file says; one that cannot be read is no reason to stop."""
        stub = packages.stub_of(file)
        if stub is None:
            return
        try:
            annotate(parsed.tree, packages.parse(stub, self.bytes_of(stub)).tree)
        except FileUnreadable as error:
            self.findings.append(replace(self._broken_finding(stub, error), level=Level.WARNING))

    def _broken_finding(self, file: SourceFile, error: FileUnreadable) -> Finding:
        own = file.name.partition(".")[0] == self.package.name
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        hint = f"correct it, or run modelgen with the Python that the file is written for (this is {version})"
        if own and "." in file.name:
            hint += f'; to leave it out, write exclude = ["{file.name}.*"] in the settings'
        return Finding(
            level=Level.ERROR if own else Level.WARNING,
            code="syntax-error",
            message=f"`{file.shown}` is not Python that can be read: {error.reason}",
            where=error.where,
            hint=hint,
        )

    def file(self, name: str) -> SourceFile | None:
        """A module's file; None where there is none to read."""
        if name not in self._files:
            package = self._package(name.partition(".")[0])
            self._files[name] = packages.find_module(package, name) if package else None
        return self._files[name]

    def _package(self, top: str) -> Package | None:
        if top not in self._packages:
            readable = top not in spelling.OPAQUE and top not in sys.stdlib_module_names
            self._packages[top] = packages.installed(top, self.package.parent) if readable else None
        return self._packages[top]

    def check_rest(self, left_out: Callable[[str], bool]) -> None:
        """Parse what no name led to and nobody left out, unless it is much, and warn of what is not Python."""
        files = (file for file in self.package.files.values() if file.name not in self._modules)
        rest = [file for file in files if not left_out(file.name)]
        if sum(len(self.bytes_of(file)) for file in rest) > MAX_REST:
            return
        for file in rest:
            try:
                packages.parse(file, self.bytes_of(file))
            except FileUnreadable as error:
                self.findings.append(replace(self._broken_finding(file, error), level=Level.WARNING))

    def lookup(self, scope: Scope, name: str) -> Definition | None:
        """What a dotted name means where it stands; None where it is bound to nothing."""
        first, *rest = name.split(".")
        found = self._first(scope, first)
        for part in rest:
            if found is None:
                return None
            found = self.attribute(found, part)
        return found

    def _first(self, scope: Scope, name: str) -> Definition | None:
        owner = scope.owner
        if owner is not None and name in owner.names:
            found = self.best(owner.names[name], 0)
            if found is not None and not self._names_itself(found, name):
                return found
        while owner is not None:
            if owner.name == name and owner.outer is None:
                return owner
            owner = owner.outer
            if owner is not None and name in owner.names:
                return self.best(owner.names[name], 0)
        found = self.member(scope.module, name)
        if found is None and name in BUILTINS:
            return External(f"builtins.{name}")
        return found

    @staticmethod
    def _names_itself(found: Definition, name: str) -> bool:
        """A field named like its type, `date: date`, is not the type; nor is a method."""
        if isinstance(found, FunctionDefinition):
            return True
        return isinstance(found, Assigned) and found.annotation is not None

    def member(self, module: ModuleScope, name: str, hops: int = 0) -> Definition | None:
        """What a module's name means; a name that leads back to itself means nothing."""
        key = (module.name, name)
        if key in self._members:
            return self._members[key]
        if key in self._tried or hops > MAX_HOPS:
            self._cut = True
            return self._tried.get(key)
        outermost, cut = not self._tried, self._cut
        self._tried[key], self._cut = None, False
        found = self._tried[key] = self._member(module, name, hops)
        if outermost or not self._cut:
            self._members[key] = found
        self._cut = cut or self._cut
        if outermost:
            self._tried, self._cut = {}, False
        return found

    def _member(self, module: ModuleScope, name: str, hops: int) -> Definition | None:
        if name in module.names:
            return self.best(module.names[name], hops + 1)
        for source in self._stars.leading_to(name, module):
            found = self._starred(source, name, hops + 1)
            if found is not None:
                return found
        return self._submodule(module, name) if module.file.is_package else None

    def _submodule(self, module: ModuleScope, name: str) -> Definition | None:
        return self.module(f"{module.name}.{name}")

    def _starred(self, source: str, name: str, hops: int) -> Definition | None:
        module = self.module(source)
        if module is None:
            known = f"{source}.{name}"
            return External(known) if spelling.knows(known) else None
        public = name in module.exported if module.exported is not None else not name.startswith("_")
        return self.member(module, name, hops) if public else None

    def best(self, bindings: list[Binding], hops: int = 0) -> Definition | None:
        """The first binding that leads somewhere: the `try` before the `except`, TYPE_CHECKING before its `else`."""
        found = [self._follow(binding, hops) for binding in bindings]
        real = [definition for definition in found if definition is not None]
        sure = [d for d in real if not _is_placeholder(d) and not (isinstance(d, External) and not d.found)]
        return next(iter([*sure, *real]), None)

    def _follow(self, binding: Binding, hops: int) -> Definition | None:
        if isinstance(binding, Imported):
            return self._imported(binding, hops)
        if isinstance(binding, Assigned) and binding.annotation is None and hops <= MAX_HOPS:
            return self._aliased(binding, hops)
        return binding

    def _aliased(self, binding: Assigned, hops: int) -> Definition | None:
        """What `Name = other.name` means: the other, where that can be found."""
        target = dotted(binding.value) if binding.value is not None else ""
        if not target or target == binding.name:
            return binding
        first, *rest = target.split(".")
        scope = binding.outer.names if binding.outer is not None and first in binding.outer.names else None
        found = self.best(scope[first], hops + 1) if scope else self.member(binding.module, first, hops + 1)
        if found is None and first in BUILTINS:
            found = External(f"builtins.{first}")
        for part in rest:
            found = self.attribute(found, part, hops + 1) if found is not None else None
        return found if found is not None else binding

    def _imported(self, binding: Imported, hops: int) -> Definition | None:
        if not binding.name:
            return self.module(binding.module) or self._outside(binding.module)
        known = f"{binding.module}.{binding.name}"
        if spelling.knows(known):
            return External(known)
        module = self.module(binding.module)
        if module is None:
            return self._outside(known)
        if any(one is binding for one in module.names.get(binding.name, ())):
            found = self._submodule(module, binding.name)  # `from . import x` in the package itself
        else:
            found = self.member(module, binding.name, hops + 1)
        if found is not None:
            return found
        return External(known, found=not self._own(binding.module))

    def _own(self, name: str) -> bool:
        return name.partition(".")[0] == self.package.name

    def compiled(self, name: str) -> str:
        """The compiled module of the package that a dotted name begins with; empty if none does."""
        parts = name.split(".")
        modules = (".".join(parts[:count]) for count in range(len(parts), 1, -1))
        return next((one for one in modules if packages.is_compiled(self.package, one)), "")

    def _outside(self, name: str) -> External:
        top = name.partition(".")[0]
        if self._own(name):
            return External(name, found=False)
        known = top in spelling.OPAQUE or top in sys.stdlib_module_names or self._package(top) is not None
        return External(name, found=known)

    def attribute(self, found: Definition, name: str, hops: int = 0) -> Definition | None:
        """What `found.name` means."""
        if isinstance(found, ModuleScope):
            known = f"{found.name}.{name}"
            if spelling.knows(known):
                return External(known)
            return self.member(found, name, hops + 1) or (None if self._own(found.name) else External(known))
        if isinstance(found, ClassDefinition):
            return self.best(found.names[name], hops + 1) if name in found.names else None
        if isinstance(found, External):
            deeper = f"{found.name}.{name}"
            return External(deeper) if spelling.knows(deeper) else self.module(deeper) or External(deeper, found.found)
        if isinstance(found, Assigned) and spelling.knows(f"{found.name}.{name}"):
            return External(f"{found.name}.{name}")  # `torch = import_if_there("torch")`
        return None


def _is_placeholder(definition: Definition) -> bool:
    """`X = None`, as stands in for an import that failed."""
    if not isinstance(definition, Assigned):
        return False
    return definition.value is None or (isinstance(definition.value, ast.Constant) and definition.value.value is None)
