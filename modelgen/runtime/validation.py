"""What pydantic found wrong with a request, in words for its caller."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core import from_json as json_value

from modelgen.runtime import depth, elements
from modelgen.runtime.bounds import Bounds
from modelgen.runtime.errors import Detail, InvalidArgument, MalformedRequest
from modelgen.runtime.finite import check_finite
from modelgen.runtime.paths import joined
from modelgen.runtime.tensors import TensorType

WORDS: Mapping[str, str] = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "none_required": "must be null",
    "string_type": "must be a string",
    "string_unicode": "must be a string",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "bytes_type": "must be bytes",
    "bytes_too_short": "must have at least {min_length} bytes",
    "bytes_too_long": "must have at most {max_length} bytes",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_from_float": "must be an integer",
    "int_parsing_size": "is too large an integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be {ge} or greater",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "iterable_type": "must be a list",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "dict_type": "must be an object",
    "mapping_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dataclass_type": "must be an object",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "date_type": "must be a date like 2024-01-31",
    "date_parsing": "must be a date like 2024-01-31",
    "date_from_datetime_parsing": "must be a date like 2024-01-31",
    "date_from_datetime_inexact": "must be a date like 2024-01-31",
    "time_type": "must be a time like 12:30:00",
    "time_parsing": "must be a time like 12:30:00",
    "datetime_type": "must be a timestamp like 2024-01-31T12:30:00Z",
    "datetime_parsing": "must be a timestamp like 2024-01-31T12:30:00Z",
    "datetime_from_date_parsing": "must be a timestamp like 2024-01-31T12:30:00Z",
    "timezone_aware": "must be a timestamp with its time zone, like 2024-01-31T12:30:00Z",
    "time_delta_type": "must be a duration like PT1M30S",
    "time_delta_parsing": "must be a duration like PT1M30S",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "decimal_type": "must be a decimal number in a string",
    "decimal_parsing": "must be a decimal number in a string",
    "recursion_loop": "must not contain itself",
}
"""What each of pydantic's error types says to a caller."""

OWN = ("value_error", "assertion_error")
"""Types whose message a validator wrote for Python's ears."""

BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Model = TypeVar("Model", bound=BaseModel)

QUICK = frozenset(("inputs", "deployment"))
"""The fields of requests that a tensor may be read of without pydantic's parser."""

MISMATCH = "must be "
"""How the words on a value of the wrong type begin."""


def from_validation(error: ValidationError, sent: Any, *, under: str = "") -> InvalidArgument:
    """The caller's error for what pydantic found.

    Args:
        error: what pydantic raised.
        sent: what was validated: JSON as bytes, or the plain value. Needed to tell fields from the branches of a union.
        under: field path that the value itself has; empty for a request.
    """
    found = error.errors(include_url=False)
    if found[0]["type"] == "json_invalid":
        return MalformedRequest(_unreadable(sent, found[0]["ctx"]["error"]))
    root = json_value(sent) if isinstance(sent, (bytes, bytearray, str)) else sent
    tree = _Node()
    for problem in found:
        tree.add(problem, root)
    return InvalidArgument.of(*(found.detail for found in tree.settle(under)))


def _unreadable(sent: Any, reason: str) -> str:
    """Why something is no JSON, where the parser's own words would not tell its sender what to change."""
    if isinstance(sent, (bytes, bytearray)):
        if not sent.strip():
            return 'The request is empty: send JSON, such as {"inputs": …}'
        if sent.startswith(BYTE_ORDER_MARKS) or b"\0" in sent[:4]:
            return "The request is not valid JSON: it must be UTF-8 without a byte order mark"
    if "hex escape" in reason:
        reason = reason.replace("unexpected end of hex escape", "half of a surrogate pair, as in `\\ud800`")
    return f"The request is not valid JSON: {reason}"


@dataclass(frozen=True, slots=True)
class _Found:
    detail: Detail
    mismatch: bool
    """Whether the value is of another type altogether, so that a branch of a union was not the one that was meant."""


@dataclass(slots=True)
class _Node:
    """Problems by where they are: steps into fields and items, and steps into the branches of a union."""

    problems: list[ErrorDetails] = field(default_factory=list)
    fields: dict[int | str, _Node] = field(default_factory=dict)
    branches: dict[int | str, _Node] = field(default_factory=dict)

    def add(self, problem: ErrorDetails, value: Any) -> None:
        """Put a problem where it belongs; `value` is what this node describes."""
        node = self
        steps = problem["loc"]
        for position, step in enumerate(steps):
            last = position == len(steps) - 1
            if last and problem["type"] in ("missing", "extra_forbidden"):
                node = node.fields.setdefault(step, _Node())
            elif step == "[key]":
                continue
            elif _holds(value, step):
                node, value = node.fields.setdefault(step, _Node()), value[step]
            else:
                node = node.branches.setdefault(step, _Node())
        node.problems.append(problem)

    def settle(self, path: str) -> list[_Found]:
        """What to tell. Of a union, only the branch that the caller most likely meant."""
        found = [_found(problem, path) for problem in self.problems]
        for step, node in self.fields.items():
            found += node.settle(joined(path, step))
        if self.branches:
            found += _likeliest(path, [node.settle(path) for node in self.branches.values()])
        return found


