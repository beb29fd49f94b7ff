"""Arrays <-> nested lists, base64 and bytes, for every protocol that carries them.

A tensor arrives as nested lists, or as `{"dtype", "shape", "data"}` with its elements as little-endian bytes in C order
(base64 in JSON, plain bytes from a protobuf message), or as an array. numpy has no bfloat16: such tensors are float32
arrays in Python and keep their two bytes on the wire.
"""

from __future__ import annotations

import base64
import binascii
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
import orjson
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from modelgen.runtime.bounds import WIDEST, Bounds

Array = npt.NDArray[Any]

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = ("bool", *INTEGERS, *FLOATS)
"""Element types that the wire knows."""

PLAIN: Mapping[str, np.dtype[Any]] = {name: np.dtype(name) for name in DTYPES if name != "bfloat16"}
"""Those that numpy knows by the same name."""

_NAMES = {dtype: name for name, dtype in PLAIN.items()}
_STORED = {name: dtype.newbyteorder("<") for name, dtype in PLAIN.items()} | {"bfloat16": np.dtype("<u2")}

_guessed: WeakValueDictionary[int, Array] = WeakValueDictionary()
"""Arrays whose dtype nobody has said, by identity."""

MOST_DIMENSIONS = 32
TOO_MANY = "has more than {most} elements"
WIDE = 16
"""Elements from which on a tensor is worth a way of its own through JSON."""

NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""How JSON writes what it has no number for, as in proto3's JSON."""


class TensorMessage(Protocol):
    """The protobuf message of a tensor."""

    dtype: str
    data: bytes

    @property
    def shape(self) -> Any:
        """A repeated int64."""


Message = TypeVar("Message", bound=TensorMessage)


@dataclass(frozen=True, slots=True)
class TensorType:
    """The annotation of an array in a schema: `Annotated[np.ndarray, TensorType("float32", (-1, 3))]`.

    Integers are numbers of a float tensor; floats are not elements of an integer tensor; booleans belong into boolean
    tensors only. A typed tensor (bytes or array) may be of any dtype that converts without loss.
    """

    dtype: str = "any"
    """A name out of DTYPES, or `any`: from lists then bool, int64 or float64."""
    shape: tuple[int, ...] | None = None
    """-1 is a free dimension; None says nothing."""

    def __post_init__(self) -> None:
        if self.dtype != "any" and self.dtype not in DTYPES:
            raise ValueError(f"no such tensor dtype: {self.dtype!r} (known: any, {', '.join(DTYPES)})")

    def validate(self, value: Any, most: int = WIDEST.elements) -> Array:
        """The array that was sent, of `most` elements at most. Raises PydanticCustomError for what cannot be one, or
        not this one."""
        return _fitted(self._array(value, most), self.shape)

    def _validate(self, value: Any, info: ValidationInfo[Bounds | None]) -> Array:
        bounds = info.context
        return self.validate(value) if bounds is None else self.validate(value, bounds.elements)

    def from_numbers(self, value: Any) -> Array | None:
        """The array of lists in which JSON had no booleans, quickly and whatever its shape; None where a look at each
        number is needed."""
        try:
            array = np.array(value)
            if array.dtype.kind == "f" and self.dtype in ("any", "float16", "float32", "float64"):
                with np.errstate(over="ignore"):
                    found = _unsaid(array) if self.dtype == "any" else array.astype(self.dtype, copy=False)
                return found if np.isfinite(found).all() else None
            if array.dtype.kind == "i" and self.dtype in ("any", "int64", "float64") and array.size:
                return array if self.dtype == "any" else array.astype(self.dtype, copy=False)
        except (ValueError, OverflowError):  # ragged lists, or other things than numbers
            pass
        return None

    def _array(self, value: Any, most: int) -> Array:
        if isinstance(value, np.ndarray):
            return value if value.dtype is PLAIN.get(self.dtype) else _cast(*_named(value), self.dtype)
        if isinstance(value, Mapping):
            return _cast(*_typed(value, most), self.dtype)
        if isinstance(value, (list, tuple, bool, int, float)) or (isinstance(value, str) and value in NOT_FINITE):
            return _from_lists(value, self.dtype, most)
        if isinstance(value, np.generic):
            return _cast(*_named(np.asarray(value)), self.dtype)
        raise PydanticCustomError("tensor_type", "must be a list of numbers or a tensor object")

    @property
    def wide(self) -> bool:
        """Whether it holds so many numbers that lists of them are best made arrays as soon as they are read."""
        return self.shape is None or -1 in self.shape or math.prod(self.shape) >= WIDE

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                to_lists, return_schema=_listed(self.dtype, self.shape), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [self._lists_schema(), self._object_schema()], "title": "Tensor"}

    def _lists_schema(self) -> JsonSchemaValue:
        if self.shape is None:
            return {"type": "array", "items": {}}
        schema: JsonSchemaValue = _element_schema(self.dtype)
        for size in reversed(self.shape):
            bounds = {} if size < 0 else {"minItems": size, "maxItems": size}
            schema = {"type": "array", "items": schema, **bounds}
        return schema

    def _object_schema(self) -> JsonSchemaValue:
        return {
            "type": "object",
            "properties": {
                "dtype": {"type": "string", "enum": list(DTYPES)},
                "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                "data": {"type": "string", "contentEncoding": "base64"},
            },
            "required": ["dtype", "shape", "data"],
            "additionalProperties": False,
        }


