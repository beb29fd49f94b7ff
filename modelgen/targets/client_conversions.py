"""What the expressions of JSON (`client_json`) and of messages (`client_messages`) have in common.

Each method answers the text of an expression over the text it is given; the same text means that nothing needs to be
done. What an expression cannot say becomes a function of its own, in `functions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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
)
from modelgen.languages import python
from modelgen.targets.client_names import SCALARS, ClientNames
from modelgen.targets.definitions import Definition
from modelgen.targets.target import Blueprint

_ITEMS = ("item", "inner", "part", "piece", "bit")
INTEGERS = ("int32", "int64", "uint32", "uint64")
FLOATS = ("float", "double")

FROM_JSON = {
    "float": "float({})",
    "double": "float({})",
    "bytes": "values.from_base64({})",
    "timestamp": "values.timestamp({})",
    "date": "datetime.date.fromisoformat({})",
    "time": "datetime.time.fromisoformat({})",
    "duration": "values.duration({})",
    "decimal": "values.decimal({})",
    "uuid": "uuid.UUID({})",
}


@dataclass(slots=True)
class Conversions:
    """What JSON and messages have in common: names, imports, and telling the arms of a union apart."""

    names: ClientNames
    file: str
    """`models`, or a module's file."""
    functions: dict[str, Definition] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Of `models`, `codecs`, `values`, `tensors`, `datetime` and so on: what is used."""

    @property
    def blueprint(self) -> Blueprint:
        """All that the project is made of."""
        return self.names.blueprint

    def value(self, expression: str) -> str:
        """An expression that begins with the name of a module."""
        self.used.add(expression.split(".")[0])
        return expression

    def host(self, symbol: str) -> str:
        """A data model or enumeration of the client."""
        return self.value(f"models.{self.names.classes[symbol]}")

    def shared(self, symbol: str, suffix: str) -> str:
        """The function of a data model, which stands in the models' codec."""
        name = f"{snake(self.names.classes[symbol])}_{suffix}"
        return name if self.file == "models" else self.value(f"codecs.{name}")

    def add(self, name: str, argument: str, doc: str, lines: list[str]) -> str:
        """A function of this file, which many places may call."""
        self.functions[name] = Definition(signature=f"{name}({argument}: Any) -> Any", doc=doc, lines=lines)
        return name

    def each(self, expression: str, convert: Callable[[str], str], depth: int) -> str | None:
        """`convert(item) for item in expression`, or None where the items stay as they are."""
        variable = _ITEMS[depth] if depth < len(_ITEMS) else f"item{depth}"
        converted = convert(variable)
        return None if converted == variable else f"{converted} for {variable} in {expression}"

    def contained(self, type_: ListOf, expression: str, convert: Callable[[str], str], depth: int) -> str:
        """Converted items in the container that the method declares."""
        each = self.each(expression, convert, depth)
        if type_.host == "list":
            return f"[{each}]" if each else f"list({expression})"
        if type_.host == "set" and each:
            return f"{{{each}}}"
        return f"{type_.host}({each or expression})"

    def test(self, arm: TypeRef, name: str = "value") -> str:
        """Whether a value that a caller gave is of an arm."""
        match arm:
            case Scalar(kind=kind):
                return self._scalar_test(kind, name)
            case Named(symbol=symbol, kind="message") if self.blueprint.contract.model(symbol).flavour == "typeddict":
                return f"isinstance({name}, dict)"
            case Named(symbol=symbol):
                return self.value(f"values.is_a({name}, {self.host(symbol)})")
            case Literals():
                return literal_test(arm, name)
            case ListOf(item=item):
                inner = self.test(item, "item")
                return f"isinstance({name}, list | tuple | set | frozenset) and all({inner} for item in {name})"
            case TupleOf(items=items):
                return f"isinstance({name}, tuple) and len({name}) == {len(items)}"
            case MapOf() | Json(object=True):
                return f"isinstance({name}, dict)"
            case Tensor():
                return self.value(f"tensors.is_array({name})")
            case Empty():
                return f"{name} is None"
            case OptionalOf(item=item):
                return f"({name} is None or {self.test(item, name)})"
            case OneOf(arms=arms):
                return "(" + " or ".join(self.test(one, name) for one in arms) + ")"
            case Json():
                return "True"
            case _:
                assert_never(arm)

    def _scalar_test(self, kind: str, name: str) -> str:
        if kind in INTEGERS:
            return f"isinstance({name}, int) and not isinstance({name}, bool)"
        if kind in FLOATS:
            return f"isinstance({name}, float | int) and not isinstance({name}, bool)"
        if kind == "bytes":
            return f"isinstance({name}, bytes | bytearray | memoryview)"
        python_type = SCALARS[kind]
        return f"isinstance({name}, {self.value(python_type) if '.' in python_type else python_type})"


def key_of_text(conversions: Conversions, key: TypeRef) -> str:
    """The key of a map, of the text that JSON (or a message, for want of a better key type) has."""
    match key:
        case Scalar(kind="bool"):
            return 'key == "true"'
        case Scalar(kind=kind) if kind in INTEGERS:
            return "int(key)"
        case Scalar(kind=kind) if kind in FROM_JSON:
            template = FROM_JSON[kind]
            return conversions.value(template.format("key")) if "." in template else template.format("key")
        case Named(symbol=symbol):
            enum = conversions.blueprint.contract.enum(symbol)
            cast = "int(key)" if all(type(member.value) is int for member in enum.members) else "key"
            return f"{conversions.host(symbol)}({cast})"
        case Literals(values=values) if all(type(value) is int for value in values):
            return "int(key)"
        case _:
            return "key"


def literal_test(arm: Literals, name: str) -> str:
    """Whether a value is one of a few."""
    kinds = " | ".join(dict.fromkeys(type(value).__name__ for value in arm.values))
    choices = ", ".join(python.literal(value) for value in arm.values)
    return f"isinstance({name}, {kinds}) and {name} in ({choices}{',' if len(arm.values) == 1 else ''})"


def article(name: str) -> str:
    """`A Label`, `An Option`."""
    return f"An {name}" if name[:1].lower() in "aeio" else f"A {name}"


def unless_none(expression: str, converted: str) -> str:
    """None as it is, everything else converted."""
    return expression if converted == expression else f"None if {expression} is None else {converted}"


def ordered(arms: tuple[TypeRef, ...]) -> list[TypeRef]:
    """Arms with the narrower types first: bool before int, a literal before its string, a tuple before a list."""

    def rank(arm: TypeRef) -> int:
        match arm:
            case Empty():
                return 0
            case Named() | Literals():
                return 1
            case Scalar(kind="bool"):
                return 2
            case Scalar(kind="timestamp" | "uuid" | "decimal" | "duration"):
                return 3
            case Scalar(kind=kind) if kind in INTEGERS:
                return 4
            case Scalar(kind=kind) if kind in FLOATS:
                return 5
            case Scalar(kind="date" | "time"):
                return 6
            case Scalar(kind="string"):
                return 7
            case Scalar(kind="bytes"):
                return 8
            case TupleOf():
                return 9
            case ListOf():
                return 10
            case Json(object=True):
                return 12
            case Json():
                return 13
            case _:
                return 11

    return sorted(arms, key=rank)
