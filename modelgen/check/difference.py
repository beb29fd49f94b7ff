"""In what way two types differ: one word for each kind of difference, the word being a rule's code."""

from __future__ import annotations

from modelgen.contract.types import (
    Json,
    ListOf,
    Literals,
    MapOf,
    Named,
    OneOf,
    OptionalOf,
    Scalar,
    Tensor,
    TupleOf,
    TypeRef,
    strip_optional,
)
from modelgen.contract.wire import arm_word

INTEGERS = ("int32", "int64", "uint32", "uint64")
REALS = ("float", "double")
_PLACED = frozenset(
    (
        "union-member-added",
        "union-member-removed",
        "enum-values-changed",
        "tensor-dtype-changed",
        "tensor-shape-changed",
    )
)
"""Differences inside a container that leave the container's number: what differs has a message or enum of its own."""
VARINTS = (*INTEGERS, "bool")
TEXTS = ("string", "bytes", "date", "time", "decimal", "uuid")
"""Kinds that are text or bytes on the wire."""
MILD = frozenset(
    (
        "",
        "enum-values-changed",
        "union-member-added",
        "union-introduced",
        "tensor-dtype-changed",
        "tensor-shape-changed",
    )
)
"""Differences beside which presence, defaults and constraints still say something."""


def difference(old: TypeRef, new: TypeRef) -> str:
    """The code of the difference between two types, None aside; empty where there is none."""
    before, after = differing(old, new)
    if before == after:
        return ""
    inside = strip_optional(before) != strip_optional(old)
    code = _difference(before, after)
    if inside and code not in _PLACED:
        # What holds it is another message then, whatever the difference inside.
        return _difference(strip_optional(old), strip_optional(new))
    return code


def differing(old: TypeRef, new: TypeRef) -> tuple[TypeRef, TypeRef]:
    """The parts of two types that differ, inside the containers, unions and optionals that they share."""
    before, after = strip_optional(old), strip_optional(new)
    inner: list[tuple[TypeRef, TypeRef]] = []
    match before, after:
        case ListOf(), ListOf():
            inner = [(before.item, after.item)]
        case MapOf(), MapOf() if before.key == after.key:
            inner = [(before.value, after.value)]
        case TupleOf(), TupleOf() if len(before.items) == len(after.items):
            inner = [both for both in zip(before.items, after.items, strict=True) if both[0] != both[1]]
        case OneOf(), OneOf():
            words = [{arm_word(arm): arm for arm in union.arms} for union in (before, after)]
            if words[0].keys() == words[1].keys():
                inner = [(arm, words[1][word]) for word, arm in words[0].items() if arm != words[1][word]]
    if len(inner) != 1 or isinstance(inner[0][0], OptionalOf) != isinstance(inner[0][1], OptionalOf):
        return before, after
    return differing(*inner[0])


def _difference(before: TypeRef, after: TypeRef) -> str:
    match before, after:
        case OneOf(), OneOf():
            return _unions(before, after)
        case _, OneOf(arms=arms):
            return "union-introduced" if before in arms else "type-changed"
        case OneOf(arms=arms), _:
            return "union-collapsed" if after in arms else "type-changed"
        case Literals(), Literals():
            return "enum-values-changed"
        case Tensor(), Tensor():
            return "tensor-dtype-changed" if before.dtype != after.dtype else "tensor-shape-changed"
        case (Literals() | Named(kind="enum")), Scalar(kind="string"):
            return "enum-opened"
        case Scalar(kind="string"), (Literals() | Named(kind="enum")):
            return "enum-closed"
        case Named(kind="message"), Named(kind="message"):
            return "message-changed"
        case Scalar(), Scalar():
            return _scalars(before.kind, after.kind)
        case MapOf(), MapOf():
            return "map-key-type-changed" if before.key != after.key else "map-value-type-changed"
        case (ListOf() | TupleOf()), (ListOf() | TupleOf()):
            return "element-type-changed"
        case ListOf(item=item), _ if item == after:
            return "cardinality-changed"
        case _, ListOf(item=item) if item == before:
            return "cardinality-changed"
        case _:
            return "type-changed"


