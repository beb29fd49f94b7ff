"""One lock out of several: who keeps a number, by example."""

from __future__ import annotations

import pytest

from modelgen.contract import codec
from modelgen.contract.pins import Owner, Pin, Pins
from modelgen.contract.repair import Side, merge, split

A = Owner(kind="message", name="A", source="lib.A")


def pin(number: int, name: str, type_: str = "string", **more: str) -> Pin:
    return Pin(owner="A", number=number, name=name, type=type_, **more)


def lock(*pins: Pin, owner: Owner = A, renamed: tuple[tuple[str, str], ...] = ()) -> Pins:
    return Pins(owners=(owner,), pins=pins, renamed=renamed)


def together(base: Pins, ours: Pins, theirs: Pins, *, released: str = "") -> dict[int, str]:
    """What each number means in the end; what is reserved in brackets."""
    sides = [
        Side(label="ours", pins=ours),
        Side(label="theirs", pins=theirs, released=lambda one: "v1" if one.name == released else ""),
    ]
    merged = merge(sides, base, "9")
    return {one.number: f"({one.name})" if one.retired else one.name for one in merged.pins.of("A")}


BASE = lock(pin(1, "a"), pin(2, "b"))

MEETINGS = {
    "one adds": (lock(pin(1, "a"), pin(2, "b"), pin(3, "x")), BASE, {1: "a", 2: "b", 3: "x"}),
    "both add the same": (
        lock(pin(1, "a"), pin(2, "b"), pin(3, "x")),
        lock(pin(1, "a"), pin(2, "b"), pin(3, "x")),
        {1: "a", 2: "b", 3: "x"},
    ),
    "both add, the first stays": (
        lock(pin(1, "a"), pin(2, "b"), pin(3, "x")),
        lock(pin(1, "a"), pin(2, "b"), pin(3, "y"), pin(4, "z")),
        {1: "a", 2: "b", 3: "x", 4: "z"},
    ),
    "one name, two types": (
        lock(pin(1, "a"), pin(2, "b"), pin(3, "x", "int64")),
        lock(pin(1, "a"), pin(2, "b"), pin(3, "x", "string")),
        {1: "a", 2: "b", 3: "x"},
    ),
    "one name, two numbers": (
        lock(pin(1, "a"), pin(2, "b"), pin(3, "x")),
        lock(pin(1, "a"), pin(2, "b"), pin(3, "y"), pin(4, "x")),
        {1: "a", 2: "b", 3: "x", 4: "(x)"},
    ),
    "one removes": (lock(pin(1, "a"), pin(2, "b", retired="2")), BASE, {1: "a", 2: "(b)"}),
    "one renames": (BASE, lock(pin(1, "a"), pin(2, "c")), {1: "a", 2: "c"}),
    "one renames, one removes": (
        lock(pin(1, "a"), pin(2, "b", retired="2")),
        lock(pin(1, "a"), pin(2, "c"), renamed=(("lib.A.b", "lib.A.c"),)),
        {1: "a", 2: "c"},
    ),
    "there and back": (
        lock(pin(1, "a"), pin(2, "c"), renamed=(("lib.A.d", "lib.A.c"),)),
        lock(pin(1, "a"), pin(2, "d"), renamed=(("lib.A.c", "lib.A.d"),)),
        {1: "a", 2: "c"},
    ),
    "two classes of one name": (
        lock(pin(1, "a"), pin(2, "b")),
        Pins(
            owners=(Owner(kind="message", name="A", source="lib.other.A"),),
            pins=(pin(1, "a"), pin(2, "b"), pin(3, "z")),
        ),
        {1: "a", 2: "b", 3: "z"},
    ),
}


@pytest.mark.parametrize("case", MEETINGS)
def test_each_number_means_one_thing(case: str) -> None:
    ours, theirs, expected = MEETINGS[case]
    assert together(BASE, ours, theirs) == expected


def test_of_two_new_classes_under_one_name_the_released_one_stays() -> None:
    ours = lock(pin(1, "mine"), owner=Owner(kind="message", name="A", source="lib.one.A"))
    theirs = lock(pin(1, "a"), pin(2, "b"), owner=Owner(kind="message", name="A", source="lib.two.A"))
    assert together(Pins(), ours, theirs) == {1: "mine"}
    assert together(Pins(), ours, theirs, released="b") == {1: "a", 2: "b"}


# A text that holds both sides

HEAD = 'version = 1\npackage = "lib.v1"\nrelease = "1"\n\n'
SECTION = '[message."A"]\nsource = "lib.A"\n'
ONE, X, Y, Z = (
    '{} = {{ name = "{}", type = "string" }}\n'.format(*line) for line in ((1, "a"), (2, "x"), (2, "y"), (2, "z"))
)


def meanings(text: str) -> list[dict[int, str]]:
    sides, _ = split(text)
    return [{one.number: one.name for one in side.pins.of("A")} for side in sides]


def test_lines_of_one_number_are_of_one_side_each() -> None:
    assert meanings(HEAD + SECTION + ONE + X + Y + Z) == [{1: "a", 2: "x"}, {2: "y"}, {2: "z"}]
    assert meanings(HEAD + SECTION + ONE + X + X) == [{1: "a", 2: "x"}]


def test_sections_of_one_name_are_of_one_side_each() -> None:
    other = SECTION.replace("lib.A", "lib.B")
    assert meanings(HEAD + SECTION + ONE + "\n" + SECTION + X) == [{1: "a", 2: "x"}]
    assert meanings(HEAD + SECTION + ONE + "\n" + other + X) == [{1: "a"}, {2: "x"}]


def test_the_sides_of_a_conflict_are_those_that_git_marked() -> None:
    text = f"{HEAD}{SECTION}{ONE}<<<<<<< HEAD\n{X}=======\n{Y}>>>>>>> feature\n"
    assert meanings(text) == [{1: "a", 2: "x"}, {1: "a", 2: "y"}]
    sides, base = split(text)
    assert [side.label for side in sides] == ["HEAD", "feature"]
    assert base.pins == ()


def test_the_base_is_known_where_git_wrote_it_down() -> None:
    text = f"{HEAD}{SECTION}{ONE}<<<<<<< HEAD\n{X}||||||| 1234567\n{Z}=======\n{Z}>>>>>>> feature\n"
    sides, base = split(text)
    assert [one.name for one in base.of("A")] == ["a", "z"]
    merged = merge(sides, base, "9")
    assert [one.name for one in merged.pins.of("A")] == ["a", "x"], "only one side changed it"


@pytest.mark.parametrize("line", ["2 = {", '2 = "x"', "2 = { name = 3 }", '[message."B"]\n2 = { name = "x" }'])
def test_a_line_that_nobody_wrote_is_told(line: str) -> None:
    with pytest.raises(codec.LockError) as refused:
        split(HEAD + SECTION + ONE + X + Y + line + "\n")
    (finding,) = refused.value.findings
    assert finding.code == "lock-corrupt"
    assert "cannot be repaired" in finding.message
    assert finding.hint
