"""What schemathesis is taught of generated services, and what of its complaints is no fault of theirs.

Each check of its own that is left out of a run has its stricter twin here, which hears it first and keeps what it says
unless one of these holds:

- An integer is written without a fraction: JSON Schema counts 1.0 as an integer, a service as a number.
- Decimal numbers are strings, of which JSON Schema cannot say how large they may be.
- JSON Schema cannot say how many bytes a tensor's dtype and shape need, nor that lists of one depth are of one length,
  nor that booleans and numbers do not mix in an array of no declared type.
- A model, or a class of the package that is served, may refuse what its types allow; its own words are no `details`.
- A result may hold numbers that JSON does not have: "NaN", "Infinity" and "-Infinity" then.
- A fixture's model may fail on purpose, and says so by name (MODEL_FAILS): a fault of the service does not.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance, response_schema_conformance

LEFT_OUT = ("positive_data_acceptance", "response_schema_conformance", "not_a_server_error")
"""The checks that have twins here."""
MODEL_FAILS = "MODELGEN_MODEL_FAILS"
"""Set where the served models fail on purpose."""
TENSOR = re.compile(
    r"has \d+ bytes of `data` where|must have the (shape|dtype) |has too many |has more than \d+ elements|has a `shape` that is not a short list"
    r"|must have lists of one length at each depth|must hold (numbers|integers|booleans) only"
)
BOUND = re.compile(r"must be (greater than|less than|a multiple of|\S+ or (greater|less))")
DECIMAL = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")
FAILED = re.compile(r"`\w+\.\w+` (failed|is declared to return .*)")

schemathesis.openapi.format("base64", st.binary().map(lambda raw: base64.b64encode(raw).decode()))


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: Any) -> None:
    """`contentEncoding` is a note in JSON Schema: make a format of it, so that positive data is base64."""
    for schema in _objects(raw_schema):
        if schema.get("contentEncoding") == "base64":
            schema["format"] = "base64"


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """The request as the first line, with no pieces behind it."""
    return json.dumps(value).encode() + b"\n"


@schemathesis.check
def positive_data(ctx: Any, response: Any, case: Any) -> None:
    """Positive data is accepted, but for what the types cannot say."""
    try:
        positive_data_acceptance(ctx, response, case)
    except (Failure, FailureGroup):
        if response.status_code != 422 or not all(_unsayable(detail, case.body) for detail in _details(response)):
            raise


@schemathesis.check
def response_schema(ctx: Any, response: Any, case: Any) -> None:
    """Answers are what their schema says, with a number for each that JSON does not have."""
    try:
        response_schema_conformance(ctx, response, case)
    except (Failure, FailureGroup):
        finite = copy.copy(response)
        finite.content = re.sub(rb'\\?"(-?Infinity|NaN)\\?"', b"0.5", response.content)
        finite.clear_cache()
        if finite.content == response.content:
            raise
        response_schema_conformance(ctx, finite, case)


@schemathesis.check
def server_error(ctx: Any, response: Any, case: Any) -> None:
    """The service has no fault of its own."""
    try:
        not_a_server_error(ctx, response, case)
    except (Failure, FailureGroup):
        said = response.json()["error"] if response.status_code == 500 else ""
        if not (os.environ.get(MODEL_FAILS) and FAILED.fullmatch(said)):
            raise


def _details(response: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = response.json()["details"]
    return found


def _unsayable(detail: dict[str, str], body: Any) -> bool:
    """Whether the schema could not have said so."""
    if TENSOR.match(detail["message"]):
        return True
    sent = list(_values(body))
    if BOUND.match(detail["message"]):
        return any(isinstance(value, str) and DECIMAL.fullmatch(value) for value in sent)
    return "integer" in detail["message"] and any(isinstance(value, float) and value.is_integer() for value in sent)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    return (found for found in _values(value) if isinstance(found, dict))


def _values(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _values(one)
