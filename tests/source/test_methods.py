"""How a method is called: parameters, defaults, roles, kinds, streams, life, and what is left out or refused."""

from __future__ import annotations

import textwrap

import pytest

from modelgen.contract.codec import inside
from modelgen.contract.types import Constraints, text
from modelgen.source import Options

PRELUDE = """
import asyncio
import enum
import functools
import math
import numpy as np
import pathlib
import pydantic
import torch
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional, Union

import annotated_types as at
from pydantic import Field

LIMIT = 2 * 5
OPTIONS = ("a", "b")

class Mood(str, enum.Enum):
    HAPPY = "happy"
    SAD = "sad"

class Config:
    SIZE = 7

"""


def source(body: str) -> str:
    return f"{PRELUDE}\nclass Model:\n{textwrap.indent(textwrap.dedent(body), '    ')}"


def run(package, signature: str, **kwargs):
    return package.method(source(f"def run(self, {signature}: ...\n"), **kwargs)


KINDS = [
    ("x: int) -> int", [("x", "standard", "inputs", True)]),
    ("x: int, /) -> int", [("x", "positional", "inputs", True)]),
    ("*, x: int) -> int", [("x", "keyword", "inputs", True)]),
    (
        "x: int, /, y: int, *, z: int = 1) -> int",
        [("x", "positional", "inputs", True), ("y", "standard", "inputs", True), ("z", "keyword", "parameters", False)],
    ),
    ("x: int = 1, *, y: int) -> int", [("x", "standard", "parameters", False), ("y", "keyword", "inputs", True)]),
    (
        "xs: Iterable[int], n: int = 1) -> int",
        [("xs", "standard", "inputs", True), ("n", "standard", "parameters", False)],
    ),
]


@pytest.mark.parametrize(("signature", "expected"), KINDS)
def test_kinds_and_roles(package, signature, expected):
    method = run(package, signature)
    assert [(p.name, p.kind, p.role, p.required) for p in method.parameters] == expected


def test_roles_are_overridden_by_settings_and_annotations(package):
    body = (
        "def run(self, x: int, y: Annotated[int, Option()], z: Annotated[int, Input()] = 1, w: int = 2) -> int: ...\n"
    )
    method = package.method(source(body), options=Options(roles={"mylib.Model.run.x": "parameters", "*.w": "inputs"}))
    assert [(p.name, p.role) for p in method.parameters] == [
        ("x", "parameters"),
        ("y", "parameters"),
        ("z", "inputs"),
        ("w", "inputs"),
    ]


DEFAULTS = [
    ("int = 3", "3", 3),
    ("int = -1", "-1", -1),
    ("float = 1e-3", "1e-3", 0.001),
    ("int = LIMIT", "LIMIT", 10),
    ("int = Config.SIZE", "Config.SIZE", 7),
    ("int = 1 << 4", "1 << 4", 16),
    ("str = 'a' + 'b'", "'a' + 'b'", "ab"),
    ("bool = False", "False", False),
    ("bytes = b''", "b''", b""),
    ("list[int] = []", "[]", ()),
    ("tuple[int, int] = (1, 2)", "(1, 2)", (1, 2)),
    ("dict[str, int] = {}", "{}", {}),
    ("list[str] = OPTIONS", "OPTIONS", ("a", "b")),
    ("Mood = Mood.SAD", "Mood.SAD", "SAD"),
    ("Optional[Mood] = Mood.SAD", "Mood.SAD", "SAD"),
    ("str = Mood.SAD.value", "Mood.SAD.value", "sad"),
    ("float = math.pi", "math.pi", 3.141592653589793),
    ("Optional[int] = None", "None", None),
    ("pathlib.Path = pathlib.Path('a/b')", "pathlib.Path('a/b')", "a/b"),
]


@pytest.mark.parametrize(("parameter", "shown", "value"), DEFAULTS)
def test_a_default_is_known(package, parameter, shown, value):
    (one,) = run(package, f"x: {parameter}) -> int").parameters
    assert one.default is not None
    assert (one.default.text, one.default.known, one.default.value) == (shown, True, value)
    assert type(one.default.value) is type(value)


