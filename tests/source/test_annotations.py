"""Rows of (annotation, the type it means): parameters and results."""

from __future__ import annotations

import pytest

PRELUDE = """
import collections
import datetime
import decimal
import enum
import pathlib
import typing
import typing as t
import uuid
from collections import abc, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import (
    Annotated, Any, Dict, Final, Generator, List, Literal, NamedTuple, NewType, Optional, Tuple, TypeVar, Union,
)

import annotated_types
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from jaxtyping import Float, Float32, Int64
from pydantic import PositiveInt, conint
from torch import Tensor
from typing_extensions import Literal as Lit

T = TypeVar("T")
B = TypeVar("B", bound=str)
C = TypeVar("C", int, str)
UserId = NewType("UserId", int)
Alias = Union[int, str]
Quoted: "typing.TypeAlias" = "list[Point]"
Tree = Union[str, List["Tree"], Dict[str, "Tree"]]
Pair = Tuple[T, T]
MODES = Literal["a", "b"]
LIMIT = 10
Color = enum.Enum("Color", "RED GREEN")
Duo = collections.namedtuple("Duo", "left right")
Typed = NamedTuple("Typed", [("x", int)])


class Mood(enum.Enum):
    HAPPY = "happy"
    SAD = "sad"


@dataclass
class Point:
    x: float
    y: float = 0.0


class Empty:
    pass
"""

PARAMETERS = [
    ("int", "int64"),
    ("float", "double"),
    ("str", "string"),
    ("bool", "bool"),
    ("bytes", "bytes"),
    ("bytearray", "bytes"),
    ("memoryview", "bytes"),
    ("np.float32", "float"),
    ("np.int8", "int32"),
    ("np.uint16", "uint32"),
    ("np.uint64", "uint64"),
    ("np.bool_", "bool"),
    ("datetime.datetime", "timestamp"),
    ("datetime.date", "date"),
    ("datetime.time", "time"),
    ("datetime.timedelta", "duration"),
    ("decimal.Decimal", "decimal"),
    ("uuid.UUID", "uuid"),
    ("pathlib.Path", "string"),
    ("list[int]", "list<int64>"),
    ("List[int]", "list<int64>"),
    ("typing.List[int]", "list<int64>"),
    ("t.List[int]", "list<int64>"),
    ("list", "list<json>"),
    ("Sequence[str]", "list<string>"),
    ("abc.Sequence[str]", "list<string>"),
    ("set[int]", "list<int64>"),
    ("frozenset[int]", "list<int64>"),
    ("typing.Deque[int]", "list<int64>"),
    ("tuple[int, ...]", "list<int64>"),
    ("tuple[int, str]", "tuple<int64, string>"),
    ("Tuple[int, str]", "tuple<int64, string>"),
    ("tuple", "list<json>"),
    ("tuple[()]", "tuple<>"),
    ("dict[str, int]", "map<string, int64>"),
    ("Dict[int, list[str]]", "map<int64, list<string>>"),
    ("Mapping[str, Any]", "map<string, json>"),
    ("collections.OrderedDict[str, int]", "map<string, int64>"),
    ("collections.Counter[str]", "map<string, int64>"),
    ("dict[Mood, int]", "map<enum mylib.Mood, int64>"),
    ("dict[Literal['a'], int]", 'map<enum{"a"}, int64>'),
    ("dict", "json"),
    ("dict[Any, int]", "json"),
    ("Any", "json"),
    ("object", "json"),
    ("Optional[int]", "optional<int64>"),
    ("int | None", "optional<int64>"),
    ("None | int", "optional<int64>"),
    ("Union[int, None]", "optional<int64>"),
    ("Optional[Any]", "json"),
    ("Union[int, str]", "oneof<int64 | string>"),
    ("int | str | None", "optional<oneof<int64 | string>>"),
    ("bool | int", "oneof<bool | int64>"),
    ("int | float", "oneof<int64 | double>"),
    ("str | str", "string"),
    ("list[int] | tuple[int, ...]", "list<int64>"),
    ("str | list[str]", "oneof<string | list<string>>"),
    ("Union[str, Any]", "json"),
    ("Union[int, Union[str, float]]", "oneof<int64 | string | double>"),
    ("np.ndarray | list[float]", "tensor<any, any>"),
    ("list[list[float]] | np.ndarray", "tensor<any, any>"),
    ("np.ndarray | torch.Tensor", "tensor<any, any>"),
    ("np.ndarray | float", "oneof<tensor<any, any> | double>"),
    ("np.ndarray | list[str]", "oneof<tensor<any, any> | list<string>>"),
    ("Literal['a', 'b']", 'enum{"a", "b"}'),
    ("Literal['a', 2, True]", 'enum{"a", 2, true}'),
    ("Literal['a', None]", 'optional<enum{"a"}>'),
    ("Literal[True, False]", "bool"),
    ("Literal[-1, 1]", "enum{-1, 1}"),
    ("Literal[MODES, 'c']", 'enum{"a", "b", "c"}'),
    ("Literal['a'] | Literal['b']", 'enum{"a", "b"}'),
    ("Literal['a'] | str", "string"),
    ("Literal[Mood.HAPPY]", "enum mylib.Mood"),
    ("Lit['x']", 'enum{"x"}'),
    ("MODES", 'enum{"a", "b"}'),
    ("Mood", "enum mylib.Mood"),
    ("Color", "enum mylib.Color"),
    ("Point", "message mylib.Point"),
    ("'Point'", "message mylib.Point"),
    ("'list[Point]'", "list<message mylib.Point>"),
    ("list['Point']", "list<message mylib.Point>"),
    ("Quoted", "list<message mylib.Point>"),
    ("Duo", "message mylib.Duo"),
    ("Typed", "message mylib.Typed"),
    ("UserId", "int64"),
    ("Alias", "oneof<int64 | string>"),
    ("Optional[Alias]", "optional<oneof<int64 | string>>"),
    ("Pair[int]", "tuple<int64, int64>"),
    ("Tree", "json"),
    ("T", "json"),
    ("B", "string"),
    ("C", "oneof<int64 | string>"),
    ("Annotated[int, 'a remark']", "int64"),
    ("Annotated[Optional[int], annotated_types.Ge(0)]", "optional<int64>"),
    ("PositiveInt", "int64"),
    ("conint(ge=1)", "int64"),
    ("Final[int]", "int64"),
    ("np.ndarray", "tensor<any, any>"),
    ("npt.NDArray[np.float32]", "tensor<float32, any>"),
    ("npt.NDArray[Any]", "tensor<any, any>"),
    ("npt.ArrayLike", "tensor<any, any>"),
    ("np.ndarray[tuple[int, int], np.dtype[np.uint8]]", "tensor<uint8, [-1, -1]>"),
    ("np.ndarray[Any, np.dtype[np.int64]]", "tensor<int64, any>"),
    ("torch.Tensor", "tensor<any, any>"),
    ("Tensor", "tensor<any, any>"),
    ("torch.LongTensor", "tensor<int64, any>"),
    ("Float32[Tensor, 'batch 3']", "tensor<float32, [-1, 3]>"),
    ("Float[np.ndarray, '... 3']", "tensor<any, any>"),
    ("Int64[Tensor, '']", "tensor<int64, []>"),
    ("Optional[np.ndarray]", "optional<tensor<any, any>>"),
    ("Iterable[str]", "stream string"),
    ("Iterator[str]", "stream string"),
    ("Generator[Point, None, None]", "stream message mylib.Point"),
    ("AsyncIterator[int]", "stream int64"),
    ("typing.AsyncIterable[int]", "stream int64"),
    ("list[Iterable[int]]", "list<list<int64>>"),
    ("Optional[Iterable[int]]", "optional<list<int64>>"),
    (
        "dict[str, list[Union[Point, Optional[np.ndarray]]]]",
        "map<string, list<optional<oneof<message mylib.Point | tensor<any, any>>>>>",
    ),
    ("int | Callable[[], int]", "int64"),
    ("Union[str, 'Model', None]", "optional<string>"),
    ("pd.DataFrame | list[float]", "list<double>"),
]

