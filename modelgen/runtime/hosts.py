"""Values of the served package, as schemas and messages take them. What every generated converter calls.

A model answers with what its library gave it: a numpy scalar where it declares a float, a tuple where it declares a
list. These are the same value. A string where it declares a list is not: such a value raises TypeError.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from google.protobuf import duration_pb2, struct_pb2, timestamp_pb2

_EXACT = 2**53
"""Up to here a double holds every integer."""
_INTEGER = re.compile(r"-?[0-9]{1,20}")


def expect(value: object, declared: type | tuple[type, ...]) -> None:
    """Raise TypeError unless the value is of the declared class."""
    if not isinstance(value, declared):
        raise mismatch(declared.__name__ if isinstance(declared, type) else str(declared), value)


def mismatch(declared: str, value: object) -> TypeError:
    """The error for a value that is not what was declared."""
    return TypeError(f"expected {declared}, got {type(value).__name__}")


def plain(value: Any) -> Any:
    """A number of numpy, or of a tensor without dimensions, as Python's own; anything else as it is."""
    if type(value) in (float, int, bool, str) or value is None:
        return value
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return value.item()
    return value


def items(value: Any) -> list[Any]:
    """The items of a list, tuple, set or one-dimensional array; TypeError for anything else, strings above all."""
    if isinstance(value, list):
        return value
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    if is_array(value) and value.shape != ():
        return list(value)
    if hasattr(value, "__len__") and hasattr(value, "__iter__") and not isinstance(value, str | bytes | Mapping):
        return list(value)
    raise mismatch("a list", value)


def numbers(value: Any) -> list[Any]:
    """The items of a list of numbers or strings, each as Python's own."""
    if is_array(value) and value.shape != ():
        found: list[Any] = value.tolist()
        return found
    found = items(value)
    if set(map(type, found)) <= {float, int, bool, str}:
        return found
    return [plain(item) for item in found]


def is_array(value: object) -> bool:
    """Whether it is an array of numpy or a tensor of torch, neither of which need be imported to ask."""
    return hasattr(value, "shape") and hasattr(value, "dtype")


def jsonable(value: Any) -> Any:
    """A value of any JSON type, with what libraries put into such values made plain.

    Raises:
        TypeError: JSON has no word for it.
    """
    value = plain(value)
    match value:
        case None | bool() | int() | float() | str():
            return value.value if isinstance(value, Enum) else value
        case Mapping():
            return {_key(key): jsonable(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [jsonable(item) for item in value]
        case Enum():
            return jsonable(value.value)
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
    if is_array(value):
        return jsonable(value.tolist())
    raise mismatch("a JSON value", value)


def _key(key: object) -> str:
    found = plain(key.value if isinstance(key, Enum) else key)
    if isinstance(found, str | int | float) and not isinstance(found, bool):
        return str(found)
    raise mismatch("a string as the key of a JSON object", key)


def key_text(key: object) -> str:
    """The key of a map as JSON writes it."""
    found = plain(key.value if isinstance(key, Enum) else key)
    return ("true" if found else "false") if isinstance(found, bool) else str(found)


def key_bool(text: str) -> bool:
    """The bool that a JSON key stands for."""
    if text not in ("true", "false"):
        raise ValueError(f"a key must be true or false, not {text!r}")
    return text == "true"


def key_int(text: str, kind: str) -> int:
    """The integer of a width (`int32`, `uint64`) that a JSON key stands for."""
    bits = int(kind.lstrip("uint"))
    low, high = (0, 1 << bits) if kind.startswith("u") else (-(1 << bits - 1), 1 << bits - 1)
    if not _INTEGER.fullmatch(text) or not low <= int(text) < high:
        raise ValueError(f"a key must be an integer of type {kind}, not {text[:40]!r}")
    return int(text)


def key_literal(text: str, values: tuple[Any, ...]) -> Any:
    """The one of the values that a JSON key stands for."""
    for value in values:
        if key_text(value) == text:
            return value
    raise ValueError(f"a key must be one of {', '.join(map(key_text, values))}, not {text[:40]!r}")


# Well-known messages


def json_to_proto(value: Any) -> struct_pb2.Value:
    """A JSON value as google.protobuf.Value, whose numbers are doubles.

    Raises:
        ValueError: an integer that a double cannot hold.
    """
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            if isinstance(value, int) and abs(value) > _EXACT:
                raise ValueError(f"{value} is too large for a google.protobuf.Value, which holds doubles")
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Mapping():
            fields = {key: json_to_proto(item) for key, item in value.items()}
            return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
        case _:
            values = [json_to_proto(item) for item in value]
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=values))


def json_from_proto(value: struct_pb2.Value) -> Any:
    """A google.protobuf.Value as plain Python; whole numbers become int, as protobuf's own JSON has them."""
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if math.isfinite(number) and number.is_integer() and abs(number) <= _EXACT else number
        case "string_value":
            return value.string_value
        case "struct_value":
            return {key: json_from_proto(item) for key, item in value.struct_value.fields.items()}
        case "list_value":
            return [json_from_proto(item) for item in value.list_value.values]
    return None


def timestamp(value: datetime | None) -> timestamp_pb2.Timestamp | None:
    """A point in time; without a zone it counts as UTC."""
    if value is None:
        return None
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(value if value.tzinfo else value.replace(tzinfo=timezone.utc))
    return message


def duration(value: timedelta | None) -> duration_pb2.Duration | None:
    """A span of time."""
    if value is None:
        return None
    message = duration_pb2.Duration()
    message.FromTimedelta(value)
    return message


# Media


def image(data: bytes) -> Any:
    """A PIL image of encoded bytes."""
    from PIL import Image

    found = Image.open(io.BytesIO(data))
    found.load()
    return found


def image_bytes(value: Any) -> bytes:
    """A PIL image as PNG."""
    buffer = io.BytesIO()
    value.save(buffer, format="PNG")
    return buffer.getvalue()


def content(value: Any) -> bytes:
    """The bytes of a file object, a bytearray or a memoryview."""
    data = value.read() if hasattr(value, "read") else value
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    raise mismatch("bytes", value)


def mirrored(table: Mapping[Any, Any]) -> dict[Any, Any]:
    """A table the other way round."""
    return {value: key for key, value in table.items()}