def _element_schema(dtype: str) -> JsonSchemaValue:
    if dtype == "bool":
        return {"type": "boolean"}
    if dtype in INTEGERS:
        return {"type": "integer"}
    return {"type": "number"} if dtype in FLOATS else {}


def _listed(dtype: str, shape: tuple[int, ...] | None) -> CoreSchema:
    """How pydantic writes the lists: element by element of the known type where the signature says it all."""
    if shape is None or dtype == "any":
        return core_schema.any_schema()
    element: CoreSchema = core_schema.float_schema()
    if dtype == "bool":
        element = core_schema.bool_schema()
    elif dtype in INTEGERS:
        element = core_schema.int_schema()
    for _ in shape:
        element = core_schema.list_schema(element)
    return element


# From lists


def _from_lists(value: Any, dtype: str, most: int) -> Array:
    shape, elements = _flattened(value, most)
    kinds = set(map(type, elements))
    if str in kinds:
        elements, kinds = _numbers(elements)
    wanted = _inferred(kinds) if dtype == "any" else dtype
    _check_kinds(kinds, wanted)
    found = _filled(elements, wanted).reshape(shape)
    return _unsaid(found) if dtype == "any" else found


def _unsaid(array: Array) -> Array:
    _guessed[id(array)] = array
    return array


def is_guessed(array: Array) -> bool:
    """Whether the array's dtype is that of its lists, and neither the caller nor the signature has said one."""
    return _guessed.get(id(array)) is array


def _flattened(value: Any, most: int) -> tuple[tuple[int, ...], list[Any]]:
    """Shape and elements of nested lists, which must be of one length at each depth."""
    shape: list[int] = []
    level: list[Any] = [value]
    while level and isinstance(level[0], (list, tuple)):
        lengths = {len(part) if isinstance(part, (list, tuple)) else -1 for part in level}
        if len(lengths) > 1:
            raise PydanticCustomError("tensor_ragged", "must have lists of one length at each depth")
        shape.append(lengths.pop())
        if len(shape) > MOST_DIMENSIONS:
            raise _too_deep()
        _check_size(math.prod(shape), most)
        level = list(chain.from_iterable(level))
    return tuple(shape), level


def _too_deep() -> PydanticCustomError:
    return PydanticCustomError("tensor_rank", "has more than {most} dimensions", {"most": MOST_DIMENSIONS})


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise PydanticCustomError("tensor_size", TOO_MANY, {"most": most})


