"""From a message to the plain value that a schema validates."""

from __future__ import annotations

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
)
from modelgen.contract.wire import NULL, WireField, arm_place
from modelgen.targets.conversions.names import (
    Names,
    attr,
    string_key,
)


class FromMessage(Names):
    """Message -> plain value."""

    def plain(self, type_: TypeRef, expression: str, place: str, depth: int = 0) -> str:
        """One element of a message as the plain value that its schema validates."""
        match type_:
            case Scalar(kind="timestamp"):
                return f"{expression}.ToDatetime(tzinfo={self._runtime('datetime.timezone.utc')})"
            case Scalar(kind="duration"):
                return f"{expression}.ToTimedelta()"
            case Scalar():
                return expression
            case Json():
                return f"{self._runtime('hosts.json_from_proto')}({expression})"
            case Empty():
                return "None"
            case Named(symbol=symbol, kind="enum") if symbol not in self.blueprint.wire.names:
                return expression
            case Named(symbol=symbol, kind="message"):
                return f"{self._function(symbol, 'from_proto')}({expression})"
            case Named(symbol=symbol):
                return f"{self.table(self.blueprint.wire.names[symbol], 'FROM_PROTO')}.get({expression}, {expression})"
            case Literals():
                return f"{self.table(self.blueprint.wire.names[place], 'FROM_PROTO')}.get({expression}, {expression})"
            case Tensor():
                return f"{self._runtime('tensors.from_proto')}({expression})"
            case ListOf() | MapOf():
                return self.plain_many(type_, attr(expression, "values"), place, depth)
            case TupleOf(items=items):
                made = self._holding(type_, place)
                each = [
                    self._plain_item(item, expression, f"{place}.item_{i}", made.field(f"item_{i}"), depth)
                    for i, item in enumerate(items)
                ]
                return f"[{', '.join(each)}]"
            case OptionalOf():
                return self._plain_optional(type_, expression, place, depth)
            case OneOf(arms=arms):
                return self._union_plain(arms, expression, place, self._holding(type_, place).fields)
            case _:
                assert_never(type_)

    def plain_many(self, type_: ListOf | MapOf, expression: str, place: str, depth: int = 0) -> str:
        """A repeated field or a map."""
        if isinstance(type_, ListOf):
            item = type_.item
            many = self._many(expression, lambda one: self.plain(item, one, f"{place}.item", depth + 1), depth)
            return many or f"list({expression})"
        changed = self.plain(type_.value, "value", f"{place}.value", depth + 1)
        named = "key" if self.blueprint and string_key(type_.key) else f"{self._runtime('hosts.key_text')}(key)"
        return f"{{{named}: {changed} for key, value in {expression}.items()}}"

    def _plain_item(self, item: TypeRef, expression: str, place: str, wire: tuple[WireField, ...], depth: int) -> str:
        """One position of a tuple's message."""
        inner = attr(expression, wire[0].name)
        if isinstance(item, ListOf | MapOf):
            return self.plain_many(item, inner, place, depth)
        type_ = item.item if isinstance(item, OptionalOf) else item
        if isinstance(type_, OneOf):
            return self._union_plain(type_.arms, expression, place, wire)
        return f'{self.plain(type_, inner, place, depth)} if {expression}.HasField("{wire[0].name}") else None'

    def _plain_optional(self, type_: OptionalOf, expression: str, place: str, depth: int) -> str:
        item = type_.item
        if isinstance(item, OneOf):
            return self._union_plain(item.arms, expression, place, self._holding(type_, place).fields)
        inner = self.plain(item, attr(expression, "value"), place, depth)
        return f'({inner} if {expression}.HasField("value") else None)'

    def _union_plain(
        self, arms: tuple[TypeRef, ...], expression: str, place: str, fields: tuple[WireField, ...]
    ) -> str:
        lines = [f'match value.WhichOneof("{fields[0].oneof}"):']
        for one in fields:
            lines.append(f'    case "{one.name}":')
            arm = (
                self.plain(one.ref, attr("value", one.name), arm_place(place, one.ref)) if one.type != NULL else "None"
            )
            lines.append(f"        return {arm}")
        lines.append("return None")
        return f"{self._add(place, 'from_proto', arms, 'The plain value of', lines)}({expression})"