UNKNOWN = [
    "int = len(OPTIONS)",
    "float = float('inf')",
    "str = f'{LIMIT}'",
    "Mood = unknown()",
    "float = math.inf",
    "int = 10 ** 100000",
    "str = 'x' * 10 ** 9",
    "int = nowhere.X",
    "int = 'auto'",
    "Mood = 'happy'",
    "Literal['a'] = 'b'",
    "list[int] = ('a',)",
]


@pytest.mark.parametrize("parameter", UNKNOWN)
def test_a_default_that_takes_running_code_is_unknown(package, parameter):
    (one,) = run(package, f"x: {parameter}) -> int").parameters
    assert one.default is not None
    assert (one.default.known, one.default.text) == (False, parameter.partition(" = ")[2])


def test_a_none_default_allows_null(package):
    (one,) = run(package, "x: int = None) -> int").parameters
    assert text(one.type) == "optional<int64>"


def test_the_codes_default_wins_over_the_docstrings(package):
    body = '''
        def run(self, x=5):
            """Run.

            Args:
                x (int, optional): Number. Defaults to 3.

            Returns:
                int: It.
            """
    '''
    (one,) = package.method(source(body)).parameters
    assert one.default is not None
    assert one.default.value == 5


CONSTRAINTS = [
    ("Annotated[int, Field(ge=1, le=LIMIT)]", Constraints(ge=1, le=10)),
    ("Annotated[int, at.Ge(0), at.Lt(5)]", Constraints(ge=0, lt=5)),
    ("Annotated[int, at.Interval(gt=0, le=3)]", Constraints(gt=0, le=3)),
    ("Annotated[int, at.MultipleOf(2)]", Constraints(multiple_of=2)),
    ("Annotated[str, at.Len(1, 5)]", Constraints(min_length=1, max_length=5)),
    ("Annotated[str, at.MinLen(2)]", Constraints(min_length=2)),
    ("Annotated[str, Field(pattern=r'^a+$')]", Constraints(pattern="^a+$")),
    ("Annotated[list[int], Field(max_length=3)]", Constraints(max_length=3)),
    ("Optional[Annotated[int, Field(ge=1)]]", Constraints(ge=1)),
    ("Annotated[Annotated[int, at.Ge(1)], at.Le(2)]", Constraints(ge=1, le=2)),
]


@pytest.mark.parametrize(("annotation", "expected"), CONSTRAINTS)
def test_constraints(package, annotation, expected):
    (one,) = run(package, f"x: {annotation}) -> int").parameters
    assert one.constraints == expected


UNKEPT = [
    ("Annotated[int, at.Ge(f())]", "`ge=f()` could not be read"),
    ("Annotated[bool, at.Ge(1)]", "`ge` says nothing of bool"),
    ("dict[Annotated[str, at.Len(1)], int]", "`min_length` on the keys of a mapping"),
    ("Annotated[int, at.Ge(1)] | Annotated[int, at.Ge(2)]", "`ge`, since alternatives that are one on the wire"),
    ("np.ndarray | list[Annotated[float, at.Ge(1)]]", "`ge`, since alternatives that are one on the wire"),
]


@pytest.mark.parametrize(("annotation", "told"), UNKEPT)
def test_a_constraint_that_has_no_place_is_told(package, codes, annotation, told):
    reading = package.read(source(f"def run(self, x: {annotation}) -> int: ...\n"))
    assert set(codes(reading)) == {"constraint-left-out"}
    assert told in reading.findings[0].message


