"""What a reading is asked for, and what it answers."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from modelgen.contract.model import Contract, Role
from modelgen.contract.types import Adapter
from modelgen.finding import Finding

Value = TypeVar("Value", bound=str)

DEFAULT_METHODS: Mapping[str, tuple[str, ...]] = {"*": ("run", "run_*")}
"""The inference methods of any class, where settings name no others."""


class Globs(dict[str, Value]):
    """A table by globs that knows which of them anything was looked up for."""

    def __init__(self, table: Mapping[str, Value]) -> None:
        super().__init__(table)
        self.used: set[str] = set()

    def nearest(self, key: str) -> str | None:
        """The longest glob that matches a dotted name."""
        found = [glob for glob in self if fnmatch.fnmatchcase(key, glob)]
        self.used.update(found)
        return max(found, key=lambda glob: (len(glob), glob), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the settings say about reading. Keys with dots are globs on public symbols (`mylib.Cls.method.param`)."""

    methods: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(DEFAULT_METHODS))
    """Class glob (on the symbol or the name) -> names or globs of its inference methods. The most specific wins."""
    include: tuple[str, ...] = ()
    """Only these classes and methods; empty: all."""
    exclude: tuple[str, ...] = ()
    """Not these classes and methods."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Glob of a parameter (`mylib.Cls.method.param`) or a result (`mylib.Cls.method.return`) -> its text, or `drop`."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Glob of a parameter -> where a request carries it."""
    adapters: Mapping[str, tuple[str, Adapter]] = field(default_factory=dict)
    """Dotted class -> the text of the type that its values travel as, and the functions between the two."""
    raises: Mapping[str, str] = field(default_factory=dict)
    """Dotted exception class -> error code."""
    version: str = "0.1.0"
    """The service's version."""
    refused: Literal["error", "warning"] = "error"
    """What a method that cannot be served is: an error stops the generator, a warning leaves the method out."""
    texts: Mapping[Path, bytes] = field(default_factory=dict)
    """What files are taken to hold, in place of what they hold on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A package as it was read."""

    contract: Contract
    findings: tuple[Finding, ...] = ()
    files: tuple[Path, ...] = ()
    """Every file that was read, sorted: if none changed, neither does the reading."""


def matching(table: Mapping[str, Value], key: str) -> Value | None:
    """The value whose glob matches a dotted name; the longest glob wins."""
    glob = table.nearest(key) if isinstance(table, Globs) else nearest(table, key)
    return table[glob] if glob is not None else None


def nearest(globs: Iterable[str], key: str) -> str | None:
    """The longest of some globs that matches a dotted name."""
    found = [(len(glob), glob) for glob in globs if fnmatch.fnmatchcase(key, glob)]
    return max(found)[1] if found else None
