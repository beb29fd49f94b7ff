"""Numbers follow an element to its new name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from modelgen.contract import codec
from modelgen.contract.lowering import lower
from modelgen.contract.model import Contract, Default, Field, Member
from modelgen.contract.pins import Owner, Pin, Pins, pin
from modelgen.contract.renames import follow, likely, rename
from modelgen.contract.types import ListOf, Named, OneOf, TupleOf, TypeRef

from .histories import INT, LABEL, REAL, TEXT, contract, parameter

PINS = Pins(
    owners=(
        Owner(kind="service", name="Old", source="lib.Old"),
        Owner(kind="message", name="OldRunRequest", source="lib.Old.run"),
        Owner(kind="message", name="Page", source="lib.Page[lib.Old]"),
        Owner(kind="message", name="Older", source="lib.Older"),
        Owner(kind="message", name="Gone", source="lib.Old.gone", retired="1.0.0"),
    ),
    pins=(
        Pin(owner="OldRunRequest", number=1, name="text", type="string"),
        Pin(owner="OldRunRequest", number=2, name="stop_string", type="string", oneof="stop"),
        Pin(owner="OldRunRequest", number=3, name="stop_strings", type="list<string>", oneof="stop"),
        Pin(owner="OldRunRequest", number=4, name="text", type="bytes", retired="1.0.0"),
        Pin(owner="Older", number=1, name="text", type="string"),
    ),
)


def test_a_class_takes_what_is_inside_of_it_along() -> None:
    assert [owner.source for owner in rename(PINS, {"lib.Old": "lib.New"}).owners] == [
        "lib.New",
        "lib.New.run",
        "lib.Page[lib.New]",
        "lib.Older",
        "lib.New.gone",
    ]


def test_a_method_keeps_its_messages() -> None:
    pins = rename(PINS, {"lib.Old.run": "lib.Old.run_all"})
    assert [owner.source for owner in pins.owners if owner.name == "OldRunRequest"] == ["lib.Old.run_all"]
    assert pins.known().names["lib.Old.run_all"] == "OldRunRequest"


def test_a_parameter_keeps_its_number() -> None:
    pins = rename(PINS, {"lib.Old.run.text": "lib.Old.run.content"})
    assert [(pin.number, pin.name) for pin in pins.of("OldRunRequest")] == [
        (1, "content"),
        (2, "stop_string"),
        (3, "stop_strings"),
        (4, "text"),
    ]
    assert [pin.name for pin in pins.of("Older")] == ["text"]


def test_the_arms_of_a_union_go_with_it() -> None:
    arms = [pin for pin in rename(PINS, {"lib.Old.run.stop": "lib.Old.run.until"}).of("OldRunRequest") if pin.oneof]
    assert [(pin.number, pin.name, pin.oneof) for pin in arms] == [
        (2, "until_string", "until"),
        (3, "until_strings", "until"),
    ]


def test_what_was_renamed_already_stays() -> None:
    for renames in ({"lib.Old": "lib.New"}, {"lib.Old.run.text": "lib.Old.run.content"}):
        once = rename(PINS, renames)
        assert rename(once, renames) == once


def test_a_name_that_is_taken_is_not_given_twice() -> None:
    assert rename(PINS, {"lib.Old.run.text": "lib.Old.run.stop"}) == PINS


# Followed, from one generation to the next


def generate(step: Contract, given: Pins, renames: Mapping[str, str], version: str = "2.0.0") -> tuple[Pins, list[str]]:
    """The next lock of a package, and the codes of what was told."""
    followed = follow(given, renames, step)
    wire = lower(step, followed.pins.known())
    pins, told = pin(wire, followed.pins, version)
    text = codec.dump(step, wire, pins)
    return codec.load(text, "modelgen.lock").pins, [one.code for one in (*followed.findings, *told)]


def living(pins: Pins, owner: str) -> dict[str, int]:
    return {one.name: one.number for one in pins.of(owner) if not one.retired}


REQUEST = "TaggerServiceRunRequest"


def called(step: Contract, *, module: str = "Tagger", method: str = "run", model: str = "Label") -> Contract:
    """The same package under other names."""
    (old,), (label,) = step.modules, step.models
    renamed = replace(old, name=module, symbol=f"lib.{module}", methods=(replace(old.methods[0], name=method),))
    return replace(step, modules=(renamed,), models=(replace(label, name=model, symbol=f"lib.{model}"),))


def test_a_class_keeps_its_service_and_messages() -> None:
    step = contract(parameter("text", TEXT), parameter("pair", TupleOf(items=(INT, TEXT))))
    first, _ = generate(step, Pins(), {})
    pins, told = generate(called(step, module="Labeller"), first, {"lib.Tagger": "lib.Labeller"})
    assert told == []
    assert {owner.name for owner in pins.owners} == {owner.name for owner in first.owners}
    assert pins.pins == first.pins
    assert not [owner for owner in pins.owners if owner.retired]


def test_a_method_keeps_its_numbers() -> None:
    step = contract(parameter("text", TEXT), parameter("top", INT))
    first, _ = generate(step, Pins(), {})
    pins, told = generate(called(step, method="tag"), first, {"lib.Tagger.run": "lib.Tagger.tag"})
    assert told == []
    assert pins.pins == first.pins


TAG = Named(symbol="lib.Tag", kind="message")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(LABEL, TAG, id="alone"),
        pytest.param(ListOf(item=LABEL), ListOf(item=TAG), id="in a list"),
        pytest.param(ListOf(item=ListOf(item=LABEL)), ListOf(item=ListOf(item=TAG)), id="in a list in a list"),
        pytest.param(OneOf(arms=(TEXT, LABEL)), OneOf(arms=(TEXT, TAG)), id="an arm"),
        pytest.param(
            OneOf(arms=(TEXT, ListOf(item=TupleOf(items=(LABEL, INT))))),
            OneOf(arms=(TEXT, ListOf(item=TupleOf(items=(TAG, INT))))),
            id="in a message made for an arm",
        ),
    ],
)
def test_a_data_model_keeps_its_message_and_the_numbers_of_what_holds_it(before: TypeRef, after: TypeRef) -> None:
    step = contract(parameter("first", before), parameter("text", TEXT))
    first, _ = generate(step, Pins(), {})
    pins, told = generate(
        called(contract(parameter("first", after), parameter("text", TEXT)), model="Tag"),
        first,
        {"lib.Label": "lib.Tag"},
    )
    assert told == []
    assert [(one.owner, one.number, one.name, one.retired) for one in pins.pins] == [
        (one.owner, one.number, one.name, "") for one in first.pins
    ]


def test_a_number_follows_a_field_and_a_member() -> None:
    first, _ = generate(contract(fields=(Field(name="name", type=TEXT),)), Pins(), {})
    after = contract(fields=(Field(name="title", type=TEXT),), members=(Member(name="GLAD", value="happy"),))
    pins, told = generate(after, first, {"lib.Label.name": "lib.Label.title", "lib.Mood.HAPPY": "lib.Mood.GLAD"})
    assert told == []
    assert living(pins, "Label") == {"title": 1}
    assert living(pins, "Mood") == {"GLAD": 1}
    assert not [one for one in pins.pins if one.retired]


def test_a_name_that_proto_spells_otherwise_is_followed_too() -> None:
    first, _ = generate(contract(parameter("topK", INT), parameter("_hidden", INT)), Pins(), {})
    assert living(first, REQUEST) == {"top_k": 1, "hidden": 2}
    renames = {"lib.Tagger.run.topK": "lib.Tagger.run.best", "lib.Tagger.run._hidden": "lib.Tagger.run.shownAs"}
    pins, told = generate(contract(parameter("best", INT), parameter("shownAs", INT)), first, renames)
    assert told == []
    assert living(pins, REQUEST) == {"best": 1, "shown_as": 2}


def test_a_field_that_became_a_union_is_followed_with_all_its_arms() -> None:
    first, _ = generate(contract(parameter("stop", TEXT)), Pins(), {})
    union, _ = generate(contract(parameter("stop", OneOf(arms=(TEXT, INT)))), first, {})
    assert living(union, REQUEST) == {"stop": 1, "stop_int64": 2}
    after = contract(parameter("until", OneOf(arms=(TEXT, INT))))
    pins, told = generate(after, union, {"lib.Tagger.run.stop": "lib.Tagger.run.until"})
    assert told == []
    assert living(pins, REQUEST) == {"until": 1, "until_int64": 2}


def test_a_class_and_what_is_in_it_are_renamed_in_one_go_in_any_order() -> None:
    step = contract(parameter("text", TEXT))
    first, _ = generate(step, Pins(), {})
    after = called(contract(parameter("content", TEXT)), module="Labeller")
    inside = {"lib.Labeller.run.text": "lib.Labeller.run.content"}
    for renames in ({"lib.Tagger": "lib.Labeller", **inside}, {**inside, "lib.Tagger": "lib.Labeller"}):
        pins, told = generate(after, first, renames)
        assert told == []
        assert living(pins, REQUEST) == {"content": 1}


def test_a_chain_of_renames_leads_to_its_end() -> None:
    first, _ = generate(contract(parameter("a", TEXT)), Pins(), {})
    chain = {"lib.Tagger.run.a": "lib.Tagger.run.b", "lib.Tagger.run.b": "lib.Tagger.run.c"}
    pins, told = generate(contract(parameter("c", TEXT)), first, chain)
    assert (told, living(pins, REQUEST)) == ([], {"c": 1})


def test_a_rename_is_followed_once() -> None:
    """The old name may come back as something new, and the new one go: neither takes the other's number."""
    one = {"lib.Tagger.run.a": "lib.Tagger.run.b"}
    a, b, both = contract(parameter("a", TEXT)), contract(parameter("b", TEXT)), contract(*map(_text, "ab"))
    pins, _ = generate(a, Pins(), {})
    for step, expected in (
        (b, {"b": 1}),
        (both, {"b": 1, "a": 2}),
        (a, {"a": 2}),
        (b, {"b": 1}),
        (both, {"b": 1, "a": 2}),
    ):
        pins, told = generate(step, pins, one)
        assert (told, living(pins, REQUEST)) == ([], expected)


