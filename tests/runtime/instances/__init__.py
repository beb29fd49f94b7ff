"""Models whose inputs come as instances: what KServe's protocols are tested with, generated and served."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


class Words:
    """Batched by a sibling."""

    def __init__(self) -> None:
        self.met: list[str] = []

    def run(self, text: str, times: int = 1) -> str:
        return self.run_batch([text], times)[0]

    def run_batch(self, texts: list[str], times: int = 1) -> list[str]:
        if "bad" in texts:
            raise ValueError("a bad word")
        if "broken" in texts:
            raise RuntimeError("/secret/path")
        return [5 if text == "wrong" else text * times for text in texts]  # type: ignore[misc]

    def run_other(self, text: str) -> str:
        return "other " + text

    def explain(self, text: str) -> dict[str, float]:
        return {letter: text.count(letter) / len(text) for letter in sorted(set(text))}


class Pair:
    """Two inputs and an option."""

    def run(self, left: int, right: int, scale: float = 1.0) -> float:
        return (left - right) * scale


@dataclass
class Place:
    x: float
    label: str = "none"


class Mover:
    """One input, which is an object itself."""

    def run(self, place: Place, factor: float = 2.0) -> Place:
        return Place(place.x * factor, place.label)


@dataclass
class Box:
    box: str


class Boxed:
    """One input, which is an object that has a field of the same name."""

    def run(self, box: Box) -> str:
        return box.box


class Anything:
    def run(self, value: Any) -> Any:
        return value


class Raw:
    def run(self, data: bytes) -> bytes:
        return data[::-1]


class Rows:
    """A tensor that is joined along its first axis."""

    def run(self, rows: np.ndarray) -> np.ndarray:
        """Double them.

        Parameters
        ----------
        rows : ndarray of shape (n, 20), dtype=float32

        Returns
        -------
        doubled : ndarray of shape (n, 20), dtype=float32
        """
        return rows * 2


class Silent:
    def run(self, text: str) -> None:
        return None


class Later:
    async def run(self, number: int) -> int:
        return number + 1


class Forgiving:
    """Nothing that must be sent."""

    def run(self, text: str = "default") -> str:
        return text


class Slow:
    """Says what it was given, in order; waits for a file before it answers `wait`."""

    def __init__(self, file: str = "") -> None:
        self.file = Path(file)

    def run(self, text: str) -> str:
        with self.file.open("a") as met:
            met.write(text + "\n")
        while text == "wait" and not self.file.with_suffix(".go").exists():
            threading.Event().wait(0.005)
        return text


class Counting:
    def run(self, count: int) -> Iterator[int]:
        yield from range(count)


class Several:
    """No method that stands out."""

    def run_left(self, text: str) -> str:
        return text

    def run_right(self, text: str) -> str:
        return text


class Predictor:
    """As libraries name their methods."""

    def predict(self, value: float) -> float:
        return value / 2

    def transform(self, value: float) -> float:
        return value * 2


class Single:
    """One method, of a name of its own."""

    def run_size(self, text: str) -> int:
        return len(text)

    def run_size_batch(self, texts: list[str]) -> list[int]:
        return [len(text) for text in texts]
