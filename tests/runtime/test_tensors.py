"""Arrays, from and to every form that they travel in."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic import ValidationError, create_model

from modelgen.runtime.schema import Schema
from modelgen.runtime.tensors import DTYPES, TensorType, from_proto, to_proto
from modelgen.runtime.validation import from_validation


@dataclass
class Message:
    """Like the protobuf message."""

    dtype: str = ""
    shape: list[int] = field(default_factory=list)
    data: bytes = b""


def model(dtype: str = "any", shape: tuple[int, ...] | None = None) -> type[Any]:
    return create_model("Model", __base__=Schema, x=(Annotated[np.ndarray, TensorType(dtype, shape)], ...))


def read(dtype: str, shape: tuple[int, ...] | None, sent: object) -> np.ndarray:
    """What a schema makes of JSON."""
    return model(dtype, shape).model_validate_json(json.dumps({"x": sent})).x


def refused(dtype: str, shape: tuple[int, ...] | None, sent: object) -> str:
    """What a schema says against JSON."""
    text = json.dumps({"x": sent}).encode()
    with pytest.raises(ValidationError) as caught:
        model(dtype, shape).model_validate_json(text)
    (detail,) = from_validation(caught.value, text).details
    assert detail.field == "x"
    return detail.message


def typed(array: np.ndarray, **other: object) -> dict[str, object]:
    data = base64.b64encode(array.tobytes()).decode()
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": data, **other}


@pytest.mark.parametrize(
    ("dtype", "shape", "sent", "expected"),
    [
        ("float32", (-1, 3), [[1, 2.5, 3]], np.array([[1, 2.5, 3]], np.float32)),
        ("float64", None, [1, 2], np.array([1.0, 2.0])),
        ("int64", None, [[1], [2]], np.array([[1], [2]])),
        ("uint8", (2,), [0, 255], np.array([0, 255], np.uint8)),
        ("uint64", (1,), [2**64 - 1], np.array([2**64 - 1], np.uint64)),
        ("bool", None, [True, False], np.array([True, False])),
        ("any", None, [1, 2], np.array([1, 2])),
        ("any", None, [1, 2.0], np.array([1.0, 2.0])),
        ("any", None, [True], np.array([True])),
        ("float32", (), 5, np.array(5, np.float32)),
        ("float32", (-1, 3), [], np.zeros((0, 3), np.float32)),
        ("float32", (-1, -1), [[], []], np.zeros((2, 0), np.float32)),
        ("float16", None, ["NaN", "Infinity", -1], np.array([np.nan, np.inf, -1], np.float16)),
        ("bfloat16", None, [1.0, 1.00390625], np.array([1.0, 1.0], np.float32)),
    ],
)
def test_lists_become_arrays(dtype, shape, sent, expected):
    found = read(dtype, shape, sent)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("dtype", "shape", "sent", "message"),
    [
        ("int64", None, [1.0], "must hold integers only"),
        ("int64", None, [True], "must hold integers only"),
        ("float32", None, [1.0, True], "must hold numbers only"),
        ("float32", None, ["1"], "must hold numbers only"),
        ("float32", None, [None], "must hold numbers only"),
        ("bool", None, [1], "must hold booleans only"),
        ("float32", None, [[1, 2], [3]], "must have lists of one length at each depth"),
        ("float32", None, [[1], 2], "must have lists of one length at each depth"),
        ("float32", None, [1, [2]], "must have lists of one length at each depth"),
        ("uint8", None, [256], "holds a number that uint8 cannot"),
        ("uint8", None, [-1], "holds a number that uint8 cannot"),
        ("int64", None, [2**63], "holds a number that int64 cannot"),
        ("float32", None, [1e300], "holds a number that float32 cannot"),
        ("float16", None, [70000], "holds a number that float16 cannot"),
        ("bfloat16", None, [3.4e38], "holds a number that bfloat16 cannot"),
        ("float64", None, [10**400], "holds a number that float64 cannot"),
        ("float32", (-1, 3), [[1, 2]], "must have the shape [*, 3], not [1, 2]"),
        ("float32", (-1, 3), [1, 2, 3], "must have the shape [*, 3], not [3]"),
        ("float32", (-1, 3), [[[]]], "must have the shape [*, 3], not [1, 1, 0]"),
        ("float32", None, "abc", "must be a list of numbers or a tensor object"),
        ("float32", None, None, "must be a list of numbers or a tensor object"),
        ("float32", None, {}, "lacks the field `dtype`"),
        ("float32", None, typed(np.zeros(1), more=1), "has the unknown field `more`"),
        ("float64", None, typed(np.zeros(2), shape=[3]), "has 16 bytes of `data` where dtype and shape need 24"),
        ("float64", None, typed(np.zeros(2), shape=[-2]), "has a `shape` that is not a short list of sizes"),
        ("float64", None, typed(np.zeros(2), shape=[2.0]), "has a `shape` that is not a short list of sizes"),
        ("float64", None, typed(np.zeros(2), shape=[True]), "has a `shape` that is not a short list of sizes"),
        ("float64", None, typed(np.zeros(2), shape=[2**40, 2**40]), "has more than 281474976710656 elements"),
        ("float64", None, typed(np.zeros(2), data="?"), "has `data` that is not base64"),
        ("float64", None, typed(np.zeros(2), data=5), "has `data` that is not base64"),
        ("float64", None, typed(np.zeros(2), dtype="object"), f"has a `dtype` other than {', '.join(DTYPES)}"),
        ("float64", None, typed(np.zeros(2), dtype=["float64"]), f"has a `dtype` other than {', '.join(DTYPES)}"),
        ("float32", None, typed(np.zeros(2)), "must have the dtype float32, not float64"),
        ("int32", None, typed(np.zeros(2, np.int64)), "must have the dtype int32, not int64"),
        ("bfloat16", None, typed(np.zeros(2, np.float64)), "must have the dtype bfloat16, not float64"),
    ],
)
def test_what_is_no_such_tensor_is_refused(dtype, shape, sent, message):
    assert refused(dtype, shape, sent) == message


def test_lists_too_deep_are_refused():
    deep: object = 1
    for _ in range(40):
        deep = [deep]
    assert refused("float32", None, deep) == "has more than 32 dimensions"


def test_a_typed_tensor_converts_without_loss():
    assert read("float64", None, typed(np.ones(2, np.float32))).dtype == np.float64
    assert read("int64", None, typed(np.ones(2, np.int32))).dtype == np.int64


def test_an_array_is_taken_in_python():
    array = np.ones((1, 3), np.float32)
    assert model("float32", (-1, 3))(x=array).x is array


def test_a_result_of_another_dtype_or_shape_is_refused():
    with pytest.raises(ValidationError):
        model("float32", (-1, 3))(x=np.ones((1, 3)))
    with pytest.raises(ValidationError):
        model("float32", (-1, 3))(x=np.ones((3,), np.float32))
    with pytest.raises(ValidationError):
        model()(x=np.array([object()]))


@pytest.mark.parametrize(
    ("dtype", "shape", "array", "expected"),
    [
        ("float32", (-1, 2), np.array([[1, 0.5]], np.float32), b"[[1.0,0.5]]"),
        ("float32", (-1,), np.array([np.nan, np.inf, -np.inf], np.float32), b'["NaN","Infinity","-Infinity"]'),
        ("any", None, np.array([np.nan, 1.0]), b'["NaN",1.0]'),
        ("any", None, np.array(3), b"3"),
        ("bool", (-1,), np.array([True]), b"[true]"),
        ("int64", (-1, -1), np.zeros((2, 0), np.int64), b"[[],[]]"),
    ],
)
def test_arrays_are_written_as_lists(dtype, shape, array, expected):
    assert model(dtype, shape)(x=array).model_dump_json().encode() == b'{"x":' + expected + b"}"


def test_a_schema_says_what_it_takes():
    schema = model("float32", (-1, 3)).model_json_schema()["properties"]["x"]
    lists, typed_tensor = schema["anyOf"]
    row = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
    assert lists == {"type": "array", "items": row}
    assert typed_tensor["required"] == ["dtype", "shape", "data"]


def test_an_unknown_dtype_is_refused_where_it_is_written():
    with pytest.raises(ValueError, match="no such tensor dtype: 'floaty'"):
        TensorType("floaty")


@given(
    arrays.arrays(dtype=st.sampled_from([d for d in DTYPES if d != "bfloat16"]), shape=arrays.array_shapes(min_dims=0))
)
def test_a_message_gives_back_what_was_put_in(array):
    message = to_proto(array, Message())
    found = TensorType(array.dtype.name).validate(from_proto(message))
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    assert found.flags.writeable


def test_bfloat16_keeps_its_two_bytes():
    array = np.array([[1.0, -2.5, np.nan, np.inf]], np.float32)
    message = to_proto(array, Message(), "bfloat16")
    assert (message.dtype, message.shape, len(message.data)) == ("bfloat16", [1, 4], 8)
    np.testing.assert_array_equal(TensorType("bfloat16").validate(from_proto(message)), array)


def test_bytes_are_little_endian_and_in_c_order():
    array = np.array([[1, 2], [3, 4]], dtype=">i4").T
    assert to_proto(array, Message()).data == np.array([1, 3, 2, 4], "<i4").tobytes()


@given(arrays.arrays(dtype=st.sampled_from(["float32", "float64", "int64"]), shape=arrays.array_shapes(max_side=4)))
def test_lists_give_back_what_was_put_in(array):
    schema = model(array.dtype.name, (-1,) * array.ndim)
    found = schema.model_validate_json(schema(x=array).model_dump_json()).x
    np.testing.assert_array_equal(found, array)
