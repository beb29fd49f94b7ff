"""The types that generated schemas are made of."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal as Number
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError, create_model

from modelgen.runtime.schema import Base64, Base64Type, Decimal, Duration, Json, JsonObject, Schema, Timestamp
from modelgen.runtime.validation import from_validation

PNG = Annotated[bytes, Base64Type("image/png"), Field(max_length=3)]


def model(kind: Any) -> type[Any]:
    return create_model("Model", __base__=Schema, x=(kind, ...))


@pytest.mark.parametrize(
    ("kind", "text", "value", "written"),
    [
        (Base64, '"aGk="', b"hi", '"aGk="'),
        (Base64, '"-_8="', None, "must be base64"),
        (Base64, '"aGk"', None, "must be base64"),
        (Base64, "1", None, "must be a string"),
        (PNG, '"aGk="', b"hi", '"aGk="'),
        (PNG, '"aGlqaw=="', None, "must have at most 3 bytes"),
        (Timestamp, '"2024-01-02T03:04:05Z"', datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc), None),
        (
            Timestamp,
            '"2024-01-02T03:04:05.5+02:00"',
            datetime(2024, 1, 2, 1, 4, 5, 500000, tzinfo=timezone.utc),
            '"2024-01-02T03:04:05.500000+02:00"',
        ),
        (Timestamp, '"2024-01-02T03:04:05"', None, "must be a timestamp like 2024-01-31T12:30:00Z"),
        (Timestamp, '"2024-01-02"', None, "must be a timestamp like 2024-01-31T12:30:00Z"),
        (Timestamp, '"1700000000"', None, "must be a timestamp like 2024-01-31T12:30:00Z"),
        (Timestamp, "1700000000", None, "must be a timestamp like 2024-01-31T12:30:00Z"),
        (Timestamp, '"2024-13-02T03:04:05Z"', None, "must be a timestamp like 2024-01-31T12:30:00Z"),
        (Duration, '"PT1M30S"', timedelta(seconds=90), None),
        (Duration, '"P1DT0.5S"', timedelta(days=1, milliseconds=500), None),
        (Duration, '"90"', None, "must be a duration like PT1M30S"),
        (Duration, "90", None, "must be a duration like PT1M30S"),
        (Duration, '"P1Y"', None, "must be a duration like PT1M30S"),
        (Decimal, '"1.50"', Number("1.50"), None),
        (Decimal, "1.5", None, "must be a decimal number in a string"),
        (Decimal, '"NaN"', None, "must be a decimal number in a string"),
        (Json, '{"a":[1,null,"x"]}', {"a": [1, None, "x"]}, None),
        (Json, "null", None, "null"),
        (JsonObject, '{"a":1}', {"a": 1}, None),
        (JsonObject, "[1]", None, "must be an object"),
    ],
)
def test_json_is_strict_and_comes_back(kind, text, value, written):
    schema = model(kind)
    sent = f'{{"x":{text}}}'
    if value is None and written != "null":
        with pytest.raises(ValidationError) as caught:
            schema.model_validate_json(sent)
        (detail,) = from_validation(caught.value, sent.encode()).details
        assert (detail.field, detail.message) == ("x", written)
        return
    found = schema.model_validate_json(sent)
    assert found.x == value
    assert found.model_dump_json() == f'{{"x":{written or text}}}'


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (Base64, bytearray(b"hi"), '"aGk="'),
        (Base64, memoryview(b"hi"), '"aGk="'),
        (Timestamp, datetime(2024, 1, 2), '"2024-01-02T00:00:00Z"'),
        (Duration, timedelta(hours=1), '"PT1H"'),
        (Decimal, Number("1.20"), '"1.20"'),
        (Decimal, "1.20", '"1.20"'),
        (Json, float("nan"), '"NaN"'),
    ],
)
def test_python_may_give_its_own_types(kind, value, written):
    assert model(kind).model_validate({"x": value}, strict=False).model_dump_json() == f'{{"x":{written}}}'


def test_unknown_fields_are_refused_and_nan_is_written_as_a_string():
    class Score(Schema):
        value: float

    with pytest.raises(ValidationError):
        Score(value=1.0, other=1)
    assert Score(value=float("nan")).model_dump_json() == '{"value":"NaN"}'


def test_the_media_type_is_in_the_document():
    found = model(PNG).model_json_schema()["properties"]["x"]
    assert (found["contentEncoding"], found["contentMediaType"]) == ("base64", "image/png")


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (timedelta(), "PT0S"),
        (timedelta(days=400, milliseconds=500), "P400DT0.5S"),
        (timedelta(minutes=-1), "-PT1M"),
        (timedelta(days=-1, hours=1), "-PT23H"),
        (timedelta(days=2), "P2D"),
    ],
)
def test_a_duration_is_written_as_it_is_read(span: timedelta, written: str) -> None:
    adapter = TypeAdapter(Duration)
    assert adapter.dump_json(span) == f'"{written}"'.encode()
    assert adapter.validate_json(f'"{written}"') == span