def same_bytes(old: TypeRef, new: TypeRef) -> bool:
    """Whether values that both types hold may be the same bytes, so that a number can be kept (`--keep-number`).

    Protobuf's own groups of compatible types; what a number was kept for was judged when it was kept.
    """
    before, after = strip_optional(old), strip_optional(new)
    if before == after:
        return True
    match before, after:
        case Scalar(), Scalar():
            return any({before.kind, after.kind} <= set(group) for group in (VARINTS, TEXTS))
        case Scalar(kind=kind), (Literals() | Named(kind="enum")):
            return kind in INTEGERS
        case (Literals() | Named(kind="enum")), Scalar(kind=kind):
            return kind in INTEGERS
        case (Literals() | Named(kind="enum")), (Literals() | Named(kind="enum")):
            return True
        case ListOf(item=item), ListOf(item=other):
            return same_bytes(item, other)
        case MapOf(), MapOf():
            return same_bytes(before.key, after.key) and same_bytes(before.value, after.value)
        case _, ListOf(item=other):
            return same_bytes(before, other)
        case _:
            return False


def members(type_: TypeRef) -> tuple[TypeRef, ...]:
    """What a type may be: the arms of a union, or itself; None aside."""
    inner = strip_optional(type_)
    return inner.arms if isinstance(inner, OneOf) else (inner,)


def json_accepts(old: TypeRef, new: TypeRef) -> bool:
    """Whether every JSON value of the old type is one of the new type."""
    if isinstance(old, OptionalOf) and not isinstance(new, OptionalOf | Json):
        return False
    before, after = strip_optional(old), strip_optional(new)
    if before == after or isinstance(after, Json):
        return True
    if isinstance(before, OneOf):
        return all(json_accepts(arm, after) for arm in before.arms)
    match before, after:
        case _, OneOf(arms=arms):
            return any(json_accepts(before, arm) for arm in arms)
        case Scalar(), Scalar():
            return _kinds_accept(before.kind, after.kind)
        case Literals(values=values), Scalar(kind="string"):
            return all(isinstance(value, str) for value in values)
        case Literals(values=values), Scalar(kind="int64" | "double"):
            return all(isinstance(value, int) and not isinstance(value, bool) for value in values)
        case Literals(values=values), Literals(values=more):
            return set(map(repr, values)) <= set(map(repr, more))
        case ListOf(item=item), ListOf(item=other):
            return json_accepts(item, other)
        case TupleOf(items=items), ListOf(item=other):
            return all(json_accepts(item, other) for item in items)
        case TupleOf(items=items), TupleOf(items=others):
            return len(items) == len(others) and all(map(json_accepts, items, others))
        case MapOf(key=key, value=value), MapOf(key=other, value=wider):
            return (key == other or other == Scalar(kind="string")) and json_accepts(value, wider)
        case _:
            return False


def _unions(before: OneOf, after: OneOf) -> str:
    gone = [arm for arm in before.arms if arm not in after.arms]
    came = [arm for arm in after.arms if arm not in before.arms]
    if gone and came and len(gone) == len(before.arms):
        return "type-changed"
    if gone:
        return "union-member-removed"
    return "union-member-added" if came else ""


def _scalars(before: str, after: str) -> str:
    if before in VARINTS and after in VARINTS:
        return "integer-type-changed"
    if before in INTEGERS and after in REALS:
        return "type-widened"
    if before in REALS and after in INTEGERS:
        return "type-narrowed"
    if before in REALS and after in REALS:
        return "type-widened" if after == "double" else "type-narrowed"
    return "type-changed"


_WIDER = {
    ("int32", "int64"),
    ("uint32", "int64"),
    ("uint32", "uint64"),
    *((kind, real) for kind in INTEGERS for real in REALS),
    ("float", "double"),
}


def _kinds_accept(before: str, after: str) -> bool:
    """Whether what JSON says for one kind is always valid for the other."""
    texts = ("bytes", "timestamp", "date", "time", "duration", "uuid", "decimal")
    return (before, after) in _WIDER or (after == "string" and before in texts)
