"""Types from their text form: the inverse of `types.text`."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import get_args

from modelgen.contract.types import (
    Empty,
    Json,
    ListOf,
    Literals,
    MapOf,
    Named,
    OneOf,
    OptionalOf,
    Scalar,
    ScalarKind,
    Tensor,
    TupleOf,
    TypeRef,
)

_SCALARS: dict[str, ScalarKind] = {kind: kind for kind in get_args(ScalarKind)}


@lru_cache(maxsize=4096)
def parse(text: str) -> TypeRef:
    """The type that a text stands for.

    Raises:
        ValueError: it stands for none.
    """
    reader = _Reader(text)
    found = reader.type()
    if reader.rest():
        raise ValueError(f"{text!r} goes on behind a type, with {reader.rest()!r}")
    return found


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def rest(self) -> str:
        return self._text[self._at :]

    def type(self) -> TypeRef:
        word = self._word()
        if word in _SCALARS:
            return Scalar(kind=_SCALARS[word])
        match word:
            case "json":
                return Json()
            case "empty":
                return Empty()
            case "message":
                return Named(symbol=self._symbol(), kind="message")
            case "enum":
                return self._literals() if self._takes("{") else Named(symbol=self._symbol(), kind="enum")
            case "tensor":
                return self._tensor()
            case "list":
                return ListOf(item=self._inside(" | ")[0])
            case "optional":
                return OptionalOf(item=self._inside(" | ")[0])
            case "map":
                key, value = self._inside(", ")
                return MapOf(key=key, value=value)
            case "tuple":
                return TupleOf(items=self._inside(", "))
            case "oneof":
                return OneOf(arms=self._inside(" | "))
            case _:
                raise ValueError(f"{self._text!r} holds {word!r}, which is no type")

    def _word(self) -> str:
        start = self._at
        while self._at < len(self._text) and (self._text[self._at].isalnum() or self._text[self._at] == "_"):
            self._at += 1
        return self._text[start : self._at]

    def _takes(self, token: str) -> bool:
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True

    def _expect(self, token: str) -> None:
        if not self._takes(token):
            raise ValueError(f"{self._text!r} lacks {token!r} at {self._at}")

    def _inside(self, separator: str) -> tuple[TypeRef, ...]:
        self._expect("<")
        if self._takes(">"):
            return ()
        found = [self.type()]
        while self._takes(separator):
            found.append(self.type())
        self._expect(">")
        return tuple(found)

    def _symbol(self) -> str:
        """A dotted name, with the arguments of a generic model in brackets."""
        self._expect(" ")
        start, depth = self._at, 0
        while self._at < len(self._text):
            character = self._text[self._at]
            depth += (character == "[") - (character == "]")
            if depth == 0 and character in ",>| ":
                break
            self._at += 1
        return self._text[start : self._at]

    def _literals(self) -> Literals:
        values: list[str | int | bool] = []
        decoder = json.JSONDecoder()
        while not self._takes("}"):
            value, self._at = decoder.raw_decode(self._text, self._at)
            values.append(value)
            self._takes(", ")
        return Literals(values=tuple(values))

    def _tensor(self) -> Tensor:
        self._expect("<")
        dtype = self._word()
        self._expect(", ")
        if self._takes("any>"):
            return Tensor(dtype=dtype)
        end = self._text.find("]>", self._at)
        self._expect("[")
        if end < 0:
            raise ValueError(f"{self._text!r} lacks the end of a shape")
        sizes = self._text[self._at : end]
        self._at = end + len("]>")
        return Tensor(dtype=dtype, shape=tuple(int(size) for size in sizes.split(", ")) if sizes else ())