def _text(name: str) -> object:
    return parameter(name, TEXT)


@pytest.mark.parametrize(
    ("renames", "code", "said"),
    [
        ({"lib.Tagger.run.x": "lib.Tagger.run.y"}, "rename-unused", "lib.Tagger.run.x is not in modelgen.lock"),
        ({"lib.Tagger.run.b": "lib.Tagger.run.y"}, "rename-unused", "the source has nothing of the new one"),
        ({"lib.Tagger.run.b": "lib.Label.name"}, "rename-unused", "cannot move to another message"),
        ({"lib.Tagger.run.a": "lib.Tagger.run.b"}, "rename-late", "was retired with number 1"),
    ],
)
def test_a_rename_in_vain_is_told(renames: Mapping[str, str], code: str, said: str) -> None:
    first, _ = generate(contract(parameter("a", TEXT)), Pins(), {})
    late, _ = generate(contract(parameter("b", TEXT)), first, {})
    (finding,) = follow(late, renames, contract(parameter("b", TEXT), fields=(Field(name="name", type=TEXT),))).findings
    assert (finding.code, said in finding.message) == (code, True)
    assert finding.hint
    assert not follow(late, renames, contract(parameter("b", TEXT))).pins.renamed


def test_a_message_that_returns_under_a_renamed_class_is_itself_again() -> None:
    step = contract(parameter("text", TEXT))
    first, _ = generate(step, Pins(), {})
    (module,) = step.modules
    two = replace(step, modules=(replace(module, methods=(*module.methods, replace(module.methods[0], name="tag"))),))
    pins, _ = generate(two, first, {})
    pins, _ = generate(step, pins, {})
    (renamed,) = called(two, module="Labeller").modules
    back = replace(two, modules=(replace(renamed, methods=two.modules[0].methods),))
    pins, _ = generate(back, pins, {"lib.Tagger": "lib.Labeller"})
    assert {owner.source: owner.name for owner in pins.owners}["lib.Labeller.tag"] == "TaggerServiceTagRequest"


