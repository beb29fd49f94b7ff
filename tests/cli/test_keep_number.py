"""`modelgen generate --keep-number`, and what is told once of numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.test_rename import edit, numbers

Modelgen = Callable[..., Result]
REQUEST = "ClassifierServiceRunRequest"


@pytest.fixture
def project(modelgen: Modelgen, moods: Path, tmp_path: Path) -> Path:
    """The project of `moods`, whose `run` takes an `int`, just generated."""
    edit(moods / "__init__.py", "threshold: float = 0.5", "threshold: int = 1")
    assert modelgen("generate", moods).exit_code == 0
    return tmp_path / "moods-service"


@pytest.mark.parametrize("symbol", ["moods.Classifier.run.threshold", "Classifier.run.threshold"])
def test_a_number_is_kept(modelgen: Modelgen, moods: Path, project: Path, symbol: str) -> None:
    edit(moods / "__init__.py", "threshold: int = 1", "threshold: bool = True")
    result = modelgen("generate", moods, "--keep-number", symbol)
    assert result.exit_code == 0
    assert "[number-kept] moods.Classifier.run.threshold keeps number 2: int64 -> bool" in result.stderr
    assert numbers(project)[REQUEST] == {"text": 1, "threshold": 2}
    assert "optional bool threshold = 2;" in (project / "proto/moods/v1/classifier.proto").read_text()
    again = modelgen("generate", moods)
    assert (again.exit_code, again.stderr) == (0, "")


def test_a_number_that_cannot_be_kept_is_refused_and_nothing_is_written(
    modelgen: Modelgen, moods: Path, project: Path
) -> None:
    before = (project / "modelgen.lock").read_bytes()
    edit(moods / "__init__.py", "threshold: int = 1", "threshold: str = ''")
    result = modelgen("generate", moods, "--keep-number", "Classifier.run.threshold")
    assert result.exit_code == 2
    assert "[keep-number-refused]" in result.stderr
    assert "int64 and string are other bytes" in result.stderr
    assert "pin-name-reused" not in result.stderr
    assert (project / "modelgen.lock").read_bytes() == before


def test_a_new_number_is_told_once(modelgen: Modelgen, moods: Path, project: Path) -> None:
    edit(moods / "__init__.py", "threshold: int = 1", "threshold: str = ''")
    assert "pin-name-reused" in modelgen("generate", moods).stderr
    assert numbers(project)[REQUEST] == {"text": 1, "threshold": 3}
    assert modelgen("generate", moods).stderr == ""


def test_a_likely_rename_is_told_before_it_is_too_late(modelgen: Modelgen, moods: Path, project: Path) -> None:
    edit(moods / "__init__.py", "text: str", "said: str")
    result = modelgen("generate", moods, "--check")
    assert result.exit_code == 1
    assert (
        "[rename-likely] ClassifierServiceRunRequest.text (1) went, and said of the same type came as 3"
        in result.stderr
    )
    assert "modelgen rename moods.Classifier.run.text moods.Classifier.run.said" in result.stderr


def test_a_class_that_comes_back_is_itself_again(modelgen: Modelgen, moods: Path, project: Path) -> None:
    """Of what vanished the lock keeps everything, though the protos say nothing of it any more."""
    source = moods / "__init__.py"
    whole, before = source.read_text(), numbers(project)
    other = '\n\nclass Other:\n    """Says more."""\n\n    def run(self, words: list[str]) -> str:\n        """Say."""\n        return ""\n'
    start = whole.index("@dataclass\nclass Answer")
    for text in (whole + other, whole[:start] + other, other, whole):
        source.write_text(text)
        assert modelgen("generate", moods).exit_code == 0
    lock = (project / "modelgen.lock").read_text()
    assert {owner: names for owner, names in numbers(project).items() if owner in before} == before
    assert '[service."Other"]\nsource = "moods.Other"\nretired = "0.1.0"\n' in lock
    source.write_text(whole + other)
    assert modelgen("generate", moods).exit_code == 0
    assert numbers(project)["OtherServiceRunRequest"] == {"words": 1}
    assert "retired" not in (project / "modelgen.lock").read_text()
