"""What a lock file says was promised: an edition of the contract, element by element, with its wire names and numbers.

A lock holds messages, arms and numbers; callers think of methods, parameters and models. `read` puts the first together
to the second again, so that two editions can be compared in the words of the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from modelgen.contract.codec import Lock
from modelgen.contract.model import Role
from modelgen.contract.names import kebab
from modelgen.contract.pins import Pin, Pins
from modelgen.contract.texts import parse
from modelgen.contract.types import Constraints, Empty, Named, OneOf, OptionalOf, TypeRef, walk

Kind: TypeAlias = Literal["parameter", "result", "field"]

ROUTES = "/api/v1"
"""What every route of a service starts with."""

_CONSTRAINTS = frozenset(Constraints.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedField:
    """A parameter, a result or a model's field."""

    kind: Kind
    owner: str
    """Symbol of the method or model."""
    message: str
    """The message that carries it."""
    name: str
    type: TypeRef
    required: bool = True
    default: Any = None
    """The value, or `{"python": text}` where TOML has no word for it."""
    json: str = ""
    """Its key in JSON."""
    stream: bool = False
    role: Role = "inputs"
    passing: str = "standard"
    """Positional-only (`positional`), `standard`, or `keyword`-only."""
    constraints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the place inside the type, empty for the whole, what a value must satisfy."""
    pins: tuple[Pin, ...] = ()
    """Its number, or those of its arms."""

    @property
    def symbol(self) -> str:
        """Dotted, as settings name it."""
        return f"{self.owner}.{'return' if self.kind == 'result' else self.name}"

    @property
    def nullable(self) -> bool:
        """Whether None is a value of it."""
        return isinstance(self.type, OptionalOf)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMethod:
    """A method, as an rpc and a route."""

    symbol: str
    name: str
    rpc: str
    path: str
    """`/mylib.v1.SentimentClassifierService/Run`."""
    route: str
    request: str
    response: str
    kind: str = "infer"
    stream: str = ""
    """Empty, `in`, `out` or `both`."""
    asynchronous: bool = False
    parameters: tuple[PublishedField, ...] = ()
    """In the order of the signature."""
    result: PublishedField | None = None
    raises: Mapping[str, str] = field(default_factory=dict)
    """Exception -> error code, empty for the runtime's own choice."""

    @property
    def only_input(self) -> str:
        """The parameter that is all there is under `inputs`, and has no key there; empty if there are more or none."""
        inputs = [one.name for one in self.parameters if one.role == "inputs" and not one.stream]
        return inputs[0] if len(inputs) == 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedModule:
    """A class that is served."""

    symbol: str
    base: str
    """Its own name on the wire."""
    methods: tuple[PublishedMethod, ...] = ()

    @property
    def name(self) -> str:
        """The class's name, as the generated client has it."""
        return self.symbol.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedModel:
    """A data model."""

    symbol: str
    message: str
    fields: tuple[PublishedField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMember:
    """A value of an enumeration."""

    name: str
    number: int
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEnum:
    """An enumeration."""

    symbol: str
    wire: str
    members: tuple[PublishedMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """All that one lock promises, each by its symbol."""

    package: str
    """`mylib.v1`."""
    release: str = ""
    modules: Mapping[str, PublishedModule] = field(default_factory=dict)
    models: Mapping[str, PublishedModel] = field(default_factory=dict)
    enums: Mapping[str, PublishedEnum] = field(default_factory=dict)
    pins: Pins = field(default_factory=Pins)


NOTHING = Edition(package="")
"""Before the first generation."""


def read(lock: Lock) -> Edition:
    """The edition that a lock holds.

    Raises:
        ValueError: a type in it cannot be read.
        KeyError: it speaks of a message that it does not hold.
    """
    return _Reader(lock).edition()


class _Reader:
    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._package = lock.package
        self._messages: Mapping[str, Mapping[str, Any]] = lock.data.get("message", {})

    def edition(self) -> Edition:
        alive = {owner.name: owner for owner in self._lock.pins.owners if not owner.retired}
        modules = [
            self._module(owner.source, owner.name, self._lock.data["service"][owner.name])
            for owner in alive.values()
            if owner.kind == "service"
        ]
        symbols = self._named(owner.name for owner in alive.values() if owner.kind == "message")
        models = [
            PublishedModel(
                symbol=owner.source, message=owner.name, fields=tuple(self._fields("field", owner.source, owner.name))
            )
            for owner in alive.values()
            if owner.kind == "message" and owner.source in symbols
        ]
        enums = [
            PublishedEnum(symbol=owner.source, wire=owner.name, members=tuple(self._members(owner.name)))
            for owner in alive.values()
            if owner.kind == "enum" and owner.source in symbols
        ]
        return Edition(
            package=self._package,
            release=self._lock.release,
            modules={module.symbol: module for module in modules},
            models={model.symbol: model for model in models},
            enums={enum.symbol: enum for enum in enums},
            pins=self._lock.pins,
        )

    def _named(self, messages: Iterable[str]) -> set[str]:
        """The models and enumerations that types speak of; other messages were made for a place."""
        types = [parse(pin.type) for name in messages for pin in self._alive(name) if pin.type]
        return {part.symbol for type_ in types for part in walk(type_) if isinstance(part, Named)}

    def _alive(self, owner: str) -> list[Pin]:
        return [pin for pin in self._lock.pins.of(owner) if not pin.retired]

    def _module(self, symbol: str, base: str, section: Mapping[str, Any]) -> PublishedModule:
        rpcs = {name: facts for name, facts in section.items() if isinstance(facts, dict)}
        return PublishedModule(
            symbol=symbol,
            base=base,
            methods=tuple(self._method(symbol, base, rpc, facts) for rpc, facts in rpcs.items()),
        )

    def _method(self, module: str, base: str, rpc: str, facts: Mapping[str, Any]) -> PublishedMethod:
        name = facts["method"]
        symbol = f"{module}.{name}"
        parameters = {one.name: one for one in self._fields("parameter", symbol, facts["request"])}
        return PublishedMethod(
            symbol=symbol,
            name=name,
            rpc=rpc,
            path=f"/{self._package}.{base}Service/{rpc}",
            route=f"{ROUTES}/{kebab(base)}/{kebab(name)}",
            request=facts["request"],
            response=facts["response"],
            kind=facts.get("kind", "infer"),
            stream=facts.get("stream", ""),
            asynchronous=facts.get("async", False),
            parameters=tuple(parameters[one] for one in facts["parameters"] if one in parameters),
            result=next(iter(self._fields("result", symbol, facts["response"])), None),
            raises=facts.get("raises", {}),
        )

    def _fields(self, kind: Kind, owner: str, message: str) -> Iterator[PublishedField]:
        """The fields of the contract that a message carries: each the pins that are `of` it."""
        lines = self._messages[message]
        groups: dict[str, list[Pin]] = {}
        for pin in self._alive(message):
            groups.setdefault(lines[str(pin.number)].get("of", pin.name), []).append(pin)
        for name, pins in groups.items():
            yield _field(kind, owner, message, name, pins, [lines[str(pin.number)] for pin in pins])

    def _members(self, enum: str) -> Iterator[PublishedMember]:
        lines = self._lock.data["enum"][enum]
        for pin in self._alive(enum):
            value = lines[str(pin.number)]["value"]
            yield PublishedMember(
                name=pin.name, number=pin.number, value=tuple(value) if isinstance(value, list) else value
            )


def _field(
    kind: Kind, owner: str, message: str, name: str, pins: list[Pin], lines: list[Mapping[str, Any]]
) -> PublishedField:
    # Of a union, the arm that is declared first bears the facts, wherever its number is.
    facts: dict[str, Any] = {}
    for line in lines:
        facts |= line
    required = "default" not in facts
    place = {"": {key: value for key, value in facts.items() if key in _CONSTRAINTS}}
    return PublishedField(
        kind=kind,
        owner=owner,
        message=message,
        name=name,
        type=_type(pins, nullable=facts.get("nullable", False)),
        required=required,
        default=facts.get("default"),
        json=facts.get("json", name),
        stream=facts.get("stream", False),
        role=facts.get("role", "inputs" if required else "parameters"),
        passing=facts.get("kind", "standard"),
        constraints={where: stated for where, stated in (place | facts.get("inside", {})).items() if stated},
        pins=tuple(pins),
    )


def _type(pins: list[Pin], *, nullable: bool) -> TypeRef:
    arms = [parse(pin.type) for pin in pins]
    if pins[0].oneof:
        arms = [arm for arm in arms if not isinstance(arm, Empty)] or arms
        inner = arms[0] if len(arms) == 1 else OneOf(arms=tuple(arms))
        return OptionalOf(item=inner) if nullable else inner
    return arms[0]
