"""Writes a synthetic model package of any size, always the same one: about 50 lines a module, all kinds of types."""

from __future__ import annotations

import argparse
import re
import textwrap
from pathlib import Path
from string import Template

PACKAGE = "synth"

SUBJECTS = (
    *("Accent", "Cloud", "Crop", "Defect", "Dialect", "Flood", "Galaxy", "Genre", "Grain", "Handwriting"),
    *("Intent", "Invoice", "Lesion", "Melody", "Mood", "Orbit", "Pollen", "Rainfall", "Sentiment", "Topic"),
)
TASKS = (
    *("Classifier", "Detector", "Embedder", "Estimator", "Forecaster"),
    *("Generator", "Ranker", "Segmenter", "Tagger", "Translator"),
)

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "synth"
version = "0.1.0"
description = "A synthetic model package"
requires-python = ">=3.10"
dependencies = ["numpy", "torch"]
"""

MODULE = Template('''\
"""${subject} models: ${task}."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np
import torch


class ${name}Grade(Enum):
    """How good an answer is."""

    POOR = "poor"
    GOOD = "good"


@dataclass
class ${name}Item:
    """One answer."""

    label: str
    score: float
    grade: ${name}Grade = ${name}Grade.GOOD
    note: str | None = None


class ${name}:
    """A ${task} of ${subject}."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

${methods}
''')

INNER = Template('''\
class ${name}Step${number}:
    """One step of the work: it keeps a window of numbers and tells of their drift."""

    def __init__(self, size: int, *, decay: float = 0.9, names: tuple[str, ...] = ()) -> None:
        self.size = size
        self.decay = decay
        self._window: list[float] = []
        self._counts = {name: 0 for name in names}

    def push(self, value: float, name: str = "") -> None:
        """Take a number in, and forget the oldest."""
        if name:
            self._counts[name] = self._counts.get(name, 0) + 1
        self._window.append(value if value == value else 0.0)
        if len(self._window) > self.size:
            del self._window[: len(self._window) - self.size]

    @property
    def mean(self) -> float:
        """The weighted mean, the newest number first."""
        total = weight = 0.0
        for index, value in enumerate(reversed(self._window)):
            factor = self.decay**index
            total, weight = total + factor * value, weight + factor
        return total / weight if weight else 0.0


def _settle_${number}(steps: list[${name}Step${number}], limit: float = 1e-6) -> dict[str, float]:
    """What the steps agree on, as far as they do."""
    answer: dict[str, float] = {}
    for index, step in enumerate(steps):
        if abs(step.mean) < limit:
            continue
        try:
            answer[f"step-{index}"] = round(step.mean / (1 + index), 6)
        except ZeroDivisionError:
            answer[f"step-{index}"] = 0.0
    return {key: answer[key] for key in sorted(answer)}


''')
"""What a file of a package mostly holds: code that nothing outside calls. About 40 lines."""

METHODS = (
    '''
    def ${method}(self, text: str, top_k: int = 3${extra}) -> list[${name}Item]:
        """The likeliest answers to a text."""
        return [${name}Item(text, self.scale)] * top_k
    ''',
    '''
    def ${method}(self, rows: list[list[float]], weights: dict[str, float] | None = None${extra}) -> list[float]:
        """One number for each row."""
        return [sum(row) * self.scale for row in rows]
    ''',
    '''
    def ${method}(self, image: np.ndarray, size: tuple[int, int] = (8, 8)${extra}) -> np.ndarray:
        """An image of another size."""
        return np.resize(image, size)
    ''',
    '''
    def ${method}(self, images, threshold=0.5${extra}):
        """Find what is in images.

        Parameters
        ----------
        images : torch.Tensor of shape (n_images, 3, 32, 32), dtype=float32
            Colours from 0 to 1.
        threshold : float, default=0.5
            The least score.

        Returns
        -------
        scores : torch.Tensor of shape (n_images,), dtype=float32
        """
        return images.mean(dim=(1, 2, 3))
    ''',
    '''
    def ${method}(self, query: str | list[str], mode: Literal["fast", "exact"] = "fast"${extra}) -> dict[str, float]:
        """Scores by name."""
        return {name: self.scale for name in ([query] if isinstance(query, str) else query)}
    ''',
    '''
    def ${method}(self, prompt: str, max_tokens: int = 16, stop: str | None = None${extra}) -> Iterator[str]:
        """The words of an answer, one by one."""
        yield from prompt.split()[:max_tokens]
    ''',
    '''
    def ${method}(self, items: list[${name}Item], least: ${name}Grade | None = None${extra}) -> ${name}Item | None:
        """The best item, if there is one."""
        return max(items, key=lambda item: item.score, default=None)
    ''',
    '''
    def ${method}(self, words, language="en"${extra}):
        """Tag words.

        Args:
            words (list[str]): The words of a sentence.
            language (str, optional): Two letters.

        Returns:
            dict[str, int]: A tag for each word.
        """
        return {word: len(word) for word in words}
    ''',
    '''
    def ${method}(self, series: torch.Tensor, steps: int = 12, seasonal: bool = True${extra}) -> torch.Tensor:
        """The next values of a series."""
        return series.repeat(steps)
    ''',
    '''
    def ${method}(self, payload: bytes, count: int, strict: bool = False${extra}) -> tuple[str, float]:
        """A name and a score of what the bytes hold."""
        return payload.hex()[:count], self.scale
    ''',
)


def name(index: int) -> str:
    """The class of a module, `SentimentClassifier`; no two alike."""
    subject, task = SUBJECTS[index % len(SUBJECTS)], TASKS[index // len(SUBJECTS) % len(TASKS)]
    era = index // (len(SUBJECTS) * len(TASKS))
    return f"{subject}{task}{era or ''}"


def stem(index: int) -> str:
    """The file of a module, without its ending: `sentiment_classifier`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name(index)).lower()


