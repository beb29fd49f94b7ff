"""Random types, nested: what a method is given over REST, gRPC and the client is what it would be given here.

Each example is a package of methods that answer their argument. It is generated, its samples are replaced by random
values, and its own tests compare every answer over every wire with the local one.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SEEDS = tuple(int(seed) for seed in os.environ.get("MODELGEN_FUZZ", "0 2").split())
"""The first seed, and the one after the last."""
METHODS = 24
TOOL = [sys.executable, "-m", "modelgen"]

HEADER = '''"""Answers what it is given."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, Optional, TypedDict, TypeVar, Union

import attrs
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "dark blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5


@dataclass
class Point:
    x: float
    name: str = ""
    colour: Colour | None = None
    inner: list[Point] = field(default_factory=list)


class Pair(NamedTuple):
    left: int
    right: str = "right"


class Options(TypedDict, total=False):
    deep: bool
    size: int


class Permission(enum.Flag):
    READ = 1
    WRITE = 2


@dataclass
class Box(Generic[T]):
    content: T
    more: list[T] = field(default_factory=list)


@dataclass
class Sample:
    rows: dict[str, list[Union[Point, Tree]]]
    weights: Optional[npt.NDArray[np.float32]] = None


@attrs.define
class Tree:
    height: int
    children: dict[str, Tree] = attrs.field(factory=dict)


class Config(BaseModel):
    rate: float = 0.5
    point: Optional[Point] = None
    when: Optional[datetime.time] = None


class Plain:
    def __init__(self, count: int, names: Sequence[str] = ()):
        self.count = count
        self.names = names


