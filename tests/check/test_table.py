"""Every cell of the table of rules: a row is a source before and after, the rule that finds the step, and its verdicts.

`sends`, `answers` and `both` put a model where callers send it, receive it, or do both.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modelgen.check.rule import RULES

from .judging import judged, package, shown, verdicts

PRELUDE = """\
from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional, TypedDict, Union

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field
"""


def calls(signature: str, name: str = "run", more: str = "") -> str:
    """A class with one method, of `x: int -> str`."""
    parameters, _, result = signature.rpartition("->")
    return f"class Tagger:\n    def {name}(self, {parameters.strip()}) -> {result.strip()}: ...\n{more}"


def model(body: str, kind: str) -> str:
    """A model of fields, by its kind: `dataclass`, `pydantic`, `enum`."""
    fields = "".join(f"    {field}\n" for field in body.split("; "))
    if kind == "enum":
        fields = "".join(f"    {one} = {one.lower()!r}\n" if "=" not in one else f"    {one}\n" for one in body.split())
    head = {"dataclass": "@dataclass\nclass Data", "pydantic": "class Data(BaseModel)", "enum": "class Data(enum.Enum)"}
    return f"{head[kind]}:\n{fields}\n\n"


def sends(body: str, kind: str = "dataclass") -> str:
    return model(body, kind) + calls("data: Data -> str")


def answers(body: str, kind: str = "dataclass") -> str:
    return model(body, kind) + calls("text: str -> Data")


def both(body: str, kind: str = "dataclass") -> str:
    return model(body, kind) + calls("data: Data -> Data")


def given(type_: str) -> str:
    return calls(f"x: {type_} -> str")


def told(type_: str) -> str:
    return calls(f"text: str -> {type_}")


LONG = "    def run_long(self, text: str) -> str: ...\n"
SAFE = "safe safe safe safe"
GONE = "breaking breaking breaking safe"
ALL = "breaking breaking breaking breaking"

# rule, before, after, verdicts on wire, json, source, behaviour
ROWS = [
    ("module-removed", calls("x: int -> str") + "class Other:\n    def run(self) -> int: ...\n", given("int"), GONE),
    ("module-added", given("int"), calls("x: int -> str") + "class Other:\n    def run(self) -> int: ...\n", SAFE),
    ("method-removed", calls("x: int -> str", more=LONG), given("int"), GONE),
    ("method-added", given("int"), calls("x: int -> str", more=LONG), SAFE),
    ("method-unrepresentable", calls("x: int -> str", more=LONG), calls("x: int -> str", more=LONG.replace(": str", "")), GONE),
    ("method-stream-changed", told("str"), told("Iterator[str]"), GONE),
    ("method-stream-changed", given("bytes"), given("Iterator[bytes]"), GONE),
    ("return-type-changed", told("str"), told("bytes"), GONE),
    ("return-type-changed", told("str"), told("None"), GONE),
    ("return-type-changed", told("None"), told("str"), GONE),
    ("return-type-changed", told("float"), told("list[float]"), GONE),
    ("sync-async-changed", given("int"), given("int").replace("def", "async def"), "safe safe warning safe"),
    ("param-kind-changed", calls("x: int, y: int = 1 -> str"), calls("x: int, *, y: int = 1 -> str"), "safe safe warning safe"),
    ("param-kind-changed", calls("x: int -> str"), calls("x: int, / -> str"), "safe safe warning safe"),
    ("param-order-changed", calls("x: int, y: int -> str"), calls("y: int, x: int -> str"), "safe safe breaking safe"),
    ("param-order-changed", calls("x: int, y: str -> str"), calls("y: str, x: int -> str"), "safe safe warning safe"),
    # fields
    ("field-added-optional", given("int"), calls("x: int, y: int = 1 -> str"), SAFE),
    ("field-added-optional", answers("a: int"), answers("a: int; b: int = 0"), SAFE),
    ("field-added-required", given("int"), calls("x: int, y: int -> str"), "safe breaking breaking breaking"),
    ("field-added-required", answers("a: int"), answers("a: int; b: int"), "safe safe warning safe"),
    ("field-added-required", both("a: int"), both("a: int; b: int"), "safe breaking breaking breaking"),
    ("field-removed", calls("x: int, y: int = 1 -> str"), given("int"), "safe breaking breaking warning"),
    ("field-removed", answers("a: int; b: int"), answers("a: int"), "safe breaking breaking breaking"),
    ("field-became-required", calls("x: int = 1 -> str"), given("int"), "safe breaking breaking breaking"),
    ("field-became-required", sends("a: int = 1"), sends("a: int"), "safe breaking breaking breaking"),
    ("field-became-required", answers("a: int = 1"), answers("a: int"), SAFE),
    ("field-became-required", answers("a: int | None = None"), answers("a: int"), SAFE),
    ("field-became-optional", given("int"), calls("x: int = 1 -> str"), "safe breaking safe safe"),
    ("field-became-optional", sends("a: int"), sends("a: int = 1"), SAFE),
    ("field-became-optional", answers("a: int"), answers("a: int = 1"), "safe breaking warning warning"),
    ("field-became-optional", answers("a: int"), answers("a: int | None = None"), "warning breaking warning warning"),
    ("nullable-added", given("int"), given("int | None"), SAFE),
    ("nullable-added", told("int"), told("int | None"), "warning breaking warning warning"),
    ("nullable-added", answers("a: int"), answers("a: int | None"), "warning breaking warning warning"),
    ("nullable-added", calls("x: int = 1 -> str"), calls("x: int | None = 1 -> str"), "warning safe warning safe"),
    ("nullable-removed", given("int | None"), given("int"), "safe breaking warning warning"),
    ("nullable-removed", told("int | None"), told("int"), SAFE),
    ("default-changed", calls("x: int = 1 -> str"), calls("x: int = 2 -> str"), "safe safe safe warning"),
    ("default-changed", sends("a: int = 1"), sends("a: int = 2"), "safe safe safe warning"),
    ("default-changed", answers("a: int = 1"), answers("a: int = 2"), SAFE),
    ("default-changed", calls("x: bool = True -> str"), calls("x: bool = False -> str"), "safe safe safe warning"),
    ("alias-changed", sends('a: int = Field(alias="b")', "pydantic"), sends('a: int = Field(alias="c")', "pydantic"), "safe breaking warning safe"),
    # types
    ("type-changed", given("int"), given("str"), GONE),
    ("type-changed", sends("a: int"), sends("a: str"), GONE),
    ("type-changed", answers("a: str"), answers("a: int"), GONE),
    ("type-changed", calls("x: dict[str, int], y: int -> str"), calls("x: Any, y: int -> str"), "breaking safe breaking safe"),
    ("type-changed", sends("a: int = 1"), sends("a: str"), ALL),
    ("type-widened", sends("a: int"), sends("a: float"), "breaking safe warning warning"),
    ("type-widened", answers("a: int"), answers("a: float"), "breaking breaking warning warning"),
    ("type-widened", sends("a: int = 1"), sends("a: float"), ALL),
    ("type-narrowed", sends("a: float"), sends("a: int"), "breaking breaking warning breaking"),
    ("type-narrowed", answers("a: float"), answers("a: int"), "breaking safe warning breaking"),
    ("integer-type-changed", sends("a: bool"), sends("a: int"), "breaking breaking warning safe"),
    ("integer-type-changed", sends("a: np.int32"), sends("a: int"), "breaking safe warning safe"),
    ("integer-type-changed", answers("a: np.int32"), answers("a: int"), "breaking breaking warning safe"),
    ("integer-type-changed", sends("a: int"), sends("a: np.int32"), "breaking breaking warning safe"),
    ("cardinality-changed", given("str"), given("list[str]"), GONE),
    ("cardinality-changed", answers("a: list[str]"), answers("a: str"), GONE),
    ("element-type-changed", given("list[str]"), given("list[int]"), GONE),
    ("map-key-type-changed", given("dict[str, int]"), given("dict[int, int]"), GONE),
    ("map-value-type-changed", given("dict[str, int]"), given("dict[str, str]"), GONE),
    (
        "message-changed",
        model("a: int", "dataclass") + model("a: int", "dataclass").replace("Data", "Spare") + calls("x: Data, y: Spare -> str"),
        model("a: int", "dataclass") + model("a: int", "dataclass").replace("Data", "Spare") + calls("x: Spare, y: Spare -> str"),
        GONE,
    ),
    ("union-member-added", given("int | str"), given("int | str | bytes"), SAFE),
    ("union-member-added", told("int | str"), told("int | str | bytes"), "safe warning warning safe"),
    ("union-member-removed", given("int | str | bytes"), given("int | str"), ALL),
    ("union-member-removed", told("int | str | bytes"), told("int | str"), "breaking safe breaking safe"),
    ("union-member-removed", given("int | str | bytes"), given("int | str | float"), ALL),
    ("union-introduced", given("int"), given("int | str"), "warning safe warning safe"),
    ("union-introduced", told("int"), told("int | str"), "warning breaking warning safe"),
    ("union-collapsed", given("int | str"), given("int"), "breaking breaking warning breaking"),
    ("union-collapsed", told("int | str"), told("int"), "breaking safe warning safe"),
    ("tensor-dtype-changed", told("npt.NDArray[np.float32]"), told("npt.NDArray[np.float64]"), "warning warning warning breaking"),
    ("tensor-dtype-changed", given("npt.NDArray[np.float32]"), given("np.ndarray"), SAFE),
    ("tensor-dtype-changed", given("np.ndarray"), given("npt.NDArray[np.float32]"), "warning warning warning breaking"),
    ("tensor-dtype-changed", told("np.ndarray"), told("npt.NDArray[np.float32]"), SAFE),
    # enums
    ("enum-value-added", sends("GOOD BAD", "enum"), sends("GOOD BAD MIXED", "enum"), SAFE),
    ("enum-value-added", answers("GOOD BAD", "enum"), answers("GOOD BAD MIXED", "enum"), "safe warning warning warning"),
    ("enum-value-added", given('Literal["a"]'), given('Literal["a", "b"]'), SAFE),
    ("enum-value-added", told('Literal["a"]'), told('Literal["a", "b"]'), "safe warning warning warning"),
    ("enum-value-removed", sends("GOOD BAD", "enum"), sends("GOOD", "enum"), ALL),
    ("enum-value-removed", answers("GOOD BAD", "enum"), answers("GOOD", "enum"), "safe safe breaking safe"),
    ("enum-value-removed", given('Literal["a", "b"]'), given('Literal["a"]'), ALL),
    ("enum-value-renamed", sends("GOOD BAD", "enum"), sends("GOOD POOR='bad'", "enum"), "breaking safe breaking safe"),
    ("enum-json-value-changed", sends("GOOD BAD", "enum"), sends("GOOD BAD='poor'", "enum"), "safe breaking safe warning"),
    ("enum-opened", given('Literal["a", "b"]'), given("str"), "breaking safe breaking safe"),
    ("enum-opened", sends("GOOD BAD", "enum"), given("str").replace("x:", "data:"), "breaking safe breaking safe"),
    ("enum-opened", told('Literal["a", "b"]'), told("str"), "breaking warning breaking safe"),
    ("enum-closed", given("str"), given('Literal["a", "b"]'), ALL),
    ("enum-closed", told("str"), told('Literal["a", "b"]'), "breaking safe breaking safe"),
    # bounds
    ("constraint-added", sends("a: int", "pydantic"), sends("a: int = Field(ge=1)", "pydantic"), "safe breaking safe breaking"),
    ("constraint-added", answers("a: int", "pydantic"), answers("a: int = Field(ge=1)", "pydantic"), SAFE),
    ("constraint-tightened", sends("a: int = Field(ge=1)", "pydantic"), sends("a: int = Field(ge=2)", "pydantic"), "safe breaking safe breaking"),
    ("constraint-tightened", sends("a: int = Field(multiple_of=2)", "pydantic"), sends("a: int = Field(multiple_of=6)", "pydantic"), "safe breaking safe breaking"),
    ("constraint-tightened", sends("a: str = Field(min_length=1)", "pydantic"), sends("a: str = Field(min_length=2)", "pydantic"), "safe breaking safe breaking"),
    ("constraint-loosened", sends("a: int = Field(le=9)", "pydantic"), sends("a: int = Field(le=10)", "pydantic"), SAFE),
    ("constraint-loosened", answers("a: int = Field(le=9)", "pydantic"), answers("a: int = Field(le=10)", "pydantic"), "safe warning safe warning"),
    ("constraint-loosened", answers("a: int = Field(multiple_of=6)", "pydantic"), answers("a: int = Field(multiple_of=3)", "pydantic"), "safe warning safe warning"),
    ("constraint-loosened", sends("a: str = Field(min_length=3)", "pydantic"), sends("a: str = Field(min_length=2)", "pydantic"), SAFE),
    ("constraint-tightened", sends("a: str = Field(max_length=3)", "pydantic"), sends("a: str = Field(max_length=2)", "pydantic"), "safe breaking safe breaking"),
    ("constraint-tightened", sends("a: int = Field(multiple_of=4)", "pydantic"), sends("a: int = Field(multiple_of=6)", "pydantic"), "safe breaking safe breaking"),
    ("pattern-changed", sends("a: str", "pydantic"), sends('a: str = Field(pattern="a+")', "pydantic"), "safe warning safe warning"),
    ("pattern-changed", sends('a: str = Field(pattern="a+")', "pydantic"), sends("a: str", "pydantic"), SAFE),
    # two at once: what is mild hides nothing that is not
    ("default-changed", calls('x: Literal["a"] = "a" -> str'), calls('x: Literal["a", "b"] = "b" -> str'), "safe safe safe warning"),
    ("nullable-removed", given("int | str | None"), given("int | str | bytes"), "safe breaking warning warning"),
    ("constraint-tightened", calls("x: Annotated[int, Field(ge=1)] | str -> str"), calls("x: Annotated[int, Field(ge=2)] | str | bytes -> str"), "safe breaking safe breaking"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "before", "after", "expected"), ROWS, ids=[f"{at}-{row[0]}" for at, row in enumerate(ROWS)]
)
def test_a_row_of_the_table(rule: str, before: str, after: str, expected: str, tmp_path: Path) -> None:
    report = judged(tmp_path, package(PRELUDE, before), package(PRELUDE, after))
    said = "\n".join(shown(one, tmp_path) for one in report.judgement.changes)
    assert [verdicts(one.change) for one in report.judgement.changes if one.change.rule == rule] == [expected], said


def test_the_table_has_a_row_for_every_rule_that_needs_only_a_source() -> None:
    elsewhere = {  # those whose situation is a lock, settings or another file: fixtures/changes has them
        *("limits-changed", "description-changed", "enum-renamed", "oneof-renamed", "schema-name-changed"),
        *("field-renamed", "method-renamed", "module-renamed", "operation-id-changed", "import-path-removed"),
        *("param-role-changed", "error-code-changed", "error-added", "package-changed", "route-changed"),
        *("contract-edited", "contract-stale", "tensor-shape-changed"),
    }
    pins = {code for code in RULES if code.startswith("pin-")}
    assert {row[0] for row in ROWS} | elsewhere | pins == set(RULES)
