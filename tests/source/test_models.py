"""Rows of (class, the fields it travels with)."""

from __future__ import annotations

import textwrap

import pytest

from modelgen.contract.types import Constraints, text

PRELUDE = """
import collections
import dataclasses
import enum
import typing
from dataclasses import InitVar, dataclass, field
from typing import Annotated, ClassVar, Generic, List, NamedTuple, Optional, TypedDict, TypeVar

import attr
import attrs
import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from typing_extensions import NotRequired, Required

LIMIT = 5
T = TypeVar("T")

class Mood(enum.Enum):
    HAPPY = "happy"
    SAD = "sad"

"""

MODELS = {
    "dataclass": (
        "@dataclass\nclass X:\n    a: int\n    b: str = 'x'\n    c: list[int] = field(default_factory=list)\n    D: ClassVar[int] = 1\n",
        "dataclass",
        ["a: int64", "b: string = 'x'", "c: list<int64> = ()"],
    ),
    "dataclass with a call": (
        "@dataclasses.dataclass(frozen=True, slots=True)\nclass X:\n    a: int = dataclasses.field(default=LIMIT)\n",
        "dataclass",
        ["a: int64 = 5"],
    ),
    "inherited dataclass": (
        "@dataclass\nclass B:\n    a: int\n    b: int = 1\n@dataclass\nclass X(B):\n    b: float = 2.0\n    c: str = ''\n",
        "dataclass",
        ["a: int64", "b: double = 2.0", "c: string = ''"],
    ),
    "enum default": ("@dataclass\nclass X:\n    m: Mood = Mood.SAD\n", "dataclass", ["m: enum mylib.Mood = 'SAD'"]),
    "none default": ("@dataclass\nclass X:\n    a: int = None\n", "dataclass", ["a: optional<int64> = None"]),
    "not in the constructor": (
        "@dataclass\nclass X:\n    a: int\n    b: int = field(init=False, default=0)\n",
        "dataclass",
        ["a: int64"],
    ),
    "keyword only": (
        "@dataclass\nclass X:\n    a: int\n    _: dataclasses.KW_ONLY\n    b: int = 1\n",
        "dataclass",
        ["a: int64", "b: int64 = 1"],
    ),
    "attrs": (
        "@attrs.define\nclass X:\n    a: int\n    b: list[int] = attrs.field(factory=list)\n    c: str = attrs.field(default='x')\n",
        "attrs",
        ["a: int64", "b: list<int64> = ()", "c: string = 'x'"],
    ),
    "attr.s": (
        "@attr.s\nclass X:\n    a = attr.ib(type=int)\n    b = attr.ib(default=attr.Factory(list), type=List[int])\n",
        "attrs",
        ["a: int64", "b: list<int64> = ()"],
    ),
    "attr.s with annotations": (
        "@attr.s(auto_attribs=True)\nclass X:\n    a: int\n    b: int = attr.ib(1)\n",
        "attrs",
        ["a: int64", "b: int64 = 1"],
    ),
    "pydantic": (
        "class X(BaseModel):\n    model_config = ConfigDict(frozen=True)\n    a: int\n    b: Optional[str] = None\n    c: int = Field(3, ge=1)\n"
        "    d: list[int] = Field(default_factory=list)\n    e: int = Field(...)\n    _private: int = 0\n",
        "pydantic",
        ["a: int64", "b: optional<string> = None", "c: int64 = 3", "d: list<int64> = ()", "e: int64"],
    ),
    "inherited pydantic": (
        "class B(BaseModel):\n    a: int\nclass X(B):\n    b: int = 1\n",
        "pydantic",
        ["a: int64", "b: int64 = 1"],
    ),
    "pydantic default in Annotated": (
        "class X(BaseModel):\n    a: Annotated[int, Field(default=4, ge=0)]\n",
        "pydantic",
        ["a: int64 = 4"],
    ),
    "TypedDict": (
        "class X(TypedDict):\n    a: int\n    b: NotRequired[str]\n",
        "typeddict",
        ["a: int64", "b: string = ?"],
    ),
    "TypedDict not total": (
        "class X(TypedDict, total=False):\n    a: Required[int]\n    b: str\n",
        "typeddict",
        ["a: int64", "b: string = ?"],
    ),
    "TypedDict by a call": (
        "X = TypedDict('X', {'a': int, 'b': NotRequired[str]})\n",
        "typeddict",
        ["a: int64", "b: string = ?"],
    ),
    "NamedTuple": (
        "class X(NamedTuple):\n    a: int\n    b: str = 'x'\n",
        "namedtuple",
        ["a: int64", "b: string = 'x'"],
    ),
    "NamedTuple by a call": (
        "X = NamedTuple('X', [('a', int), ('b', str)])\n",
        "namedtuple",
        ["a: int64", "b: string"],
    ),
    "namedtuple": ("X = collections.namedtuple('X', 'a b')\n", "namedtuple", ["a: json", "b: json"]),
    "namedtuple with defaults": (
        "X = collections.namedtuple('X', ['a', 'b'], defaults=[1])\n",
        "namedtuple",
        ["a: json", "b: json = 1"],
    ),
    "namedtuple base": (
        "class X(collections.namedtuple('X', 'a b')):\n    pass\n",
        "namedtuple",
        ["a: json", "b: json"],
    ),
    "plain": (
        "class X:\n    def __init__(self, a: int, b: str = 'x') -> None:\n        self.a = a\n        self._b = b\n",
        "plain",
        ["a: int64", "_b: string = 'x'"],
    ),
    "plain by docstring": (
        "class X:\n    '''X.\n\n    Args:\n        a (int): One.\n    '''\n    def __init__(self, a):\n        self.a = a\n",
        "plain",
        ["a: int64"],
    ),
    "recursive": (
        "@dataclass\nclass X:\n    name: str\n    children: list['X'] = field(default_factory=list)\n    parent: Optional['X'] = None\n",
        "dataclass",
        ["name: string", "children: list<message mylib.X> = ()", "parent: optional<message mylib.X> = None"],
    ),
    "unsendable with a default": (
        "@dataclass\nclass X:\n    a: int\n    f: typing.Callable[[], int] = print\n",
        "dataclass",
        ["a: int64"],
    ),
}


