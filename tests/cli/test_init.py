"""`modelgen init`, as its users see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Modelgen = Callable[..., Result]


def test_it_writes_once(modelgen: Modelgen, moods: Path) -> None:
    done = modelgen("init", moods)
    assert done.exit_code == 0
    assert done.stdout == "modelgen.toml: 1 method of 1 class, 0 types to fill in\nnext: modelgen inspect moods\n"
    text = (moods.parent / "modelgen.toml").read_text()
    assert "#   moods.Classifier: run\n" in text
    again = modelgen("init", moods)
    assert again.exit_code == 2
    assert "settings-exist" in again.stderr
    assert (moods.parent / "modelgen.toml").read_text() == text
    assert modelgen("generate", moods).exit_code == 0
