"""What a parameter, field or result is declared to be, by its annotation, its docstring, or both."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from modelgen.contract.types import (
    ListOf,
    MapOf,
    OneOf,
    OptionalOf,
    Tensor,
    TupleOf,
    TypeRef,
    constraints_of,
    strip_optional,
)
from modelgen.finding import Finding, Level, Location
from modelgen.source.agreement import agrees
from modelgen.source.constraints import constrained
from modelgen.source.expressions import TypeReader
from modelgen.source.meaning import Meaning, Note, Unreadable
from modelgen.source.resolver import Scope
from modelgen.source.unions import optional, union

if TYPE_CHECKING:
    from modelgen.source.phrases import PhraseReader

MAX_GUESS = 48
"""Length up to which a description without a type is tried as one (`text: str`)."""

MAX_PHRASE = 2000
"""Length up to which a docstring's text is tried as a type at all."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A type expression, and where it stands."""

    node: ast.expr
    scope: Scope


@dataclass(frozen=True, slots=True)
class Phrase:
    """A docstring's type text, and where it stands."""

    text: str
    scope: Scope
    guessed: bool = False
    """A description that may or may not be a type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What was read."""

    meaning: Meaning | None = None
    """None: no type is stated, or none that can be read."""
    error: Unreadable | None = None
    """Why the stated type cannot be read."""
    text: str = ""
    """The type as the author wrote it."""
    documented: str = ""
    """The docstring's text, where it alone states the type."""
    disagreement: str = ""
    """What the docstring says, where it contradicts the annotation."""
    notes: tuple[str, ...] = field(default=())


class Declarations:
    """Reads declared types."""

    def __init__(self, types: TypeReader) -> None:
        self.types = types

    @cached_property
    def phrases(self) -> PhraseReader:
        """What reads docstrings' phrases: loaded where there is one, for its many patterns take time to compile."""
        from modelgen.source.phrases import PhraseReader

        return PhraseReader(self.types)

    def read(self, annotations: Sequence[Annotation], phrase: Phrase | None) -> Declared:
        """What annotations (several are overloads) and a docstring declare together."""
        stated = self._annotated(annotations) if annotations else Declared()
        if phrase is not None and phrase.guessed and stated.meaning is not None and not stated.meaning.weak:
            phrase = None
        spoken = self._spoken(phrase) if phrase is not None else Declared()
        if stated.meaning is None and stated.error is None:
            return replace(spoken, documented=spoken.text)
        if spoken.meaning is None:
            return stated
        if stated.meaning is None:
            return stated
        return self._agreed(stated, stated.meaning, spoken, spoken.meaning)

    def override(self, text_: str, scope: Scope) -> Declared:
        """What a settings line declares."""
        return self._spoken(Phrase(text_, scope))

    def _annotated(self, annotations: Sequence[Annotation]) -> Declared:
        words = " | ".join(dict.fromkeys(one.scope.module.text(one.node) for one in annotations))
        try:
            meanings = [self.types.meaning(one.node, one.scope) for one in annotations]
            if len(meanings) == 1:
                return Declared(meaning=meanings[0], text=words)
            return Declared(meaning=_merged(meanings), text=words)
        except Unreadable as error:
            return Declared(error=error, text=words)

    def _spoken(self, phrase: Phrase) -> Declared:
        if phrase.guessed and len(phrase.text) > MAX_GUESS:
            return Declared()
        if len(phrase.text) > MAX_PHRASE:
            error = Unreadable("the text is too long for a type", "annotate it, or give its type in settings (`types`)")
            return Declared(error=error, text=f"{phrase.text[:MAX_GUESS]}...")
        try:
            return Declared(
                meaning=self.phrases.meaning(phrase.text, phrase.scope, guessed=phrase.guessed), text=phrase.text
            )
        except Unreadable as error:
            return Declared() if phrase.guessed else Declared(error=error, text=phrase.text)

    @staticmethod
    def _agreed(stated: Declared, first: Meaning, spoken: Declared, second: Meaning) -> Declared:
        """The annotation, refined by the docstring where it says little; another disagreement is told."""
        if first.weak and not second.weak:
            return replace(stated, meaning=_refined(first, second))
        sharper = _sharper(first.type, second.type)
        if sharper is not None:
            return replace(stated, meaning=first.with_type(sharper))
        if first.own or second.own or first.stream or second.stream or agrees(first.type, second.type):
            return stated
        return replace(stated, disagreement=spoken.text)


