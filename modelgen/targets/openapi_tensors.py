"""The schemas of arrays in openapi.json: nested lists as deep as the declared shape, or the bytes with dtype and shape.

JSON Schema cannot say that the lists of one depth are of one length where no size is declared, nor how many bytes a
dtype and a shape need.
"""

from __future__ import annotations

from modelgen.contract.types import Tensor
from modelgen.languages.jsonschema import FLOAT_OVERFLOW, Schema, ref, tensor_name

_BYTES = "TensorData"
_FLOATS = ("float16", "bfloat16", "float32", "float64")
_INTEGERS = {f"{sign}int{bits}": (sign, bits) for sign in ("", "u") for bits in (8, 16, 32, 64)}
_NOT_FINITE: Schema = {"enum": ["NaN", "Infinity", "-Infinity"]}
_TOO_LARGE = {"float16": 65520.0, "float32": FLOAT_OVERFLOW, "bfloat16": 3.3961774e38}
"""From here on, numbers round to infinity."""


def tensor_schemas(tensors: list[Tensor]) -> Schema:
    """The named schemas of some kinds of tensors, and what they refer to."""
    found = {tensor_name(tensor): _tensor(tensor) for tensor in tensors}
    found |= {_lists_name(tensor): _any_depth(tensor) for tensor in tensors if tensor.shape is None}
    return found | ({_BYTES: _DATA} if tensors else {})


def _tensor(tensor: Tensor) -> Schema:
    shape = "any shape" if tensor.shape is None else f"shape {list(tensor.shape)}"
    lists = ref(_lists_name(tensor)) if tensor.shape is None else _lists(tensor.dtype, tensor.shape)
    return {
        "description": f"An array of {tensor.dtype} elements, {shape}: nested lists, or its bytes. -1 is any size.",
        "anyOf": [*lists.get("anyOf", [lists]), ref(_BYTES)],
    }


def _lists(dtype: str, shape: tuple[int, ...]) -> Schema:
    schema = _element(dtype)
    for size in reversed(shape):
        bounds = {} if size < 0 else {"minItems": size, "maxItems": size}
        schema = {"type": "array", "items": schema, **bounds}
    return schema


def _lists_name(tensor: Tensor) -> str:
    return f"{tensor_name(tensor)}Lists"


def _any_depth(tensor: Tensor) -> Schema:
    element = _element(tensor.dtype)
    inner: Schema = {"type": "array", "items": ref(_lists_name(tensor))}
    return {
        "description": "An element, or lists of them, nested as deep as the array has dimensions.",
        "anyOf": [*element.get("anyOf", [element]), inner],
    }


def _element(dtype: str) -> Schema:
    if dtype == "bool":
        return {"type": "boolean"}
    if dtype in _INTEGERS:
        sign, bits = _INTEGERS[dtype]
        low, high = (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return {"type": "integer", "minimum": low, "maximum": high}
    limit = _TOO_LARGE.get(dtype)
    bounds = {} if limit is None else {"exclusiveMinimum": -limit, "exclusiveMaximum": limit}
    numbers: Schema = {"anyOf": [{"type": "number", **bounds}, _NOT_FINITE]}
    return numbers if dtype in _FLOATS else {"anyOf": [*numbers["anyOf"], {"type": "boolean"}]}


_DATA: Schema = {
    "type": "object",
    "description": "An array as bytes: row-major, little-endian, base64.",
    "properties": {
        "dtype": {"enum": ["bool", *_INTEGERS, *_FLOATS]},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 32},
        "data": {"type": "string", "contentEncoding": "base64"},
    },
    "required": ["dtype", "shape", "data"],
    "additionalProperties": False,
}
