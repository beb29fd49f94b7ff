"""Whether a docstring's type contradicts the annotation's, or only says it less exactly."""

from __future__ import annotations

from modelgen.contract.types import (
    Json,
    ListOf,
    Literals,
    MapOf,
    Named,
    OneOf,
    Scalar,
    Tensor,
    TupleOf,
    TypeRef,
    strip_optional,
)

INTEGERS = frozenset({"int32", "int64", "uint32", "uint64"})
FLOATS = frozenset({"float", "double"})
MOMENTS = frozenset({"timestamp", "date"})


def agrees(annotated: TypeRef, documented: TypeRef) -> bool:
    """Whether a docstring's type is the annotation's, said less exactly perhaps."""
    first, second = strip_optional(annotated), strip_optional(documented)
    if first == second or isinstance(first, Json) or isinstance(second, Json):
        return True
    if isinstance(first, OneOf) or isinstance(second, OneOf):
        return _some_arm(first, second)
    match first, second:
        case Scalar(kind=a), Scalar(kind=b):
            return any(a in family and b in family for family in (INTEGERS, FLOATS, MOMENTS))
        case ListOf(item=a), ListOf(item=b):
            return agrees(a, b)
        case MapOf(value=a), MapOf(value=b):
            return agrees(a, b)
        case (Tensor() | TupleOf() | ListOf(), Tensor() | TupleOf() | ListOf()):
            return True
        case (Literals() | Scalar(kind="string"), Literals() | Scalar(kind="string")):
            return True
        case Named(kind="enum"), Scalar() | Literals():
            return True
        case _:
            return False


def _some_arm(first: TypeRef, second: TypeRef) -> bool:
    """A union agrees with what one of its arms agrees with."""
    left = first.arms if isinstance(first, OneOf) else (first,)
    right = second.arms if isinstance(second, OneOf) else (second,)
    return any(agrees(a, b) for a in left for b in right)