def module(index: int, revised: bool = False) -> str:
    """The source of a module; a revised one takes a further parameter in its first method."""
    class_name = name(index)
    subject, task = SUBJECTS[index % len(SUBJECTS)], TASKS[index // len(SUBJECTS) % len(TASKS)]
    methods = [
        Template(METHODS[(index + 3 * number) % len(METHODS)]).substitute(
            name=class_name, method=method, extra=", revised: bool = False" if revised and not number else ""
        )
        for number, method in enumerate(("run", "run_other", "run_further"))
    ]
    body = "\n\n".join(textwrap.indent(textwrap.dedent(method).strip(), "    ") for method in methods)
    return MODULE.substitute(name=class_name, subject=subject, task=task.lower(), methods=body)


def inner(index: int, lines: int) -> str:
    """Code of a module's own, of so many lines at least."""
    count = -(-lines // INNER.template.count("\n"))
    return "".join(INNER.substitute(name=name(index), number=number) for number in range(count))


def write_large(folder: Path, files: int, lines: int, served: int) -> None:
    """Write a package of so many files and lines, of which so many files hold a class to serve."""
    write_package(folder, served)
    for index in range(files - 1):
        path = folder / PACKAGE / f"{stem(index)}.py"
        text = path.read_text(encoding="utf-8") if index < served else f'"""Code around {name(index)}."""\n'
        wanted = lines // (files - 1) - text.count("\n") - 2
        path.write_text(f"{text}\n\n{inner(index, wanted)}".rstrip() + "\n", encoding="utf-8")


def write_module(folder: Path, index: int, revised: bool = False) -> None:
    """Write one module of the package in a folder."""
    path = folder / PACKAGE / f"{stem(index)}.py"
    path.write_text(module(index, revised), encoding="utf-8")


def write_package(folder: Path, modules: int) -> None:
    """Write a package of so many modules, with its pyproject, into a new folder."""
    (folder / PACKAGE).mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    names = sorted(name(index) for index in range(modules))
    lines = sorted(f"from {PACKAGE}.{stem(index)} import {name(index)}" for index in range(modules))
    exports = ["__all__ = [", *(f'    "{each}",' for each in names), "]"]
    source = "\n".join(['"""A synthetic model package."""', "", *lines, "", *exports, ""])
    (folder / PACKAGE / "__init__.py").write_text(source, encoding="utf-8")
    for index in range(modules):
        write_module(folder, index)


def main() -> None:
    """Write a package where the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--modules", type=int, default=10)
    arguments = parser.parse_args()
    write_package(arguments.folder, arguments.modules)


if __name__ == "__main__":
    main()
