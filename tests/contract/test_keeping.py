"""A changed type keeps its number where the bytes decode to the same values, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelgen.contract import codec
from modelgen.contract.keeping import keep
from modelgen.contract.lowering import lower
from modelgen.contract.model import Contract, Default, Field, Member
from modelgen.contract.pins import Pins, pin
from modelgen.contract.types import (
    Json,
    ListOf,
    Literals,
    MapOf,
    Named,
    OneOf,
    OptionalOf,
    Scalar,
    ScalarKind,
    TupleOf,
    TypeRef,
    text,
)
from modelgen.finding import Finding

from .histories import INT, LABEL, MOOD, REAL, TEXT, contract, parameter

X = "lib.Tagger.run.x"


def of(kind: ScalarKind) -> Scalar:
    return Scalar(kind=kind)


def changed(before: Contract, after: Contract, *symbols: str) -> tuple[Pins, list[Finding], Pins]:
    """The pins before and behind a change, and what was told."""
    wire = lower(before)
    lock = codec.dump(before, wire, pin(wire, Pins(), "1.0.0")[0])
    old = codec.load(lock, "modelgen.lock").pins
    wire = lower(after, old.known())
    kept, refused = keep(wire, old, symbols)
    pins, told = pin(wire, kept, "2.0.0")
    return old, [*refused, *told], pins


def retyped(before: TypeRef, after: TypeRef, **more: tuple[Member, ...]) -> tuple[list[Finding], dict[int, str]]:
    """What is told when `x` changes its type and asks for its number, and what lives under each number then."""
    first = contract(parameter("x", before), **more)
    _, told, pins = changed(first, contract(parameter("x", after), **more), X)
    return told, {one.number: one.type for one in pins.of("TaggerServiceRunRequest") if not one.retired}


LEVELS = (Member(name="LOW", value=1), Member(name="HIGH", value=2))
GAPS = (Member(name="LOW", value=10), Member(name="HIGH", value=20))

KEPT = [
    (of("int32"), INT),
    (INT, of("int32")),
    (of("uint32"), of("uint64")),
    (INT, of("uint64")),
    (of("bool"), INT),
    (TEXT, of("bytes")),
    (of("bytes"), TEXT),
    (of("uuid"), TEXT),
    (TEXT, of("decimal")),
    (TEXT, ListOf(item=TEXT)),
    (of("bytes"), ListOf(item=of("bytes"))),
    (LABEL, ListOf(item=LABEL)),
    (TEXT, ListOf(item=of("bytes"))),
    (ListOf(item=of("int32")), ListOf(item=INT)),
    (MapOf(key=TEXT, value=of("int32")), MapOf(key=TEXT, value=INT)),
    (MapOf(key=of("int32"), value=TEXT), MapOf(key=INT, value=TEXT)),
    (OptionalOf(item=of("int32")), INT),
]


@pytest.mark.parametrize(("before", "after"), KEPT, ids=text)
def test_a_number_is_kept_where_values_are_the_same_bytes(before: TypeRef, after: TypeRef) -> None:
    told, living = retyped(before, after)
    assert [one.code for one in told] == ["number-kept"]
    assert list(living) == [1]


REFUSED = [
    (INT, REAL, "int64 and double are other bytes"),
    (of("float"), REAL, "float and double are other bytes"),
    (INT, TEXT, "int64 and string are other bytes"),
    (INT, ListOf(item=INT), "packed"),
    (MOOD, ListOf(item=MOOD), "packed"),
    (ListOf(item=TEXT), TEXT, "the others are lost"),
    (ListOf(item=TEXT), MapOf(key=TEXT, value=TEXT), "a list and a map"),
    (ListOf(item=INT), ListOf(item=REAL), "int64 and double are other bytes"),
    (MapOf(key=TEXT, value=INT), MapOf(key=INT, value=INT), "string and int64 are other bytes"),
    (TEXT, MapOf(key=TEXT, value=TEXT), "a map is a list of messages"),
    (LABEL, Json(), "another message"),
    (of("timestamp"), of("duration"), "another message"),
    (ListOf(item=ListOf(item=of("int32"))), ListOf(item=ListOf(item=INT)), "another message"),
    (INT, OneOf(arms=(TEXT, REAL)), "it becomes a union, or was one"),
    (MOOD, INT, "number 1 stands for 'happy'"),
    (INT, MOOD, "number 1 stands for 'happy'"),
    (MOOD, TEXT, "enum and string are other bytes"),
    (TupleOf(items=(INT,)), INT, "another message"),
]


@pytest.mark.parametrize(
    ("before", "after", "reason"), REFUSED, ids=lambda one: one if isinstance(one, str) else text(one)
)
def test_a_number_is_refused_with_the_reason(before: TypeRef, after: TypeRef, reason: str) -> None:
    told, _ = retyped(before, after)
    (finding,) = [one for one in told if one.code == "keep-number-refused"]
    assert reason in finding.message
    assert finding.hint


def test_another_model_is_another_message() -> None:
    first = contract(parameter("x", LABEL))
    (label,) = first.models
    other = replace(label, name="Other", symbol="lib.Other")
    after = replace(contract(parameter("x", Named(symbol="lib.Other", kind="message"))), models=(*first.models, other))
    _, told, _ = changed(first, after, X)
    assert "another message" in told[0].message


def test_an_enum_is_an_integer_while_its_numbers_are_its_values() -> None:
    for before, after in ((MOOD, INT), (INT, MOOD), (MOOD, of("int32")), (ListOf(item=MOOD), ListOf(item=INT))):
        told, living = retyped(before, after, members=LEVELS)
        assert ([one.code for one in told], list(living)) == (["number-kept"], [1])
    told, _ = retyped(MOOD, INT, members=GAPS)
    assert "number 1 stands for 10" in told[0].message
    told, _ = retyped(MOOD, of("bool"), members=LEVELS)
    assert told[0].code == "keep-number-refused"


def test_a_choice_becomes_an_enum_of_the_same_values() -> None:
    told, living = retyped(Literals(values=("happy", "sad")), MOOD, members=MOODS)
    assert ([one.code for one in told], list(living)) == (["number-kept"], [1])
    told, _ = retyped(Literals(values=("sad", "happy")), MOOD, members=MOODS)
    assert "number 1 stood for 'sad' and would stand for 'happy'" in told[0].message


MOODS = (Member(name="HAPPY", value="happy"), Member(name="SAD", value="sad"))


def test_results_and_fields_may_keep_theirs() -> None:
    before = contract(returns=of("int32"), fields=(Field(name="score", type=of("int32")),))
    after = contract(returns=INT, fields=(Field(name="score", type=INT),))
    _, told, pins = changed(before, after, "lib.Tagger.run.return", "lib.Label.score")
    assert [one.code for one in told] == ["number-kept"] * 2
    assert not [one for one in pins.pins if one.retired]


def test_it_is_only_kept_where_it_is_asked() -> None:
    before = contract(parameter("x", of("int32")), parameter("y", of("int32")))
    after = contract(parameter("x", INT), parameter("y", INT))
    _, told, pins = changed(before, after, X)
    assert [one.code for one in told] == ["number-kept", "pin-name-reused"]
    assert {one.name: one.number for one in pins.of("TaggerServiceRunRequest") if not one.retired} == {"x": 1, "y": 3}


def test_nothing_to_keep_is_nothing_to_tell() -> None:
    same = contract(parameter("x", INT, Default(text="1", value=1)))
    assert changed(same, same, X)[1] == []
    assert changed(contract(), same, X)[1] == []


def test_an_unknown_symbol_is_told_with_the_nearest() -> None:
    _, (finding,), _ = changed(
        contract(parameter("top_k", INT)), contract(parameter("top_k", INT)), "lib.Tagger.run.topk"
    )
    assert finding.code == "keep-number-refused"
    assert finding.hint == "did you mean lib.Tagger.run.top_k?"


def test_the_arm_that_stays_keeps_its_number_anyway() -> None:
    told, living = retyped(INT, OneOf(arms=(INT, TEXT)))
    assert (told, living) == ([], {1: "int64", 2: "string"})
