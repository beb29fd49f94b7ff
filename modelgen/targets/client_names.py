"""How the Python client calls and annotates what the contract speaks of."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from modelgen.contract.model import Contract, DataModel, Default, Enumeration, Field, Method, Parameter
from modelgen.contract.names import Allocator
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
    walk,
)
from modelgen.contract.wire import WireService
from modelgen.languages import python
from modelgen.targets.target import Blueprint

SCALARS = {
    "bool": "bool",
    "int32": "int",
    "int64": "int",
    "uint32": "int",
    "uint64": "int",
    "float": "float",
    "double": "float",
    "string": "str",
    "bytes": "bytes",
    "timestamp": "datetime.datetime",
    "date": "datetime.date",
    "time": "datetime.time",
    "duration": "datetime.timedelta",
    "decimal": "decimal.Decimal",
    "uuid": "uuid.UUID",
}
"""Python's type of each scalar."""

OWN = ("connect", "close", "with_options")
"""Methods that every client has."""

_IMPORTED = (
    *("Any", "Client", "Codec", "Enum", "Flag", "IntEnum", "IntFlag", "Iterable", "Job", "Literal", "Method"),
    *("NamedTuple", "NotRequired", "Stream", "TypedDict", "TypeVar", "UNSET", "Unset", "dataclass", "field"),
    *("datetime", "decimal", "uuid", "np", "npt", "models"),
)
"""What the generated files import under these names."""


@dataclass(frozen=True)
class ClientNames:
    """What classes are called in the client: as in the package, unless two would share a name."""

    blueprint: Blueprint

    @cached_property
    def classes(self) -> dict[str, str]:
        """Symbol of a module, data model or enumeration -> the name of its class."""
        contract, wire = self.blueprint.contract, self.blueprint.wire
        allocator, found = Allocator(_IMPORTED), dict[str, str]()
        bases = {service.module.symbol: service.base for service in wire.services}
        named = [(module.symbol, module.name) for module in contract.modules]
        named += [(model.symbol, model.name) for model in contract.models]
        named += [(enum.symbol, enum.name) for enum in contract.enums]
        for symbol, name in named:
            wired = bases.get(symbol) or wire.names.get(symbol) or name
            bare = name if name.isidentifier() else wired
            found[symbol] = allocator.take(python.name(bare), python.name(wired))
        return found

    def client(self, service: WireService) -> str:
        """The class of a module."""
        return self.classes[service.module.symbol]


def method_name(method: Method) -> str:
    """The client's method; what every client has keeps its own name."""
    return f"{method.name}_" if method.name in OWN else method.name


def target_name(method: Method) -> str:
    """The argument of a training method that says where: one that the method does not have itself."""
    taken = {parameter.name for parameter in method.parameters}
    return next(name for name in ("target", "service", "remote", "remote_service") if name not in taken)


