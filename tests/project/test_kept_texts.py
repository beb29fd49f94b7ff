"""What earlier runs kept changes nothing: every project is as if it were made for the first time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from modelgen.project import cache
from modelgen.project.generate import generate

SHARED = '''
from dataclasses import dataclass
from enum import Enum


class Mood(Enum):
    HAPPY = "happy"
    SAD = "sad"


@dataclass
class Label:
    """What was found."""

    name: str
    mood: Mood = Mood.HAPPY
'''

MODULE = '''
from mylib.shared import Label


class {name}:
    """Reads texts."""

    def run(self, text: str, scores: list[list[float]], top_k: int = 1) -> list[Label]:
        """Read one.

        Args:
            text: The text.
        """
        return []

    def train(self, texts: list[str]) -> "{name}":
        return self
'''

EDITS = {
    "a method": ("first.py", "top_k: int = 1", "top_k: int = 2"),
    "a docstring": ("first.py", "Reads texts.", "Reads texts well."),
    "a data model": ("shared.py", "name: str", "name: str\n    score: float | None = None"),
    "a data model's words": ("shared.py", "What was found.", "What has been found."),
    "an enumeration": ("shared.py", 'SAD = "sad"', 'SAD = "sad"\n    CALM = "calm"'),
    "a new class that takes a name": ("second.py", "class Second", "class Label2:\n    pass\n\n\nclass Second"),
    "lines above": ("first.py", "from mylib", "# one line\n# and another\nfrom mylib"),
    "a class's name": ("second.py", "Second", "Later"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_change_is_written_as_if_all_were_new(edit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mylib"
    package.mkdir()
    (package / "__init__.py").write_text("from mylib.first import First as First\nfrom mylib.second import *\n")
    (package / "shared.py").write_text(SHARED)
    for name in ("First", "Second"):
        (package / f"{name.lower()}.py").write_text(MODULE.format(name=name))
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    kept = tmp_path / "kept"
    assert not generate(package, kept).failed
    shutil.copytree(kept, tmp_path / "fresh")

    file, old, new = EDITS[edit]
    text = (package / file).read_text()
    assert old in text
    (package / file).write_text(text.replace(old, new))
    assert not generate(package, kept).failed
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "empty"))
    assert not generate(package, tmp_path / "fresh").failed
    assert contents(kept) == contents(tmp_path / "fresh")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
