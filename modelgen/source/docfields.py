"""What a docstring says, taken apart: the same shape for every style."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DocField:
    """What a docstring says of one parameter, attribute or result."""

    name: str = ""
    type: str = ""
    """The type's phrase as written."""
    doc: str = ""
    line: int = 0
    """The line in the docstring, from 0."""


@dataclass(slots=True, kw_only=True)
class Docstring:
    """A docstring taken apart."""

    text: str = ""
    """The summary and the body, without the sections that are data."""
    parameters: dict[str, DocField] = field(default_factory=dict)
    attributes: dict[str, DocField] = field(default_factory=dict)
    returns: list[DocField] = field(default_factory=list)
    yields: list[DocField] = field(default_factory=list)
    raises: list[DocField] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The first paragraph, on one line."""
        return " ".join(self.text.partition("\n\n")[0].split())


def joined(rest: str, body: list[str]) -> str:
    """A description on one line per paragraph."""
    text = inspect.cleandoc("\n".join([rest.strip(), *body])) if body else rest.strip()
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs).strip()


def indent(line: str) -> int:
    """How far a line is indented."""
    return len(line) - len(line.lstrip())


def bare_name(name: str) -> str:
    """An exception's name without its role and backticks."""
    return re.sub(r":\w+:", "", name).strip("`~! ").strip()
