"""The expressions that carry one value between the client's classes and JSON."""

from __future__ import annotations

from dataclasses import dataclass

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
from modelgen.languages import python
from modelgen.targets.client_conversions import (
    FLOATS,
    FROM_JSON,
    INTEGERS,
    Conversions,
    article,
    key_of_text,
    literal_test,
    ordered,
    unless_none,
)

_TO_JSON = {
    "bytes": "values.to_base64({})",
    "timestamp": "values.timestamp_text({})",
    "date": "{}.isoformat()",
    "time": "{}.isoformat()",
    "duration": "values.duration_text({})",
    "decimal": "str({})",
    "uuid": "str({})",
}


@dataclass(slots=True)
class JsonConversions(Conversions):
    """The expressions of one file of the JSON codec."""

    def to_json(self, type_: TypeRef, expression: str, place: str, depth: int = 0) -> str:
        """A value as JSON carries it."""
        match type_:
            case Scalar(kind=kind):
                return self._formatted(_TO_JSON.get(kind, "{}"), expression)
            case Json() | Empty() | Literals():
                return expression
            case Named(symbol=symbol, kind="message"):
                return f"{self.shared(symbol, 'to_json')}({expression})"
            case Named(symbol=symbol):
                return f"{expression}.{'name' if self._by_name(symbol) else 'value'}"
            case ListOf(item=item):
                each = self.each(expression, lambda one: self.to_json(item, one, f"{place}_item", depth + 1), depth)
                return expression if each is None else f"[{each}]"
            case TupleOf(items=items):
                parts = [self.to_json(one, f"{expression}[{i}]", f"{place}_{i}", depth) for i, one in enumerate(items)]
                unchanged = parts == [f"{expression}[{i}]" for i in range(len(items))]
                return expression if unchanged else f"[{', '.join(parts)}]"
            case MapOf(key=key, value=value):
                changed = self.to_json(value, "value", f"{place}_value", depth + 1)
                named = self._key(key)
                same = changed == "value" and named == "key"
                return expression if same else f"{{{named}: {changed} for key, value in {expression}.items()}}"
            case OptionalOf(item=item):
                return unless_none(expression, self.to_json(item, expression, place, depth))
            case OneOf(arms=arms):
                return self._union_to_json(arms, expression, place)
            case Tensor(dtype=dtype):
                return self.value(f"tensors.to_json({expression}, {python.literal(dtype)})")
            case _:
                assert_never(type_)

    def from_json(self, type_: TypeRef, expression: str, place: str, depth: int = 0) -> str:
        """A value of what JSON carried."""
        match type_:
            case Scalar(kind=kind):
                return self._formatted(FROM_JSON.get(kind, "{}"), expression)
            case Json() | Literals():
                return expression
            case Empty():
                return "None"
            case Named(symbol=symbol, kind="message"):
                return f"{self.shared(symbol, 'from_json')}({expression})"
            case Named(symbol=symbol):
                host = self.host(symbol)
                return f"{host}[{expression}]" if self._by_name(symbol) else f"{host}({expression})"
            case ListOf(item=item):
                item_place = f"{place}_item"
                found = self.contained(
                    type_, expression, lambda one: self.from_json(item, one, item_place, depth + 1), depth
                )
                return expression if found == f"list({expression})" else found
            case TupleOf(items=items):
                parts = [
                    self.from_json(one, f"{expression}[{i}]", f"{place}_{i}", depth) for i, one in enumerate(items)
                ]
                return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
            case MapOf(key=key, value=value):
                changed = self.from_json(value, "value", f"{place}_value", depth + 1)
                named = key_of_text(self, key)
                same = changed == "value" and named == "key"
                return expression if same else f"{{{named}: {changed} for key, value in {expression}.items()}}"
            case OptionalOf(item=item):
                return unless_none(expression, self.from_json(item, expression, place, depth))
            case OneOf(arms=arms):
                return self._union_from_json(arms, expression, place)
            case Tensor(dtype=dtype, shape=shape):
                return self.value(f"tensors.from_json({expression}, {python.literal(dtype)}, {python.literal(shape)})")
            case _:
                assert_never(type_)

    def _formatted(self, template: str, expression: str) -> str:
        module = template.split(".")[0]
        if module in ("values", "datetime", "uuid"):
            self.used.add(module)
        return template.format(expression)

    def _by_name(self, symbol: str) -> bool:
        """Whether JSON carries the members' names, for it has no word for their values."""
        enum = self.blueprint.contract.enum(symbol)
        return any(isinstance(member.value, tuple) for member in enum.members)

    def _key(self, key: TypeRef) -> str:
        match key:
            case Named(symbol=symbol):
                return "key.name" if self._by_name(symbol) else "key.value"
            case Scalar(kind="decimal" | "uuid"):
                return "str(key)"
            case Scalar(kind=kind) if kind in _TO_JSON:
                return self._formatted(_TO_JSON[kind], "key")
            case _:
                return "key"

    def _union_to_json(self, arms: tuple[TypeRef, ...], expression: str, place: str) -> str:
        cases = [(self.test(arm), self.to_json(arm, "value", f"{place}_{_word(arm)}")) for arm in ordered(arms)]
        doc = f"{article(text(OneOf(arms=arms)))} as JSON."
        return self._chosen(f"_{place}_to_json", doc, cases, expression)

    def _union_from_json(self, arms: tuple[TypeRef, ...], expression: str, place: str) -> str:
        cases = [
            (self._json_test(arm), self.from_json(arm, "value", f"{place}_{_word(arm)}"))
            for arm in sorted(ordered(arms), key=self._fields, reverse=True)
        ]
        doc = f"{article(text(OneOf(arms=arms)))} of JSON."
        return self._chosen(f"_{place}_from_json", doc, cases, expression)

    def _chosen(self, name: str, doc: str, cases: list[tuple[str, str]], expression: str) -> str:
        """The first case whose test holds; those at the end that change nothing need no test."""
        while cases and cases[-1][1] == "value":
            cases = cases[:-1]
        if not cases:
            return expression
        lines = [line for test, converted in cases for line in (f"if {test}:", f"    return {converted}")]
        return f"{self.add(name, 'value', doc, [*lines, 'return value'])}({expression})"

    def _fields(self, arm: TypeRef) -> int:
        """Of two models, the one with more fields is asked first."""
        if isinstance(arm, Named) and arm.kind == "message":
            return len(self.blueprint.contract.model(arm.symbol).fields)
        return 0

    def _json_test(self, arm: TypeRef, name: str = "value") -> str:
        """Whether a JSON value is of an arm."""
        match arm:
            case Scalar(kind="bool" | "string") | Empty():
                return self.test(arm, name)
            case Scalar(kind=kind) if kind in (*INTEGERS, *FLOATS):
                return self.test(arm, name)
            case Scalar(kind=kind):
                parse = self._formatted(FROM_JSON[kind], "").removesuffix("()")
                return f"isinstance({name}, str) and {self.value(f'values.reads({parse}, {name})')}"
            case Named(symbol=symbol, kind="message"):
                keys = [field.json_name for field in self.blueprint.contract.model(symbol).fields if field.required]
                wanted = f"{{{', '.join(python.literal(key) for key in keys)}}}" if keys else ""
                return f"isinstance({name}, dict)" + (f" and {wanted} <= {name}.keys()" if keys else "")
            case Named(symbol=symbol):
                enum = self.blueprint.contract.enum(symbol)
                known = [member.name if self._by_name(symbol) else member.value for member in enum.members]
                if enum.flag:
                    return f"isinstance({name}, int) and not isinstance({name}, bool)"
                return literal_test(Literals(values=tuple(known)), name)  # type: ignore[arg-type]  # floats print alike
            case Literals():
                return literal_test(arm, name)
            case ListOf(item=item):
                return f"isinstance({name}, list) and all({self._json_test(item, 'item')} for item in {name})"
            case TupleOf(items=items):
                return f"isinstance({name}, list) and len({name}) == {len(items)}"
            case MapOf() | Json(object=True):
                return f"isinstance({name}, dict)"
            case Tensor():
                return self.value(f"tensors.is_json({name})")
            case OptionalOf(item=item):
                return f"({name} is None or {self._json_test(item, name)})"
            case OneOf(arms=arms):
                return "(" + " or ".join(self._json_test(one, name) for one in arms) + ")"
            case Json():
                return "True"
            case _:
                assert_never(arm)


def _word(arm: TypeRef) -> str:
    """A word that tells an arm from the others."""
    match arm:
        case ListOf(item=item):
            return f"{_word(item)}_list"
        case MapOf(value=value):
            return f"{_word(value)}_map"
        case Named(symbol=symbol):
            return snake(symbol.split("[")[0].split(".")[-1])
        case Scalar(kind=kind):
            return kind
        case _:
            return snake(type(arm).__name__.removesuffix("Of"))
