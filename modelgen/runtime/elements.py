"""Counts the numbers of tensors in large JSON before they become Python's, which takes many times their memory.

Only plain requests are counted so: objects of tensors, scalars and strings without escapes. What else there is, the
tensors count themselves once it has been parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

from modelgen.runtime.errors import Detail, InvalidArgument
from modelgen.runtime.paths import joined
from modelgen.runtime.tensors import TOO_MANY, TensorType

MEMBERS = 10_000
"""Members of objects that are looked at."""
DEEPEST = 8
"""Models, one in another, whose fields are looked for."""
OPENING = re.compile(rb"\s*\{")
CLOSING = re.compile(rb"\s*\}")
KEY = re.compile(rb'[\s,]*"([^"\\]*)"\s*:\s*')
SINGLE = re.compile(rb'"[^"\\]*"|[^\s,{}\[\]"]+')
NO_LIST = re.compile(rb'["{}]')
"""What does not occur in lists of numbers."""


def counted(schema: type[BaseModel], sent: bytes, most: int, under: str = "") -> bool:
    """Whether all tensors of a request could be counted. Raises InvalidArgument for one with more than `most` numbers.

    Args:
        schema: what the request must be.
        sent: the JSON.
        most: numbers that a tensor may have.
        under: field path that the value itself has; empty for a request.
    """
    tensors = _tensors(schema)
    for path, numbers in _lists(sent.strip()):
        if path is None:
            return False
        if numbers > most and path in tensors:
            field = joined(under, path) if path else under
            raise InvalidArgument.of(Detail(field=field, message=TOO_MANY.format(most=most)))
    return True


def _lists(sent: bytes) -> Iterator[tuple[str | None, int]]:
    """The lists of numbers in objects, by path, with the commas in each and one; a path of None: of something else."""
    names: list[str] = []
    position = 0
    for _ in range(MEMBERS):
        if found := OPENING.match(sent, position):
            names.append("")
            position = found.end()
        elif sent[position : position + 1] == b"[":
            stop = NO_LIST.search(sent, position)
            end = sent.rfind(b"]", position, stop.start() if stop else len(sent)) + 1
            if not end:
                break
            yield ".".join(names), sent.count(b",", position, end) + 1
            position = end  # where the list had more in it, neither an end nor a member can follow
        elif found := SINGLE.match(sent, position):
            position = found.end()
        else:
            break
        while names and (found := CLOSING.match(sent, position)):
            names.pop()
            position = found.end()
        if not names and position == len(sent):
            return
        found = KEY.match(sent, position)
        if not names or found is None:
            break
        names[-1] = found[1].decode("utf-8", "replace")
        position = found.end()
    yield None, 0


@cache
def _tensors(schema: type[BaseModel]) -> frozenset[str]:
    """The paths of a request's tensors."""
    return frozenset(_paths(schema, "", DEEPEST))


def _paths(schema: type[BaseModel], path: str, deepest: int) -> Iterator[str]:
    for name, field in schema.model_fields.items():
        places = {path} if issubclass(schema, RootModel) else {joined(path, name), joined(path, field.alias or name)}
        for part in (*field.metadata, *_parts(field.annotation)):
            if isinstance(part, TensorType):
                yield from places
            elif isinstance(part, type) and issubclass(part, BaseModel) and deepest:
                for place in places:
                    yield from _paths(part, place, deepest - 1)


def _parts(annotation: Any) -> Iterator[Any]:
    """What a value may be by its annotation, and what is said of it."""
    if get_origin(annotation) in (Annotated, Union, UnionType):
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation
