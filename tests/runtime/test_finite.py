"""NaN and infinity in requests."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import Field, RootModel, create_model

from modelgen.runtime.bounds import WIDEST
from modelgen.runtime.errors import InvalidArgument
from modelgen.runtime.schema import Float32, Json, Schema
from modelgen.runtime.tensors import TensorType
from modelgen.runtime.validation import from_json, from_plain


class Box(Schema):
    width: Annotated[float, Field(alias="w")] = 0.0


Tensor = Annotated[np.ndarray, TensorType("float32")]


def model(kind: Any) -> type[Any]:
    return create_model("Model", __base__=Schema, x=(kind, ...))


@pytest.mark.parametrize(
    ("kind", "text", "fields"),
    [
        (float, "NaN", ["x"]),
        (float, "1e999", ["x"]),
        (float | None, "-Infinity", ["x"]),
        (list[float], "[1, NaN, 2, Infinity]", ["x[1]", "x[3]"]),
        (list[float | str], '["NaN", NaN]', ["x[1]"]),
        (list[Box], '[{"w": 1}, {"w": NaN}]', ["x[1].w"]),
        (dict[str, float], '{"a": NaN}', ["x.a"]),
        (tuple[int, float], "[1, NaN]", ["x[1]"]),
        (RootModel[tuple[int, float]], "[1, NaN]", ["x[1]"]),
        (Json, '{"a": [1, {"b": NaN}]}', ["x.a[1].b"]),
    ],
)
def test_they_are_refused_wherever_they_are(kind, text, fields):
    with pytest.raises(InvalidArgument) as caught:
        from_json(model(kind), f'{{"x": {text}}}'.encode(), WIDEST)
    assert [(detail.field, detail.message) for detail in caught.value.details] == [
        (field, "must be a finite number") for field in fields
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (float, "1e308"),
        (list[float], "[1e308, 1e308]"),
        (str, '"NaN"'),
        (Json, '{"a": [1.5, "NaN"]}'),
        (Tensor, "[NaN]"),
    ],
)
def test_what_is_finite_or_a_tensor_is_taken(kind, text):
    from_json(model(kind), f'{{"x": {text}}}'.encode(), WIDEST)


TOO_LARGE = "must be a number that float32 can hold"


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        (Float32, "1e39", "x"),
        (Float32, "-3.4028235677973366e38", "x"),
        (Float32 | None, "1e300", "x"),
        (list[Float32], "[1, 1e39]", "x[1]"),
        (dict[str, Float32], '{"a": 1e39}', "x.a"),
        (Float32 | str, "1e39", "x"),
    ],
)
def test_what_float32_would_make_infinite_is_refused(kind, text, field):
    for read in (from_json, lambda schema, sent, bounds: from_plain(schema, json.loads(sent), bounds)):
        with pytest.raises(InvalidArgument) as caught:
            read(model(kind), f'{{"x": {text}}}'.encode(), WIDEST)
        assert [(detail.field, detail.message) for detail in caught.value.details] == [(field, TOO_LARGE)]


@pytest.mark.parametrize("text", ["3.4028235677973362e38", "-3.4028235e38", "1e-50", "0.1", "7"])
def test_what_float32_rounds_is_taken(text):
    assert from_json(model(Float32), f'{{"x": {text}}}'.encode(), WIDEST).x == float(text)


def test_results_may_be_infinite():
    assert model(Float32)(x=float("inf")).x == float("inf")


def test_messages_are_held_to_the_same():
    with pytest.raises(InvalidArgument):
        from_plain(model(float), {"x": float("inf")}, WIDEST)
