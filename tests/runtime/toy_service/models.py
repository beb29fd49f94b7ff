"""The served classes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .moods import MOODS, grip, hold
from .seen import look, seen


@dataclass
class Label:
    label: str
    score: float


class Classifier:
    def __init__(self, name: str = "toy", wait_for: str = "") -> None:
        while wait_for and not Path(wait_for).exists():
            threading.Event().wait(0.01)
        self.name = name
        self.running = 0

    def run(self, text: str, top_k: int = 1) -> list[Label]:
        if text == "fail":
            raise ValueError("text must not be 'fail'")
        with seen("labels"):
            return [Label(label=f"{self.name}-{number}", score=len(text) / (number + 1)) for number in range(top_k)]

    def run_mood(self, mood: str) -> object:
        """Misbehave as told."""
        if mood in MOODS:
            return MOODS[mood]()
        if mood.startswith("note "):
            with Path(mood.removeprefix("note ")).open("ab", buffering=0) as file:
                file.write(b"a")
        if mood.startswith("hold "):
            return hold(mood.removeprefix("hold "))
        if mood.startswith("grip "):
            grip(mood.removeprefix("grip "))
        if mood.startswith("block "):
            return self.run_wait(mood.removeprefix("block "), 1.0)
        return mood

    def run_wait(self, file: str, seconds: float) -> str:
        """Say in the file that it runs, and block."""
        self.running += 1
        assert self.running == 1, "two calls at once on one model"
        Path(file).write_text("running")
        threading.Event().wait(seconds)
        self.running -= 1
        return "waited"

    async def run_async(self, seconds: float, file: str = "") -> str:
        try:
            await asyncio.sleep(seconds)
            with seen("slept"):
                await asyncio.to_thread(look)
        except asyncio.CancelledError:
            Path(file).write_text("cancelled")
            raise
        return "slept"

    def run_count(self, count: int, file: str = "", fail_at: int = -1) -> Iterator[int]:
        try:
            for number in range(count):
                if number == fail_at:
                    raise ValueError(f"cannot count to {number}")
                with seen("number"):
                    yield number
        finally:
            if file:
                Path(file).write_text("closed")

    async def run_count_async(self, count: int, file: str = "") -> AsyncIterator[int]:
        try:
            for number in range(count):
                await asyncio.sleep(0)
                with seen("number"):
                    yield number
        finally:
            if file:
                Path(file).write_text("closed")

    def run_size(self, word: str) -> int:
        """The size of the batch that the word was in."""
        return self.run_size_batch([word])[0]

    def run_size_batch(self, words: list[str]) -> list[int]:
        with seen("sizes"):
            if "bad" in words:
                raise ValueError("a bad word")
            return [len(words)] * len(words)

    def run_tree(self, tree: object) -> int:
        """The levels of a tree."""
        level, found = [tree], 0
        while level:
            level, found = [child for one in level for child in one.children], found + 1
        return found

    def run_total(self, numbers: Iterable[float], start: float = 0.0) -> float:
        return sum(numbers, start)

    def run_echo(self, words: Iterator[str], prefix: str = "") -> Iterator[str]:
        for word in words:
            yield prefix + word

    async def run_echo_async(self, words: AsyncIterator[str], prefix: str = "") -> AsyncIterator[str]:
        async for word in words:
            yield prefix + word

    @classmethod
    def train(cls, epochs: int, name: str = "trained", file: str = "") -> Classifier:
        for epoch in range(epochs):
            print(f"epoch {epoch}", flush=True)
        if name == "bad":
            raise ValueError("name must not be 'bad'")
        if file:
            Path(file).write_text("training")
            threading.Event().wait(60)
        return cls(name)

    def save(self, path: str) -> None:
        Path(path).write_text(json.dumps({"name": self.name}))

    @classmethod
    def load(cls, path: str) -> Classifier:
        return cls(**json.loads(Path(path).read_text()))


class Scaler:
    """Tensors in and out; cannot be made from nothing."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def run(self, x: np.ndarray) -> np.ndarray:
        with seen("scaled"):
            return (x * self.factor).astype(np.float32)


class Tagger:
    """Sequences of different lengths."""

    def __init__(self, pause: float) -> None:
        self.pause = pause

    def run(self, tokens: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The sum of the tokens up to each, those without a mask apart."""
        threading.Event().wait(self.pause)
        return np.cumsum(tokens * mask, axis=1).astype(np.float32)
