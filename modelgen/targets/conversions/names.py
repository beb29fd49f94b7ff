"""What every direction needs: names of classes and functions, imports, tests of what a value is."""

from __future__ import annotations

import functools
import keyword
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from modelgen.contract.names import snake, upper
from modelgen.contract.types import (
    Adapter,
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
from modelgen.contract.wire import JOB, TENSOR, WireField, WireMessage, arm_place, element_key
from modelgen.targets.target import Blueprint

_ITEMS = ("item", "inner", "part", "piece", "bit")
NUMBERS = ("bool", "int32", "int64", "uint32", "uint64", "float", "double")
PIL = "PIL.Image.Image"


@dataclass(slots=True)
class Function:
    """A function that an expression calls."""

    name: str
    doc: str
    argument: str
    lines: list[str]


@dataclass
class Names:
    """What one converter file names and imports."""

    """The expressions of one converter file, and what that file must import for them."""

    blueprint: Blueprint
    file: str
    """`models`, or a module's file."""
    functions: dict[str, Function] = field(default_factory=dict)
    stubs: set[str] = field(default_factory=set)
    """Proto files whose stubs are used."""
    hosts: dict[str, str] = field(default_factory=dict)
    """What is imported of the served package: module -> the name it is imported as."""
    used: set[str] = field(default_factory=set)
    """Of `hosts`, `tensors`, `local`, `np`, `models`, `model_schemas`, `datetime` and so on: what is used."""

    @functools.cached_property
    def _homes(self) -> dict[str, str]:
        return self.blueprint.wire.homes

    def stub(self, name: str) -> str:
        """A message or enum class."""
        home = {TENSOR: "models", JOB: "jobs"}.get(name) or self._homes[name]
        self.stubs.add(home)
        return f"pb.{name}" if home == self.file else f"{home}_pb2.{name}"

    def host_class(self, import_module: str, qualname: str) -> str:
        """A class of the served package."""
        top = import_module.split(".")[0]
        if top in _OWN_NAMES:
            self.hosts[import_module] = f"{import_module.replace('.', '_')}_package"
        else:
            self.hosts[import_module] = import_module
        return f"{self.hosts[import_module]}.{qualname}"

    def schema_class(self, name: str) -> str:
        """A class of the schemas."""
        home = self._homes.get(name, self.file)
        if home == self.file:
            self.used.add("schemas")
            return f"schemas.{name}"
        self.used.add("model_schemas")
        return f"model_schemas.{name}"

    def _function(self, symbol: str, suffix: str) -> str:
        """The function of a data model or enumeration, which stands in the models' file."""
        name = f"{snake(self.blueprint.wire.names[symbol])}_{suffix}"
        return self._shared(name)

    def _shared(self, name: str) -> str:
        if self.file == "models":
            return name
        self.used.add("models")
        return f"models.{name}"

    def table(self, enum: str, suffix: str) -> str:
        """The table between an enum's JSON values and its numbers."""
        name = f"{upper(enum)}_{suffix}"
        home = self._homes[enum]
        return name if home == self.file else self._shared(name)

    def _runtime(self, name: str) -> str:
        self.used.add(name.split(".")[0])
        return name

    def _many(self, expression: str, convert: Callable[[str], str], depth: int) -> str | None:
        """A list of converted items, or None where items stay as they are."""
        variable = _ITEMS[depth] if depth < len(_ITEMS) else f"item{depth}"
        converted = convert(variable)
        return None if converted == variable else f"[{converted} for {variable} in {expression}]"

    def _author(self, dotted: str) -> str:
        """A function or a class that settings name."""
        module, _, name = dotted.rpartition(".")
        return self.host_class(module, name)

    def _add(self, place: str, suffix: str, arms: tuple[TypeRef, ...], doc: str, lines: list[str]) -> str:
        local = place.split(".")
        words = [
            part for part in place.removeprefix(f"{self.blueprint.contract.package}.").split(".") if part.isidentifier()
        ]
        name = "_" + "_".join(snake(word) for word in words[1:] or local[-1:]) + f"_{suffix}"
        if self.file == "models":
            name = "_" + "_".join(snake(word) for word in words) + f"_{suffix}"
        doc = f"{doc} a {text(OneOf(arms=arms))}."
        self.functions[name] = Function(name=name, doc=doc, argument="value", lines=lines)
        return name

    def _schema_test(self, arm: TypeRef, place: str, name: str = "value") -> str:
        """Whether a schema's value is of an arm."""
        wire = self.blueprint.wire
        match arm:
            case Scalar(kind=kind):
                return self._scalar_test(kind, name)
            case Named(symbol=symbol) if symbol in wire.names:
                return f"isinstance({name}, {self.schema_class(wire.names[symbol])})"
            case Named():
                return self._scalar_test("int64", name)
            case Literals() | TupleOf():
                return f"isinstance({name}, schemas.{wire.names[place]})"
            case ListOf(item=item):
                inner = self._schema_test(item, f"{place}.item", "item")
                return f"isinstance({name}, list) and all({inner} for item in {name})"
            case MapOf():
                return f"isinstance({name}, dict)"
            case Tensor():
                return f"{self._runtime('hosts.is_array')}({name})"
            case Empty():
                return f"{name} is None"
            case Json(object=True):
                return f"isinstance({name}, dict)"
            case OptionalOf(item=item):
                return f"({name} is None or {self._schema_test(item, place, name)})"
            case OneOf(arms=arms):
                return "(" + " or ".join(self._schema_test(one, arm_place(place, one), name) for one in arms) + ")"
            case Json():
                return "True"
            case _:
                assert_never(arm)

    def _scalar_test(self, kind: str, name: str) -> str:
        match kind:
            case "bool":
                return f"isinstance({name}, bool)"
            case "int32" | "int64" | "uint32" | "uint64":
                return f"isinstance({name}, int) and not isinstance({name}, bool)"
            case "float" | "double":
                return f"isinstance({name}, float | int) and not isinstance({name}, bool)"
            case "string":
                return f"isinstance({name}, str)"
            case "bytes":
                return f"isinstance({name}, bytes)"
            case "decimal":
                return f"isinstance({name}, {self._runtime('decimal.Decimal')})"
            case "uuid":
                return f"isinstance({name}, {self._runtime('uuid.UUID')})"
            case _:
                kinds = {"timestamp": "datetime", "date": "date", "time": "time", "duration": "timedelta"}
                return f"isinstance({name}, {self._runtime('datetime.' + kinds[kind])})"

    def _holding(self, type_: TypeRef, place: str) -> WireMessage:
        """The message made for a type that stands as one element."""
        wire = self.blueprint.wire
        return wire.message(wire.names[element_key(type_, place)])


def adapter_of(type_: TypeRef) -> Adapter | None:
    """The adapter that a type carries, if any."""
    return None if isinstance(type_, Empty | OptionalOf | OneOf) else type_.adapter


def unadapted(type_: TypeRef) -> TypeRef:
    """The type that an adapted class's values travel as."""
    return type_ if isinstance(type_, Empty | OptionalOf | OneOf) else replace(type_, adapter=None)


def ordered(arms: tuple[TypeRef, ...]) -> list[TypeRef]:
    """Arms with the narrower types first: bool before int, a literal before its string, JSON last."""

    def rank(arm: TypeRef) -> int:
        match arm:
            case Empty():
                return 0
            case Literals() | Named():
                return 1
            case Scalar(kind="bool"):
                return 2
            case Scalar(kind="timestamp"):
                return 3
            case Scalar(kind="int32" | "int64" | "uint32" | "uint64"):
                return 4
            case Json(object=True):
                return 8
            case Json():
                return 9
            case _:
                return 5

    return sorted(arms, key=rank)


def attr(expression: str, name: str) -> str:
    """Attribute access, also for names that are keywords."""
    return f'getattr({expression}, "{name}")' if keyword.iskeyword(name) else f"{expression}.{name}"


def presence(field: WireField) -> bool:
    """Whether HasField can be asked."""
    return not field.oneof and (field.label == "optional" or not (field.label or field.key))


def unless_none(expression: str, converted: str) -> str:
    """The converted expression, with None left as it is; the expression itself where nothing is converted."""
    return expression if converted == expression else f"None if {expression} is None else {converted}"


def string_key(key: TypeRef) -> bool:
    """Whether a map's keys are strings in proto."""
    match key:
        case Scalar(kind=kind):
            return kind not in ("bool", "int32", "int64", "uint32", "uint64")
        case Literals(values=values):
            return not all(type(value) is int for value in values)
        case _:
            return False


def quoted(value: str) -> str:
    """A string literal."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_OWN_NAMES = frozenset(
    [
        "models",
        "schemas",
        "hosts",
        "tensors",
        "local",
        "np",
        "pb",
        "io",
        "datetime",
        "decimal",
        "uuid",
        "model_schemas",
        "numpy",
    ]
)