def _numbers(elements: list[Any]) -> tuple[list[Any], set[type]]:
    """The elements with `"NaN"` and its like as floats."""
    found = [NOT_FINITE.get(element, element) if isinstance(element, str) else element for element in elements]
    return found, set(map(type, found))


def _inferred(kinds: set[type]) -> str:
    if kinds == {bool}:
        return "bool"
    return "int64" if kinds == {int} else "float64"


def _check_kinds(kinds: set[type], dtype: str) -> None:
    allowed: set[type] = {int, float} if dtype in FLOATS else {bool} if dtype == "bool" else {int}
    if kinds <= allowed:
        return
    if list in kinds or tuple in kinds:
        raise PydanticCustomError("tensor_ragged", "must have lists of one length at each depth")
    words = "numbers" if dtype in FLOATS else "booleans" if dtype == "bool" else "integers"
    raise PydanticCustomError("tensor_element", "must hold {words} only", {"words": words})


def _filled(elements: list[Any], dtype: str) -> Array:
    try:
        if dtype in FLOATS:
            return _narrowed(np.array(elements, dtype=np.float64), dtype)
        return np.array(elements, dtype=dtype)
    except OverflowError:
        raise PydanticCustomError("tensor_range", "holds a number that {dtype} cannot", {"dtype": dtype}) from None


def _narrowed(array: Array, dtype: str) -> Array:
    with np.errstate(over="ignore"):
        found = _rounded(array) if dtype == "bfloat16" else array.astype(dtype, copy=False)
    if bool(np.any(np.isinf(found) & np.isfinite(array))):
        raise PydanticCustomError("tensor_range", "holds a number that {dtype} cannot", {"dtype": dtype})
    return found


# From what has a dtype


def _named(array: Array) -> tuple[Array, str]:
    name = _name(array)
    if name == "bfloat16":  # of ml_dtypes
        return array.astype(np.float32), name
    if name not in DTYPES:
        raise PydanticCustomError("tensor_dtype", "has the dtype {dtype}, which cannot be sent", {"dtype": name})
    return array, name


