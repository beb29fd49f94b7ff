"""Signatures of less usual shapes, generated, served and called: each project's own tests compare every wire's answers."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

SOURCE = '''
"""Answers in odd ways."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TypedDict

from pydantic import RootModel
from typing_extensions import Unpack


class Tags(RootModel[list[str]]):
    """Words."""


class Options(TypedDict, total=False):
    """How to answer."""

    loud: bool
    times: int


async def words(text: str) -> AsyncIterator[str]:
    for word in text.split():
        yield word


class Odd:
    """Odd signatures."""

    async def run(self, text: str) -> AsyncIterator[str]:
        """A coroutine that answers a stream: it must be awaited first."""
        return words(text)

    async def run_listed(self, text: str) -> Iterator[str]:
        """The same of an iterator that is not asynchronous."""
        return iter(text.split())

    def run_given(self, text: str) -> AsyncIterator[str]:
        """An asynchronous iterator, of a plain function."""
        return words(text)

    def run_tags(self, tags: Tags) -> Tags:
        """A model that is a list."""
        return Tags(list(reversed(tags.root)))

    def run_options(self, text: str, **kwargs: Unpack[Options]) -> str:
        """Keywords by name."""
        return f"{text} {sorted(kwargs.items())}"

    def run_alike(self, X: int, x: float = 0.5, y: int = 1, Y: "int | str" = 2, nTimes: int = 3) -> list[float]:
        """Names that are one in proto."""
        return [X, x, y, len(str(Y)), nTimes]

    def train(self) -> None:
        """It learns from nothing, and is no training."""
'''

REQUESTS = {
    ("Odd", "run"): {"inputs": "one two three"},
    ("Odd", "run_listed"): {"inputs": "one two"},
    ("Odd", "run_given"): {"inputs": "one two three"},
    ("Odd", "run_tags"): {"inputs": {"root": ["a", "b"]}},
    ("Odd", "run_alike"): {"inputs": 7, "parameters": {"x": 1.5, "y": 8, "Y": "nine", "nTimes": 4}},
    ("Odd", "run_options"): {"inputs": "x", "parameters": {"loud": False, "times": 0}},
}


def test_every_shape_is_the_same_on_every_wire(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/__init__.py").write_text(textwrap.dedent(SOURCE))
    project = tmp_path / "project"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    for command in (
        ["-m", "modelgen", "generate", str(tmp_path / "odd"), "-o", str(project)],
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
    ):
        if command[1] == "pytest":
            samples = f"REQUESTS: dict = {REQUESTS!r}\nPIECES: dict = {{}}\n"
            (project / "tests/samples.py").write_text(samples, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, *command],
            cwd=project if project.exists() else tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