@dataclass
class Spelling:
    """Writes annotations, and remembers what they need."""

    names: ClientNames
    used: set[str] = field(default_factory=set)
    """Modules: `datetime`, `np`; names: `Any`, `Literal`, `models.Label`."""

    def spelled(self, type_: TypeRef, *, given: bool = False) -> str:
        """The annotation of a type; `given` for what callers pass, where more will do than what they get."""
        match type_:
            case Scalar(kind=kind):
                return self._module(SCALARS[kind])
            case Json(object=True):
                return f"dict[str, {self._named('Any')}]"
            case Json():
                return self._named("Any")
            case Empty():
                return "None"
            case Named(symbol=symbol):
                self.used.add(f"models.{symbol}")
                return self.names.classes[symbol]
            case Literals(values=values):
                return f"{self._named('Literal')}[{', '.join(python.literal(value) for value in values)}]"
            case ListOf(item=item, host=host):
                inner = self.spelled(item, given=given)
                return f"tuple[{inner}, ...]" if host == "tuple" else f"{host}[{inner}]"
            case TupleOf(items=items):
                each = ", ".join(self.spelled(item, given=given) for item in items)
                return f"tuple[{each}]"
            case MapOf(key=key, value=value):
                return f"dict[{self.spelled(key, given=given)}, {self.spelled(value, given=given)}]"
            case OptionalOf(item=item):
                return f"{self.spelled(item, given=given)} | None"
            case OneOf(arms=arms):
                return " | ".join(dict.fromkeys(self.spelled(arm, given=given) for arm in arms))
            case Tensor():
                return self._tensor(type_, given=given)
            case _:
                assert_never(type_)

    def parameter(self, parameter: Parameter) -> str:
        """A parameter of a client's method: `top_k: int = 1`."""
        spelled = self.spelled(parameter.type, given=True)
        if parameter.stream:
            return f"{parameter.name}: {self._named('Iterable')}[{spelled}]"
        if parameter.default is None:
            return f"{parameter.name}: {spelled}"
        default = self.default(parameter)
        if default is None:
            self.used |= {"UNSET", "Unset"}
            return f"{parameter.name}: {spelled} | Unset = UNSET"
        if default == "None" and not _holds_none(parameter.type):
            spelled += " | None"
        return f"{parameter.name}: {spelled} = {default}"

    def default(self, field: Field) -> str | None:
        """The default as Python writes it; None where a signature cannot show it: unknown, or mutable."""
        if field.default is None or not field.default.known:
            return None
        inner = strip_optional(field.type)
        if isinstance(inner, Named) and isinstance(field.default.value, str):
            return self._member(inner, field.default)
        if isinstance(inner, Named | Tensor) and field.default.value is not None:
            return None
        if isinstance(inner, ListOf) and inner.host != "tuple" and field.default.value is not None:
            return None
        return _plain(field.default.value)

    def _member(self, type_: Named, default: Default) -> str | None:
        if type_.kind != "enum":
            return None
        enum = self.names.blueprint.contract.enum(type_.symbol)
        if all(member.name != default.value for member in enum.members):
            return None
        self.used.add(f"default.{type_.symbol}")
        return f"{self.names.classes[type_.symbol]}.{default.value}"

    def _tensor(self, type_: Tensor, *, given: bool) -> str:
        if given:
            return f"{self._named('npt')}.ArrayLike"
        if type_.dtype == "any":
            return f"{self._named('npt')}.NDArray[{self._named('Any')}]"
        dtype = {"bfloat16": "float32", "bool": "bool_"}.get(type_.dtype, type_.dtype)
        return f"{self._named('npt')}.NDArray[{self._named('np')}.{dtype}]"

    def _named(self, name: str) -> str:
        self.used.add(name)
        return name

    def _module(self, name: str) -> str:
        if "." in name:
            self.used.add(name.split(".")[0])
        return name


def _holds_none(type_: TypeRef) -> bool:
    if isinstance(type_, OneOf):
        return any(isinstance(arm, Empty) for arm in type_.arms)
    return isinstance(type_, OptionalOf | Empty) or (isinstance(type_, Json) and not type_.object)


def _plain(value: object) -> str | None:
    match value:
        case None | bool() | int() | str() | bytes():
            return python.literal(value)
        case float() if math.isfinite(value):
            return python.literal(value)
        case tuple() if all(_plain(item) is not None for item in value):
            return python.literal(value)
    return None


def sent_and_received(contract: Contract) -> tuple[set[str], set[str]]:
    """The symbols of data models that callers send, and of those that they get."""
    methods = [method for module in contract.modules for method in module.methods]
    sent = [parameter.type for method in methods for parameter in method.parameters]
    return _reached(contract, sent), _reached(contract, [one.returns for one in methods if one.kind != "train"])


def _reached(contract: Contract, types: list[TypeRef]) -> set[str]:
    """The data models inside some types, and inside those."""
    fields = {model.symbol: [field.type for field in model.fields] for model in contract.models}
    found: set[str] = set()
    todo = list(types)
    while todo:
        for part in walk(todo.pop()):
            if isinstance(part, Named) and part.symbol in fields and part.symbol not in found:
                found.add(part.symbol)
                todo += fields[part.symbol]
    return found


def enum_bases(enum: Enumeration) -> tuple[str, ...]:
    """What an enumeration derives from, so that its members equal the values they stand for where Python allows it."""
    if enum.flag:
        return ("IntFlag",)
    kinds = {type(member.value) for member in enum.members}
    if kinds == {str}:
        return ("str", "Enum")
    return ("IntEnum",) if kinds == {int} else ("Enum",)


def keyword_only(model: DataModel) -> bool:
    """Whether its class takes keywords only: as pydantic's do, or where a required field follows one that is not."""
    defaults = [field.required for field in model.fields]
    return model.flavour == "pydantic" or defaults != sorted(defaults, reverse=True)
