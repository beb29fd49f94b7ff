"""A lock's text as tables: section by section, so that what two texts share is read once.

A section as modelgen writes it is read by the JSON decoder, behind a pattern that turns its keys. Anything else in it
(comments behind values, other quotes, dates) is left to the TOML reader, as is a text that is no lock at all.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib

_HEAD = re.compile(r'\[(\w+)(?:\.("[^"\\]*"))?\]')
_KEY = re.compile(r'("(?:[^"\\]|\\.)*") = |([A-Za-z0-9_-]+) = |"(?:[^"\\]|\\.)*"')


def tables(text: str) -> dict[str, Any]:
    """The document; raises as `tomllib.loads` does."""
    head, *chunks = text.split("\n[")
    try:
        found = tomllib.loads(head)
        for chunk in chunks:
            kind, name, body = _section(f"[{chunk}")
            place = found.setdefault(kind, {}) if name else found
            if (name or kind) in place:
                return tomllib.loads(text)
            place[name or kind] = body
    except (ValueError, TypeError, AttributeError):
        return tomllib.loads(text)  # which says what is wrong, and where
    return found


@lru_cache(maxsize=2**15)
def _section(text: str) -> tuple[str, str, Mapping[str, Any]]:
    """The kind, the name if any, and the table of a section. Nobody changes the table: it is the next reader's too.

    Raises:
        ValueError: it is none of a lock.
    """
    line, _, rest = text.partition("\n")
    match = _HEAD.fullmatch(line)
    if match is None:
        raise ValueError(line)
    return match[1], json.loads(match[2]) if match[2] else "", _table(rest)


def _table(text: str) -> Mapping[str, Any]:
    rows = [_KEY.sub(_turned, row) for row in text.split("\n") if row]
    try:
        document = "{" + ",".join(rows) + "}"
        found: Mapping[str, Any] = json.loads(document, object_pairs_hook=_once, parse_constant=_never)
    except ValueError:
        return tomllib.loads(text)
    return found


def _turned(match: re.Match[str]) -> str:
    if match[2] is not None:
        return f'"{match[2]}":'
    return match[0] if match[1] is None else f"{match[1]}:"


def _never(constant: str) -> None:
    raise ValueError(f"TOML does not know {constant}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found