def shown(model):
    """A model's fields as `name: type = default`."""
    lines = []
    for one in model.fields:
        default = "" if one.default is None else f" = {one.default.value!r}" if one.default.known else " = ?"
        lines.append(f"{one.name}: {text(one.type)}{default}")
    return lines


def model_of(package, source, annotation="X"):
    reading = package.read(
        f"{PRELUDE}{textwrap.dedent(source)}\n\nclass Model:\n    def run(self, x: {annotation}) -> {annotation}: ...\n"
    )
    assert not [f for f in reading.findings if f.level.value == "error"], [str(f) for f in reading.findings]
    return reading.contract


@pytest.mark.parametrize("way", MODELS)
def test_a_class_travels_with_its_fields(package, way):
    source, flavour, fields = MODELS[way]
    model = model_of(package, source).model("mylib.X")
    assert (model.flavour, shown(model)) == (flavour, fields)


def test_constraints_of_pydantic_fields(package):
    source = """
        class X(BaseModel):
            a: int = Field(ge=1, le=LIMIT)
            b: Annotated[str, Field(min_length=1, pattern="^a")]
            c: list[int] = Field(max_length=3)
            d: float = Field(gt=0, multiple_of=0.5, description="A half.")
    """
    fields = {one.name: one for one in model_of(package, source).model("mylib.X").fields}
    assert fields["a"].constraints == Constraints(ge=1, le=5)
    assert fields["b"].constraints == Constraints(min_length=1, pattern="^a")
    assert fields["c"].constraints == Constraints(max_length=3)
    assert fields["d"].constraints == Constraints(gt=0, multiple_of=0.5)
    assert fields["d"].doc == "A half."


def test_aliases(package):
    source = """
        class X(BaseModel):
            model_config = ConfigDict(alias_generator=to_camel)
            first_name: str
            other: str = Field(alias="else")
    """
    assert [one.json_name for one in model_of(package, source).model("mylib.X").fields] == ["firstName", "else"]


def test_a_private_attrs_field_is_passed_without_its_underscore(package):
    model = model_of(package, "@attrs.define\nclass X:\n    _a: int\n    b: int\n").model("mylib.X")
    assert ([one.name for one in model.fields], model.init) == (["_a", "b"], ("a", ""))


def test_field_docs_come_from_sections_strings_and_comments(package):
    source = '''
        @dataclass
        class X:
            """An X.

            Attributes:
                a: From the section.
            """

            a: int
            b: int
            """From the string."""
            #: From the comment.
            c: int
            d: int  #: After it.
    '''
    model = model_of(package, source).model("mylib.X")
    assert model.doc == "An X."
    assert [one.doc for one in model.fields] == [
        "From the section.",
        "From the string.",
        "From the comment.",
        "After it.",
    ]


GENERIC = """
    @dataclass
    class Doc:
        text: str

    @dataclass
    class Page(Generic[T]):
        items: list[T]
        next: Optional["Page[T]"] = None
"""


