"""From a schema's value to a message."""

from __future__ import annotations

import keyword

from modelgen.contract.names import snake
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
    text,
)
from modelgen.contract.wire import NULL, TENSOR, WireField, WireMessage, arm_place, element_key
from modelgen.targets.conversions.names import (
    Function,
    Names,
    ordered,
    string_key,
    unless_none,
)


class ToMessage(Names):
    """Schema -> message."""

    def message(self, type_: TypeRef, expression: str, place: str, depth: int = 0) -> str:
        """A schema's value as one element of a message."""
        wire = self.blueprint.wire
        match type_:
            case Scalar(kind="timestamp"):
                return f"{self._runtime('hosts.timestamp')}({expression})"
            case Scalar(kind="duration"):
                return f"{self._runtime('hosts.duration')}({expression})"
            case Scalar(kind="date" | "time"):
                return f"{expression}.isoformat()"
            case Scalar(kind="decimal" | "uuid"):
                return f"str({expression})"
            case Scalar():
                return expression
            case Json():
                return f"{self._runtime('hosts.json_to_proto')}({expression})"
            case Empty():
                return f"{self._runtime('empty_pb2.Empty')}()"
            case Named(symbol=symbol, kind="enum") if symbol not in wire.names:
                return expression
            case Named(symbol=symbol, kind="message"):
                return f"{self._function(symbol, 'to_proto')}({expression})"
            case Named(symbol=symbol):
                return f"{self.table(wire.names[symbol], 'TO_PROTO')}[{expression}.value]"
            case Literals():
                return f"{self.table(wire.names[place], 'TO_PROTO')}[{expression}.value]"
            case Tensor(dtype=dtype):
                declared = f', "{dtype}"' if dtype == "bfloat16" else ""
                return f"{self._runtime('tensors.to_proto')}({expression}, {self.stub(TENSOR)}(){declared})"
            case ListOf() | MapOf():
                name = self.stub(wire.names[element_key(type_, place)])
                return f"{name}(values={self.message_many(type_, expression, place, depth)})"
            case TupleOf() | OptionalOf() | OneOf():
                return self._holder(type_, expression, place)
            case _:
                assert_never(type_)

    def message_many(self, type_: ListOf | MapOf, expression: str, place: str, depth: int = 0) -> str:
        """A repeated field or a map."""
        if isinstance(type_, ListOf):
            item = type_.item
            many = self._many(expression, lambda one: self.message(item, one, f"{place}.item", depth + 1), depth)
            return many or expression
        changed = self.message(type_.value, "value", f"{place}.value", depth + 1)
        named = self._key_message(type_.key)
        if changed == "value" and named == "key":
            return expression
        return f"{{{named}: {changed} for key, value in {expression}.items()}}"

    def _key_message(self, key: TypeRef) -> str:
        match key:
            case Scalar(kind="bool"):
                return f"{self._runtime('hosts.key_bool')}(key)"
            case _ if not string_key(key) and not self._text_enum(key):
                return "int(key)"
            case _:
                return "key"

    def _text_enum(self, key: TypeRef) -> bool:
        if isinstance(key, Named):
            return not all(type(member.value) is int for member in self.blueprint.contract.enum(key.symbol).members)
        return False

    def _holder(self, type_: TupleOf | OptionalOf | OneOf, expression: str, place: str) -> str:
        """A message that holds one tuple, optional or union: built by a function, for it has a shape of its own."""
        made = self._holding(type_, place)
        name = f"_{snake(made.name)}_to_proto"
        shared = made.file == "models" and self.file != "models" and name in self._model_holders()
        if not shared and name not in self.functions:
            self.functions[name] = Function(name=name, doc=f"A {made.name}.", argument="value", lines=[])
            self.functions[name].lines = [f"return {self.construct(made, self._holder_values(type_, place, made))}"]
        return f"{name}({expression})"

    def _model_holders(self) -> frozenset[str]:
        return frozenset()

    def _holder_values(self, type_: TypeRef, place: str, made: WireMessage) -> list[tuple[str, str]]:
        if isinstance(type_, TupleOf):
            return [
                pair
                for index, item in enumerate(type_.items)
                for pair in self.field_values(
                    made.field(f"item_{index}"), item, f"value.root[{index}]", f"{place}.item_{index}"
                )
            ]
        return self.field_values(made.field("value"), type_, "value", place)

    def field_values(
        self, fields: tuple[WireField, ...], type_: TypeRef, expression: str, place: str
    ) -> list[tuple[str, str]]:
        """The keyword arguments that set one contract field of a message."""
        first = fields[0]
        if first.oneof:
            return self._arm_values(fields, type_, expression, place)
        optional = isinstance(type_, OptionalOf)
        inner = type_.item if isinstance(type_, OptionalOf) else type_
        if first.label == "repeated" or first.key:
            assert isinstance(inner, ListOf | MapOf)
            return [(first.name, self.message_many(inner, expression, place))]
        value = self.message(inner, expression, place)
        return [(first.name, unless_none(expression, value) if optional and value != expression else value)]

    def _arm_values(
        self, fields: tuple[WireField, ...], type_: TypeRef, expression: str, place: str
    ) -> list[tuple[str, str]]:
        inner = type_.item if isinstance(type_, OptionalOf) else type_
        if isinstance(inner, OneOf):
            return [("**", self._union_message(fields, inner, expression, place))]
        found = []
        for one in fields:
            if one.type == NULL:
                self.used.add("struct_pb2")
                found.append((one.name, f"struct_pb2.NULL_VALUE if {expression} is None else None"))
            else:
                found.append((one.name, unless_none(expression, self.message(one.ref, expression, place))))
        return found

    def _union_message(self, fields: tuple[WireField, ...], union: OneOf, expression: str, place: str) -> str:
        """The one arm that a value is of: an integer passes for a real number too, so the first that fits counts."""
        lines: list[str] = []
        wire = {text(one.ref): one for one in fields if one.type != NULL}
        for one in fields:
            if one.type == NULL:
                self.used.add("struct_pb2")
                lines += ["if value is None:", f'    return {{"{one.name}": struct_pb2.NULL_VALUE}}']
        for arm in ordered(union.arms):
            where = arm_place(place, arm)
            test = self._schema_test(arm, where)
            converted = f'return {{"{wire[text(arm)].name}": {self.message(arm, "value", where)}}}'
            lines += [f"if {test}:", f"    {converted}"] if test != "True" else [converted]
        if lines[-1].startswith(" "):
            lines.append("return {}")
        return f"{self._add(place, 'arm', union.arms, 'The arm for', lines)}({expression})"

    def construct(self, message: WireMessage, values: list[tuple[str, str]]) -> str:
        """A call that builds a message; one keyword a line where there are several."""
        name = self.stub(message.name)
        if not values:
            return f"{name}()"
        if any(keyword.iskeyword(key) for key, _ in values):
            pairs = ", ".join(f"**{value}" if key == "**" else f'"{key}": {value}' for key, value in values)
            return f"{name}(**{{{pairs}}})"
        keywords = [f"{key}{value}" if key == "**" else f"{key}={value}" for key, value in values]
        if len(values) == 1:
            return f"{name}({keywords[0]})"
        lines = "".join(f"        {one},\n" for one in keywords)
        return f"{name}(\n{lines}    )"
