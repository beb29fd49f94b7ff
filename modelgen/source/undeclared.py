"""Classes that declare no fields: a constructor with typed parameters, or typed attributes and properties."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelgen.contract.model import Field
from modelgen.finding import Finding, Level
from modelgen.source.declared import Annotation, Declarations, Phrase
from modelgen.source.defaults import DefaultReader
from modelgen.source.docfields import DocField
from modelgen.source.docstrings import parse_docstring
from modelgen.source.fieldset import Fields, with_default, wraps
from modelgen.source.flavours import is_property
from modelgen.source.meaning import Unreadable
from modelgen.source.mro import Ancestor
from modelgen.source.reader import Assigned, FunctionDefinition, last_name


class PlainReader:
    """Reads plain classes."""

    def __init__(self, declarations: Declarations, defaults: DefaultReader) -> None:
        self.declarations = declarations
        self.defaults = defaults

    def read(self, found: Fields, classes: tuple[Ancestor, ...], described: dict[str, DocField]) -> None:
        """A class without any declaration: its constructor's parameters, kept under their names."""
        kept = _attributes(classes)
        constructor = _constructor(classes)
        if constructor is None:
            found.cannot_make = "it has no typed constructor"
            self._properties(found, classes, described)
            return
        ancestor, function = constructor
        scope = ancestor.scope
        documented = {**described, **parse_docstring(_doc(function)).parameters}
        for argument, default in _arguments(function):
            name = argument.arg
            doc = documented.get(name)
            declared = self.declarations.read(
                [Annotation(argument.annotation, scope)] if argument.annotation else [],
                Phrase(doc.type, scope) if doc and doc.type else None,
            )
            if declared.meaning is None or declared.meaning.stream:
                reason = declared.error.reason if declared.error else "it has no type"
                if default is None:
                    raise Unreadable(f"the parameter `{name}` of its constructor cannot be sent: {reason}")
                found.findings.append(_argument_note(name, function, argument, reason))
                continue
            attribute = next((kept_name for kept_name in (name, f"_{name}") if kept_name in kept), "")
            if not attribute:
                found.cannot_read = found.cannot_read or f"it keeps no attribute `{name}`"
            value = self.defaults.default(default, scope, declared.meaning.type) if default is not None else None
            found.add(
                Field(
                    name=attribute or name,
                    type=with_default(declared.meaning.type, value),
                    doc=doc.doc if doc else "",
                    where=function.module.where(argument),
                    default=value,
                    alias=name if attribute.startswith("_") and attribute != name else "",
                    documented=declared.documented,
                ),
                name if attribute and attribute != name else "",
            )

    def _properties(self, found: Fields, classes: tuple[Ancestor, ...], described: dict[str, DocField]) -> None:
        """A class that only shows: annotated attributes and properties."""
        for ancestor in reversed(classes):
            for name, bindings in ancestor.definition.names.items():
                binding = bindings[-1]
                if name.startswith("_"):
                    continue
                annotation = _shown(binding)
                if annotation is None or wraps(annotation, "ClassVar"):
                    continue
                declared = self.declarations.read([Annotation(annotation, ancestor.scope)], None)
                if declared.meaning is None or declared.meaning.stream:
                    reason = declared.error.reason if declared.error else "it is a stream"
                    raise Unreadable(f"its attribute `{name}` cannot be sent: {reason}")
                doc = described.get(name)
                where = (
                    binding.module.where(binding.node) if isinstance(binding, (Assigned, FunctionDefinition)) else None
                )
                found.add(Field(name=name, type=declared.meaning.type, doc=doc.doc if doc else "", where=where))


def _attributes(classes: tuple[Ancestor, ...]) -> set[str]:
    """The names that instances keep: `self.x = …` anywhere in a method, properties, annotated attributes, slots."""
    found: set[str] = set()
    for ancestor in classes:
        for name, bindings in ancestor.definition.names.items():
            binding = bindings[-1]
            if isinstance(binding, Assigned) or (isinstance(binding, FunctionDefinition) and is_property(binding)):
                found.add(name)
        for node in ast.walk(ancestor.definition.node):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and last_name(node.value) == "self":
                found.add(node.attr)
    return found


def _constructor(classes: tuple[Ancestor, ...]) -> tuple[Ancestor, FunctionDefinition] | None:
    for ancestor in classes:
        for binding in ancestor.definition.names.get("__init__", []):
            if isinstance(binding, FunctionDefinition):
                return ancestor, binding
    return None


def _doc(function: FunctionDefinition) -> str:
    return ast.get_docstring(function.node) or ""


def _arguments(function: FunctionDefinition) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """A method's parameters after `self`, with their defaults."""
    arguments = function.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [*([None] * (len(positional) - len(arguments.defaults))), *arguments.defaults]
    yield from list(zip(positional, defaults, strict=True))[1:]
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)


def _shown(binding: object) -> ast.expr | None:
    if isinstance(binding, Assigned):
        return binding.annotation
    if isinstance(binding, FunctionDefinition) and is_property(binding):
        return binding.node.returns
    return None


def _argument_note(name: str, function: FunctionDefinition, argument: ast.arg, reason: str) -> Finding:
    owner = function.outer.name if function.outer else ""
    return Finding(
        level=Level.WARNING,
        code="field-left-out",
        message=f"the parameter `{name}` of `{owner}`'s constructor is left out: {reason}",
        where=function.module.where(argument),
        hint="give it a type that can be sent",
    )
