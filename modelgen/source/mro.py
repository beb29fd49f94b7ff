"""The classes that a class inherits from, in Python's order (C3), over modules and packages; generic bases bound."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from modelgen.source.reader import Assigned, ClassDefinition, dotted, last_name
from modelgen.source.resolver import Definition, External, Resolver, Scope, TypeArgument
from modelgen.source.spelling import canonical

GENERIC = frozenset({"typing.Generic", "typing.Protocol"})
MAX_DEPTH = 60


@dataclass(frozen=True, slots=True, eq=False)
class Ancestor:
    """A class in an MRO, and the scope its body is read in: its module, and what its type variables stand for."""

    definition: ClassDefinition
    scope: Scope


Base: TypeAlias = Ancestor | External
"""A base outside what is read stays by its name."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """A class and all it inherits from, itself first."""

    classes: tuple[Ancestor, ...]
    outside: tuple[str, ...]
    """Dotted names of the bases whose source is not read, in order."""
    unknown: tuple[str, ...] = ()
    """Texts of bases that lead nowhere."""


class Hierarchy:
    """Linearises classes."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._plain: dict[ClassDefinition, Lineage] = {}
        self._open: set[ClassDefinition] = set()

    def lineage(self, definition: ClassDefinition, scope: Scope | None = None) -> Lineage:
        """A class's MRO; `scope` binds its own type variables."""
        if scope is not None:
            return self._compute(definition, scope)
        if definition not in self._plain:
            self._plain[definition] = self._compute(definition, self.own_scope(definition))
        return self._plain[definition]

    @staticmethod
    def own_scope(definition: ClassDefinition) -> Scope:
        """The scope of a class's body, nothing bound."""
        return Scope(module=definition.module, owner=definition, me=definition)

    def parameters(self, definition: ClassDefinition, scope: Scope) -> tuple[str, ...]:
        """The names of a class's type variables, in their order."""
        declared = tuple(str(parameter.name) for parameter in getattr(definition.node, "type_params", ()))
        if declared:
            return declared
        names: list[str] = []
        for base in definition.node.bases:
            if not isinstance(base, ast.Subscript):
                continue
            inner = [n.id for n in ast.walk(base.slice) if isinstance(n, ast.Name) and self._is_variable(n.id, scope)]
            found = (
                self.resolver.lookup(self._outer(definition, scope), dotted(base.value)) if dotted(base.value) else None
            )
            if isinstance(found, External) and canonical(found.name) in GENERIC:
                return tuple(dict.fromkeys(inner))
            names.extend(inner)
        return tuple(dict.fromkeys(names))

    def _is_variable(self, name: str, scope: Scope) -> bool:
        found = self.resolver.lookup(scope, name)
        is_call = isinstance(found, Assigned) and isinstance(found.value, ast.Call)
        return (
            is_call and isinstance(found, Assigned) and found.value is not None and last_name(found.value) == "TypeVar"
        )

    def bind(self, definition: ClassDefinition, arguments: tuple[ast.expr, ...], where: Scope) -> Scope:
        """The scope of a generic class's body, its variables standing for arguments that are written elsewhere."""
        scope = self.own_scope(definition)
        names = self.parameters(definition, scope)
        bound = {name: TypeArgument(node, where) for name, node in zip(names, arguments, strict=False)}
        return replace(scope, variables=bound)

    @staticmethod
    def _outer(definition: ClassDefinition, scope: Scope) -> Scope:
        """Where the text of a class's bases stands."""
        return replace(scope, owner=definition.outer)

    def _compute(self, definition: ClassDefinition, scope: Scope) -> Lineage:
        if definition in self._open or len(self._open) > MAX_DEPTH:
            return Lineage((Ancestor(definition, scope),), ())
        self._open.add(definition)
        try:
            return self._merge(definition, scope)
        finally:
            self._open.discard(definition)

    def _merge(self, definition: ClassDefinition, scope: Scope) -> Lineage:
        parents: list[Lineage] = []
        outside: list[str] = []
        unknown: list[str] = []
        for base in self._bases(definition, scope):
            if isinstance(base, Lineage):
                parents.append(base)
                outside.extend(base.outside)
                unknown.extend(base.unknown)
            elif isinstance(base, External):
                outside.append(canonical(base.name))
            else:
                unknown.append(base)
        classes = (Ancestor(definition, scope), *_above(parents))
        return Lineage(classes, tuple(dict.fromkeys(outside)), tuple(dict.fromkeys(unknown)))

    def _bases(self, definition: ClassDefinition, scope: Scope) -> Iterator[Lineage | External | str]:
        where = self._outer(definition, scope)
        for node in _base_nodes(definition.node):
            arguments: tuple[ast.expr, ...] = ()
            value = node
            if isinstance(node, ast.Subscript):
                value = node.value
                arguments = tuple(node.slice.elts) if isinstance(node.slice, ast.Tuple) else (node.slice,)
            if isinstance(value, ast.Call):
                value = value.func
            name = dotted(value)
            found = self._resolve(definition, where, name) if name else None
            if isinstance(found, ClassDefinition) and found is not definition:
                yield self.lineage(found, self.bind(found, arguments, where) if arguments else None)
            elif isinstance(found, External):
                yield found
            else:
                yield name or definition.module.text(node)

    def _resolve(self, definition: ClassDefinition, where: Scope, name: str) -> Definition | None:
        return self.resolver.lookup(where, name)


def _base_nodes(node: ast.ClassDef) -> Iterator[ast.expr]:
    """The written bases; `six.with_metaclass(Meta, Base)` is looked into."""
    for base in node.bases:
        if isinstance(base, ast.Call) and last_name(base) == "with_metaclass":
            yield from base.args[1:]
        elif not isinstance(base, ast.Starred):
            yield base


def _above(parents: list[Lineage]) -> Sequence[Ancestor]:
    """What a class's bases are together, in order."""
    if len(parents) == 1:
        return parents[0].classes
    chains = [list(parent.classes) for parent in parents]
    return _c3([*chains, [parent.classes[0] for parent in parents]])


def _c3(chains: list[list[Ancestor]]) -> list[Ancestor]:
    """The C3 merge; where the order contradicts itself, first come, first served."""
    merged: list[Ancestor] = []
    pending = [list(chain) for chain in chains if chain]
    while pending:
        head = _good_head(pending) or pending[0][0]
        merged.append(head)
        pending = [[a for a in chain if a.definition is not head.definition] for chain in pending]
        pending = [chain for chain in pending if chain]
    return merged


def _good_head(pending: list[list[Ancestor]]) -> Ancestor | None:
    for chain in pending:
        head = chain[0]
        if not any(head.definition is other.definition for rest in pending for other in rest[1:]):
            return head
    return None