def test_a_generic_model_is_one_model_per_argument(package):
    contract = model_of(package, GENERIC, "dict[str, Page[Doc] | Page[list[int]]]")
    assert [(m.symbol, m.name, m.qualname, m.arguments) for m in contract.models] == [
        ("mylib.Doc", "Doc", "Doc", ()),
        ("mylib.Page[list[int]]", "PageListInt", "Page", ("list[int]",)),
        ("mylib.Page[mylib.Doc]", "PageDoc", "Page", ("mylib.Doc",)),
    ]
    assert shown(contract.model("mylib.Page[mylib.Doc]")) == [
        "items: list<message mylib.Doc>",
        "next: optional<message mylib.Page[mylib.Doc]> = None",
    ]


def test_a_generic_model_without_an_end_is_refused(package):
    source = PRELUDE + textwrap.dedent("""
        @dataclass
        class Wrap(Generic[T]):
            more: "Optional[Wrap[list[T]]]" = None

        class Model:
            def run(self, x: Wrap[int]) -> int: ...
        """)
    package.read(source)


def test_mutually_recursive_models_fall_together(package):
    source = PRELUDE + textwrap.dedent("""
        @dataclass
        class A:
            b: "B"

        @dataclass
        class B:
            a: Optional[A]
            f: typing.Callable[[], int]

        class Model:
            def run(self, x: int, a: Optional[A] = None) -> int: ...
        """)
    reading = package.read(source)
    (method,) = reading.contract.modules[0].methods
    assert [one.name for one in method.left_out] == ["a"]
    assert "mylib.B" in method.left_out[0].reason
    assert reading.contract.models == ()


ENUMS = {
    "Enum": ("class X(enum.Enum):\n    A = 1\n    B = 'b'\n", [("A", 1), ("B", "b")], False),
    "IntEnum auto": (
        "class X(enum.IntEnum):\n    A = enum.auto()\n    B = 5\n    C = enum.auto()\n",
        [("A", 1), ("B", 5), ("C", 6)],
        False,
    ),
    "str mixin": (
        "class X(str, enum.Enum):\n    A = 'a'\n    def __str__(self): return self.value\n",
        [("A", "a")],
        False,
    ),
    "Flag": (
        "class X(enum.Flag):\n    A = enum.auto()\n    B = enum.auto()\n    AB = A | B\n",
        [("A", 1), ("B", 2), ("AB", 3)],
        True,
    ),
    "alias": ("class X(enum.Enum):\n    A = 1\n    SAME = 1\n", [("A", 1)], False),
    "constant": ("class X(enum.Enum):\n    A = LIMIT\n", [("A", 5)], False),
    "tuple": ("class X(enum.Enum):\n    A = (1, 'x')\n", [("A", (1, "x"))], False),
    "functional": ("X = enum.Enum('X', 'A B')\n", [("A", 1), ("B", 2)], False),
    "functional list": ("X = enum.Enum('X', [('A', 'a'), ('B', 'b')])\n", [("A", "a"), ("B", "b")], False),
    "own values": (
        "class Base(str, enum.Enum):\n    def _generate_next_value_(name, start, count, last):\n        return name.lower()\n"
        "class X(Base):\n    A = enum.auto()\n",
        [("A", "a")],
        False,
    ),
    "imported names": ("from enum import Enum as E, auto\nclass X(E):\n    A = auto()\n", [("A", 1)], False),
}


@pytest.mark.parametrize("way", ENUMS)
def test_an_enum_has_members(package, way):
    source, members, flag = ENUMS[way]
    enum = model_of(package, source).enum("mylib.X")
    assert ([(m.name, m.value) for m in enum.members], enum.flag) == (members, flag)


def test_a_class_that_cannot_be_made_is_a_result_only(package):
    source = """
        class X:
            '''Shown.'''
            total: int
            @property
            def mean(self) -> float:
                return 0.5

        class Model:
            def run(self, x: int) -> X: ...
            def run_back(self, x: int, y: X = None) -> int: ...
    """
    reading = package.read(source)
    methods = {method.name: method for method in reading.contract.modules[0].methods}
    assert text(methods["run"].returns) == "message mylib.X"
    assert [one.name for one in methods["run_back"].left_out] == ["y"]
    assert shown(reading.contract.model("mylib.X")) == ["total: int64", "mean: double"]


def test_models_are_sorted_and_only_those_in_use(package):
    source = PRELUDE + textwrap.dedent("""
        @dataclass
        class Z:
            a: "A"

        @dataclass
        class A:
            m: Mood

        @dataclass
        class Unused:
            x: int

        class Model:
            def run(self, z: Z) -> int: ...
        """)
    contract = package.read(source).contract
    assert [model.symbol for model in contract.models] == ["mylib.A", "mylib.Z"]
    assert [enum.symbol for enum in contract.enums] == ["mylib.Mood"]
