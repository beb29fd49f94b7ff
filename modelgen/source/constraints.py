"""`Annotated` metadata and pydantic's `Field(...)` -> what a value must satisfy, and where a request carries it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from modelgen.contract.model import Role
from modelgen.contract.types import (
    FREE,
    Constraints,
    Json,
    ListOf,
    MapOf,
    OneOf,
    OptionalOf,
    Scalar,
    TypeRef,
    constraints_of,
    text,
    walk,
)
from modelgen.source.constants import Evaluator, NotStatic
from modelgen.source.meaning import Note
from modelgen.source.reader import Assigned, last_name
from modelgen.source.resolver import Scope

KEYWORDS: Mapping[str, str] = {
    "ge": "ge",
    "gt": "gt",
    "le": "le",
    "lt": "lt",
    "multiple_of": "multiple_of",
    "min_length": "min_length",
    "max_length": "max_length",
    "min_items": "min_length",
    "max_items": "max_length",
    "pattern": "pattern",
    "regex": "pattern",
    "min_inclusive": "ge",
    "min_exclusive": "gt",
    "max_inclusive": "le",
    "max_exclusive": "lt",
}
"""Keyword arguments of `Field`, `Interval`, `Len`, `StringConstraints`, `conint`, msgspec's `Meta` -> ours."""

SINGLE: Mapping[str, str] = {
    "Ge": "ge",
    "Gt": "gt",
    "Le": "le",
    "Lt": "lt",
    "MultipleOf": "multiple_of",
    "MinLen": "min_length",
    "MaxLen": "max_length",
}
"""annotated_types' classes of one argument -> ours."""

ROLES: Mapping[str, Role] = {"Input": "inputs", "Option": "parameters"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a piece of metadata says."""

    constraints: Constraints = FREE
    role: Role | None = None
    doc: str = ""
    alias: str = ""
    unread: tuple[str, ...] = ()
    """Texts of constraints that were seen and cannot be kept."""


def combine(first: Constraints, second: Constraints) -> Constraints:
    """Both constraints together; where both say the same thing, the second."""
    return replace(first, **second.stated())


NUMERIC = frozenset({"ge", "gt", "le", "lt", "multiple_of"})
LENGTHS = frozenset({"min_length", "max_length"})
_OF_SCALARS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "float", "double", "decimal"), NUMERIC),
    "string": LENGTHS | {"pattern"},
    "bytes": LENGTHS,
}
"""Kind of scalar -> the constraints that say something of it."""


def constrained(type_: TypeRef, given: Constraints) -> tuple[TypeRef, tuple[str, ...]]:
    """A type whose values must satisfy constraints, and those of them that say nothing of it, as texts.

    None is not asked; of a union, every alternative that a constraint says something of.
    """
    if given == FREE:
        return type_, ()
    match type_:
        case OptionalOf(item=item):
            inner, left = constrained(item, given)
            return OptionalOf(item=inner), left
        case OneOf(arms=arms):
            each = [constrained(arm, given) for arm in arms]
            nowhere = set.intersection(*(set(left) for _, left in each))
            return OneOf(arms=tuple(arm for arm, _ in each)), tuple(sorted(nowhere))
        case Scalar(kind=kind, adapter=None):
            fitting = _OF_SCALARS.get(kind, frozenset())
        case ListOf(adapter=None) | MapOf(adapter=None):
            fitting = LENGTHS
        case _:
            return type_, tuple(given.stated())
    stated = given.stated()
    kept = Constraints(**{name: value for name, value in stated.items() if name in fitting})
    known = type_.constraints
    return replace(type_, constraints=combine(known, kept)), tuple(name for name in stated if name not in fitting)


def loosened(arms: Iterable[TypeRef], whole: TypeRef) -> tuple[Note, ...]:
    """The notes for constraints of a union's alternatives that it does not keep: those of some that became one."""
    kept = [constraints_of(part) for part in walk(whole)]
    lost = [constraints_of(part) for arm in arms for part in walk(arm) if constraints_of(part) not in (FREE, *kept)]
    if isinstance(whole, Json):  # where anything may be sent, nothing is asked of it
        return ()
    return tuple(
        Note(code="constraint-left-out", text=f"`{name}`, since alternatives that are one on the wire do not share it")
        for one in lost
        for name in one.stated()
    )


def without(type_: TypeRef, left: Iterable[str]) -> tuple[Note, ...]:
    """The notes for constraints that say nothing of a type."""
    return tuple(Note(code="constraint-left-out", text=f"`{name}` says nothing of {text(type_)}") for name in left)


def read_metadata(node: ast.expr, scope: Scope, evaluator: Evaluator) -> Metadata:
    """One piece of metadata inside `Annotated[...]`, or a pydantic `Field(...)`."""
    if isinstance(node, ast.Name):
        found = evaluator.resolver.lookup(scope, node.id)
        if isinstance(found, Assigned) and isinstance(found.value, ast.Call):
            return read_metadata(found.value, Scope(module=found.module, owner=found.outer), evaluator)
    name = last_name(node)
    if name in ROLES:
        return Metadata(role=ROLES[name])
    if not isinstance(node, ast.Call):
        return Metadata()
    if name == "Doc" and node.args:
        doc = _value(node.args[0], scope, evaluator)
        return Metadata(doc=doc if isinstance(doc, str) else "")
    return _call(name, node, scope, evaluator)


def _call(name: str, node: ast.Call, scope: Scope, evaluator: Evaluator) -> Metadata:
    pairs: list[tuple[str, ast.expr]] = [(k.arg, k.value) for k in node.keywords if k.arg]
    if name in SINGLE and node.args:
        pairs.append((SINGLE[name], node.args[0]))
    if name == "Len":
        pairs.extend(zip(("min_length", "max_length"), node.args, strict=False))
    if name in ("Interval", "Field", "StringConstraints", "Len", "Meta", "Query", "Body", *SINGLE) or name.startswith(
        "con"
    ):
        return _keywords(pairs, scope, evaluator)
    return Metadata()


def _keywords(pairs: list[tuple[str, ast.expr]], scope: Scope, evaluator: Evaluator) -> Metadata:
    found: dict[str, Any] = {}
    unread: list[str] = []
    words = {"doc": "", "alias": ""}
    for name, node in pairs:
        value = _value(node, scope, evaluator)
        if name in KEYWORDS:
            key = KEYWORDS[name]
            if _fits(key, value):
                found[key] = value
            elif value is not None:
                unread.append(f"{name}={scope.module.text(node)}")
        elif name in ("description", "alias") and isinstance(value, str):
            words["doc" if name == "description" else "alias"] = value
    return Metadata(constraints=Constraints(**found), doc=words["doc"], alias=words["alias"], unread=tuple(unread))


def _value(node: ast.expr, scope: Scope, evaluator: Evaluator) -> Any:
    try:
        return evaluator.value(node, scope)
    except NotStatic:
        return NotStatic


def _fits(key: str, value: Any) -> bool:
    if key == "pattern":
        return isinstance(value, str)
    if isinstance(value, bool):
        return False
    return isinstance(value, int if key.endswith("length") else (int, float))
