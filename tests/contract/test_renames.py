"""Numbers follow an element to its new name."""

from __future__ import annotations

from modelgen.contract.pins import Owner, Pin, Pins
from modelgen.contract.renames import rename

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
        "lib.Page[lib.Old]",
        "lib.Older",
        "lib.Old.gone",
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
