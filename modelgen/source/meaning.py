"""What a type text means where it stands, and why a text means nothing that can be sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from modelgen.contract.model import Role
from modelgen.contract.types import Empty, Json, TypeRef

Stream: TypeAlias = Literal["", "iterable", "iterator", "async"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that was read and cannot be kept."""

    code: str
    """The finding's code: `constraint-left-out`, `alternative-left-out`."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A type, and what else its text says of the value."""

    type: TypeRef
    stream: Stream = ""
    """Arrives or leaves piece by piece; `type` is then of one piece. `iterable`: its place decides."""
    role: Role | None = None
    weak: bool = False
    """Says so little (`Any`, `list`) that a docstring refines it."""
    own: bool = False
    """The class itself: a method that returns its instance."""
    doc: str = ""
    notes: tuple[Note, ...] = ()

    def with_type(self, type_: TypeRef) -> Meaning:
        """The same, of another type."""
        return replace(self, type=type_)


HINT = "write a type that can be sent, or give one in settings: in `types`, or for a class everywhere in `adapters`"


class Unreadable(Exception):
    """A type text that names nothing that can be sent; carries the reason and what to write instead."""

    def __init__(self, reason: str, hint: str = "", *, code: str = "method-refused", missing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint or HINT
        self.code = code
        """`type-unresolved` where a name was not found; else `method-refused`."""
        self.missing = missing
        """Only what the name leads to is not here: its library is not installed, or is compiled."""


NOTHING = Meaning(type=Empty())
ANYTHING = Meaning(type=Json(), weak=True)


def unread(texts: tuple[str, ...]) -> tuple[Note, ...]:
    """The notes for constraints whose values could not be read."""
    return tuple(Note(code="constraint-left-out", text=f"`{text}` could not be read") for text in texts)
