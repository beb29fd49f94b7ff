"""NaN and infinity in requests."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import Field, RootModel, create_model

from modelgen.runtime.bounds import WIDEST
from modelgen.runtime.errors import InvalidArgument
from modelgen.runtime.schema import Json, Schema
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


def test_messages_are_held_to_the_same():
    with pytest.raises(InvalidArgument):
        from_plain(model(float), {"x": float("inf")}, WIDEST)
