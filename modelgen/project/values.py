"""What the value of a setting must be: small checks, made of each other."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Problem: TypeAlias = "tuple[str, str]"
"""What is wrong with a value, as the end of a sentence that begins with its key, and what to write instead."""
Check: TypeAlias = "Callable[[Any], Iterator[Problem]]"


def text(pattern: re.Pattern[str], hint: str) -> Check:
    """A string of a pattern."""

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield f"is {kind(value)}, not a string", hint
        elif not pattern.fullmatch(value):
            yield f"is {value!r}", hint

    return check


def texts(hint: str) -> Check:
    """A list of strings."""

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            yield "is not a list of strings", hint

    return check


def choice(*choices: str) -> Check:
    """One of a few strings."""

    def check(value: Any) -> Iterator[Problem]:
        if value not in choices:
            yield f"is {value!r}", instead(value, choices)

    return check


def choices(*known: str) -> Check:
    """A list of some of a few strings."""

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield f"is {kind(value)}, not a list", f"write a list of {', '.join(known)}"
            return
        yield from ((f"has {item!r}", instead(item, known)) for item in value if item not in known)

    return check


def number(lowest: float | None, hint: str, *, whole: bool = False) -> Check:
    """A number from a lowest one on."""

    def check(value: Any) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            yield f"is {kind(value)}, not {'an integer' if whole else 'a number'}", hint
        elif lowest is not None and value < lowest:
            yield f"is {value}, which is less than {lowest}", hint

    return check


def boolean(value: Any) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield f"is {kind(value)}, not a boolean", "write true or false"


def either(one: Check, table_of: Check) -> Check:
    """A value, or a table of such."""

    def check(value: Any) -> Iterator[Problem]:
        yield from (table_of if isinstance(value, dict) else one)(value)

    return check


def anything(value: Any) -> Iterator[Problem]:
    """Any value."""
    yield from ()


def table(check_value: Check, keys: re.Pattern[str], example: str) -> Check:
    """A table of keys that the author chooses."""

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield f"is {kind(value)}, not a table", f"write {example}"
            return
        for key, item in value.items():
            if not keys.fullmatch(key):
                yield f"has the key {key!r}", f"write {example}"
                continue
            yield from ((f"{key!r} {what}", hint) for what, hint in check_value(item))

    return check


def record(parts: Mapping[str, Check], required: tuple[str, ...], example: str) -> Check:
    """A table of known keys."""

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield f"is {kind(value)}, not a table", f"write {example}"
            return
        for name in value.keys() - parts.keys():
            yield f"has {name!r}", instead(name, tuple(parts))
        yield from ((f"has no {name!r}", f"write {example}") for name in required if name not in value)
        for name in parts:
            if name in value:
                yield from ((f"has a {name!r} that {what}", hint) for what, hint in parts[name](value[name]))

    return check


def instead(given: object, known: tuple[str, ...]) -> str:
    """The nearest of the known words, or all of them."""
    near = difflib.get_close_matches(str(given), known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"one of {', '.join(known)}"


def kind(value: Any) -> str:
    """What a value of TOML is."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a table"}
    return names.get(type(value), "a date")
