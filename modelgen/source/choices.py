"""The alternatives that a docstring's phrase names, and the values that it writes out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from modelgen.contract.types import Empty, Literals, TypeRef
from modelgen.source import spelling, wording, words
from modelgen.source.meaning import Unreadable
from modelgen.source.unions import union

PLURALS = re.compile(r"(?:list|tuple|set|sequence|iterable|array-like)s? of ((?:[a-z]+s(?:, |,? or ))+[a-z]+s)")


def alternatives(text: str) -> list[str]:
    """What `or`, `|`, `/`, `,` separate; remarks after a comma that are no type are cut by who reads them."""
    text = re.sub(r"^\s*(?:either|one of|any of)[:\s]+", "", text, flags=re.I)
    text = re.sub(r"(?<=['\"]),? and (?=['\"])", " or ", text)
    text = re.sub(r" \(or ([\w. -]+?)(?: (?:if|when|for)\b[^()]*)?\)$", r" or \1", text)
    parts = wording.split(text, (", or ", " or ", " OR ", " and/or ", " | ", "|", ";", ","))
    pieces = [
        part for piece in parts for part in (wording.split(piece, ("/", " / ")) if _is_slashed(piece) else [piece])
    ]
    return _shared(pieces) or [text]


def _shared(parts: list[str]) -> list[str]:
    """`list or tuple of int`: what the last of them holds, the first holds too."""
    for index in range(len(parts) - 1):
        following = re.match(r"(list|tuple|set|sequence)( of .+)", parts[index + 1])
        bare = parts[index] in ("list", "tuple", "set", "sequence")
        if bare and following and following[1] != parts[index] and following[2] != f" of {parts[index]}s":
            parts[index] += following[2]
    return parts


def items(text: str) -> str:
    """What `list of ints or floats` holds: plurals after a container are all inside it; "" for other texts."""
    match = re.fullmatch(
        r"(?:list|tuple|set|sequence|iterable|array-like)s? of ((?:[a-z]+s(?:, |,? or ))+[a-z]+s)", text
    )
    return match[1] if match and all(word in words.WORDS for word in re.findall(r"[a-z]+s", match[1])) else ""


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
    if re.fullmatch(r"[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?|-?(?:np\.|numpy\.|math\.)inf", text):
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
