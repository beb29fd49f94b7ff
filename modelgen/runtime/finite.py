"""NaN and infinity, which JSON does not have: refused in requests, while results may hold them.

One schema serves both ways, so pydantic cannot be told. Tensors are not looked into: there NaN is a value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from modelgen.runtime.errors import Detail, InvalidArgument
from modelgen.runtime.paths import joined


def check_finite(request: BaseModel, under: str) -> None:
    """Raise InvalidArgument where a number is NaN or infinite."""
    for name, _ in _floating(type(request)):
        if not _finite(getattr(request, name)):
            break
    else:
        return
    details = [Detail(field=path, message="must be a finite number") for path in _not_finite(request, under)]
    if details:
        raise InvalidArgument.of(*details)


def _finite(value: Any) -> bool:
    """Whether one look says that all is well; False where it takes a longer one."""
    kind = type(value)
    if kind is float:
        return math.isfinite(value)
    if kind is list:
        try:
            return math.isfinite(sum(value))  # a number that is not finite leaves no finite sum
        except (TypeError, OverflowError):  # other things than numbers; integers beyond every float
            return False
    return value is None or kind is str or kind is int


@cache
def _floating(schema: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """The schema's fields that may hold numbers with a fraction, or values of any type; each with its name in JSON."""
    parts = _field_schemas(schema.__pydantic_core_schema__)
    return tuple(
        (name, field.alias or name)
        for name, field in schema.model_fields.items()
        if name not in parts or _may_hold_floats(parts[name])
    )


def _field_schemas(core: Any) -> Mapping[str, Any]:
    """The fields of a model's core schema; none where it is one that refers to others, which may be itself."""
    while isinstance(core, Mapping) and core.get("type") in ("model", "model-fields"):
        if core["type"] == "model-fields":
            found: Mapping[str, Any] = core["fields"]
            return found
        core = core["schema"]
    return {}


def _may_hold_floats(part: Any) -> bool:
    waiting: list[Any] = [part]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if part.get("type") in ("float", "any", "definition-ref"):
                return True
            waiting.extend(value for key, value in part.items() if key not in ("serialization", "metadata"))
        elif isinstance(part, (list, tuple)):
            waiting.extend(part)
    return False


def _not_finite(value: Any, path: str) -> Iterator[str]:
    """The paths of the numbers that are not finite."""
    if isinstance(value, float):
        if not math.isfinite(value):
            yield path
    elif isinstance(value, BaseModel):
        root = getattr(value, "root", value)
        if root is not value:
            yield from _not_finite(root, path)
            return
        for name, alias in _floating(type(value)):
            yield from _not_finite(getattr(value, name), joined(path, alias))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _not_finite(item, joined(path, str(key)))
    elif isinstance(value, (list, tuple)) and not _finite(value):
        for position, item in enumerate(value):
            yield from _not_finite(item, joined(path, position))