REFUSED = [
    ("Callable[[int], str]", "method-refused"),
    ("type[int]", "method-refused"),
    ("complex", "method-refused"),
    ("torch.device", "method-refused"),
    ("pd.DataFrame", "method-refused"),
    ("Empty", "method-refused"),
    ("Nowhere", "type-unresolved"),
    ("list[Nowhere]", "type-unresolved"),
    ("int | Nowhere", "type-unresolved"),
    ("nowhere.Thing", "type-unresolved"),
    ("'list['", "method-refused"),
    ("3", "method-refused"),
    ("[int, str]", "method-refused"),
    ("dict[tuple[int, int], str]", "method-refused"),
    ("Literal[b'x']", "method-refused"),
    ("list[Iterator[int]]", "method-refused"),
    ("Iterator[Iterator[int]]", "method-refused"),
    ("Model", "method-refused"),
    ("list[Model]", "method-refused"),
    ("None", "method-refused"),
    ("npt.NDArray[np.str_]", "method-refused"),
    ("list[" * 60 + "int" + "]" * 60, "method-refused"),
]

RESULTS = [
    ("None", "empty"),
    ("int", "int64"),
    ("Iterator[Point]", "stream message mylib.Point"),
    ("typing.Generator[int, None, None]", "stream int64"),
    ("Iterable[int]", "list<int64>"),
    ("'Model'", "empty"),
    ("typing.Self", "empty"),
    ("Optional[Point]", "optional<message mylib.Point>"),
    ("tuple[np.ndarray, float]", "tuple<tensor<any, any>, double>"),
    ("typing.Awaitable[int]", "int64"),
]


@pytest.mark.parametrize(("annotation", "expected"), PARAMETERS)
def test_a_parameter_means(package, spell, annotation, expected):
    source = f"{PRELUDE}\n\nclass Model:\n    def run(self, x: {annotation}) -> None: ...\n"
    (parameter,) = package.method(source).parameters
    assert spell(parameter) == expected


@pytest.mark.parametrize(("annotation", "code"), REFUSED)
def test_a_required_parameter_that_cannot_be_sent_refuses_its_method(package, annotation, code):
    source = f"{PRELUDE}\n\nclass Model:\n    def run(self, x: {annotation}) -> None: ...\n"
    reading = package.read(source)
    (finding,) = [finding for finding in reading.findings if finding.level.value == "error"]
    assert finding.code == code
    assert finding.hint
    assert str(finding.where) == f"mylib/__init__.py:{source.count(chr(10))}:19"
    (refused,) = reading.contract.modules[0].refused
    assert refused.name == "Model.run"
    assert reading.contract.modules[0].methods == ()


@pytest.mark.parametrize(("annotation", "expected"), RESULTS)
def test_a_result_means(package, answer, annotation, expected):
    source = f"{PRELUDE}\n\nclass Model:\n    def run(self) -> {annotation}: ...\n"
    assert answer(package.method(source)) == expected
