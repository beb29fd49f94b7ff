"""What a docstring says, taken apart: the same shape for every style."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field

NAME = r"\*{0,2}[A-Za-z_][\w.]*"
"""How a parameter's name looks in a docstring."""
PLAIN_TYPE = (
    r"(?:(?:list|tuple|sequence) of )?(?:str|string|int|integer|float|bool|boolean|dict|list|tuple"
    r"|(?:np|numpy)\.(?:nd)?array|torch\.Tensor)s?(?: or None)?(?:, optional)?"
)
STATED = re.compile(
    rf"(?:\((?P<inside>{PLAIN_TYPE})\):?\s+|(?P<plain>{PLAIN_TYPE})(?: --? |, (?=[A-Z])|\. (?=[A-Z])))(?P<rest>.+)",
    re.DOTALL,
)


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


def typed_start(doc: str) -> tuple[str, str]:
    """The type that a description begins with (`int, The number of cells.`), if it does, and what follows."""
    match = STATED.fullmatch(doc)
    return (match["inside"] or match["plain"], match["rest"]) if match else ("", doc)


def balanced(text: str) -> tuple[str, str]:
    """The text inside the first bracket, and what follows it; quotes are respected."""
    depth, quote = 0, ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            closes = char in text[index + 1 :]
            quote = char if closes else ""
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return text[1:index], text[index + 1 :]
    return text[1:], ""
