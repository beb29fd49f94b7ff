"""The alternatives that a docstring's phrase names, and the values that it writes out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from modelgen.contract.types import Empty, Literals, TypeRef
from modelgen.source import spelling, wording
from modelgen.source.meaning import Unreadable
from modelgen.source.unions import union


def alternatives(text: str) -> list[str]:
    """What `or`, `|`, `/`, `,` separate; remarks after a comma that are no type are cut by who reads them."""
    text = re.sub(r"^\s*(?:either|one of|any of)[:\s]+", "", text, flags=re.I)
    parts = wording.split(text, (", or ", " or ", " OR ", " and/or ", " | ", "|", ";", ","))
    return [
        part for piece in parts for part in (wording.split(piece, ("/", " / ")) if _is_slashed(piece) else [piece])
    ] or [text]


def _is_slashed(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][\w.\[\]-]*(?:\s*/\s*[A-Za-z][\w.\[\]-]*)+", text)) and text.lower() not in (
        "n/a",
    )


def commas(text: str) -> list[str] | None:
    """The parts of `A, B` or `A and B`."""
    parts = wording.split(text, (", and ", ",", " and "))
    return parts if len(parts) > 1 else None


def pair(text: str) -> list[str] | None:
    """The parts of `(A, B)`."""
    if not text.startswith("(") or wording.unwrap(text) == text:
        return None
    parts = wording.split(wording.unwrap(text), (",",))
    return parts if len(parts) > 1 else None


def literal(text: str) -> TypeRef | None:
    """The type of a value that is written out: `'auto'`, `8000`, `True`, `None`."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in text[1:-1]:
        return Literals(values=(text[1:-1],))
    if text in ("True", "False"):
        return Literals(values=(text == "True",))
    if text == "None":
        return Empty()
    if re.fullmatch(r"[-+]?\d{1,15}", text):
        return Literals(values=(int(text),))
    if re.fullmatch(r"[-+]?(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?", text):
        return spelling.FLOATING
    return None


def values(arms: Iterable[str]) -> TypeRef | None:
    """The type of alternatives that all are values."""
    types = [literal(arm) for arm in arms]
    known = [type_ for type_ in types if type_ is not None]
    return union(known) if len(known) == len(types) and any(isinstance(type_, Literals) for type_ in known) else None


def opened(arms: list[str]) -> TypeRef:
    """`{'a', 'b', ...}`: values of a kind, of which only some are written out."""
    written = values(arms)
    kinds = {type(value) for value in written.values} if isinstance(written, Literals) else set()
    if kinds == {str}:
        return spelling.STRING
    if kinds == {int}:
        return spelling.INTEGER
    raise Unreadable("the values are not all written out", "list them, or write the type")