INSIDE = [
    ("list[Annotated[int, at.Ge(0)]]", {"item": {"ge": 0}}),
    ("dict[str, Annotated[str, Field(max_length=3)]]", {"value": {"max_length": 3}}),
    ("Annotated[int, at.Ge(1)] | str", {"int64": {"ge": 1}}),
    ("Annotated[int | str | None, at.Ge(1), at.Len(1)]", {"int64": {"ge": 1}, "string": {"min_length": 1}}),
    ("list[list[Annotated[int, at.Ge(0)]]]", {"item.item": {"ge": 0}}),
    ("tuple[int, Annotated[int, at.Ge(0)]]", {"item_1": {"ge": 0}}),
    ("list[Optional[Annotated[int, at.Ge(0)]]]", {"item": {"ge": 0}}),
    ("list[pydantic.PositiveInt]", {"item": {"gt": 0}}),
    ("list[np.int8]", {"item": {"ge": -128, "le": 127}}),
    ("list[Annotated[int, at.Ge(0)]] | list[Annotated[int, at.Ge(0)]]", {"item": {"ge": 0}}),
]


@pytest.mark.parametrize(("annotation", "expected"), INSIDE)
def test_constraints_inside_a_type(package, annotation, expected):
    (one,) = run(package, f"x: {annotation}) -> int").parameters
    assert inside(one.type) == expected


STREAMS = [
    ("def run(self, x: int) -> Iterator[str]: ...", "stream string", False, True),
    ("def run(self, x: int) -> Iterator[str]:\n    yield ''", "stream string", False, True),
    ("def run(self, x: int) -> Iterable[str]:\n    yield ''", "stream string", False, True),
    ("def run(self, x: int) -> Iterable[str]: return []", "list<string>", False, False),
    ("async def run(self, x: int) -> AsyncIterator[str]:\n    yield ''", "stream string", True, True),
    ("def run(self, x: int) -> AsyncIterator[str]: ...", "stream string", True, True),
    ("async def run(self, x: int) -> str: ...", "string", True, False),
    (
        "def run(self, x: int):\n    '''Run.\n\n    Yields:\n        str: One.\n    '''\n    yield ''",
        "stream string",
        False,
        True,
    ),
    ("def run(self, x: int): pass", "empty", False, False),
    ("def run(self, x: int):\n    self.x = x\n    return self", "empty", False, False),
]


@pytest.mark.parametrize(("body", "returns", "asynchronous", "generator"), STREAMS)
def test_results_that_stream(package, answer, body, returns, asynchronous, generator):
    method = package.method(source(body))
    assert (answer(method), method.asynchronous, method.generator) == (returns, asynchronous, generator)


def test_stream_parameters(package):
    method = run(package, "xs: AsyncIterator[int], n: int = 1) -> int")
    (stream,) = [p for p in method.parameters if p.stream]
    assert (stream.name, stream.asynchronous, method.stream_parameter) == ("xs", True, stream)


def test_of_two_iterables_the_first_streams(package, spell):
    method = run(package, "xs: Iterable[int], ys: Iterable[str], zs: Iterable[str] = ()) -> int")
    assert [spell(p) for p in method.parameters] == ["stream int64", "list<string>", "list<string>"]


def test_two_streams_refuse_the_method(package, codes):
    reading = package.read(source("def run(self, xs: Iterator[int], ys: Iterator[int]) -> int: ...\n"))
    assert codes(reading) == ["method-refused"]


LIFE = '''
def __init__(self, size: int = 3, *, device: torch.device = None, **kwargs) -> None:
    """Make it.

    Args:
        size: How big.
    """

def run(self, x: int) -> int: ...

@classmethod
def train(cls, data: Iterable[float], epochs: int = 10) -> "Model": ...

@classmethod
def load(cls, path: Union[str, pathlib.Path]) -> "Model": ...

def save(self, path) -> None: ...

@staticmethod
def example() -> dict: ...

def explain(self, x: int) -> dict[str, float]: ...
'''


def test_the_life_of_a_model(package):
    module = package.module(source(LIFE))
    assert [(m.name, m.kind, m.receiver) for m in module.methods] == [
        ("run", "infer", "instance"),
        ("train", "train", "class"),
        ("explain", "infer", "instance"),
    ]
    train = module.methods[1]
    assert [text(p.type) for p in train.parameters] == ["list<double>", "int64"]
    assert text(train.returns) == "empty"
    assert module.construct is not None
    assert [(p.name, p.doc) for p in module.construct.parameters] == [("size", "How big.")]
    assert [p.name for p in module.construct.left_out] == ["device", "kwargs"]
    assert module.load is not None
    assert (module.load.kind, module.load.receiver, text(module.load.parameters[0].type)) == ("load", "class", "string")
    assert module.save is not None
    assert (module.save.kind, module.save.receiver, text(module.save.parameters[0].type)) == (
        "save",
        "instance",
        "string",
    )
    assert module.example


