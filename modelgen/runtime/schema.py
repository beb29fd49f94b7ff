"""What generated schemas are made of: their base class, and the types that JSON has no word for.

In JSON every type here is strict and has one spelling. In Python (a message from gRPC, a value from the model) its own
Python type is taken as well.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal as DecimalNumber
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic import RootModel as PydanticRootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Schema(BaseModel):
    """Base of every generated schema: unknown fields and values of a neighbouring type are errors.

    NaN and infinity are values here, since results may hold them; requests are looked through by `finite`.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        ser_json_inf_nan="strings",
        serialize_by_alias=True,
        validate_by_alias=True,
        validate_by_name=True,
        protected_namespaces=(),
        arbitrary_types_allowed=True,
    )


T = TypeVar("T")


class RootModel(PydanticRootModel[T], Generic[T]):
    """Base of generated schemas that are not objects (tuples): as strict as Schema is."""

    model_config = ConfigDict(
        strict=True,
        ser_json_inf_nan="strings",
        arbitrary_types_allowed=True,
    )


@dataclass(frozen=True, slots=True)
class Base64Type:
    """Bytes that are base64 in JSON, with the media type of what they hold."""

    media_type: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(_decoded, core_schema.str_schema(strict=True)),
            python_schema=core_schema.union_schema(
                [
                    core_schema.is_instance_schema(bytes),
                    core_schema.no_info_plain_validator_function(_buffer),
                ],
                custom_error_type="bytes_type",
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _encoded, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found: JsonSchemaValue = {"type": "string", "contentEncoding": "base64"}
        return {**found, "contentMediaType": self.media_type} if self.media_type else found


Base64: TypeAlias = Annotated[bytes, Base64Type()]
"""Bytes of no particular kind."""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PydanticCustomError("base64", "must be base64") from None


def _buffer(value: Any) -> bytes:
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise PydanticCustomError("bytes_type", "must be bytes")


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


@dataclass(frozen=True, slots=True)
class IntegerType:
    """Whole numbers of a width, so that JSON takes the same as a message."""

    lowest: int
    highest: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.int_schema(ge=self.lowest, le=self.highest)


Int32: TypeAlias = Annotated[int, IntegerType(-(2**31), 2**31 - 1)]
Int64: TypeAlias = Annotated[int, IntegerType(-(2**63), 2**63 - 1)]
UInt32: TypeAlias = Annotated[int, IntegerType(0, 2**32 - 1)]
UInt64: TypeAlias = Annotated[int, IntegerType(0, 2**64 - 1)]


FLOAT32_OVERFLOW = 3.4028235677973366e38
"""From here on, numbers round to infinity as a float32."""


@dataclass(frozen=True, slots=True)
class Float32Type:
    """Numbers that a float32 can hold, roundly: none that would become infinite. Results may be that already."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_within_float32, core_schema.float_schema())


def _within_float32(value: float) -> float:
    if FLOAT32_OVERFLOW <= abs(value) < math.inf:
        raise PydanticCustomError("float32", "must be a number that float32 can hold")
    return value


Float32: TypeAlias = Annotated[float, Float32Type()]


TIMESTAMP = r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"
"""RFC 3339."""
DURATION = r"^[+-]?P(\d+W|(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$"
"""ISO 8601, in units that are always of one length."""
DECIMAL = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$"


@dataclass(frozen=True, slots=True)
class TimestampType:
    """A moment: RFC 3339 with its time zone in JSON; a datetime without one counts as UTC."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        moment = core_schema.datetime_schema(strict=False)
        return _spelled(TIMESTAMP, "datetime_parsing", moment, core_schema.is_instance_schema(datetime), _aware)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class DurationType:
    """A length of time: an ISO 8601 duration in JSON."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        length = core_schema.timedelta_schema(strict=False)
        either = _spelled(DURATION, "time_delta_parsing", length, core_schema.is_instance_schema(timedelta), None)
        written = core_schema.plain_serializer_function_ser_schema(
            iso_duration, return_schema=core_schema.str_schema(), when_used="json"
        )
        return core_schema.no_info_after_validator_function(lambda span: span, either, serialization=written)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "duration"}


def iso_duration(span: timedelta) -> str:
    """A span as ISO 8601 in days and smaller, which are of one length: `P400DT0.5S`, `-PT1M`."""
    size = abs(span)
    hours, rest = divmod(size.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{size.microseconds:06d}".rstrip("0") if size.microseconds else ""
    clock = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    days = f"{size.days}D" if size.days else ""
    sign = "-" if span < timedelta() else ""
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days}" if days else "PT0S"


@dataclass(frozen=True, slots=True)
class DecimalType:
    """An exact decimal number: a string in JSON, so that no reader rounds it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.decimal_schema(strict=False, allow_inf_nan=False)
        own = core_schema.chain_schema([core_schema.is_instance_schema(DecimalNumber), number])
        return _spelled(DECIMAL, "decimal_parsing", number, own, None)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "decimal"}


Timestamp: TypeAlias = Annotated[datetime, TimestampType()]
Duration: TypeAlias = Annotated[timedelta, DurationType()]
Decimal: TypeAlias = Annotated[DecimalNumber, DecimalType()]


def _spelled(pattern: str, problem: Any, parsed: CoreSchema, own: CoreSchema, after: Any) -> CoreSchema:
    """A type that JSON spells as a string of that pattern; Python may give that string or the `own` type.

    `own` asks for the class itself: messages are validated leniently, and True is no length of time.
    """
    text = core_schema.chain_schema([core_schema.str_schema(strict=True, pattern=pattern), parsed])
    told = core_schema.custom_error_schema(text, custom_error_type=problem, custom_error_context={"error": "spelling"})
    either = core_schema.json_or_python_schema(
        json_schema=told,
        python_schema=core_schema.union_schema(
            [own, told], custom_error_type=problem, custom_error_context={"error": "type"}
        ),
    )
    return core_schema.no_info_after_validator_function(after, either) if after else either


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment


Json: TypeAlias = Any
"""Any JSON value."""
JsonObject: TypeAlias = dict[str, Any]
"""A JSON object."""