def _typed(value: Mapping[str, Any], most: int) -> tuple[Array, str]:
    """A tensor object: bytes whose length must be exactly what dtype and shape say."""
    for key in ("dtype", "shape", "data"):
        if key not in value:
            raise PydanticCustomError("tensor_object", "lacks the field `{key}`", {"key": key})
    unknown = next((key for key in value if key not in ("dtype", "shape", "data")), None)
    if unknown is not None:
        raise PydanticCustomError("tensor_object", "has the unknown field `{key}`", {"key": str(unknown)})
    dtype = value["dtype"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise PydanticCustomError("tensor_dtype", "has a `dtype` other than {known}", {"known": ", ".join(DTYPES)})
    shape = _sizes(value["shape"], most)
    return _from_bytes(_bytes(value["data"]), dtype, shape), dtype


def _sizes(shape: Any, most: int) -> tuple[int, ...]:
    sizes = tuple(shape) if isinstance(shape, Sequence) and not isinstance(shape, str) else (-1,)
    if len(sizes) > MOST_DIMENSIONS or any(type(size) is not int or size < 0 for size in sizes):
        raise PydanticCustomError("tensor_shape", "has a `shape` that is not a short list of sizes")
    _check_size(math.prod(filter(None, sizes)), most)  # [0, 9999] is empty, but what a model makes of it may not be
    return sizes


def _bytes(data: Any) -> bytes:
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise PydanticCustomError("tensor_data", "has `data` that is not base64") from None


def _from_bytes(data: bytes, dtype: str, shape: tuple[int, ...]) -> Array:
    stored = _STORED[dtype]
    expected = math.prod(shape) * stored.itemsize
    if len(data) != expected:
        raise PydanticCustomError(
            "tensor_data",
            "has {found} bytes of `data` where dtype and shape need {expected}",
            {"found": len(data), "expected": expected},
        )
    array = np.frombuffer(data, dtype=stored).reshape(shape)
    if dtype == "bfloat16":
        return np.asarray(np.left_shift(array, 16, dtype=np.uint32)).view(np.float32)
    if dtype == "bool":
        return array.view(np.uint8).astype(np.bool_)
    return array.astype(PLAIN[dtype])  # a copy: arrays over a message's bytes are read-only, which torch warns about


def _cast(array: Array, found: str, wanted: str) -> Array:
    if wanted in ("any", found):
        return array
    plain = "float32" if wanted == "bfloat16" else wanted
    if found == "float32" and wanted == "bfloat16":  # numpy holds the one in the other
        return _rounded(array)
    if found == "bfloat16":
        found = "float32"
    if wanted == "bfloat16" or not np.can_cast(found, plain, "safe"):
        raise PydanticCustomError(
            "tensor_dtype", "must have the dtype {wanted}, not {found}", {"wanted": wanted, "found": found}
        )
    return array.astype(plain)


def _fitted(array: Array, shape: tuple[int, ...] | None) -> Array:
    if shape is None:
        if array.ndim > MOST_DIMENSIONS:
            raise _too_deep()
        return array
    if array.size == 0 and array.ndim < len(shape):  # nested lists cannot say the sizes inside an empty list
        array = array.reshape(*array.shape, *(max(size, 0) for size in shape[array.ndim :]))
    if array.ndim != len(shape) or any(
        wanted not in (-1, found) for wanted, found in zip(shape, array.shape, strict=True)
    ):
        raise PydanticCustomError(
            "tensor_shape",
            "must have the shape {wanted}, not {found}",
            {"wanted": _written(shape), "found": _written(array.shape)},
        )
    return array


def _written(shape: tuple[int, ...]) -> str:
    return "[" + ", ".join("*" if size < 0 else str(size) for size in shape) + "]"


def _rounded(array: Array) -> Array:
    """To the nearest bfloat16, ties to even, kept as float32."""
    single = array.astype(np.float32)
    bits = single.view(np.uint32) if single.ndim else single.reshape(1).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    found = np.where(np.isnan(single), single, rounded.astype(np.uint32).view(np.float32).reshape(single.shape))
    return np.asarray(found, dtype=np.float32)


# To the wire


def to_json(array: Array) -> bytes | None:
    """The lists as JSON, quickly; None where it holds what JSON has no number for."""
    if array.dtype.kind not in "fiu" or not array.ndim or not np.isfinite(array).all():
        return None
    return orjson.dumps(np.ascontiguousarray(array), option=orjson.OPT_SERIALIZE_NUMPY)


def to_lists(array: Array) -> Any:
    """Nested lists of numbers; one number for a tensor without dimensions. NaN is left to the writer of JSON."""
    return array.tolist()


def to_proto(array: Array, message: Message, dtype: str = "") -> Message:
    """Fill a tensor message: little-endian bytes in C order.

    Args:
        array: what to send.
        message: a message with `dtype`, `shape` and `data`; it is also what is returned.
        dtype: the declared dtype, where the array's own does not say it (bfloat16).
    """
    name = dtype if dtype not in ("", "any") else _name(array)
    message.dtype = name
    message.shape.extend(array.shape)
    message.data = _to_bytes(array, name)
    return message


def _to_bytes(array: Array, dtype: str) -> bytes:
    if dtype == "bfloat16":
        return (_rounded(array).view(np.uint32) >> 16).astype("<u2").tobytes()
    stored = array if array.dtype is PLAIN.get(dtype) else array.astype(dtype, copy=False)
    if sys.byteorder == "big":
        stored = stored.astype(stored.dtype.newbyteorder("<"))
    return stored.tobytes()


def _name(array: Array) -> str:
    return _NAMES.get(array.dtype) or array.dtype.name  # which numpy makes anew each time


def from_proto(message: TensorMessage) -> dict[str, Any]:
    """A tensor message as the plain value that a TensorType validates, so that errors name the field it stands in."""
    return {"dtype": message.dtype, "shape": list(message.shape), "data": message.data}