def test_constructors(package):
    assert package.module(source("def run(self, x: int) -> int: ...\n")).construct.parameters == ()
    inherited = "class Base:\n    def __init__(self, n: int) -> None: ...\n\nclass Model(Base):\n    def run(self, x: int) -> int: ...\n"
    assert [p.name for p in package.module(inherited).construct.parameters] == ["n"]
    reading = package.read(
        source("def __init__(self, network: torch.nn.Module) -> None: ...\ndef run(self, x: int) -> int: ...\n")
    )
    assert reading.contract.modules[0].construct is None
    assert [(f.code, f.level.value) for f in reading.findings] == [("method-refused", "warning")]


def test_a_dataclass_is_constructed_from_its_fields(package):
    body = "from dataclasses import dataclass\n@dataclass\nclass Model:\n    size: int\n    name: str = 'x'\n    def run(self, x: int) -> int: ...\n"
    construct = package.module(body).construct
    assert [(p.name, text(p.type), p.required) for p in construct.parameters] == [
        ("size", "int64", True),
        ("name", "string", False),
    ]


def test_a_network_s_train_mode_is_no_training(package):
    module = package.module(
        "import torch\nclass Model(torch.nn.Module):\n    def run(self, x: int) -> int: ...\n    def train(self, mode: bool = True): ...\n"
    )
    assert [m.name for m in module.methods] == ["run"]


def test_training_that_answers_no_instance_is_refused(package, codes):
    reading = package.read(
        source("def run(self, x: int) -> int: ...\n@staticmethod\ndef train(x: int) -> float: ...\n")
    )
    assert codes(reading) == ["method-refused"]


BATCHES = [
    ("def run_batch(self, xs: list[str], k: int = 1) -> list[int]: ...", "run_batch"),
    ("def run_batch(self, xs: list[str], k: int = 1) -> int: ...", ""),
    ("def run_batch(self, xs: str, k: int = 1) -> list[int]: ...", ""),
    ("def run_batch(self, xs: list[str], ys: list[str]) -> list[int]: ...", ""),
]


@pytest.mark.parametrize(("body", "batch"), BATCHES)
def test_the_sibling_that_takes_many(package, body, batch):
    assert package.method(source(f"def run(self, x: str, k: int = 1) -> int: ...\n{body}\n")).batch == batch


def test_docs_travel_without_the_sections_that_are_data(package):
    body = '''
        def run(self, x: int) -> int:
            """Double it.

            With care.

            Args:
                x: What to double.

            Returns:
                Twice `x`.

            Raises:
                ValueError: If `x` is odd.
                Unknown: Never.
            """
    '''
    method = package.method(
        source(body), options=Options(raises={"ValueError": "NOT_FOUND", "mylib.Other": "INTERNAL"})
    )
    assert method.doc == "Double it.\n\nWith care.\n\nReturns: Twice `x`."
    assert method.parameters[0].doc == "What to double."
    assert [(one.name, one.code, one.doc) for one in method.raises] == [
        ("ValueError", "NOT_FOUND", "If `x` is odd."),
        ("Unknown", "", "Never."),
        ("mylib.Other", "INTERNAL", ""),
    ]


def test_an_overriding_method_takes_what_it_does_not_say_from_the_one_it_overrides(package, answer, spell):
    body = '''
        class _Base:
            def run(self, x: int, y):
                """Run.

                Args:
                    x: One.
                    y (str): Two.

                Returns:
                    float: It.
                """

        class Model(_Base):
            def run(self, x, y, z=1):
                return 1.0
    '''
    reading = package.read(f"{PRELUDE}{textwrap.dedent(body)}")
    (method,) = reading.contract.modules[0].methods
    assert [(p.name, spell(p), p.doc) for p in method.parameters] == [("x", "int64", "One."), ("y", "string", "Two.")]
    assert [one.name for one in method.left_out] == ["z"]
    assert answer(method) == "double"
    assert method.doc == "Run.\n\nReturns: It."