def _found(problem: ErrorDetails, path: str) -> _Found:
    mismatch = problem["type"].endswith(("_type", "_parsing", "none_required", "literal_error", "enum"))
    return _Found(Detail(field=path, message=_words(problem)), mismatch)


def _holds(value: Any, step: int | str) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, (list, tuple)) and isinstance(step, int) and step < len(value)


def _likeliest(path: str, branches: list[list[_Found]]) -> list[_Found]:
    """The branch whose type was right and that complains least; where none was right, all the types it may have."""
    fitting = [
        branch for branch in branches if not all(found.mismatch and found.detail.field == path for found in branch)
    ]
    if fitting:
        return min(fitting, key=len)
    wanted = dict.fromkeys(found.detail.message.removeprefix(MISMATCH) for branch in branches for found in branch)
    return [_Found(Detail(field=path, message=MISMATCH + " or ".join(wanted)), True)]


def _words(problem: ErrorDetails) -> str:
    context = problem.get("ctx", {})
    kind = problem["type"]
    if kind in ("too_short", "too_long") and isinstance(problem["input"], str | bytes):
        kind = f"bytes_{kind}"
    template = WORDS.get(kind)
    if template is not None:
        return template.format_map({name: _plain(value) for name, value in context.items()})
    if problem["type"] in OWN:
        return f"is not valid: {context.get('error', problem['msg'])}"
    message = problem["msg"]
    return message.replace("Input should", "must", 1) if message.startswith("Input should") else message


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@cache
def _wide(schema: type[BaseModel]) -> TensorType | None:
    """The type of a request's inputs, where they are one tensor of many numbers."""
    inputs = schema.model_fields.get("inputs")
    found = [part for part in inputs.metadata if isinstance(part, TensorType)] if inputs is not None else []
    return found[0] if found and found[0].wide else None


def _from_numbers(schema: type[Model], tensor: TensorType, sent: bytes) -> Model | None:
    """A request that is all numbers, in an array without a look at each; None for every other."""
    if b"true" in sent or b"false" in sent:
        return None
    try:
        request = orjson.loads(sent)
    except orjson.JSONDecodeError:
        return None
    if type(request) is not dict or not request.keys() <= QUICK or type(request.get("inputs")) is not list:
        return None
    request["inputs"] = tensor.from_numbers(request["inputs"])
    return None if request["inputs"] is None else schema.model_validate(request)


def from_json(schema: type[Model], sent: bytes, bounds: Bounds, *, under: str = "") -> Model:
    """A request of JSON. Raises InvalidArgument with every field that is wrong.

    Args:
        schema: what it must be.
        sent: the JSON.
        bounds: how far it may go.
        under: field path that the value itself has; empty for a request.
    """
    tensor = _wide(schema)
    if len(sent) > 2 * bounds.depth and depth.levels(schema) > bounds.depth:
        depth.check_json(sent, bounds.depth, under)
    if len(sent) > 2 * bounds.elements and not elements.counted(schema, sent, bounds.elements, under):
        tensor = None
    try:
        if tensor is not None and (quick := _from_numbers(schema, tensor, sent)) is not None:
            return quick
        found: Model = schema.__pydantic_validator__.validate_json(sent, context=bounds)
    except ValidationError as error:
        depth.check_json(sent, bounds.depth, under)
        raise from_validation(error, sent, under=under) from None
    check_finite(found, under)
    return found


def from_lists(schema: type[Model], inputs: list[Any]) -> Model | None:
    """A request of nothing but one tensor, whose lists JSON had no booleans in; None where a longer look is needed."""
    tensor = _wide(schema)
    array = tensor.from_numbers(inputs) if tensor is not None else None
    try:
        return None if array is None else schema.model_validate({"inputs": array})
    except ValidationError:
        return None


def from_plain(schema: type[Model], sent: Any, bounds: Bounds, *, under: str = "") -> Model:
    """The same for a plain value that a message was made into."""
    if depth.levels(schema) > bounds.depth:
        depth.check_plain(sent, bounds.depth, under)
    try:
        found = schema.model_validate(sent, strict=False, context=bounds)
    except ValidationError as error:
        depth.check_plain(sent, bounds.depth, under)
        raise from_validation(error, sent, under=under) from None
    check_finite(found, under)
    return found
