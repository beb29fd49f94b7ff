"""Which Python types can be served, and how each travels: read, lowered and spelled by the code itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from docs.reference_pages.markdown import code, item, table
from docs.reference_pages.sample import rendering
from modelgen.contract.lowering import lower
from modelgen.contract.model import Method
from modelgen.contract.types import text
from modelgen.contract.wire import NOTHING_KNOWN, Wire, WireField
from modelgen.languages.proto import spelled
from modelgen.source import spelling
from modelgen.targets.samples import field_sample

HEAD = """\
# Types

What can stand in the signature of a served method: as an annotation, in a docstring, or in the setting
[`types`](settings.md#types). The *type text* is what `modelgen inspect`, the lock and error messages call it. The proto
column is the field of a required parameter; [the wire](../explanation/wire.md) says how that changes with defaults and
`None`. Names such as `ModelRunX` are those of messages that are made because proto cannot say the type; they consist of
the class, the method and the parameter.

The method is always given the declared Python type: an array where it says array, the package's own dataclass or enum,
never a dict in its place."""

DOCSTRINGS = """\
## In docstrings

The phrases of NumPy's, Google's and reST's style are read by the same rules. Words in them that say nothing of the type
are skipped: `optional`, `default 3`, backticks, roles."""

UNSENDABLE = """\
## What cannot be sent

These, what a docstring calls so, and instances of classes whose fields have no types, unless they have an
[adapter](../how-to/foreign-classes.md). A parameter of such a type is left out if it has a default; otherwise the
method is refused, with a [finding](findings.md) that says where and why."""

CONSTRAINTS = """\
## Constraints

`Annotated[int, Field(ge=1, le=10)]`, pydantic's `conint` and its like, and annotated-types are kept: `ge`, `gt`,
`le`, `lt`, `multiple_of`, `min_length`, `max_length`, `pattern`. They hold wherever they stand: at a whole value, at
the items of a list, the values of a mapping, the places of a tuple, the alternatives of a union, the fields of a data
model, in an alias, and in results as well. `list[Annotated[float, Interval(ge=0, le=1)]]` refuses `[0.5, 2.0]` with
`inputs[1] must be 1 or less`, in the same words on every protocol; an answer that breaks its own is an internal
error. They are shown in `openapi.json`. The type text does not have them. The lock has those of a whole value beside
its type, and those inside under `inside`, by place: `inside = { item = { ge = 0, le = 1 } }`; the places are `item`,
`value`, `item_0` of a tuple, and the type text of an alternative.

Integers are held to their width everywhere: an `int` from -2^63 to 2^63 - 1, `np.uint8` from 0 to 255, though it
travels as `uint32`."""

SOURCE = '''"""One method for each type."""

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import io
import pathlib
import typing
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime as Datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from pydantic import BaseModel


class Mood(Enum):
    """A choice."""

    HAPPY = "happy"
    SAD = "sad"


class Flags(enum.Flag):
    """Choices that combine."""

    FAST = 1
    EXACT = 2


@dataclass
class Label:
    """A data class."""

    name: str
    score: float


class Shape(NamedTuple):
    """A named tuple."""

    width: int
    height: int


class Options(TypedDict):
    """A typed dict."""

    language: str


class Config(BaseModel):
    """A pydantic model."""

    beams: int


class Model:
    """All of them."""
'''

ANNOTATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "One value",
        (
            *("bool", "int", "float", "str", "bytes", "Datetime", "date", "time", "timedelta", "Decimal", "UUID"),
            *("Path", "np.int32", "np.uint8", "np.uint64", "np.float32", "PIL.Image.Image", "io.BytesIO"),
        ),
    ),
    ("None", ("int | None", "Label | None", "list[int] | None")),
    (
        "Many values",
        (
            *("list[int]", "Sequence[Label]", "tuple[int, ...]", "set[str]", "frozenset[str]", "list[list[float]]"),
            *("list[int | None]", "tuple[str, int]", "dict[str, float]", "Mapping[int, Label]", "dict[str, list[int]]"),
        ),
    ),
    ("Choices", ("Mood", "Flags", 'Literal["auto", "exact"]', "int | str", "Label | Mood", "list[int | str]")),
    ("Objects", ("Label", "Shape", "Options", "Config", "dict", "dict[str, Any]", "Any")),
    ("Arrays", ("np.ndarray", "NDArray[np.float32]", "torch.Tensor")),
    ("Streams", ("Iterator[str]", "Iterable[float]", "AsyncIterator[NDArray[np.float32]]")),
)

BELOW = {
    "Arrays": """\
JSON's lists have no dtype. Where the type says none, lists become what NumPy or torch makes of them: whole numbers
`int64`, others `float64`, or torch's default, `float32`. torch refuses to compute with integers and `float32` weights,
so say the dtype of a tensor: in the annotation (`torch.FloatTensor`, `NDArray[np.float32]`), in the docstring
(`x (torch.Tensor of float32, shape (n, 4)): …`), or in the setting [`types`](settings.md#types). Lists are then made
that, whole numbers as well. With the dtype not said, callers say it by sending `{"dtype", "shape", "data"}`, and over
gRPC they always do.""",
}
"""What is said below some of these tables."""

_NUMBERED = re.compile(r"ModelRun\d+X")
"""Names that are made of the sample's numbered methods."""

PHRASES = (
    *("int, optional", "list of str", "dict of str to float", "str or None", "{'auto', 'exact'}", "int or str"),
    *("array-like of shape (n_samples, 3)", "ndarray of float32, shape (n, 2, 2)", "tuple of (str, int)"),
    *("Label", ":class:`Mood`", "sequence of Label", "torch.Tensor", "path-like"),
)


def page() -> str:
    """The whole page."""
    annotations = [one for _, group in ANNOTATIONS for one in group]
    rows = iter(_rows(annotations, SOURCE + "".join(map(_annotated, range(len(annotations)), annotations))))
    parts = [HEAD]
    for title, group in ANNOTATIONS:
        found = [next(rows) for _ in group]
        parts += [f"## {title}", table(("Python", "type text", "proto", "JSON, for example"), found)]
        if title in BELOW:
            parts.append(BELOW[title])
    documented = SOURCE + "".join(map(_documented, range(len(PHRASES)), PHRASES))
    parts += [DOCSTRINGS, table(("docstring", "type text", "proto", "JSON, for example"), _rows(PHRASES, documented))]
    return "\n\n".join([*parts, UNSENDABLE, "\n".join(_unsendable()), CONSTRAINTS])


def _unsendable() -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for name, reason in spelling.UNSENDABLE.items():
        reasons.setdefault(reason.replace(" cannot be sent", ""), []).append(code(name.removeprefix("builtins.")))
    for reason, names in sorted(reasons.items()):
        yield item(f"{reason[0].upper()}{reason[1:]}: {', '.join(sorted(names))}.")


def _annotated(number: int, annotation: str) -> str:
    return f'\n    def run_{number}(self, x: {annotation}) -> None:\n        """Take it."""\n'


def _documented(number: int, phrase: str) -> str:
    lines = (f"def run_{number}(self, x):", '    """Take it.', "", "    Args:", f"        x ({phrase}): It.", "")
    result = ("    Returns:", "        str: A text.", '    """')
    return "".join(f"\n    {line}".rstrip(" ") for line in (*lines, *result)) + "\n"


def _rows(words: Iterable[str], source: str) -> Iterator[tuple[str, str, str, str]]:
    contract = rendering("mylib", source).contract
    if contract is None:
        raise ValueError("the sample has no contract")
    methods = {method.name: method for method in contract.modules[0].methods}
    wire = lower(contract, NOTHING_KNOWN)
    for number, word in enumerate(words):
        method = methods[f"run_{number}"]
        parameter = method.parameters[0]
        shown = code(f"{'stream of ' * parameter.stream}{text(parameter.type)}")
        proto = _NUMBERED.sub("ModelRunX", _proto(method, wire))
        yield code(word), shown, proto, code(json.dumps(field_sample(parameter, contract)))


def _proto(method: Method, wire: Wire) -> str:
    request = next(one.request for one in wire.services[0].methods if one.method.name == method.name)
    arms = [field for field in request.fields if field.oneof]
    if arms:
        return "oneof of " + ", ".join(code(arm.type) + _inside(arm, wire) for arm in arms)
    return ", ".join(code(spelled(field)) + _inside(field, wire) for field in request.fields)


def _inside(field: WireField, wire: Wire) -> str:
    """What a message holds that was made because proto cannot say the type."""
    made = next((message for message in wire.messages if message.name == field.type), None)
    if made is None or made.source in {"mylib.Label", "mylib.Shape", "mylib.Options", "mylib.Config"}:
        return ""
    arms = [code(one.type) for one in made.fields if one.oneof]
    if arms:
        return f" with a oneof of {', '.join(arms)}"
    return f" with {', '.join(code(spelled(one)) for one in made.fields)}"
