"""What the settings' renames make of a change: one finding by its own name, numbers kept; without them, two."""

from __future__ import annotations

from pathlib import Path

import pytest

from .judging import judged, package, rules, shown, verdicts

PRELUDE = """\
from __future__ import annotations

import enum
from dataclasses import dataclass


"""
MODEL = "@dataclass\nclass Label:\n    name: str\n    score: float = 0.0\n\n\n"
MOOD = 'class Mood(enum.Enum):\n    GOOD = "good"\n    BAD = "bad"\n\n\n'
TAGGER = """\
class Tagger:
    def run(self, text: str, top_k: int = 5, stop: str | list[str] = "") -> list[Label]: ...
    def run_mood(self, text: str, mood: Mood) -> str: ...
"""
SOURCE = MODEL + MOOD + TAGGER

ROWS = [
    # id, what is written instead of what, renames, rules with their verdicts
    ("module", {"Tagger": "Labeller"}, {"Tagger": "Labeller"}, {"module-renamed": "safe safe breaking safe"}),
    ("method", {"run_mood": "run_feeling"}, {"Tagger.run_mood": "Tagger.run_feeling"}, {"method-renamed": "breaking breaking breaking safe"}),
    ("parameter", {"top_k": "limit"}, {"Tagger.run.top_k": "Tagger.run.limit"}, {"field-renamed": "safe breaking breaking safe"}),
    ("only-input", {"self, text: str, top_k": "self, words: str, top_k"}, {"Tagger.run.text": "Tagger.run.words"}, {"field-renamed": "safe safe breaking safe"}),
    ("one-of-two-inputs", {"text: str, mood": "words: str, mood"}, {"Tagger.run_mood.text": "Tagger.run_mood.words"}, {"field-renamed": "safe breaking breaking safe"}),
    ("union", {"stop:": "until:"}, {"Tagger.run.stop": "Tagger.run.until"}, {"field-renamed": "safe breaking breaking safe"}),
    ("field", {"score": "weight"}, {"Label.score": "Label.weight"}, {"field-renamed": "safe breaking breaking safe"}),
    ("member", {"BAD": "POOR"}, {"Mood.BAD": "Mood.POOR"}, {"enum-value-renamed": "safe safe breaking safe"}),
    ("model", {"Label": "Tag"}, {"Label": "Tag"}, {}),
    ("enum", {"Mood": "Feeling"}, {"Mood": "Feeling"}, {}),
    ("module-and-its-method", {"Tagger": "Labeller", "run_mood": "run_feeling"}, {"Tagger": "Labeller", "Labeller.run_mood": "Labeller.run_feeling"}, {"module-renamed": "safe safe breaking safe", "method-renamed": "breaking breaking breaking safe"}),
]  # fmt: skip


def renamed(names: dict[str, str]) -> str:
    rows = "".join(f'"mylib.{old}" = "mylib.{new}"\n' for old, new in names.items())
    return f"[renames]\n{rows}"


def rewritten(changes: dict[str, str]) -> str:
    source = SOURCE
    for old, new in changes.items():
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize(("changes", "names", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_rename_in_the_settings(
    changes: dict[str, str], names: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    after = package(PRELUDE, rewritten(changes)) | {"modelgen.toml": renamed(names)}
    report = judged(tmp_path, package(PRELUDE, SOURCE), after)
    said = "\n".join(shown(one, tmp_path) for one in report.judgement.changes)
    assert {one.change.rule: verdicts(one.change) for one in report.judgement.changes} == expected, said


@pytest.mark.parametrize(
    ("changes", "gone", "hint"),
    [
        ({"Tagger": "Labeller"}, "module-removed", "modelgen rename mylib.Tagger mylib.Labeller"),
        (
            {"run_mood": "run_feeling"},
            "method-removed",
            "modelgen rename mylib.Tagger.run_mood mylib.Tagger.run_feeling",
        ),
        ({"top_k": "limit"}, "field-removed", "modelgen rename mylib.Tagger.run.top_k mylib.Tagger.run.limit"),
        ({"score": "weight"}, "field-removed", "modelgen rename mylib.Label.score mylib.Label.weight"),
        ({"BAD": "POOR"}, "enum-value-renamed", "modelgen rename mylib.Mood.BAD mylib.Mood.POOR"),
    ],
    ids=["module", "method", "parameter", "field", "member"],
)
def test_without_a_rename_the_likely_one_is_suggested(
    changes: dict[str, str], gone: str, hint: str, tmp_path: Path
) -> None:
    report = judged(tmp_path, package(PRELUDE, SOURCE), package(PRELUDE, rewritten(changes)))
    (found,) = [one.change for one in report.judgement.changes if one.change.rule == gone]
    assert hint in found.suggestion
    assert found.surfaces.wire == "breaking" or gone == "field-removed"


def test_a_model_under_another_name_is_another_model_unless_it_is_said(tmp_path: Path) -> None:
    report = judged(tmp_path, package(PRELUDE, SOURCE), package(PRELUDE, rewritten({"Label": "Tag"})))
    assert rules(report) == ["return-type-changed"]


def test_a_class_that_moves_keeps_its_wire_but_not_its_path(tmp_path: Path) -> None:
    after = {
        "mylib/__init__.py": "",
        "mylib/inner/__init__.py": "",
        "mylib/inner/models.py": PRELUDE + SOURCE,
        "modelgen.toml": renamed({name: f"inner.models.{name}" for name in ("Tagger", "Label", "Mood")}),
    }
    report = judged(tmp_path, package(PRELUDE, SOURCE), after)
    assert [(one.change.rule, verdicts(one.change)) for one in report.judgement.changes] == [
        ("import-path-removed", "safe safe breaking safe")
    ]


def test_a_rename_is_followed_once(tmp_path: Path) -> None:
    """The old name may come back later, as something new."""
    settings = {"modelgen.toml": renamed({"Tagger.run.top_k": "Tagger.run.limit"})}
    renamed_once = package(PRELUDE, rewritten({"top_k": "limit"})) | settings
    both = package(
        PRELUDE,
        rewritten({"top_k: int = 5": "limit: int = 5"}).replace(
            "limit: int = 5, stop", "limit: int = 5, *, top_k: bool = True, stop"
        ),
    )
    report = judged(tmp_path, renamed_once, both | settings)
    assert "field-removed" not in rules(report)
    assert "field-added-optional" in rules(report)