def test_a_lock_of_before_renames_were_remembered_is_not_told_of_them() -> None:
    first, _ = generate(contract(parameter("b", TEXT)), Pins(), {})
    pins, told = generate(contract(parameter("b", TEXT)), first, {"lib.Tagger.run.a": "lib.Tagger.run.b"})
    assert told == []
    assert pins.renamed == (("lib.Tagger.run.a", "lib.Tagger.run.b"),)


def test_nothing_published_is_nothing_to_rename() -> None:
    pins, told = generate(contract(parameter("b", TEXT, Default(text="1"))), Pins(), {"lib.X": "lib.Y"})
    assert told == []
    assert pins.renamed == (("lib.X", "lib.Y"),)


def test_a_likely_rename_is_suggested_and_never_guessed() -> None:
    first, _ = generate(contract(parameter("a", TEXT), parameter("n", INT)), Pins(), {})
    pins, _ = generate(contract(parameter("b", TEXT), parameter("n", INT)), first, {})
    (finding,) = likely(first, pins)
    assert finding.message == f"{REQUEST}.a (1) went, and b of the same type came as 3"
    assert finding.hint.endswith("modelgen rename lib.Tagger.run.a lib.Tagger.run.b")
    assert not list(likely(pins, pins))
    two, _ = generate(contract(parameter("b", TEXT), parameter("c", TEXT), parameter("n", INT)), first, {})
    assert not list(likely(first, two)), "which of the two?"
    other, _ = generate(contract(parameter("b", REAL), parameter("n", INT)), first, {})
    assert not list(likely(first, other)), "of another type"
