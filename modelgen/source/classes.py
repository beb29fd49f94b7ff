"""Which classes are served, and what of them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelgen.finding import Finding, Level
from modelgen.source.candidates import candidates
from modelgen.source.enums import is_enum
from modelgen.source.members import Member, Members, inference_names, is_abstract
from modelgen.source.mro import Hierarchy, Lineage
from modelgen.source.options import Options
from modelgen.source.public import PublicPath, PublicPaths
from modelgen.source.reader import (
    Binding,
    ClassDefinition,
    FunctionDefinition,
    FunctionNode,
    ModuleScope,
    Names,
    last_name,
)
from modelgen.source.resolver import Resolver

EXTRAS = ("explain", "detect_drift")
"""Methods that are served where they exist, whatever the settings call inference."""
LIFE = frozenset({"train", "load", "save", "example"})
"""Methods with a meaning of their own: never inference unless settings name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servable:
    """A class to serve."""

    definition: ClassDefinition
    path: PublicPath
    lineage: Lineage
    inference: tuple[Member, ...]
    train: Member | None = None
    construct: Member | None = None
    load: Member | None = None
    save: Member | None = None
    example: Member | None = None


@dataclass(slots=True)
class ClassFinder:
    """Finds the classes to serve."""

    resolver: Resolver
    hierarchy: Hierarchy
    public: PublicPaths
    options: Options
    findings: list[Finding] = field(default_factory=list)
    members: Members = field(init=False)
    _promised: dict[ClassDefinition, tuple[str, ...]] = field(default_factory=dict)
    _wanted: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        self.members = Members(self.resolver)
        globs = dict.fromkeys((*EXTRAS, *(glob for names in self.options.methods.values() for glob in names)))
        self._wanted = re.compile("|".join(fnmatch.translate(glob) for glob in globs))

    def find(self) -> list[Servable]:
        """The servable classes, sorted by their public symbol."""
        found = [servable for definition in self._definitions() if (servable := self._servable(definition))]
        return sorted(found, key=lambda servable: servable.path.symbol)

    def _definitions(self) -> Iterator[ClassDefinition]:
        for file in candidates(self.resolver, self.options.methods):
            if self.left_out(file.name):
                continue
            module = self.resolver.module(file.name)
            if module is not None:
                self._redefined(module)
                yield from self._classes(module.names)

    def _classes(self, names: Names) -> Iterator[ClassDefinition]:
        """The classes that names are bound to, nested ones too; of branches, the one that counts."""
        for bindings in names.values():
            if not any(isinstance(binding, ClassDefinition) for binding in bindings):
                continue
            found = self.resolver.best(bindings)
            if isinstance(found, ClassDefinition) and found in bindings:
                yield found
                yield from self._classes(found.names)

    def _redefined(self, module: ModuleScope) -> None:
        for old, new in module.redefined:
            self.findings.append(
                Finding(
                    level=Level.ERROR,
                    code="class-redefined",
                    message=f"`{new.name}` is defined twice: here and in line {old.node.lineno}",
                    where=new.where,
                    hint="rename one of the two classes",
                )
            )

    def _servable(self, definition: ClassDefinition) -> Servable | None:
        lineage = self.hierarchy.lineage(definition)
        if is_enum(lineage) or "typing.Protocol" in _own_bases(definition, lineage):
            return None
        if not self._may_infer(lineage):
            return None
        path = self.public.of(definition)
        inference = tuple(self._inference(definition, lineage, path))
        if not inference or not self._chosen(path.symbol) or self._is_abstract(definition, lineage):
            return None
        if path.is_private:
            self._private(definition, path)
            return None
        return Servable(
            definition=definition,
            path=path,
            lineage=lineage,
            inference=inference,
            train=self._life("train", definition, lineage, inference),
            construct=self.members.find(lineage, "__init__", definition),
            load=self._life("load", definition, lineage, inference),
            save=self._life("save", definition, lineage, inference),
            example=self._life("example", definition, lineage, inference),
        )

    def _may_infer(self, lineage: Lineage) -> bool:
        """Whether it has a name that settings ask of any class: its public path, which they go by, is dear to find."""
        return any(self._wanted.match(name) for name in self.members.names(lineage))

    def _inference(self, definition: ClassDefinition, lineage: Lineage, path: PublicPath) -> Iterator[Member]:
        globs = inference_names(self.options.methods, path.symbol, definition.name)
        for name in self.members.names(lineage):
            if not self._wanted.match(name) or not any(fnmatch.fnmatchcase(name, glob) for glob in globs):
                continue
            if (name in LIFE and name not in globs) or (name.startswith("_") and name not in globs):
                continue
            member = self.members.find(lineage, name, definition)
            if member is None:
                self._not_a_method(definition, lineage, name, exact=name in globs)
            elif not is_abstract(member.node) and self._chosen(f"{path.symbol}.{name}", path.symbol):
                yield member
        for name in EXTRAS:
            member = self.members.find(lineage, name, definition) if name not in globs else None
            if (
                member is not None
                and not is_abstract(member.node)
                and self._chosen(f"{path.symbol}.{name}", path.symbol)
            ):
                yield member

    def _not_a_method(self, definition: ClassDefinition, lineage: Lineage, name: str, exact: bool) -> None:
        """A configured name that is a property or a value."""
        binding = next(a.definition.names[name][-1] for a in lineage.classes if name in a.definition.names)
        if not exact or isinstance(binding, ClassDefinition):
            return
        kind = "a property" if isinstance(binding, FunctionDefinition) else "not a method"
        self.findings.append(
            Finding(
                level=Level.INFO,
                code="not-a-method",
                message=f"`{definition.name}.{name}` is {kind}, and is not served",
                where=definition.where,
                hint="make it a method if callers need it",
            )
        )

    def _life(
        self, name: str, definition: ClassDefinition, lineage: Lineage, inference: tuple[Member, ...]
    ) -> Member | None:
        if any(member.name == name for member in inference):
            return None
        member = self.members.find(lineage, name, definition)
        if member is None or is_abstract(member.node) or _is_mode_switch(member):
            return None
        return member

    def _is_abstract(self, definition: ClassDefinition, lineage: Lineage) -> bool:
        """Whether a method that a base promises is still missing."""
        promised = [self._promised_by(ancestor.definition) for ancestor in lineage.classes]
        for name in dict.fromkeys(name for names in promised for name in names):
            member = self.members.find(lineage, name, definition)
            if member is not None and _is_promised(member.node):
                return True
        return False

    def _promised_by(self, definition: ClassDefinition) -> tuple[str, ...]:
        """The names that a class's own body may only promise."""
        if definition not in self._promised:
            self._promised[definition] = tuple(
                name for name, bindings in definition.names.items() if any(map(_may_promise, bindings))
            )
        return self._promised[definition]

    def _chosen(self, symbol: str, owner: str = "") -> bool:
        """Whether `include` and `exclude` let a class, or a method of a class, through."""
        keys = [symbol, *([owner] if owner else [])]
        if any(fnmatch.fnmatchcase(key, glob) for key in keys for glob in self.options.exclude):
            return False
        if not self.options.include:
            return True
        below = f"{symbol}." if not owner else ""
        return any(
            any(fnmatch.fnmatchcase(key, glob) for key in keys) or (below and glob.startswith(below))
            for glob in self.options.include
        )

    def left_out(self, module: str) -> bool:
        """Whether `exclude` has everything in a module, which then need not even be Python of this version."""
        inside = f"{module}."
        return any(glob.endswith("*") and fnmatch.fnmatchcase(inside, glob) for glob in self.options.exclude)

    def _private(self, definition: ClassDefinition, path: PublicPath) -> None:
        if definition.name.startswith("_"):
            return
        self.findings.append(
            Finding(
                level=Level.INFO,
                code="class-private",
                message=f"`{path.symbol}` is not served: a part of its path is private",
                where=definition.where,
                hint="import it in a public module of the package to serve it",
            )
        )


def _own_bases(definition: ClassDefinition, lineage: Lineage) -> tuple[str, ...]:
    """The bases from outside, if the class itself names `Protocol`: a class that implements one does not."""
    named = any("Protocol" in definition.module.text(base) for base in definition.node.bases)
    return lineage.outside if named else ()


def _is_mode_switch(member: Member) -> bool:
    """torch's `train(mode)`, which trains nothing."""
    names = [argument.arg for argument in member.arguments.args]
    return member.name == "train" and names == ["self", "mode"]


def _may_promise(binding: Binding) -> bool:
    """Whether a name is bound to an abstract method, or to something, such as another name, that may be one."""
    return not isinstance(binding, FunctionDefinition) or _is_promised(binding.node)


def _is_promised(node: FunctionNode) -> bool:
    names = {last_name(decorator) for decorator in node.decorator_list}
    return bool(names & {"abstractmethod", "abstractproperty"})
