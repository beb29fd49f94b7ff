"""Spelling one name in the cases that languages use, and giving each thing a name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+")


def words(name: str) -> list[str]:
    """The words of an identifier: `HTTPServer2_run` -> HTTP, Server2, run."""
    return _WORDS.findall(name) or [name]


def pascal(name: str) -> str:
    """`run_top_k` -> `RunTopK`; capitals inside a word stay: `HTTPServer` -> `HTTPServer`."""
    return "".join(word[:1].upper() + word[1:] for word in words(name))


def snake(name: str) -> str:
    """`HTTPServer` -> `http_server`."""
    return "_".join(word.lower() for word in words(name))


def kebab(name: str) -> str:
    """`HTTPServer` -> `http-server`."""
    return snake(name).replace("_", "-")


def upper(name: str) -> str:
    """`finishReason` -> `FINISH_REASON`."""
    return snake(name).upper()


class Allocator:
    """Hands out names that differ from each other, also where case is ignored."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._taken

    def take(self, *candidates: str) -> str:
        """The first candidate that is free, else the last one with the first number that is."""
        for name in candidates:
            if name not in self:
                break
        else:
            number = 2
            while (name := f"{candidates[-1]}{number}") in self:
                number += 1
        self._taken.add(name.casefold())
        return name