class Echo:
'''


@dataclass(frozen=True)
class Typed:
    """A type as Python writes it, and how to make a JSON value of it."""

    text: str
    value: Callable[[random.Random], Any]
    group: str
    """What JSON sees of it: arms of a union must differ in that."""


TEXTS = ("", "text", "quote \" ' \\ end", "ünïcødé 🎉", "two\nlines", "null", " ")
SCALARS = (
    Typed("int", lambda r: r.choice((0, 1, -1, 2**40, -(2**53))), "number"),
    Typed("float", lambda r: r.choice((0.5, -0.25, 1e300, 3.0, -1e-9)), "number"),
    Typed("bool", lambda r: r.choice((True, False)), "boolean"),
    Typed("str", lambda r: r.choice(TEXTS), "string"),
    Typed("bytes", lambda r: r.choice(("", "AAEC", "aGVsbG8=")), "string"),
    Typed("datetime.datetime", lambda r: r.choice(("2024-02-29T23:59:59.123456Z", "1969-07-20T20:17:40Z")), "string"),
    Typed("datetime.date", lambda r: "2024-02-29", "string"),
    Typed("datetime.timedelta", lambda r: r.choice(("PT0S", "P1DT2H3.5S")), "string"),
    Typed("decimal.Decimal", lambda r: r.choice(("0", "-1.50", "123456789.000000001")), "string"),
    Typed("uuid.UUID", lambda r: "12345678-1234-5678-1234-567812345678", "string"),
    Typed("Colour", lambda r: r.choice(("red", "dark blue")), "string"),
    Typed("Level", lambda r: r.choice((1, 5)), "number"),
    Typed('Literal["auto", "by hand"]', lambda r: r.choice(("auto", "by hand")), "string"),
    Typed("Point", lambda r: point(r), "object"),
    Typed("Pair", lambda r: r.choice(({"left": 0}, {"left": 3, "right": ""})), "object"),
    Typed("Options", lambda r: r.choice(({}, {"deep": False}, {"deep": True, "size": 0})), "object"),
    Typed("datetime.time", lambda r: r.choice(("23:59:59.500000", "00:00:00")), "string"),
    Typed("np.int32", lambda r: r.choice((0, -(2**31), 2**31 - 1)), "number"),
    Typed("np.uint8", lambda r: r.choice((0, 255)), "number"),
    Typed("np.float32", lambda r: r.choice((0.0, -0.5)), "number"),
    Typed("Permission", lambda r: r.choice((1, 2, 3)), "number"),
    Typed("Tree", lambda r: tree(r), "object"),
    Typed(
        "Config",
        lambda r: r.choice(({}, {"rate": 0.0, "point": None}, {"point": point(r), "when": "12:00:00"})),
        "object",
    ),
    Typed("Plain", lambda r: r.choice(({"count": 0}, {"count": 2, "names": ["", "a"]})), "object"),
    Typed("Sample", lambda r: sample(r), "object"),
    Typed("Union[Point, Tree]", lambda r: r.choice((point(r), tree(r))), "object"),
    Typed("set[int]", lambda r: r.choice(([], [0], [3, 4])), "array"),
    Typed("frozenset[str]", lambda r: r.choice(([], [""], ["a"])), "array"),
    Typed("Any", lambda r: r.choice((None, 0, "", [], {"a": [1, {"b": None}]}, [0.5, True])), "any"),
    Typed("npt.NDArray[np.float32]", lambda r: r.choice(([], [0.5, -1.0], [[1.0, 2.0], [3.0, 4.0]])), "array"),
)


def point(r: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"x": r.choice((0.0, -2.5))}
    if r.random() < 0.5:
        found["name"] = r.choice(TEXTS)
    if r.random() < 0.5:
        found["colour"] = r.choice((None, "red"))
    if r.random() < 0.3:
        found["inner"] = [point(r)]
    return found


def tree(r: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"height": r.choice((0, 3))}
    if r.random() < 0.4:
        found["children"] = {r.choice(TEXTS): tree(r)}
    return found


def sample(r: random.Random) -> dict[str, Any]:
    rows = {r.choice(TEXTS): [r.choice((point(r), tree(r))) for _ in range(r.randrange(3))] for _ in range(2)}
    return {"rows": rows, **r.choice(({}, {"weights": None}, {"weights": [[0.5, -1.0]]}))}


def draw(r: random.Random, depth: int) -> Typed:
    """A random type, nested up to `depth`."""
    if depth == 0 or r.random() < 0.25:
        return r.choice(SCALARS)
    return r.choice((listed, mapped, tupled, optional, union, boxed))(r, depth - 1)


def listed(r: random.Random, depth: int) -> Typed:
    item = draw(r, depth)
    text = r.choice(("list[{}]", "tuple[{}, ...]", "Sequence[{}]")).format(item.text)
    return Typed(text, lambda r: [item.value(r) for _ in range(r.randrange(4))], "array")


def mapped(r: random.Random, depth: int) -> Typed:
    item = draw(r, depth)
    key, keys = r.choice((("str", ("", "a b", "ü")), ("int", ("0", "-7", "12")), ("Colour", ("red", "dark blue"))))
    return Typed(
        f"{r.choice(('dict', 'Mapping'))}[{key}, {item.text}]",
        lambda r: {one: item.value(r) for one in keys[: r.randrange(len(keys) + 1)]},
        "object",
    )


def boxed(r: random.Random, depth: int) -> Typed:
    item = draw(r, depth)
    return Typed(
        f"Box[{item.text}]",
        lambda r: {"content": item.value(r), **r.choice(({}, {"more": [item.value(r)]}))},
        "object",
    )


def tupled(r: random.Random, depth: int) -> Typed:
    items = [draw(r, depth) for _ in range(r.randrange(1, 4))]
    return Typed(
        f"tuple[{', '.join(item.text for item in items)}]", lambda r: [item.value(r) for item in items], "array"
    )


def optional(r: random.Random, depth: int) -> Typed:
    item = draw(r, depth)
    if item.text == "Any" or "None" in item.text.split("[")[0] or item.text.endswith("| None"):
        return item
    return Typed(f"{item.text} | None", lambda r: r.choice((None, item.value(r))), item.group)


def union(r: random.Random, depth: int) -> Typed:
    """Arms that the client tells apart as the package does: it has classes of its own for `Box[...]`, and no NumPy scalars."""
    arms = {arm.group: arm for arm in (draw(r, depth) for _ in range(4)) if is_arm(arm)}
    chosen = list(arms.values())
    if len(chosen) < 2:
        return draw(r, 0)
    text = f"Union[{', '.join(arm.text for arm in chosen)}]"
    return Typed(text, lambda r: r.choice(chosen).value(r), "union")


def is_arm(type_: Typed) -> bool:
    rest = type_.text.replace("npt.NDArray[np.float32]", "")
    return type_.group not in ("any", "union") and not any(part in rest for part in (" | ", "Box[", "np."))


def package(folder: Path, name: str, r: random.Random) -> dict[tuple[str, str], dict[str, Any]]:
    """Write a package; answers a request for each of its methods."""
    methods, requests = [], {}
    for number in range(METHODS):
        type_, other = draw(r, 3), draw(r, 2)
        methods.append(
            f"    def run_{number}(self, value: {type_.text}, other: Optional[{other.text}] = None) -> {type_.text}:\n"
            f"        return value\n"
        )
        request: dict[str, Any] = {"inputs": type_.value(r)}
        if r.random() < 0.7:
            request["parameters"] = {"other": r.choice((None, other.value(r)))}
        requests["Echo", f"run_{number}"] = request
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(HEADER + "\n".join(methods), encoding="utf-8")
    return requests


@pytest.mark.parametrize("seed", range(*SEEDS))
def test_every_wire_carries_every_type(tmp_path: Path, seed: int) -> None:
    name = f"fuzz_{seed}"
    requests = package(tmp_path, name, random.Random(seed))
    project = tmp_path / "project"
    done = subprocess.run(
        [*TOOL, "generate", str(tmp_path / name), "-o", str(project)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    samples = f"REQUESTS: dict = {requests!r}\nPIECES: dict = {{}}\n"
    (project / "tests/samples.py").write_text(samples, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/test_parity.py",
            "tests/test_client.py",
        ],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-6000:]
