"""The share of real docstrings that is read right does not fall."""

from __future__ import annotations

import pytest

from tests.source.docstring_corpus import HALVES, entries, outcomes

RIGHT = {"building": 0.985, "scoring": 0.985}
WRONG = {"building": 0.005, "scoring": 0.007}


@pytest.mark.parametrize("half", HALVES)
def test_a_half_is_read_right(half):
    found = list(outcomes(half))
    missed = [f"{one.entry.place}: {one.entry.means}, and not {one.found}" for one in found if not one.right]
    wrong = sum(one.wrong for one in found)
    assert len(missed) <= (1 - RIGHT[half]) * len(found), "\n".join(missed)
    assert wrong <= WRONG[half] * len(found), "\n".join(missed)


def test_the_halves_are_of_different_packages_and_large_enough():
    packages = {half: {group[0].row["package"] for group in entries(half)} for half in HALVES}
    assert not packages["building"] & packages["scoring"]
    assert len(entries("scoring")) >= 100
    assert sum(len(entries(half)) for half in HALVES) >= 240
