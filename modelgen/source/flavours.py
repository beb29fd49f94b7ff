"""What kind of data class a class is, if any."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from modelgen.contract.model import Flavour
from modelgen.source.meaning import Unreadable
from modelgen.source.mro import Hierarchy, Lineage
from modelgen.source.reader import Assigned, ClassDefinition, FunctionDefinition, dotted, last_name
from modelgen.source.resolver import External, Scope
from modelgen.source.spelling import canonical

BASES: Mapping[str, Flavour] = {
    "pydantic.BaseModel": "pydantic",
    "pydantic.main.BaseModel": "pydantic",
    "pydantic_settings.BaseSettings": "pydantic",
    "pydantic.generics.GenericModel": "pydantic",
    "typing.TypedDict": "typeddict",
    "typing.NamedTuple": "namedtuple",
    "collections.namedtuple": "namedtuple",
    "pydantic.RootModel": "dataclass",
    "pydantic.root_model.RootModel": "dataclass",
    "msgspec.Struct": "dataclass",
}
"""Bases that make a class a data class. Where the flavour has another name, instances are made as those of that one."""
ROOT = ("pydantic.RootModel", "pydantic.root_model.RootModel")
DECORATORS: Mapping[str, Flavour] = {
    "dataclasses.dataclass": "dataclass",
    "pydantic.dataclasses.dataclass": "dataclass",
    "attr.s": "attrs",
    "attr.attrs": "attrs",
    "attr.attributes": "attrs",
    "attr.dataclass": "attrs",
    "attr.define": "attrs",
    "attr.frozen": "attrs",
    "attr.mutable": "attrs",
    "attrs.define": "attrs",
    "attrs.frozen": "attrs",
    "attrs.mutable": "attrs",
}
HARMLESS = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})
"""Bases that add no fields."""


class Flavours:
    """Tells data classes from others."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self._found: dict[ClassDefinition, Flavour | None] = {}

    def of(self, definition: ClassDefinition) -> Flavour | None:
        """The flavour of a class; None where it is no data class at all."""
        if definition not in self._found:
            self._found[definition] = self._find(definition)
        return self._found[definition]

    def is_data(self, definition: ClassDefinition) -> bool:
        """Whether a class declares itself as data, by a decorator or a base."""
        return self.of(definition) not in (None, "plain")

    def require(self, definition: ClassDefinition, *, served: bool) -> None:
        """Check that instances of a class can travel.

        Raises:
            Unreadable: it is served, or declares no fields.
        """
        flavour = self.of(definition)
        if flavour is None or (flavour == "plain" and served):
            raise Unreadable(
                self._why(definition, served), "make it a dataclass, or give another type in settings (`types`)"
            )

    def _why(self, definition: ClassDefinition, served: bool) -> str:
        if served:
            return f"`{definition.name}` is served itself; an instance of it cannot be sent"
        lineage = self.hierarchy.lineage(definition)
        foreign = [name for name in (*lineage.outside, *lineage.unknown) if name not in HARMLESS]
        if foreign:
            return f"`{definition.name}` is a `{foreign[0]}`, whose fields are not known"
        return f"`{definition.name}` is a class without typed fields"

    def _find(self, definition: ClassDefinition) -> Flavour | None:
        lineage = self.hierarchy.lineage(definition)
        for name in lineage.outside:
            if name in BASES:
                return BASES[name]
        for ancestor in lineage.classes:
            declared = self.decorated(ancestor.definition)
            if declared is not None:
                return declared
        return "plain" if self._is_plain(definition, lineage) else None

    def decorated(self, definition: ClassDefinition) -> Flavour | None:
        """The flavour that one of a class's own decorators gives it."""
        for decorator in definition.node.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = dotted(node)
            scope = Scope(module=definition.module, owner=definition.outer)
            found = self.hierarchy.resolver.lookup(scope, name) if name else None
            known = DECORATORS.get(canonical(found.name)) if isinstance(found, External) else None
            if known is not None:
                return known
            if last_name(node) == "dataclass":
                return "dataclass"
        return None

    def _is_plain(self, definition: ClassDefinition, lineage: Lineage) -> bool:
        """A class in this package, or with its source in another, that types what it holds."""
        own = definition.module.name.partition(".")[0] == self.hierarchy.resolver.package.name
        if not own or lineage.unknown or any(name not in HARMLESS for name in lineage.outside):
            return False
        return any(_has_typed_fields(ancestor.definition) for ancestor in lineage.classes)


def _has_typed_fields(definition: ClassDefinition) -> bool:
    """Whether a class has an `__init__` with parameters, annotated attributes, or annotated properties."""
    for name, bindings in definition.names.items():
        for binding in bindings:
            if isinstance(binding, Assigned) and binding.annotation is not None and not name.startswith("_"):
                return True
            if isinstance(binding, FunctionDefinition) and _says_fields(name, binding):
                return True
    return False


def _says_fields(name: str, function: FunctionDefinition) -> bool:
    if name == "__init__":
        arguments = function.node.args
        return len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs) > 1
    return is_property(function) and function.node.returns is not None and not name.startswith("_")


def is_property(function: FunctionDefinition) -> bool:
    """Whether a function is read as an attribute."""
    return any(
        last_name(decorator) in ("property", "cached_property", "lazy_property")
        for decorator in function.node.decorator_list
    )
