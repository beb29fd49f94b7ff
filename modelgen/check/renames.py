"""Which new name an old one has, by the renames that the settings state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from modelgen.contract.types import ListOf, MapOf, Named, OneOf, OptionalOf, TupleOf, TypeRef


@dataclass(frozen=True, slots=True)
class Renames:
    """Old dotted symbol -> new one, as in the settings."""

    given: Mapping[str, str]

    def now(self, symbol: str) -> str:
        """What a symbol of the old edition is called in the new one."""
        for old, new in self.given.items():
            if symbol == old or symbol.startswith((f"{old}.", f"{old}[")):
                symbol = new + symbol[len(old) :]
        return symbol

    def type(self, type_: TypeRef) -> TypeRef:
        """A type of the old edition, in the names of the new one."""
        match type_:
            case Named(symbol=symbol):
                return replace(type_, symbol=self.now(symbol))
            case ListOf(item=item) | OptionalOf(item=item):
                return replace(type_, item=self.type(item))
            case MapOf(key=key, value=value):
                return replace(type_, key=self.type(key), value=self.type(value))
            case TupleOf(items=items):
                return replace(type_, items=tuple(self.type(item) for item in items))
            case OneOf(arms=arms):
                return replace(type_, arms=tuple(self.type(arm) for arm in arms))
            case _:
                return type_
