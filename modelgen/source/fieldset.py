"""The fields of a data class as they are collected, and what their annotations say besides their types."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from modelgen.contract.model import Default, Field, Flavour
from modelgen.contract.types import TypeRef
from modelgen.finding import Finding
from modelgen.source.reader import last_name
from modelgen.source.unions import optional


@dataclass(slots=True, kw_only=True)
class Fields:
    """What a data class holds."""

    flavour: Flavour
    doc: str = ""
    fields: list[Field] = field(default_factory=list)
    init: list[str] = field(default_factory=list)
    cannot_make: str = ""
    cannot_read: str = ""
    findings: list[Finding] = field(default_factory=list)

    def add(self, one: Field, init: str = "") -> None:
        """Add a field; one of the same name takes the earlier one's place."""
        for index, old in enumerate(self.fields):
            if old.name == one.name:
                self.fields[index], self.init[index] = one, init
                return
        self.fields.append(one)
        self.init.append(init)


def with_default(type_: TypeRef, default: Default | None) -> TypeRef:
    """`= None` always allows null."""
    return optional(type_) if default is not None and default.known and default.value is None else type_


def is_required(annotation: ast.expr | None, total: bool) -> bool:
    """Whether a TypedDict must have a key."""
    if wraps(annotation, "NotRequired"):
        return False
    return total or wraps(annotation, "Required")


def wraps(annotation: ast.expr | None, name: str) -> bool:
    """Whether an annotation, quoted or not, is `name[...]` at its outside."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value.partition("[")[0].rpartition(".")[2] == name
    while isinstance(annotation, ast.Subscript):
        outer = last_name(annotation.value)
        if outer == name:
            return True
        if outer not in ("Annotated", "Required", "NotRequired", "ReadOnly", "Final"):
            return False
        annotation = annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
    return annotation is not None and last_name(annotation) == name