def test_an_inherited_docstring_means_its_own_module_s_names(package, spell, answer):
    files = {
        "data.py": "from dataclasses import dataclass\n@dataclass\nclass Thing:\n    x: int\n",
        "base.py": """
            from .data import Thing as Item
            class Base:
                def run(self, x, y: str):
                    '''Run.

                    Args:
                        x (Item): One.
                        y (str): Two.

                    Returns:
                        list of Item: It.
                    '''
                    raise NotImplementedError
        """,
        "m.py": """
            from .base import Base
            class Model(Base):
                def run(self, x, y):
                    '''Run on.

                    Args:
                        y (int): Mine.
                    '''
                    return []
        """,
    }
    method = package.method(files)
    assert [spell(p) for p in method.parameters] == ["message mylib.data.Thing", "int64"]
    assert answer(method) == "list<message mylib.data.Thing>"


LEFT_OUT = [
    ("x: int, f: Callable[[], int] = print", "f", "Callable[[], int]"),
    ("x: int, d: torch.device = None", "d", "torch.device"),
    ("x: int, n=3", "n", ""),
    ("x: int, n: Nowhere = None", "n", "Nowhere"),
    ("x: int, *rest: int", "rest", "int"),
    ("x: int, **options: Any", "options", "Any"),
]


@pytest.mark.parametrize(("signature", "name", "written"), LEFT_OUT)
def test_what_cannot_be_sent_and_need_not_be_is_left_out_and_told(package, codes, signature, name, written):
    reading = package.read(source(f"def run(self, {signature}) -> int: ...\n"))
    (method,) = reading.contract.modules[0].methods
    (left,) = method.left_out
    assert (left.name, left.text) == (name, written)
    assert left.reason
    assert left.where is not None
    assert codes(reading) == ["parameter-left-out"]


REFUSED = [
    ("x) -> int", "type-missing"),
    ("x: Nowhere) -> int", "type-unresolved"),
    ("x: Callable[[], int]) -> int", "method-refused"),
    ("x: int):\n    return x", "type-missing"),
    ("x: int) -> Nowhere", "type-unresolved"),
    ("x: int) -> Callable[[], int]", "method-refused"),
    ("x: int) -> str:\n    yield x", "method-refused"),
]


@pytest.mark.parametrize(("signature", "code"), REFUSED)
@pytest.mark.parametrize("refused", ["error", "warning"])
def test_a_refusal_is_an_error_unless_settings_say_otherwise(package, signature, code, refused):
    body = f"def run(self, {signature}\n" if ":\n" in signature else f"def run(self, {signature}: ...\n"
    reading = package.read(source(f"{body}\ndef run_well(self, x: int) -> int: ...\n"), Options(refused=refused))
    assert [(f.code, f.level.value) for f in reading.findings] == [(code, refused)]
    module = reading.contract.modules[0]
    assert [one.name for one in module.refused] == ["Model.run"]
    assert [one.name for one in module.methods] == ["run_well"]


def test_types_in_settings_win(package, spell, answer):
    options = Options(
        types={
            "mylib.Model.run.x": "list[str]",
            "mylib.*.y": "array-like of shape (n, 3)",
            "*.z": "drop",
            "mylib.Model.run.return": "dict[str, Mood]",
        }
    )
    method = package.method(source("def run(self, x, y: str, z: int = 1): return 1\n"), options=options)
    assert [spell(p) for p in method.parameters] == ["list<string>", "tensor<any, [-1, 3]>"]
    assert [one.name for one in method.left_out] == ["z"]
    assert answer(method) == "map<string, enum mylib.Mood>"


DISAGREE = [
    ("int", "float", True),
    ("int", "str", True),
    ("list[int]", "list of str", True),
    ("int", "int, optional", False),
    ("Any", "list of str", False),
    ("list", "list of str", False),
    ("np.ndarray", "array-like of shape (n, 3)", False),
    ("Mood", "str", False),
    ("Literal['a', 'b']", "str", False),
    ("Union[int, str]", "str", False),
    ("Optional[int]", "int or None", False),
]


