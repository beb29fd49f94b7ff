"""The tutorials, followed to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walkthrough import Walk, equipped

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not equipped(), reason="needs bash, curl and git")
@pytest.mark.parametrize(
    ("page", "commands"),
    [
        ("README.md", 14),
        ("docs/tutorial/streams-and-arrays.md", 10),
        ("docs/how-to/docstring-types.md", 3),
        ("docs/how-to/refused-methods.md", 1),
        ("docs/how-to/foreign-classes.md", 5),
        ("docs/how-to/ownership.md", 14),
    ],
    ids=["first", "second", "docstrings", "refused", "foreign", "ownership"],
)
def test_a_reader_sees_what_the_tutorial_says(page: str, commands: int, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert Walk(folder).follow(ROOT / page) >= commands
