"""How JSON Schema (2020-12, as OpenAPI 3.1 has it) spells the contract's types.

`x-python` names the Python type that a schema library cannot work out by itself, `x-constraints` what its values must
satisfy as pydantic has it; documents for people leave both out.
"""

from __future__ import annotations

import math
from typing import Any

from modelgen.contract.model import Default, Field
from modelgen.contract.types import (
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
    strip_optional,
)
from modelgen.contract.wire import Wire, arm_place

Schema = dict[str, Any]

PYTHON_ONLY = ("x-python", "x-constraints")
"""Keys that documents for people leave out."""

FLOAT_OVERFLOW = 3.4028235677973366e38
"""From here on, numbers round to infinity as a float32."""

_SCALARS: dict[str, Schema] = {
    "bool": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32", "x-python": "modelgen.runtime.schema.Int32"},
    "int64": {"type": "integer", "format": "int64", "x-python": "modelgen.runtime.schema.Int64"},
    "uint32": {"type": "integer", "format": "uint32", "minimum": 0, "x-python": "modelgen.runtime.schema.UInt32"},
    "uint64": {"type": "integer", "format": "uint64", "minimum": 0, "x-python": "modelgen.runtime.schema.UInt64"},
    "float": {
        "type": "number",
        "format": "float",
        "exclusiveMinimum": -FLOAT_OVERFLOW,
        "exclusiveMaximum": FLOAT_OVERFLOW,
        "x-python": "modelgen.runtime.schema.Float32",
    },
    "double": {"type": "number", "format": "double"},
    "string": {"type": "string"},
    "bytes": {"type": "string", "contentEncoding": "base64", "x-python": "modelgen.runtime.schema.Base64"},
    "timestamp": {"type": "string", "format": "date-time", "x-python": "modelgen.runtime.schema.Timestamp"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "duration": {  # ISO 8601 with a sign, which the format `duration` does not have
        "type": "string",
        "pattern": "^[+-]?P(?=[0-9T])([0-9]{1,8}W|([0-8]?[0-9]{1,8}D)?"
        "(T(?=[0-9])([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}(\\.[0-9]+)?S)?)?)$",
        "x-python": "modelgen.runtime.schema.Duration",
    },
    "decimal": {
        "type": "string",
        "format": "decimal",
        "pattern": "^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,4})?$",
        "x-python": "modelgen.runtime.schema.Decimal",
    },
    "uuid": {"type": "string", "format": "uuid"},
}

_NUMERIC = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}


def ref(name: str) -> Schema:
    """A reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def tensor_name(type_: Tensor) -> str:
    """The name of a tensor's type: `Float32Tensor`, `Float32TensorNx8x8`."""
    dtype = "" if type_.dtype == "any" else type_.dtype.capitalize()
    shape = "" if type_.shape is None else "x".join("N" if size < 0 else str(size) for size in type_.shape) or "Scalar"
    return f"{dtype}Tensor{shape}"


def schema(type_: TypeRef, wire: Wire, place: str = "") -> Schema:
    """The schema of a type. `wire` gives the names of symbols and of what was made at a place.

    `place` is the dotted place of the type, as lowering counts it: literals and what holds them are named by it.
    """
    match type_:
        case Scalar(kind=kind, media_type=media_type):
            media = {"contentMediaType": media_type} if media_type else {}
            return _SCALARS[kind] | media | constraints_schema(type_)
        case Json(object=True):
            return {"type": "object", "additionalProperties": True, "x-python": "modelgen.runtime.schema.JsonObject"}
        case Json():
            return {}
        case Empty():
            return {"type": "null"}
        case Named(symbol=symbol):
            return ref(wire.names[symbol]) if symbol in wire.names else _SCALARS["int64"]
        case Literals() | TupleOf():
            return ref(wire.names[place])
        case ListOf(item=item):
            return {"type": "array", "items": schema(item, wire, f"{place}.item")} | constraints_schema(type_)
        case MapOf(key=key, value=value):
            found = {"type": "object", "additionalProperties": schema(value, wire, f"{place}.value")}
            return found | _keys_schema(key, wire) | constraints_schema(type_)
        case OptionalOf(item=item):
            inner = schema(item, wire, place)
            return {"anyOf": [*(inner["anyOf"] if isinstance(item, OneOf) else [inner]), {"type": "null"}]}
        case OneOf(arms=arms):
            return {"anyOf": [schema(arm, wire, arm_place(place, arm)) for arm in arms]}
        case Tensor():
            return ref(tensor_name(type_))
        case _:
            assert_never(type_)


