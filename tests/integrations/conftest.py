"""A repository with a package and its generated project, as a team has it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelgen.project import cache

ROOT = Path(__file__).parents[2]

MOODS = '''"""Tells moods."""


class Classifier:
    """Tells the mood of a text."""

    def run(self, text: str, threshold: float = 0.5) -> str:
        """Tell one mood.

        Args:
            text: What was said.
            threshold: How sure to be.
        """
        return "happy" if ":)" in text else "sad"
'''


@dataclass
class Repository:
    """The package `moods`, its project, and git."""

    folder: Path

    @property
    def source(self) -> Path:
        """The package's file."""
        return self.folder / "moods/__init__.py"

    def edit(self, old: str, new: str) -> None:
        """Change the source."""
        text = self.source.read_text(encoding="utf-8")
        assert old in text
        self.source.write_text(text.replace(old, new), encoding="utf-8")

    def git(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run git."""
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, check=check, capture_output=True, text=True, timeout=600
        )

    def modelgen(self, *arguments: str) -> None:
        """Run modelgen, which must go well."""
        subprocess.run(
            [sys.executable, "-m", "modelgen", *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=120,
        )

    def commit(self, why: str) -> None:
        """Commit all there is, past every hook."""
        self.git("add", "--all")
        self.git("commit", "--no-verify", "--quiet", "--message", why)


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache and a git of their own."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "someone")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "someone@example.org")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Repository]:
    """Make the repository, its project generated and all committed on `main`; on a branch of its own from then on."""

    def make(distribution: bool = False) -> Repository:
        repository = Repository(tmp_path / "repository")
        repository.source.parent.mkdir(parents=True)
        repository.source.write_text(MOODS, encoding="utf-8")
        (repository.folder / ".gitignore").write_text("__pycache__/\n*.egg-info/\nbuild/\n")
        if distribution:
            (repository.folder / "pyproject.toml").write_text(
                '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
                '[project]\nname = "moods"\nversion = "1.0.0"\n'
            )
        repository.git("init", "--quiet", "--initial-branch", "main")
        repository.modelgen("generate", "moods")
        repository.commit("The package and its service")
        repository.git("switch", "--quiet", "--create", "work")
        return repository

    return make


@pytest.fixture
def clone(tmp_path: Path) -> tuple[Path, str]:
    """A clone of modelgen as it is in this folder, and its revision."""
    place = tmp_path / "modelgen"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    outside = ("fixtures/", "examples/", "tests/", "benchmarks/", "docs/")
    for name in listed.stdout.split("\0"):
        if name and not name.startswith(outside) and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes((ROOT / name).read_bytes())
    repository = Repository(place)
    repository.git("init", "--quiet", "--initial-branch", "main")
    repository.commit("As it is")
    return place, repository.git("rev-parse", "HEAD").stdout.strip()
