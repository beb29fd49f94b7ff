"""The expressions that carry one value between the client's classes and messages.

What a value is carried in is read off the messages themselves: a list inside a list has a message made for it, a
union a oneof. Whatever needs more than an expression becomes a function of its own.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelgen.contract.names import snake, upper
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
    Tensor,
    TupleOf,
    TypeRef,
    assert_never,
    strip_optional,
    text,
)
from modelgen.contract.wire import NULL, TENSOR, WireField, WireMessage
from modelgen.languages import python
from modelgen.targets.client_conversions import Conversions, article, key_of_text, ordered, unless_none
from modelgen.targets.client_names import Spelling
from modelgen.targets.conversions import attr

_TO_PROTO = {
    "bytes": "values.binary({})",
    "timestamp": "wellknown.timestamp({})",
    "duration": "wellknown.duration({})",
    "date": "{}.isoformat()",
    "time": "{}.isoformat()",
    "decimal": "str({})",
    "uuid": "str({})",
}
_FROM_PROTO = {
    "timestamp": "{}.ToDatetime(tzinfo=datetime.timezone.utc)",
    "duration": "{}.ToTimedelta()",
    "date": "datetime.date.fromisoformat({})",
    "time": "datetime.time.fromisoformat({})",
    "decimal": "decimal.Decimal({})",
    "uuid": "uuid.UUID({})",
}
_INTEGRAL = ("bool", "int32", "int64", "uint32", "uint64")


@dataclass(slots=True)
class MessageConversions(Conversions):
    """The expressions of one file of the codec of messages."""

    stubs: set[str] = field(default_factory=set)
    """Proto files whose stubs are used."""

    def stub(self, name: str) -> str:
        """A message class."""
        home = {TENSOR: "models", "Job": "jobs"}.get(name) or self.blueprint.wire.homes[name]
        self.stubs.add(home)
        return f"pb.{name}" if home == self.file else f"{home}_pb2.{name}"

    def table(self, enum: str, suffix: str) -> str:
        """The table between an enum's members and its numbers."""
        name = f"{upper(enum)}_{suffix}"
        return name if self.blueprint.wire.homes[enum] == self.file else self.value(f"codecs.{name}")

    # To messages

    def store(self, message: WireMessage, name: str, type_: TypeRef, expression: str) -> Iterator[str]:
        """Statements that put a value into `fields`, from which the message is made."""
        wire = message.field(name)
        if wire[0].oneof:
            yield from self._store_arms(wire, type_, expression)
        else:
            yield f'fields["{wire[0].name}"] = {self.set_to(wire[0], type_, expression)}'

    def set_to(self, wire: WireField, type_: TypeRef, expression: str) -> str:
        """What a field that is no oneof is set to; None leaves it out."""
        inner = strip_optional(type_)
        if isinstance(inner, ListOf | MapOf) and (wire.label == "repeated" or wire.key):
            return self._many_to(inner, expression, wire.type)
        converted = self.to_proto(inner, expression, wire.type)
        return unless_none(expression, converted) if isinstance(type_, OptionalOf) else converted

    def _store_arms(self, wire: tuple[WireField, ...], type_: TypeRef, expression: str) -> Iterator[str]:
        null = next((one for one in wire if one.type == NULL and isinstance(one.ref, Empty)), None)
        arms = [one for one in wire if one is not null]
        word = "if"
        if null is not None:
            self.used.add("struct_pb2")
            yield f"if {expression} is None:"
            yield f'    fields["{null.name}"] = struct_pb2.NULL_VALUE'
            word = "elif"
        if len(arms) == 1:
            yield from self._store_arm(arms[0], type_, expression, apart=null is not None)
            return
        by_type = {text(one.ref): one for one in arms}
        for arm in ordered(tuple(one.ref for one in arms)):
            one = by_type[text(arm)]
            yield f"{word} {self.test(arm, expression)}:"
            yield f'    fields["{one.name}"] = {self.to_proto(arm, expression, one.type)}'
            word = "elif"
        absent = isinstance(type_, OptionalOf) and null is None
        yield f"elif {expression} is not None:" if absent else "else:"
        yield f"    raise {self.value(f'values.mismatch({python.literal(self._declared(arms))}, {expression})')}"

    def _store_arm(self, one: WireField, type_: TypeRef, expression: str, *, apart: bool) -> Iterator[str]:
        """The only arm; `apart` where a null was told from it just above."""
        stored = f'fields["{one.name}"] = {self.to_proto(one.ref, expression, one.type)}'
        if apart:
            yield from ("else:", f"    {stored}")
        elif isinstance(type_, OptionalOf):
            yield from (f"if {expression} is not None:", f"    {stored}")
        else:
            yield stored

    def to_proto(self, type_: TypeRef, expression: str, wire_type: str, depth: int = 0) -> str:
        """A value as one element of a message."""
        match type_:
            case Scalar(kind=kind):
                return self._formatted(_TO_PROTO.get(kind, "{}"), expression)
            case Json():
                return self.value(f"wellknown.json_to_proto({expression})")
            case Empty():
                self.used.add("empty_pb2")
                return "empty_pb2.Empty()"
            case Named(symbol=symbol, kind="enum") if symbol not in self.blueprint.wire.names:
                return f"{expression}.value"
            case Named(symbol=symbol, kind="message"):
                return f"{self.shared(symbol, 'to_proto')}({expression})"
            case Named():
                return self.value(f"values.looked_up({self.table(wire_type, 'TO_PROTO')}, {expression}.value)")
            case Literals():
                return self.value(f"values.looked_up({self.table(wire_type, 'TO_PROTO')}, {expression})")
            case Tensor(dtype=dtype):
                return self.value(f"tensors.fill({expression}, {self.stub(TENSOR)}(), {python.literal(dtype)})")
            case ListOf() | MapOf():
                inner = self.blueprint.wire.message(wire_type).fields[0]
                return f"{self.stub(wire_type)}({inner.name}={self._many_to(type_, expression, inner.type, depth)})"
            case TupleOf() | OptionalOf() | OneOf():
                return f"{self._holder_to(type_, wire_type)}({expression})"
            case _:
                assert_never(type_)

    def _many_to(self, type_: ListOf | MapOf, expression: str, wire_type: str, depth: int = 0) -> str:
        """A repeated field or a map."""
        if isinstance(type_, MapOf):
            changed = self.to_proto(type_.value, "value", wire_type, depth + 1)
            named = self._key_to(type_.key)
            same = changed == "value" and named == "key"
            return expression if same else f"{{{named}: {changed} for key, value in {expression}.items()}}"
        item = type_.item
        each = self.each(expression, lambda one: self.to_proto(item, one, wire_type, depth + 1), depth)
        if each:
            return f"[{each}]"
        return self.value(f"values.items({expression})")

    def _key_to(self, key: TypeRef) -> str:
        match key:
            case Named(symbol=symbol):
                enum = self.blueprint.contract.enum(symbol)
                return "key.value" if len({type(member.value) for member in enum.members}) == 1 else "str(key.value)"
            case Scalar(kind="date" | "time"):
                return "key.isoformat()"
            case Scalar(kind="timestamp"):
                return self.value("values.timestamp_text(key)")
            case Scalar(kind=kind) if kind not in (*_INTEGRAL, "string"):
                return "str(key)"
            case _:
                return "key"

    def _holder_to(self, type_: TupleOf | OptionalOf | OneOf, wire_type: str) -> str:
        """The function that makes a message around one value."""
        made = self.blueprint.wire.message(wire_type)
        name = f"_{snake(made.name)}_to_proto"
        if name not in self.functions:
            self.add(name, "value", f"{article(text(type_))} as its message.", [])
            self.functions[name].lines += self.construct(made, _parts(type_))
        return name

    # From messages

    def taken(self, message: WireMessage, name: str, type_: TypeRef, expression: str) -> str:
        """The value of one field of a message."""
        wire = message.field(name)
        first, inner = wire[0], strip_optional(type_)
        if first.oneof:
            return f"{self._arms_from(message, wire, type_)}({expression})"
        source = attr(expression, first.name)
        if isinstance(inner, ListOf | MapOf) and (first.label == "repeated" or first.key):
            return self._many_from(inner, source, first.type)
        value = self.from_proto(inner, source, first.type)
        if isinstance(type_, OptionalOf | Json):
            return f'{value} if {expression}.HasField("{first.name}") else None'
        return value

    def _arms_from(self, message: WireMessage, wire: tuple[WireField, ...], type_: TypeRef) -> str:
        name = f"_{snake(message.name)}_{wire[0].oneof}_from_proto"
        if name not in self.functions:
            self.add(name, "message", f"The {text(type_)} of a message.", [])
            lines = [f'match message.WhichOneof("{wire[0].oneof}"):']
            for one in wire:
                null = one.type == NULL and isinstance(one.ref, Empty)
                value = "None" if null else self.from_proto(one.ref, attr("message", one.name), one.type)
                lines += [f'    case "{one.name}":', f"        return {value}"]
            self.functions[name].lines += [*lines, "return None"]
        return name

    def from_proto(self, type_: TypeRef, expression: str, wire_type: str, depth: int = 0) -> str:
        """One element of a message as the value that it stands for."""
        match type_:
            case Scalar(kind=kind):
                return self._formatted(_FROM_PROTO.get(kind, "{}"), expression)
            case Json():
                return self.value(f"wellknown.json_from_proto({expression})")
            case Empty():
                return "None"
            case Named(symbol=symbol, kind="enum") if symbol not in self.blueprint.wire.names:
                return f"{self.host(symbol)}({expression})"
            case Named(symbol=symbol, kind="message"):
                return f"{self.shared(symbol, 'from_proto')}({expression})"
            case Named() | Literals():
                return f"{self.table(wire_type, 'FROM_PROTO')}[{expression}]"
            case Tensor():
                return self.value(f"tensors.from_message({expression})")
            case ListOf() | MapOf():
                inner = self.blueprint.wire.message(wire_type).fields[0]
                return self._many_from(type_, attr(expression, inner.name), inner.type, depth)
            case OptionalOf() | OneOf():
                made = self.blueprint.wire.message(wire_type)
                taken = self.taken(made, made.fields[0].source.name, type_, expression)  # type: ignore[union-attr]  # made of it
                return f"({taken})" if " else " in taken else taken
            case TupleOf(items=items):
                made = self.blueprint.wire.message(wire_type)
                each = [self.taken(made, f"item_{i}", item, expression) for i, item in enumerate(items)]
                return f"({', '.join(each)}{',' if len(each) == 1 else ''})"
            case _:
                assert_never(type_)

    def _many_from(self, type_: ListOf | MapOf, expression: str, wire_type: str, depth: int = 0) -> str:
        """What a repeated field or a map holds."""
        if isinstance(type_, ListOf):
            item = type_.item
            return self.contained(
                type_, expression, lambda one: self.from_proto(item, one, wire_type, depth + 1), depth
            )
        changed = self.from_proto(type_.value, "value", wire_type, depth + 1)
        named = self._key_from(type_.key)
        if changed == "value" and named == "key":
            return f"dict({expression})"
        return f"{{{named}: {changed} for key, value in {expression}.items()}}"

    def _key_from(self, key: TypeRef) -> str:
        integral = isinstance(key, Scalar) and key.kind in _INTEGRAL
        if integral or isinstance(key, Literals):
            return "key"
        if isinstance(key, Named):
            return f"{self.host(key.symbol)}(key)"
        return key_of_text(self, key)

    def _formatted(self, template: str, expression: str) -> str:
        for module in ("values", "wellknown", "datetime", "decimal", "uuid"):
            if f"{module}." in template:
                self.used.add(module)
        return template.format(expression)

    def construct(self, message: WireMessage, parts: list[tuple[str, TypeRef, str]]) -> list[str]:
        """Statements that end in a message made of some fields: name, type, and where the value comes from."""
        owner = self.stub(message.name)
        pairs = [(message.field(name), name, type_, source) for name, type_, source in parts]
        if any(wire[0].oneof or keyword.iskeyword(wire[0].name) for wire, *_ in pairs):
            lines = ["fields: dict[str, Any] = {}"]
            for _, name, type_, source in pairs:
                lines += self.store(message, name, type_, source)
            return [*lines, f"return {owner}(**fields)"]
        values = [f"    {wire[0].name}={self.set_to(wire[0], type_, source)}," for wire, _, type_, source in pairs]
        if len(values) == 1:
            return [f"return {owner}({values[0].strip().removesuffix(',')})"]
        return [f"return {owner}(", *values, ")"] if values else [f"return {owner}()"]

    def _declared(self, arms: list[WireField]) -> str:
        """The types of some arms, as Python writes them."""
        return Spelling(self.names).spelled(OneOf(arms=tuple(one.ref for one in arms)))


def _parts(type_: TupleOf | OptionalOf | OneOf) -> list[tuple[str, TypeRef, str]]:
    """The fields of a message that holds one value: name, type, and what to read it from."""
    if isinstance(type_, TupleOf):
        return [(f"item_{index}", item, f"value[{index}]") for index, item in enumerate(type_.items)]
    return [("value", type_, "value")]
