"""What callers are told of what a model raises."""

from __future__ import annotations

import json

import grpc
import pytest
from pydantic import BaseModel

from modelgen.runtime import errors
from modelgen.runtime.errors import CODES, Internal, InvalidArgument, NotFound, ServiceError, from_model


class Missing(LookupError):
    pass


class VeryMissing(Missing):
    pass


DOTTED = f"{__name__}.Missing"


def every(kind: type[ServiceError]) -> list[type[ServiceError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in every(child))]


@pytest.mark.parametrize("kind", every(ServiceError))
def test_every_error_has_numbers_that_both_protocols_know(kind):
    assert kind.status in range(400, 600)
    assert kind.grpc in {code.value[0] for code in grpc.StatusCode}
    assert kind.code in CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_that_grpc_has_is_grpcs(code):
    if code in grpc.StatusCode.__members__:
        assert CODES[code].grpc == grpc.StatusCode[code].value[0]


@pytest.mark.parametrize(
    ("error", "raises", "kind", "message"),
    [
        (ValueError("too long"), {}, InvalidArgument, "too long"),
        (TypeError(""), {}, InvalidArgument, "The model refused its input (TypeError)"),
        (RuntimeError("/path"), {}, Internal, "`M.run` failed"),
        (ValueError("x"), {"ValueError": "INTERNAL"}, Internal, "`M.run` failed"),
        (RuntimeError("x"), {"RuntimeError": "NOT_FOUND"}, NotFound, "x"),
        (Missing("x"), {DOTTED: "NOT_FOUND"}, NotFound, "x"),
        (VeryMissing("x"), {DOTTED: "NOT_FOUND"}, NotFound, "x"),
        (VeryMissing("x"), {"LookupError": "INTERNAL", DOTTED: "NOT_FOUND"}, NotFound, "x"),
        (Missing("x"), {"other.Missing": "NOT_FOUND"}, Internal, "`M.run` failed"),
        (Missing("x"), {DOTTED: "NO_SUCH_CODE"}, Internal, "`M.run` failed"),
        (NotFound("as it is"), {}, NotFound, "as it is"),
    ],
)
def test_what_a_model_raises(error, raises, kind, message):
    told = from_model(error, raises, "M.run")
    assert type(told) is kind
    assert told.message == message


def test_an_exception_is_found_by_the_name_it_is_re_exported_under(monkeypatch):
    monkeypatch.setattr(json, "Missing", Missing, raising=False)
    assert isinstance(from_model(Missing("x"), {"json.Missing": "NOT_FOUND"}, "M.run"), NotFound)


def test_a_validation_error_of_the_models_own_has_no_url():
    class Model(BaseModel):
        width: int

    with pytest.raises(ValueError, match="width") as caught:
        Model(width="x")
    message = from_model(caught.value, {}, "M.run").message
    assert message.startswith("`width`: ")
    assert "http" not in message


def test_the_body():
    found = errors.body(InvalidArgument.of(errors.Detail(field="inputs", message="is required")), "id")
    assert found.pop("timestamp")
    assert found == {
        "error": "`inputs` is required",
        "error_code": "INVALID_ARGUMENT",
        "details": [{"field": "inputs", "message": "is required"}],
        "request_id": "id",
    }
