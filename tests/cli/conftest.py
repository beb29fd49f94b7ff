"""A small package to run commands on, and a way to run them in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from modelgen.cli.main import application
from modelgen.project import cache
from tests.project.repository import Repository

MOODS = '''"""Tells moods."""

from dataclasses import dataclass
from enum import Enum


class Mood(Enum):
    """How a text sounds."""

    HAPPY = "happy"
    SAD = "sad"


@dataclass
class Answer:
    """What was found."""

    mood: Mood
    score: float


class Classifier:
    """Tells the mood of a text."""

    def run(self, text: str, threshold: float = 0.5) -> Answer:
        """Tell one mood.

        Args:
            text: What was said.
            threshold: How sure to be.
        """
        return Answer(Mood.HAPPY if ":)" in text else Mood.SAD, threshold)
'''

Modelgen = Callable[..., Result]


@pytest.fixture
def modelgen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Modelgen:
    """Run a command in a folder of its own, with a cache of its own."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / ".cache"))
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    app = application()

    def run(*arguments: object) -> Result:
        result = runner.invoke(app, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


@pytest.fixture
def moods(tmp_path: Path) -> Path:
    """The package `moods`."""
    package = tmp_path / "moods"
    package.mkdir()
    (package / "__init__.py").write_text(MOODS)
    return package


Edit = Callable[..., None]


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository with the package `moods` and its project, committed on `main`; never changed."""
    root = tmp_path_factory.mktemp("published")
    (root / "moods").mkdir()
    (root / "moods/__init__.py").write_text(MOODS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.VARIABLE, str(tmp_path_factory.mktemp("cache")))
        result = CliRunner().invoke(application(), ["generate", str(root / "moods")])
    assert result.exit_code == 0, result.output
    Repository(root).commit("first")
    return root


@pytest.fixture
def published(published_once: Path, modelgen: Modelgen, tmp_path: Path) -> Path:
    """The repository in the current folder, to change."""
    shutil.copytree(published_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def edit(published: Path) -> Edit:
    """Replace texts in the package's source."""

    def replace(*pairs: str) -> None:
        file = published / "moods/__init__.py"
        text = file.read_text()
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)

    return replace