@pytest.mark.parametrize(("annotation", "phrase", "told"), DISAGREE)
def test_a_docstring_that_contradicts_the_annotation_is_told(package, annotation, phrase, told):
    body = f'''
        def run(self, x: {annotation}) -> None:
            """Run.

            Args:
                x ({phrase}): It.
            """
    '''
    reading = package.read(source(body))
    assert [(f.code, f.level.value) for f in reading.findings] == ([("type-disagrees", "warning")] if told else [])


REFINED = [
    ("Any", "list of str", "list<string>"),
    ("list", "list of str", "list<string>"),
    ("tuple", "tuple of int", "list<int64>"),
    ("dict", "dict of str to int", "map<string, int64>"),
    ("Optional[list]", "list of str", "optional<list<string>>"),
    ("np.ndarray", "ndarray of float32, shape (n, 8, 8)", "tensor<float32, [-1, 8, 8]>"),
    ("Optional[np.ndarray]", "array-like of shape (n, 3)", "optional<tensor<any, [-1, 3]>>"),
    ("int", "str", "int64"),
    ("list[int]", "list of str", "list<int64>"),
]


@pytest.mark.parametrize(("annotation", "phrase", "expected"), REFINED)
def test_a_docstring_refines_an_annotation_that_says_little(package, spell, annotation, phrase, expected):
    body = f'''
        def run(self, x: {annotation}) -> None:
            """Run.

            Parameters
            ----------
            x : {phrase}
            """
    '''
    (one,) = package.method(source(body)).parameters
    assert spell(one) == expected


def test_include_and_exclude(package):
    files = {
        "a.py": "class A:\n    def run(self, x: int) -> int: ...\n    def run_b(self, x: int) -> int: ...\n",
        "b.py": "class B:\n    def run(self, x: int) -> int: ...\n",
    }

    def served(**kwargs):
        modules = package.read(files, Options(**kwargs)).contract.modules
        return [f"{module.name}.{method.name}" for module in modules for method in module.methods]

    assert served() == ["A.run", "A.run_b", "B.run"]
    assert served(include=("mylib.a.*",)) == ["A.run", "A.run_b"]
    assert served(include=("mylib.a.A.run",)) == ["A.run"]
    assert served(exclude=("mylib.b.*",)) == ["A.run", "A.run_b"]
    assert served(exclude=("*.run_b",)) == ["A.run", "B.run"]


def test_what_an_overridden_method_answers_itself_is_answered_by_its_call(package, answer):
    source = """
        class Base:
            def run_fit(self, x: int):
                self.x = x
                return self

            def run_other(self, x: int):
                return x

        class Model(Base):
            def run_fit(self, x: int):
                if x:
                    return self
                return super().run_fit(x)

            def run_other(self, x: int):
                return super().run_other(x)
    """
    reading = package.read(source)
    model = next(module for module in reading.contract.modules if module.name == "Model")
    assert [answer(method) for method in model.methods] == ["empty"]
    assert [one.name for one in model.refused] == ["Model.run_other"]


def test_what_was_read_is_told_on_one_line(package):
    source = '''
        class Model:
            def run(self):
                """Run.

                Returns
                -------
                array of shape (n, ), or
                (n, m) when told so
                """
                return self.rows
    '''
    assert all("\n" not in finding.message for finding in package.read(source).findings)


def test_a_type_inside_a_type_is_told_as_that(package):
    source = """
        class Inner:
            def __init__(self, x: int):
                self._secret = x

        class Outer:
            def __init__(self, inner: Inner):
                self.inner = inner

        class Model:
            def run(self, x: int) -> Outer: ...
            def run_inner(self, x: int) -> Inner: ...
    """
    first, second = (finding.message for finding in package.read(source).findings)
    assert "`mylib.Inner` inside of it: it keeps no attribute" in first
    assert "`mylib.Inner`: it keeps no attribute" in second
