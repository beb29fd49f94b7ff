"""The types a contract speaks of. A closed union: match on it and end with `assert_never`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

if sys.version_info >= (3, 11):
    from typing import assert_never as assert_never
else:  # the standard library has it from 3.11 on
    from typing import NoReturn

    def assert_never(value: NoReturn, /) -> NoReturn:
        """Fail on a case that the type checker should have named."""
        raise AssertionError(f"unexpected {value!r}")


ScalarKind: TypeAlias = Literal[
    "bool",
    "int32",
    "int64",
    "uint32",
    "uint64",
    "float",
    "double",
    "string",
    "bytes",
    "timestamp",
    "date",
    "time",
    "duration",
    "decimal",
    "uuid",
]

Container: TypeAlias = Literal["list", "tuple", "set", "frozenset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """How values of a class that says nothing of its fields travel: as values of the type that carries this."""

    host: str
    """Dotted name of the class: `pandas.DataFrame`."""
    load: str
    """Dotted name of the function that makes the class's value of the one that was sent."""
    dump: str
    """Dotted name of the function that makes what is sent of the class's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a value must satisfy, as JSON Schema has it; lengths count items, characters or bytes."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None

    def stated(self) -> dict[str, Any]:
        """Those that are set, by name."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}


FREE = Constraints()
"""None at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value that proto and JSON can both say."""

    kind: ScalarKind
    host: str = field(default="", compare=False)
    """Dotted name of the declared Python type where it is not the kind's own: `numpy.float32`, `PIL.Image.Image`."""
    media_type: str = field(default="", compare=False)
    """For bytes: what they hold, `image/png`."""
    constraints: Constraints = field(default=FREE, compare=False)
    adapter: Adapter | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """Any JSON value; with `object` set, a JSON object (a bare `dict`)."""

    object: bool = field(default=False, compare=False)
    adapter: Adapter | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """No value: `None`, or a method that returns its own instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A data model or an enumeration of the contract, by its public Python symbol."""

    symbol: str
    kind: Literal["message", "enum"]
    adapter: Adapter | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Literals:
    """One of a few values written out: `Literal["auto", "brute"]`."""

    values: tuple[str | int | bool, ...]
    adapter: Adapter | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """Many of one type. `host` is the container the method is given."""

    item: TypeRef
    host: Container = field(default="list", compare=False)
    constraints: Constraints = field(default=FREE, compare=False)
    adapter: Adapter | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TupleOf:
    """A fixed number of positional values."""

    items: tuple[TypeRef, ...]
    adapter: Adapter | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """Values by key; keys are scalars, enumerations or literals."""

    key: TypeRef
    value: TypeRef
    constraints: Constraints = field(default=FREE, compare=False)
    adapter: Adapter | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalOf:
    """A value or None. Never nested in itself, never around Json or Empty."""

    item: TypeRef


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """One of several types, in the order of the source. Two arms or more, no arm twice, no arm optional or OneOf."""

    arms: tuple[TypeRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """An array. `dtype` is a numpy name or `any`; a dimension of -1 is free, `shape` None says nothing."""

    dtype: str = "any"
    shape: tuple[int, ...] | None = None
    host: Literal["numpy", "torch"] = field(default="numpy", compare=False)
    adapter: Adapter | None = field(default=None, compare=False)


TypeRef: TypeAlias = Scalar | Json | Empty | Named | Literals | ListOf | TupleOf | MapOf | OptionalOf | OneOf | Tensor


def text(type_: TypeRef) -> str:
    """The one text form of a type, as the lock, the report and JSON write it."""
    match type_:
        case Scalar(kind=kind):
            return kind
        case Json():
            return "json"
        case Empty():
            return "empty"
        case Named(symbol=symbol, kind=kind):
            return f"{kind} {symbol}"
        case Literals(values=values):
            return "enum{" + ", ".join(json.dumps(value, ensure_ascii=False) for value in values) + "}"
        case ListOf(item=item):
            return f"list<{text(item)}>"
        case TupleOf(items=items):
            return f"tuple<{', '.join(text(item) for item in items)}>"
        case MapOf(key=key, value=value):
            return f"map<{text(key)}, {text(value)}>"
        case OptionalOf(item=item):
            return f"optional<{text(item)}>"
        case OneOf(arms=arms):
            return f"oneof<{' | '.join(text(arm) for arm in arms)}>"
        case Tensor(dtype=dtype, shape=shape):
            dims = "any" if shape is None else f"[{', '.join(str(size) for size in shape)}]"
            return f"tensor<{dtype}, {dims}>"
        case _:
            assert_never(type_)


def shape(type_: TypeRef) -> str:
    """The text form without what the bytes do not depend on: None outside, and what has a place of its own inside.

    A choice, a union in a list and a tuple are an enum or a message of their own, with numbers of their own, and every
    array is a Tensor: what changes in there leaves the number of the field that holds it.
    """
    match type_:
        case OptionalOf(item=item):
            return shape(item)
        case Literals():
            return "enum{}"
        case ListOf(item=item):
            return f"list<{_inner(item)}>"
        case MapOf(key=key, value=value):
            return f"map<{_inner(key)}, {_inner(value)}>"
        case Tensor() | TupleOf() | OneOf():
            return type(type_).__name__.removesuffix("Of").lower()
        case _:
            return text(type_)


def _inner(type_: TypeRef) -> str:
    return f"optional<{shape(type_)}>" if isinstance(type_, OptionalOf) else shape(type_)


def parts(type_: TypeRef) -> tuple[TypeRef, ...]:
    """The types directly inside a type."""
    match type_:
        case ListOf(item=item) | OptionalOf(item=item):
            return (item,)
        case TupleOf(items=items):
            return items
        case MapOf(key=key, value=value):
            return (key, value)
        case OneOf(arms=arms):
            return arms
        case Scalar() | Json() | Empty() | Named() | Literals() | Tensor():
            return ()
        case _:
            assert_never(type_)


def walk(type_: TypeRef) -> Iterator[TypeRef]:
    """A type and every type inside it, outermost first."""
    yield type_
    for part in parts(type_):
        yield from walk(part)


def constraints_of(type_: TypeRef) -> Constraints:
    """What values of a type must satisfy; None is not asked, and of a union each arm says its own."""
    inner = strip_optional(type_)
    return inner.constraints if isinstance(inner, Scalar | ListOf | MapOf) else FREE


def free(type_: TypeRef) -> TypeRef:
    """A type without the constraints on the whole of its values."""
    return replace(type_, constraints=FREE) if isinstance(type_, Scalar | ListOf | MapOf) else type_


def strip_optional(type_: TypeRef) -> TypeRef:
    """The type without its None."""
    return type_.item if isinstance(type_, OptionalOf) else type_
