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

NUMBERLESS = frozenset((str, int, bool, bytes, type(None)))
"""Types of list items that need no look."""


def check_finite(request: BaseModel, under: str) -> None:
    """Raise InvalidArgument where a number is NaN or infinite."""
    if not _may_hold_floats(type(request)):
        return
    details = [Detail(field=path, message="must be a finite number") for path in _not_finite(request, under)]
    if details:
        raise InvalidArgument.of(*details)


@cache
def _may_hold_floats(schema: type[BaseModel]) -> bool:
    """Whether numbers with a fraction, or values of any type, are anywhere in the schema."""
    waiting: list[Any] = [schema.__pydantic_core_schema__]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if part.get("type") in ("float", "any"):
                return True
            waiting.extend(part.values())
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
        for name, field in type(value).model_fields.items():
            yield from _not_finite(getattr(value, name), joined(path, field.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _not_finite(item, joined(path, str(key)))
    elif isinstance(value, (list, tuple)) and not _plainly_finite(value):
        for position, item in enumerate(value):
            yield from _not_finite(item, joined(path, position))


def _plainly_finite(items: list[Any] | tuple[Any, ...]) -> bool:
    """Whether one look at the whole list says that all is well."""
    kinds = set(map(type, items))
    if kinds <= NUMBERLESS:
        return True
    return kinds == {float} and math.isfinite(sum(items))
