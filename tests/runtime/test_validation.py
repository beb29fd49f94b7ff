"""What pydantic finds wrong, in the words that callers see."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import Field, ValidationError, create_model

from modelgen.runtime.errors import MalformedRequest
from modelgen.runtime.schema import Schema
from modelgen.runtime.tensors import TensorType
from modelgen.runtime.validation import from_validation


class Box(Schema):
    width: int
    name: str = ""


class Mood(Enum):
    HAPPY = "happy"
    SAD = "sad"


Tensor = Annotated[np.ndarray, TensorType("float32", (-1,))]


def told(kind: Any, text: str) -> list[tuple[str, str]]:
    schema = create_model("Model", __base__=Schema, x=(kind, ...))
    sent = f'{{"x": {text}}}'.encode()
    with pytest.raises(ValidationError) as caught:
        schema.model_validate_json(sent)
    return [(detail.field, detail.message) for detail in from_validation(caught.value, sent).details]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (list[Box], '[{"width": 1}, {"name": 1}]', [("x[1].width", "is required"), ("x[1].name", "must be a string")]),
        (dict[str, Box], '{"a b": {}}', [("x.a b.width", "is required")]),
        (dict[Literal["a"], int], '{"b": 1}', [("x.b", "must be 'a'")]),
        (tuple[int, str], "[1]", [("x[1]", "is required")]),
        (Literal["a", "b"], '"c"', [("x", "must be 'a' or 'b'")]),
        (Mood, '"c"', [("x", "must be 'happy' or 'sad'")]),
        (str | int, "1.5", [("x", "must be a string or an integer")]),
        (str | list[str], "[1]", [("x[0]", "must be a string")]),
        (Box | str, '{"name": "a"}', [("x.width", "is required")]),
        (Box | list[Box], '[{"width": "a"}]', [("x[0].width", "must be an integer")]),
        (Tensor | str, "[[1]]", [("x", "must have the shape [*], not [1, 1]")]),
        (Tensor | str, "null", [("x", "must be a list of numbers or a tensor object or a string")]),
        (Annotated[int, Field(ge=1)] | Box, "0", [("x", "must be 1 or greater")]),
        (Annotated[str, Field(pattern="^a")], '"b"', [("x", "must match the pattern ^a")]),
        (Annotated[list[int], Field(max_length=1)], "[1, 2]", [("x", "must have at most 1 items")]),
        (int | None, '"a"', [("x", "must be an integer")]),
        (int, str(10**30) + ".0", [("x", "must be an integer")]),
        (
            list[str | int],
            "[null, 1.5]",
            [("x[0]", "must be a string or an integer"), ("x[1]", "must be a string or an integer")],
        ),
    ],
)
def test_the_words(kind, text, expected):
    assert told(kind, text) == expected


def test_what_is_no_json_is_malformed():
    with pytest.raises(ValidationError) as caught:
        Box.model_validate_json(b"{")
    error = from_validation(caught.value, b"{")
    assert isinstance(error, MalformedRequest)
    assert error.status == 400
    assert error.message.startswith("The request is not valid JSON: EOF while parsing")


def test_no_message_has_an_url_or_a_value():
    with pytest.raises(ValidationError) as caught:
        Box.model_validate({"width": "secret", "other": "secret"})
    error = from_validation(caught.value, {"width": "secret", "other": "secret"})
    assert "http" not in error.message
    assert "secret" not in str([error.message, error.details])


def test_many_problems_are_all_details_and_three_of_them_the_sentence():
    with pytest.raises(ValidationError) as caught:
        Box.model_validate({str(number): 1 for number in range(5)})
    error = from_validation(caught.value, {str(number): 1 for number in range(5)})
    assert len(error.details) == 6
    assert error.message.endswith("; and 3 more")
