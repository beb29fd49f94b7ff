"""Numbers that a changed type may keep: where bytes of either side decode to the same values on the other.

Protobuf's own rules ("Updating A Message Type"), narrowed to values: an enum is an integer only while each member's
number is its value, and a single number never becomes a list, because lists of numbers are packed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from modelgen.contract.pins import Pin, Pins, pin
from modelgen.contract.texts import parse
from modelgen.contract.types import ListOf, Literals, MapOf, Named, Scalar, TypeRef, strip_optional, text
from modelgen.contract.wire import SCALARS, Wire, WireField, WireMessage, is_plain, proto_name, signature
from modelgen.finding import Finding, Level

VARINTS = ("bool", "int32", "int64", "uint32", "uint64")
"""Proto types that are the same bytes for the values that they share."""
TEXTS = ("string", "bytes")

Members = Mapping[int, Any]
"""The members of an enum: number -> value."""


def keep(wire: Wire, pins: Pins, symbols: Sequence[str]) -> tuple[Pins, tuple[Finding, ...]]:
    """The pins, with the new types of the fields of these symbols under their old numbers.

    A symbol is a parameter's, a result's or a field's (`mylib.Cls.run.top_k`, `mylib.Cls.run.return`). Where a number
    cannot be kept, an error says why.
    """
    symbols = tuple(symbols)
    if not symbols:
        return pins, ()
    if not symbols:
        return pins, ()
    keeping = _Keeping(wire, pins)
    findings = [finding for symbol in symbols for finding in keeping.keep(symbol)]
    return keeping.pins, tuple(findings)


class _Keeping:
    def __init__(self, wire: Wire, pins: Pins) -> None:
        self.pins = pins
        self._wire = wire
        self._fresh, _ = pin(wire, pins, "")

    def keep(self, symbol: str) -> Iterator[Finding]:
        found = list(_fields(self._wire, symbol))
        if not found:
            near = difflib.get_close_matches(symbol, sorted(_symbols(self._wire)), n=1)
            ways = "name a parameter, a field, or a result (mylib.Cls.run.return)"
            hint = f"did you mean {near[0]}?" if near else ways
            yield _refused(symbol, f"there is no {symbol} in the source", hint)
        pairs = [(message, field, self._was(message, field)) for message, field in found]
        for message, field, was in pairs:
            if was is not None and was.signature != signature(field):
                yield self._decide(symbol, message, field, was)
        if pairs and not any(was for _, _, was in pairs):
            yield from self._without_a_number(symbol, *found[0])

    def _was(self, message: WireMessage, field: WireField) -> Pin | None:
        return next((one for one in self.pins.of(message.name) if one.name == field.name and not one.retired), None)

    def _decide(self, symbol: str, message: WireMessage, field: WireField, was: Pin) -> Finding:
        reason = self._reason(message, field, was)
        if reason:
            return _refused(
                symbol,
                f"{symbol} cannot keep number {was.number} as {text(field.ref)}: {reason}",
                "leave --keep-number out: it gets a new number, and the old one is reserved",
            )
        now = replace(was, type=text(field.ref), repeated=signature(field).startswith("repeated "), oneof=field.oneof)
        self.pins = replace(self.pins, pins=tuple(now if one is was else one for one in self.pins.pins))
        return Finding(
            level=Level.INFO,
            code="number-kept",
            message=f"{symbol} keeps number {was.number}: {was.type} -> {text(field.ref)}",
            hint="callers built before read it as they did, as long as a value fits both types",
        )

    def _without_a_number(self, symbol: str, message: WireMessage, field: WireField) -> Iterator[Finding]:
        """A field that is new has nothing to keep; one that changed its shape says so."""
        name = proto_name(field.source.name if field.source else field.name)
        living = [one for one in self.pins.of(message.name) if not one.retired]
        if any(one.name == name or one.oneof == name for one in living):
            yield _refused(
                symbol,
                f"{symbol} cannot keep its number as {text(field.ref)}: it becomes a union, or was one, and each type "
                "of that is a field of its own",
                "leave --keep-number out: the arms that stay keep their numbers anyway",
            )

    def _reason(self, message: WireMessage, field: WireField, was: Pin) -> str:
        old, new = strip_optional(parse(was.type)), strip_optional(field.ref)
        repeated = signature(field).startswith("repeated ")
        place = f"{message.source}.{field.source.name if field.source else field.name}"
        if was.oneof != field.oneof:
            return "a field that goes into a oneof or leaves it is another one in generated code"
        if was.repeated and not repeated:
            return "a reader of one value takes the last of many, and the others are lost"
        if was.repeated and repeated:
            return self._collections(old, new, place)
        if repeated:
            return self._becomes_many(old, new, place)
        return self._values(old, new, place)

    def _collections(self, old: TypeRef, new: TypeRef, place: str) -> str:
        if isinstance(old, ListOf) and isinstance(new, ListOf):
            return self._values(old.item, new.item, f"{place}.item")
        if isinstance(old, MapOf) and isinstance(new, MapOf):
            keys = self._values(old.key, new.key, f"{place}.key")
            return keys or self._values(old.value, new.value, f"{place}.value")
        return "a list and a map are other bytes"

    def _becomes_many(self, old: TypeRef, new: TypeRef, place: str) -> str:
        if not isinstance(new, ListOf):
            return "a map is a list of messages"
        if is_plain(old) and _spelled(old) not in TEXTS:
            return "lists of numbers are packed, and a reader of one number does not find it"
        return self._values(old, new.item, f"{place}.item")

    def _values(self, old: TypeRef, new: TypeRef, place: str) -> str:
        """Why one value of each is not the same bytes; empty if it is."""
        if text(old) == text(new):
            return ""
        was, now = self._before(old, place), self._after(new, place)
        before = "enum" if was is not None else _spelled(old)
        after = "enum" if now is not None else _spelled(new)
        if was is not None and now is not None:
            odd = next((number for number in was if number in now and not _same(now[number], was[number])), None)
            return "" if odd is None else f"number {odd} stood for {was[odd]!r} and would stand for {now[odd]!r}"
        for members, other in ((was, after), (now, before)):
            if members is not None and other in VARINTS[1:]:
                odd = next((number for number, value in members.items() if not _same(number, value)), None)
                return "" if odd is None else f"number {odd} stands for {members[odd]!r}, which is another value"
        if {before, after} <= {*TEXTS} or {before, after} <= {*VARINTS}:
            return ""
        if before and after:
            return f"{before} and {after} are other bytes"
        return "what it is carried in is another message"

    def _before(self, type_: TypeRef, place: str) -> Members | None:
        """The members of what was an enum, as the lock has them."""
        owner = _enum(self.pins, type_, place)
        return None if owner is None else {one.number: one.value for one in self.pins.of(owner) if not one.retired}

    def _after(self, type_: TypeRef, place: str) -> Members | None:
        """The members of what is an enum, as the source has them, under the numbers that they will get."""
        owner = _enum(self._fresh, type_, place)
        values = {one.member: one.value for enum in self._wire.enums if enum.name == owner for one in enum.values}
        return None if owner is None else {self._fresh.number(owner, name): value for name, value in values.items()}


def _enum(pins: Pins, type_: TypeRef, place: str) -> str | None:
    """The wire name of a type that is an enum; a flag is a number."""
    if isinstance(type_, Literals):
        source = place
    elif isinstance(type_, Named) and type_.kind == "enum":
        source = type_.symbol
    else:
        return None
    return next((one.name for one in pins.owners if one.source == source and one.kind == "enum"), None)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _spelled(type_: TypeRef) -> str:
    """The proto type of one value; empty where that is a message."""
    match type_:
        case Scalar(kind=kind):
            return "" if kind in ("timestamp", "duration") else SCALARS[kind]
        case Named(kind="enum"):
            return "int64"  # a flag
        case _:
            return ""


def _fields(wire: Wire, symbol: str) -> Iterator[tuple[WireMessage, WireField]]:
    home, _, name = symbol.rpartition(".")
    for message in wire.messages:
        if message.source == home:
            yield from ((message, one) for one in message.field(name))
        elif message.source == symbol and name == "return":
            yield from ((message, one) for one in message.fields)


def _symbols(wire: Wire) -> set[str]:
    return {
        f"{message.source}.{one.source.name}" if not message.source.endswith(".return") else message.source
        for message in wire.messages
        for one in message.fields
        if one.source
    }


def _refused(symbol: str, message: str, hint: str) -> Finding:
    return Finding(level=Level.ERROR, code="keep-number-refused", message=message, hint=hint)
