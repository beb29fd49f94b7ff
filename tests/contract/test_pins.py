"""Numbers stay: each law by example, and all of them over random histories."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelgen.contract import codec
from modelgen.contract.lowering import lower
from modelgen.contract.model import Contract, Default, Field, Member
from modelgen.contract.pins import FORBIDDEN, Pin, Pins, pin
from modelgen.contract.types import ListOf, Literals, OneOf, OptionalOf

from .histories import INT, REAL, TEXT, contract, contracts, parameter

REQUEST = "TaggerServiceRunRequest"
ONE = Default(text="1", value=1)


def after(*history: Contract) -> Pins:
    """The pins when a package went through these contracts, each written to the lock and read again."""
    pins = Pins()
    for version, step in enumerate(history, start=1):
        wire = lower(step, pins.known())
        fresh, _ = pin(wire, pins, f"1.{version}.0")
        text = codec.dump(step, wire, fresh)
        pins = codec.load(text, "modelgen.lock").pins
        assert sorted(map(repr, pins.pins)) == sorted(map(repr, fresh.pins))
    return pins


def numbers(pins: Pins, owner: str = REQUEST) -> dict[str, int]:
    return {one.name: one.number for one in pins.of(owner) if not one.retired}


def test_the_first_numbers_follow_the_source_required_first() -> None:
    pins = after(contract(parameter("top_k", INT, ONE), parameter("text", TEXT), parameter("other", TEXT)))
    assert numbers(pins) == {"text": 1, "other": 2, "top_k": 3}


def test_a_new_field_takes_the_next_number_wherever_it_stands() -> None:
    pins = after(contract(parameter("text", TEXT)), contract(parameter("first", TEXT), parameter("text", TEXT)))
    assert numbers(pins) == {"text": 1, "first": 2}


def test_reordering_moves_nothing() -> None:
    one, two = parameter("one", TEXT), parameter("two", TEXT)
    assert numbers(after(contract(one, two), contract(two, one))) == {"one": 1, "two": 2}


def test_a_vanished_field_retires_and_its_number_is_not_given_again() -> None:
    one, two, three = (parameter(name, TEXT) for name in ("one", "two", "three"))
    pins = after(contract(one, two), contract(one), contract(one, three))
    assert numbers(pins) == {"one": 1, "three": 3}
    assert [(gone.number, gone.name, gone.retired) for gone in pins.reserved(REQUEST)] == [(2, "two", "1.2.0")]


def test_a_field_that_returns_gets_its_number_back() -> None:
    one, two = parameter("one", TEXT), parameter("two", TEXT)
    pins = after(contract(one, two), contract(two), contract(one, two))
    assert numbers(pins) == {"one": 1, "two": 2}
    assert pins.reserved(REQUEST) == ()


def test_a_field_that_returns_as_another_type_gets_a_new_number_and_a_warning() -> None:
    before = after(contract(parameter("one", TEXT)), contract())
    changed = contract(parameter("one", INT))
    pins, findings = pin(lower(changed, before.known()), before, "2.0.0")
    assert numbers(pins) == {"one": 2}
    assert [finding.code for finding in findings] == ["pin-name-reused"]


def test_none_does_not_count() -> None:
    optional = parameter("top_k", OptionalOf(item=INT), Default(text="None"))
    assert numbers(after(contract(parameter("top_k", INT, ONE)), contract(optional))) == {"top_k": 1}


def test_a_union_grows_by_its_arms() -> None:
    two = parameter("text", OneOf(arms=(TEXT, INT)))
    three = parameter("text", OneOf(arms=(REAL, TEXT, INT)))
    assert numbers(after(contract(two), contract(three))) == {"text_string": 1, "text_int64": 2, "text_double": 3}


def test_a_single_type_stays_an_arm_of_the_union_it_becomes() -> None:
    pins = after(contract(parameter("text", TEXT)), contract(parameter("text", OneOf(arms=(INT, TEXT)))))
    assert numbers(pins) == {"text": 1, "text_int64": 2}
    assert {one.oneof for one in pins.of(REQUEST)} == {"text_oneof"}


def test_a_union_without_the_type_that_was_there_keeps_the_name_of_its_oneof() -> None:
    union = contract(parameter("text", OneOf(arms=(INT, TEXT))))
    pins = after(contract(parameter("text", REAL)), union, union)
    assert {(one.name, one.oneof) for one in pins.of(REQUEST) if not one.retired} == {
        ("text_int64", "text_oneof"),
        ("text_string", "text_oneof"),
    }


def test_a_union_that_collapses_stays_a_oneof() -> None:
    pins = after(contract(parameter("text", OneOf(arms=(TEXT, INT)))), contract(parameter("text", TEXT)))
    assert numbers(pins) == {"text_string": 1}
    assert [one.oneof for one in pins.of(REQUEST)] == ["text", "text"]


def test_enum_members_keep_their_numbers_whatever_their_values_and_order() -> None:
    happy, sad = Member(name="HAPPY", value="happy"), Member(name="SAD", value="sad")
    calm, other = Member(name="CALM", value="calm"), Member(name="SAD", value="very sad")
    pins = after(contract(members=(happy, sad)), contract(members=(calm, other, happy)))
    assert numbers(pins, "Mood") == {"HAPPY": 1, "SAD": 2, "CALM": 3}


def test_an_int_enum_begins_with_its_values_and_then_follows_its_names() -> None:
    high, low = Member(name="HIGH", value=2), Member(name="LOW", value=1)
    moved = Member(name="HIGH", value=7)
    assert numbers(after(contract(members=(high, low))), "Mood") == {"HIGH": 2, "LOW": 1}
    assert numbers(after(contract(members=(high, low)), contract(members=(moved, low))), "Mood") == {
        "HIGH": 2,
        "LOW": 1,
    }


def test_a_vanished_message_keeps_its_name_and_numbers() -> None:
    nested = contract(parameter("rows", ListOf(item=ListOf(item=REAL))))
    pins = after(nested, contract(parameter("rows", TEXT)), nested)
    assert numbers(pins, "DoubleList") == {"values": 1}
    gone = next(owner for owner in after(nested, contract()).owners if owner.name == "DoubleList")
    assert gone.retired == "1.2.0"


def test_protobufs_own_numbers_are_skipped() -> None:
    full = Pins(pins=(Pin(owner=REQUEST, number=FORBIDDEN.start - 1, name="gone", type="string", retired="1.0.0"),))
    pins, _ = pin(lower(contract(parameter("text", TEXT))), full, "1.0.0")
    assert numbers(pins) == {"text": FORBIDDEN.stop}


@settings(max_examples=150, deadline=None)
@given(st.lists(contracts(), min_size=1, max_size=4))
def test_no_number_ever_means_two_things(history: list[Contract]) -> None:
    meanings: dict[tuple[str, int], tuple[str, str]] = {}
    reserved: set[tuple[str, int]] = set()
    for length in range(1, len(history) + 1):
        pins = after(*history[:length])
        for one in pins.pins:
            assert meanings.setdefault((one.owner, one.number), (one.name, one.signature)) == (one.name, one.signature)
        live = {(one.owner, one.number) for one in pins.pins if not one.retired}
        retired = {(one.owner, one.number) for one in pins.pins if one.retired}
        assert reserved - retired <= live
        reserved = retired


@settings(max_examples=100, deadline=None)
@given(contracts())
def test_the_lock_round_trips(step: Contract) -> None:
    wire = lower(step)
    pins, _ = pin(wire, Pins(), "1.0.0")
    text = codec.dump(step, wire, pins)
    known = codec.load(text, "modelgen.lock").pins.known()
    again = lower(step, known)
    assert again == wire
    assert codec.dump(step, again, pin(again, codec.load(text, "modelgen.lock").pins, "2.0.0")[0]) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("version = [", "lock-corrupt"),
        ("package = 'x'", "lock-corrupt"),
        ('version = 99\npackage = "x"\nrelease = "1"', "lock-newer"),
        ('version = 1\npackage = "x"', "lock-corrupt"),
        (
            'version = 1\npackage = "x"\nrelease = "1"\n[message."A"]\nsource = "a"\n'
            '1 = { name = "a", type = "string" }\n1 = { name = "b", type = "string" }',
            "pin-duplicate-number",
        ),
        (
            'version = 1\npackage = "x"\nrelease = "1"\n[message."A"]\nsource = "a"\n'
            '19000 = { name = "a", type = "string" }',
            "pin-out-of-range",
        ),
    ],
)
def test_a_bad_lock_is_told(text: str, code: str) -> None:
    with pytest.raises(codec.LockError) as refused:
        codec.load(text, "modelgen.lock")
    assert [finding.code for finding in refused.value.findings] == [code]
    assert all(finding.hint for finding in refused.value.findings)


def test_a_default_that_toml_cannot_say_is_python() -> None:
    fields = (Field(name="rate", type=REAL, default=Default(text='float("inf")', value=float("inf"))),)
    wire = lower(contract(fields=fields))
    text = codec.dump(contract(fields=fields), wire, pin(wire, Pins(), "1.0.0")[0])
    assert 'default = { python = "float(\\"inf\\")" }' in text


def test_a_choice_that_may_be_null_with_another_default_is_one_enum_everywhere() -> None:
    choice = OptionalOf(item=Literals(values=("auto", "brute")))
    wire = lower(contract(parameter("algo", choice, Default(text='"auto"', value="auto"))))
    assert wire.names["lib.Tagger.run.algo"] == "TaggerRunAlgoValue"
