"""What several types together are: equal branches merge, None becomes optional, JSON takes everything in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from modelgen.contract.types import (
    Empty,
    Json,
    ListOf,
    Literals,
    MapOf,
    OneOf,
    OptionalOf,
    Scalar,
    Tensor,
    TupleOf,
    TypeRef,
    constraints_of,
    free,
    strip_optional,
)

NUMBERS = frozenset({"bool", "int32", "int64", "uint32", "uint64", "float", "double"})


def union(arms: Iterable[TypeRef]) -> TypeRef:
    """The type that takes any of the arms."""
    flat = list(_flatten(arms))
    nullable = any(isinstance(arm, Empty) for arm in flat)
    merged: list[TypeRef] = []
    for arm in flat:
        if not isinstance(arm, Empty):
            _add(merged, arm)
    if not merged:
        return Empty()
    if any(isinstance(arm, Json) and not arm.object for arm in merged):
        return Json()
    merged = [_closed(arm) for arm in merged]
    whole = merged[0] if len(merged) == 1 else OneOf(arms=tuple(merged))
    return optional(whole) if nullable else whole


def optional(type_: TypeRef) -> TypeRef:
    """The type, or None."""
    if isinstance(type_, (OptionalOf, Json, Empty)):
        return type_
    return OptionalOf(item=type_)


def _flatten(arms: Iterable[TypeRef]) -> Iterable[TypeRef]:
    for arm in arms:
        if isinstance(arm, OptionalOf):
            yield from _flatten((arm.item, Empty()))
        elif isinstance(arm, OneOf):
            yield from _flatten(arm.arms)
        else:
            yield arm


def _add(merged: list[TypeRef], arm: TypeRef) -> None:
    """Add an arm, or let an arm that is there take it in."""
    for index, old in enumerate(merged):
        both = _together(old, arm)
        if both is not None:
            merged[index] = both
            _settle(merged, index)
            return
    merged.append(arm)


def _settle(merged: list[TypeRef], index: int) -> None:
    """An arm that grew may take in others."""
    grown = merged[index]
    for other in range(len(merged) - 1, index, -1):
        both = _together(grown, merged[other])
        if both is not None:
            grown = merged[index] = both
            del merged[other]


def _together(old: TypeRef, new: TypeRef) -> TypeRef | None:
    """One type for two that are equal on the wire; None where they are not."""
    if old == new:
        return _shared(old, new)
    match old, new:
        case Tensor(), Tensor():
            return _tensors(old, new)
        case Tensor(), ListOf():
            return old if _numeric(new) else None
        case ListOf(), Tensor():
            return new if _numeric(old) else None
        case Literals(values=first), Literals(values=second):
            return Literals(values=unique((*first, *second)))
        case Scalar(), Literals(values=values) if _holds(old, values):
            return free(old)
        case Literals(values=values), Scalar() if _holds(new, values):
            return free(new)
        case _:
            return None


def _shared(old: TypeRef, new: TypeRef) -> TypeRef:
    """One of two equal types, with the constraints that both have."""
    match old, new:
        case ListOf(), ListOf():
            old = replace(old, item=_shared(old.item, new.item))
        case MapOf(), MapOf():
            old = replace(old, value=_shared(old.value, new.value))
        case OptionalOf(), OptionalOf():
            return replace(old, item=_shared(old.item, new.item))
        case TupleOf(), TupleOf():
            return replace(old, items=tuple(_shared(a, b) for a, b in zip(old.items, new.items, strict=True)))
        case OneOf(), OneOf():
            return replace(old, arms=tuple(_shared(a, b) for a, b in zip(old.arms, new.arms, strict=True)))
        case _:
            pass
    return old if constraints_of(old) == constraints_of(new) else free(old)


def _tensors(old: Tensor, new: Tensor) -> Tensor:
    dtype = old.dtype if old.dtype == new.dtype else "any"
    return replace(old, dtype=dtype, shape=_shapes(old.shape, new.shape))


def _shapes(old: tuple[int, ...] | None, new: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if old is None or new is None or len(old) != len(new):
        return None
    return tuple(a if a == b else -1 for a, b in zip(old, new, strict=True))


def _numeric(type_: TypeRef) -> bool:
    """Whether a list, however deep, holds numbers: an array's JSON form."""
    depth: TypeRef = type_
    while isinstance(depth, ListOf):
        depth = strip_optional(depth.item)
    if isinstance(depth, OneOf):
        return all(isinstance(arm, Scalar) and arm.kind in NUMBERS for arm in depth.arms)
    return (isinstance(depth, Scalar) and depth.kind in NUMBERS) or (isinstance(depth, (Tensor, Json)))


def _holds(scalar: Scalar, values: tuple[str | int | bool, ...]) -> bool:
    """Whether all the values are of a scalar's kind."""
    kinds = {str: "string", int: "int64", bool: "bool"}
    return all(kinds[type(value)] == scalar.kind for value in values)


def _closed(arm: TypeRef) -> TypeRef:
    """Both truth values are all there are."""
    both = isinstance(arm, Literals) and len(arm.values) == 2 and all(isinstance(value, bool) for value in arm.values)
    return Scalar(kind="bool") if both else arm


def unique(values: Iterable[str | int | bool]) -> tuple[str | int | bool, ...]:
    """The values in order, each once; True is not 1."""
    found: dict[tuple[type, str | int | bool], str | int | bool] = {}
    for value in values:
        found.setdefault((type(value), value), value)
    return tuple(found.values())