def _keys_schema(key: TypeRef, wire: Wire) -> Schema:
    """What the keys of an object must be; nothing where any text will do."""
    found: Schema = {}
    match key:
        case Scalar(kind="bool"):
            found = {"enum": ["true", "false"]}
        case Scalar(kind="int32" | "int64"):
            found = {"pattern": "^-?[0-9]+$"}
        case Scalar(kind="uint32" | "uint64"):
            found = {"pattern": "^[0-9]+$"}
        case Literals(values=values):
            found = {"enum": [str(value) for value in values]}
        case Named(symbol=symbol) if wire.members(symbol):
            found = {"enum": [str(member.json) for member in wire.members(symbol).values()]}
    return {"propertyNames": found} if found else {}


def property_schema(field: Field, wire: Wire, place: str) -> Schema:
    """The schema of a field: its type, description, and, where JSON can say it, its default."""
    found = schema(field.type, wire, place)
    if field.doc:
        found = found | {"description": field.doc}
    if field.default is not None and field.default.known:
        value = default_value(field.default, field.type, wire)
        if value is not UNSAYABLE:
            found = found | {"default": value}
    return found


class _Unsayable:
    """The type of UNSAYABLE."""


UNSAYABLE = _Unsayable()
"""A default that JSON cannot say: NaN, bytes, an unknown expression."""


def default_value(default: Default, type_: TypeRef, wire: Wire) -> Any:
    """The default as JSON, or UNSAYABLE."""
    value, inner = default.value, strip_optional(type_)
    if isinstance(inner, Named) and isinstance(value, str):
        member = wire.members(inner.symbol).get(value)
        return member.json if member else UNSAYABLE
    if isinstance(value, float) and not math.isfinite(value):
        return UNSAYABLE
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, tuple | list):
        item = inner.item if isinstance(inner, ListOf) else Json()
        items = [default_value(Default(text="", value=one), item, wire) for one in value]
        return UNSAYABLE if UNSAYABLE in items else items
    return {} if value == {} else UNSAYABLE


def constraints_schema(type_: Scalar | ListOf | MapOf) -> Schema:
    """The constraints of a type in JSON Schema's words."""
    stated = type_.constraints.stated()
    if not stated:
        return {}
    lengths = {"min_length": "minLength", "max_length": "maxLength"}
    if not isinstance(type_, Scalar):
        noun = "Items" if isinstance(type_, ListOf) else "Properties"
        lengths = {"min_length": f"min{noun}", "max_length": f"max{noun}"}
    elif type_.kind == "bytes":  # JSON holds them in base64
        stated = {name: 4 * -(-size // 3) for name, size in stated.items()}
    words = {**_NUMERIC, **lengths}
    found: Schema = {words.get(name, name): value for name, value in stated.items()}
    return found | {"x-constraints": type_.constraints.stated()}


def unconstrained(schema: Schema) -> Schema:
    """A type's schema without its constraints."""
    words = {*_NUMERIC.values(), "pattern", "x-constraints"}
    words |= {f"{bound}{noun}" for bound in ("min", "max") for noun in ("Length", "Items", "Properties")}
    return {key: value for key, value in schema.items() if key not in words}


def tuple_schema(type_: TupleOf, wire: Wire, place: str) -> Schema:
    """The named schema of a tuple."""
    each = [schema(item, wire, f"{place}.item_{index}") for index, item in enumerate(type_.items)]
    return {"type": "array", "prefixItems": each, "minItems": len(each), "maxItems": len(each)}


OBJECT_FORMATS = ("date", "time", "uuid")
"""Formats of strings that become Python objects."""

_PRIMITIVE = ("string", "integer", "number", "boolean")


def shows_default(schema: Schema) -> bool:
    """Whether a Python schema shows the default; where it does not, null means left out."""
    if "default" not in schema:
        return False
    default = schema["default"]
    if "anyOf" in schema:
        inner = [one for one in schema["anyOf"] if one != {"type": "null"}]
        return default is None or (len(inner) == 1 and shows_default(inner[0] | {"default": default}))
    if "$ref" in schema:
        return not isinstance(default, dict | list)
    if schema.get("type") == "array":
        return default == [] or schema.get("items", {}).get("type") in _PRIMITIVE
    if schema.get("type") == "integer":
        return True
    simple = schema.get("type") in _PRIMITIVE and schema.get("format") not in OBJECT_FORMATS
    return simple and "x-python" not in schema