def _refined(first: Meaning, second: Meaning) -> Meaning:
    """What the docstring says, in the container that the annotation says."""
    type_ = second.type
    outer, inner = strip_optional(first.type), strip_optional(type_)
    wider = (ListOf, TupleOf) if isinstance(outer, ListOf) and outer.host == "tuple" else ListOf
    if isinstance(outer, ListOf) and not isinstance(inner, wider):
        return first
    if isinstance(outer, ListOf) and isinstance(inner, ListOf):
        inner = replace(inner, host=outer.host)
        type_ = optional(inner) if isinstance(type_, OptionalOf) else inner
    if isinstance(first.type, OptionalOf):
        type_ = optional(type_)
    type_, _ = constrained(type_, constraints_of(first.type))
    return replace(second, type=type_, stream=first.stream or second.stream, role=first.role)


def _sharper(first: TypeRef, second: TypeRef) -> TypeRef | None:
    """The annotation with the dtypes and shapes that only the docstring says, inside what both say too; else None."""
    match first, second:
        case OptionalOf(item=outer), _:
            sharper = _sharper(outer, strip_optional(second))
            return optional(sharper) if sharper is not None else None
        case _, OptionalOf(item=inner):
            return _sharper(first, inner)
        case Tensor(), Tensor():
            dtype = second.dtype if first.dtype == "any" else first.dtype
            return replace(first, dtype=dtype, shape=second.shape if first.shape is None else first.shape)
        case ListOf(), ListOf():
            item = _sharper(first.item, second.item)
            return replace(first, item=item) if item is not None else None
        case MapOf(), MapOf():
            value = _sharper(first.value, second.value)
            return replace(first, value=value) if value is not None else None
        case TupleOf(), TupleOf():
            items = _each_sharper(first.items, second.items)
            return replace(first, items=items) if items is not None else None
        case OneOf(), OneOf():
            arms = _each_sharper(first.arms, second.arms)
            return replace(first, arms=arms) if arms is not None else None
        case _:
            return None


def _each_sharper(first: tuple[TypeRef, ...], second: tuple[TypeRef, ...]) -> tuple[TypeRef, ...] | None:
    """Parts of a tuple or a union, where both have as many, and agree in all."""
    if len(first) != len(second) or not all(agrees(one, other) for one, other in zip(first, second, strict=True)):
        return None
    found = [_sharper(one, other) for one, other in zip(first, second, strict=True)]
    if all(one is None for one in found):
        return None
    return tuple(one if one is not None else old for one, old in zip(found, first, strict=True))


def _merged(meanings: Sequence[Meaning]) -> Meaning:
    """Overloads together: a stream if all of them are."""
    streams = {meaning.stream for meaning in meanings}
    if len(streams) > 1:
        raise Unreadable("some overloads stream and others do not", "give the method that streams a name of its own")
    whole = union(meaning.type for meaning in meanings)
    return replace(meanings[0], type=whole, weak=all(meaning.weak for meaning in meanings))


def noted(what: str, note: Note, where: Location) -> Finding:
    """The finding for something that was read and is not kept."""
    if note.code == "alternative-left-out":
        message, hint = f"{what} is served without an alternative: {note.text}", "send one of the others"
    else:
        message, hint = (
            f"{what} is served without a constraint: {note.text}",
            "write constraints with constants, on numbers, texts, lists and the values of mappings",
        )
    level = Level.INFO if note.code == "alternative-left-out" else Level.WARNING
    return Finding(level=level, code=note.code, message=message, where=where, hint=hint)
