"""How deep a request is nested, told without recursion and before anything recurses into it.

Most schemas say themselves how deep their requests go: others of those are refused for what they are, and are never
counted. What is counted are bodies for schemas that hold any JSON, or themselves, if there are brackets enough in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
from pydantic import BaseModel

from modelgen.runtime.errors import Detail, MalformedRequest
from modelgen.runtime.tensors import MOST_DIMENSIONS, TensorType

CHUNK = 1 << 20
QUOTE = ord('"')
OTHERS = bytes(set(range(256)) - set(b'[]{}"'))
"""Bytes that neither nest nor begin or end a string."""
STEPS = np.zeros(256, np.int8)
STEPS[[ord("["), ord("{")]] = 1
STEPS[[ord("]"), ord("}")]] = -1


def check_json(sent: bytes, most: int, under: str = "") -> None:
    """Raise MalformedRequest for JSON, or what should be JSON, that is nested deeper than that.

    Args:
        sent: the text.
        most: levels that it may have.
        under: field path that the value itself has; empty for a request.
    """
    if len(sent) > 2 * most and sent.count(b"[") + sent.count(b"{") > most and _deepest(sent, most) > most:
        raise _too_deep(most, under)


def check_plain(value: Any, most: int, under: str = "") -> None:
    """The same for a plain value that a message was made into."""
    level = [value] if isinstance(value, (list, tuple, dict)) else []
    for _ in range(most):
        level = [item for found in level for item in _items(found) if isinstance(item, (list, tuple, dict))]
        if not level:
            return
    raise _too_deep(most, under)


def _items(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _too_deep(most: int, under: str) -> MalformedRequest:
    found = MalformedRequest.of(Detail(field=under, message=f"is nested deeper than {most} levels"))
    assert isinstance(found, MalformedRequest)
    return found


def _deepest(sent: bytes, enough: int) -> int:
    """The most brackets that are open at once outside of strings; counting ends where there are more than enough."""
    if b"\\" in sent:
        sent = sent.replace(b"\\\\", b"").replace(b'\\"', b"")
    deepest = level = quotes = 0
    for start in range(0, len(sent), CHUNK):
        marks = np.frombuffer(sent[start : start + CHUNK].translate(None, OTHERS), np.uint8)
        if not marks.size:
            continue
        within = np.add.accumulate(marks == QUOTE, dtype=np.int64) + quotes
        levels = np.add.accumulate(np.where(within & 1, 0, STEPS[marks]), dtype=np.int64) + level
        deepest = max(deepest, int(levels.max()))
        if deepest > enough:
            break
        quotes, level = int(within[-1]) & 1, int(levels[-1])
    return deepest


# What a schema says


@cache
def levels(schema: type[BaseModel]) -> float:
    """Levels that a valid request of the schema can have at most; infinite where it does not say."""
    return _levels(schema.__pydantic_core_schema__, {}, ())


def _levels(part: Any, known: Mapping[str, Any], open_: tuple[str, ...]) -> float:
    """Levels of a part of a core schema. `known` are the definitions it may refer to, `open_` those that it is in."""

    def most(parts: Iterable[Any]) -> float:
        return max((_levels(one, known, open_) for one in parts), default=0)

    kind = part["type"]
    if kind in FLAT:
        return 0
    if kind in WRAPPERS:
        return _levels(part[WRAPPERS[kind]], known, open_)
    if kind in ("list", "set", "frozenset"):
        return 1 + _levels(part.get("items_schema", ANY), known, open_)
    if kind == "dict":
        return 1 + _levels(part.get("values_schema", ANY), known, open_)
    if kind == "tuple":
        return 1 + most(part["items_schema"])
    if kind == "model-fields":
        return math.inf if part.get("extra_behavior") == "allow" else 1 + most(part["fields"].values())
    if kind == "union":
        return most(one[0] if isinstance(one, tuple) else one for one in part["choices"])
    if kind == "tagged-union":
        return most(part["choices"].values())
    if kind == "chain":
        return _levels(part["steps"][0], known, open_)
    if kind == "definitions":
        return _levels(part["schema"], {**known, **{one["ref"]: one for one in part["definitions"]}}, open_)
    if kind == "definition-ref":
        name = part["schema_ref"]
        return math.inf if name in open_ else _levels(known[name], known, (*open_, name))
    tensor = getattr(part.get("function", {}).get("function"), "__self__", None)
    return _of_tensor(tensor) if isinstance(tensor, TensorType) else math.inf


def _of_tensor(tensor: TensorType) -> int:
    return max(2, MOST_DIMENSIONS if tensor.shape is None else len(tensor.shape))  # as lists, or as an object


ANY = {"type": "any"}
FLAT = frozenset(
    "none bool int float str bytes decimal date time datetime timedelta uuid literal enum is-instance".split()
)
WRAPPERS = {
    "model": "schema",
    "model-field": "schema",
    "nullable": "schema",
    "default": "schema",
    "custom-error": "schema",
    "function-after": "schema",
    "json-or-python": "json_schema",
}
"""Parts that are as deep as another that they hold."""
