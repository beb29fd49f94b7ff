"""Values that satisfy a type: what samples in the README and generated tests send."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from typing import Any

from modelgen.contract.model import Contract, Field, Method
from modelgen.contract.types import (
    Constraints,
    Empty,
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
    assert_never,
)

_TEXTS = {
    "timestamp": "2024-01-31T12:30:00Z",
    "date": "2024-01-31",
    "time": "12:30:00",
    "duration": "PT1M30S",
    "decimal": "1.5",
    "uuid": "12345678-1234-5678-1234-567812345678",
}


def request_sample(method: Method, contract: Contract) -> dict[str, Any]:
    """A body that a method accepts: its inputs, and no parameters."""
    values = {one.json_name: field_sample(one, contract) for one in method.inputs if one.required}
    if len(method.inputs) == 1:
        return {"inputs": values[method.inputs[0].json_name]} if values else {}
    return {"inputs": values} if method.inputs else {}


def field_sample(field: Field, contract: Contract) -> Any:
    """A value that a field accepts."""
    return sample(field.type, contract)


def sample(type_: TypeRef, contract: Contract, seen: tuple[str, ...] = ()) -> Any:
    """A JSON value of a type; models inside themselves end where they may."""
    match type_:
        case Scalar(kind=kind, constraints=limits):
            return _scalar(kind, limits)
        case Json(object=True):
            return {"key": "value"}
        case Json():
            return "value"
        case Empty():
            return None
        case Literals(values=values):
            return values[0]
        case Named(symbol=symbol, kind="enum"):
            return _member(contract, symbol)
        case Named(symbol=symbol):
            return _model(symbol, contract, seen)
        case ListOf(item=item, constraints=limits):
            return [sample(item, contract, seen) for _ in range(max(1, limits.min_length or 0))]
        case TupleOf(items=items):
            return [sample(item, contract, seen) for item in items]
        case MapOf(key=key, value=value):
            return {_key(key, contract): sample(value, contract, seen)}
        case OptionalOf(item=item):
            ends = isinstance(item, Named) and item.symbol in seen
            return None if ends else sample(item, contract, seen)
        case OneOf(arms=arms):
            return sample(arms[0], contract, seen)
        case Tensor():
            return _tensor(type_)
        case _:
            assert_never(type_)


def _model(symbol: str, contract: Contract, seen: tuple[str, ...]) -> dict[str, Any]:
    fields: Iterable[Field] = (field for field in contract.model(symbol).fields if field.required)
    if symbol in seen:
        return {}
    return {field.json_name: sample(field.type, contract, (*seen, symbol)) for field in fields}


def _member(contract: Contract, symbol: str) -> Any:
    member = contract.enum(symbol).members[0]
    return member.name if isinstance(member.value, tuple) else member.value


def _key(key: TypeRef, contract: Contract) -> str:
    value = sample(key, contract)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(kind: str, limits: Constraints) -> Any:
    match kind:
        case "bool":
            return True
        case "string":
            return "text".ljust(limits.min_length or 0, "t")[: limits.max_length]
        case "bytes":
            return base64.b64encode(b"bytes".ljust(limits.min_length or 0, b"s")[: limits.max_length]).decode()
        case "float" | "double":
            return _number(limits, 0.5)
        case "int32" | "int64" | "uint32" | "uint64":
            return int(_number(limits, 1))
        case _:
            return _TEXTS[kind]


def _number(limits: Constraints, preferred: float) -> float:
    """The preferred number, or the nearest one within the limits."""
    value: float = preferred
    step = limits.multiple_of or (1 if isinstance(preferred, int) else 0.5)
    if limits.ge is not None and value < limits.ge:
        value = limits.ge
    if limits.gt is not None and value <= limits.gt:
        value = limits.gt + step
    if limits.le is not None and value > limits.le:
        value = limits.le
    if limits.lt is not None and value >= limits.lt:
        value = limits.lt - step
        if limits.gt is not None and value <= limits.gt:
            value = (limits.gt + limits.lt) / 2
    return math.ceil(value / limits.multiple_of) * limits.multiple_of if limits.multiple_of else value


def _tensor(type_: Tensor) -> Any:
    shape = tuple(1 if size < 0 else size for size in type_.shape) if type_.shape is not None else (1,)
    zero: Any = False if type_.dtype == "bool" else 0.0 if type_.dtype == "any" or "float" in type_.dtype else 0
    for size in reversed(shape):
        zero = [zero] * size
    return zero
