"""The contract as proto says it: messages, enums and services, without their numbers. `lowering` makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from modelgen.contract.model import Field, Method, Module
from modelgen.contract.names import snake, upper
from modelgen.contract.types import (
    Json,
    ListOf,
    Literals,
    MapOf,
    Named,
    OneOf,
    OptionalOf,
    Scalar,
    TupleOf,
    TypeRef,
    shape,
    text,
)

Label: TypeAlias = Literal["", "optional", "repeated"]

VALUE = "google.protobuf.Value"
NULL = "google.protobuf.NullValue"
EMPTY = "google.protobuf.Empty"
TIMESTAMP = "google.protobuf.Timestamp"
DURATION = "google.protobuf.Duration"
TENSOR = "Tensor"
JOB = "Job"

SCALARS: dict[str, str] = {
    "bool": "bool",
    "int32": "int32",
    "int64": "int64",
    "uint32": "uint32",
    "uint64": "uint64",
    "float": "float",
    "double": "double",
    "string": "string",
    "bytes": "bytes",
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "date": "string",
    "time": "string",
    "decimal": "string",
    "uuid": "string",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WireField:
    """One field of a message, without its number."""

    name: str
    type: str
    """Proto type: a scalar, a message or an enum of this package, or a well-known type with its package."""
    label: Label = ""
    key: str = ""
    """Key type of a map; `type` is then the value's."""
    oneof: str = ""
    ref: TypeRef
    """What the field carries; of a oneof's arm, the arm's type."""
    source: Field | None = None
    """The contract's field; None in messages made for a type."""
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMessage:
    """One message."""

    name: str
    source: str
    """What it stands for: a model's symbol, a method (of a request), `method.return`, or the text of a type."""
    file: str
    """`models`, or the snake-case name of a module."""
    fields: tuple[WireField, ...]
    doc: str = ""

    def field(self, name: str) -> tuple[WireField, ...]:
        """The wire fields of one contract field: one, or the arms of its oneof."""
        return tuple(f for f in self.fields if (f.source.name if f.source else f.name) == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireValue:
    """One value of an enum."""

    name: str
    """`FINISH_REASON_LENGTH`."""
    member: str
    """The member's name in Python, or of a literal its text."""
    value: str | int | float | bool | tuple[str | int | float | bool, ...]
    """The member's value in Python."""
    doc: str = ""

    @property
    def json(self) -> str | int | float | bool:
        """What JSON carries: the value, or the member's name where JSON has no word for the value."""
        return self.member if isinstance(self.value, tuple) else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class WireEnum:
    """One enum; number 0 is `<NAME>_UNSPECIFIED` and not among the values."""

    name: str
    source: str
    file: str
    values: tuple[WireValue, ...]
    doc: str = ""

    @property
    def prefix(self) -> str:
        """What every value's name starts with, the underscore included."""
        return upper(self.name) + "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMethod:
    """One rpc."""

    name: str
    method: Method
    request: WireMessage
    response: WireMessage

    @property
    def client_streaming(self) -> bool:
        """Whether requests come piece by piece."""
        return self.method.stream_parameter is not None

    @property
    def server_streaming(self) -> bool:
        """Whether many responses go out."""
        return self.method.stream


@dataclass(frozen=True, slots=True, kw_only=True)
class WireService:
    """One service: a module on the wire."""

    name: str
    """`SentimentClassifierService`."""
    base: str
    """The module's own name on the wire, `SentimentClassifier`: unique where two classes share a name."""
    module: Module
    methods: tuple[WireMethod, ...]

    @property
    def file(self) -> str:
        """Snake-case: of the proto file and of every Python module made for it."""
        return snake(self.base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The whole package as proto says it."""

    package: str
    """`mylib.v1`."""
    services: tuple[WireService, ...]
    messages: tuple[WireMessage, ...]
    """All of them, requests and responses included, in the order of the files."""
    enums: tuple[WireEnum, ...]
    names: dict[str, str]
    """Symbol of a model or enumeration, or text of a type made into a message -> wire name."""

    _messages: dict[str, WireMessage] = field(default_factory=dict, init=False, repr=False, compare=False)
    _homes: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _members: dict[str, dict[str, WireValue]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index what is looked up."""
        self._messages.update({message.name: message for message in self.messages})
        self._homes.update({element.name: element.file for element in self.messages})
        self._homes.update({element.name: element.file for element in self.enums})
        self._members.update({enum.source: {value.member: value for value in enum.values} for enum in self.enums})

    def message(self, name: str) -> WireMessage:
        """The message of that wire name; KeyError if there is none."""
        return self._messages[name]

    def members(self, symbol: str) -> dict[str, WireValue]:
        """The values of an enumeration by their member's name; none of a flag's, which is a number."""
        return self._members.get(symbol, {})

    @property
    def homes(self) -> dict[str, str]:
        """Message or enum -> the file that declares it."""
        return self._homes

    @property
    def trains(self) -> bool:
        """Whether any module trains, and jobs are spoken of."""
        return any(m.method.kind == "train" for service in self.services for m in service.methods)

    @property
    def tensors(self) -> bool:
        """Whether any field is a tensor."""
        return any(f.type == TENSOR for message in self.messages for f in message.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What earlier generations fixed: names by source, and for each message the fields that a oneof holds."""

    names: dict[str, str]
    """Source -> wire name, of services (their base), messages and enums."""
    fields: dict[tuple[str, str], tuple[str, str]]
    """(message, live field name) -> its oneof, or empty, and its signature."""
    sources: dict[tuple[str, str], str] = field(default_factory=dict)
    """(message, live field or oneof) -> the field's name in Python, where that is another."""

    @property
    def oneofs(self) -> frozenset[tuple[str, str]]:
        """(message, oneof) of every live field in one."""
        return frozenset((message, oneof) for (message, _), (oneof, _) in self.fields.items() if oneof)


NOTHING_KNOWN = Known(names={}, fields={})


def plain_collection(field: Field) -> bool:
    """Whether leaving a list or map out means the empty one, so that proto's `repeated` says all there is to say."""
    if not isinstance(field.type, ListOf | MapOf):
        return False
    return field.default is None or (field.default.known and field.default.value in ((), [], {}))


def null_apart(field: Field) -> bool:
    """Whether null differs from absent: a nullable field whose default is another value than None."""
    if not isinstance(field.type, OptionalOf) or isinstance(field.type.item, Json):
        return False
    return field.default is not None and not (field.default.known and field.default.value is None)


def signature(field: WireField) -> str:
    """What of a field's type its number stands for: None does not count, `repeated` does."""
    repeated = "repeated " if field.label == "repeated" or field.key else ""
    return repeated + shape(field.ref)


def is_plain(type_: TypeRef) -> bool:
    """Whether proto has no presence for it unless it is asked for."""
    match type_:
        case Scalar(kind=kind):
            return kind not in ("timestamp", "duration")
        case Named(kind=kind):
            return kind == "enum"
        case Literals():
            return True
        case _:
            return False


def proto_name(name: str) -> str:
    """A Python name as a proto field name: lower snake case, no underscore at the ends."""
    cleaned = "_".join(part for part in name.split("_") if part) or name
    return snake(cleaned) if not cleaned.islower() else cleaned


# Places: where a type stands, so that what is made for it is named by that and not by what it holds today


def arm_place(place: str, arm: TypeRef) -> str:
    """The place of a union's arm."""
    return f"{place}.{arm_word(arm)}"


def arm_word(arm: TypeRef) -> str:
    """What tells an arm from the others, and stays when a literal gains a value."""
    match arm:
        case Literals():
            return "choice"
        case TupleOf(items=items):
            return f"{'_'.join(arm_word(item) for item in items)}_tuple"
        case ListOf(item=item):
            return f"{arm_word(item)}_list"
        case MapOf(key=key, value=value):
            return f"{arm_word(key)}_{arm_word(value)}_map"
        case OptionalOf(item=item):
            return f"{arm_word(item)}_optional"
        case Named(symbol=symbol):
            return symbol
        case _:
            return text(arm)


def placed(type_: TypeRef, place: str) -> Iterator[tuple[str, TypeRef]]:
    """A type and every type inside it, each with its place, outermost first."""
    yield place, type_
    match type_:
        case ListOf(item=item):
            yield from placed(item, f"{place}.item")
        case MapOf(value=value):
            yield from placed(value, f"{place}.value")
        case OptionalOf(item=item):
            yield from placed(item, place)
        case TupleOf(items=items):
            for index, item in enumerate(items):
                yield from placed(item, f"{place}.item_{index}")
        case OneOf(arms=arms):
            for arm in arms:
                yield from placed(arm, arm_place(place, arm))
        case _:
            return


def element_key(type_: TypeRef, place: str) -> str:
    """Under what `Wire.names` holds the name of the message made for a type that stands as one element."""
    if shareable(type_):
        return f"optional<{shape(type_)}>" if isinstance(type_, OptionalOf) else shape(type_)
    return f"{place}?" if isinstance(type_, OptionalOf) else place


def shareable(type_: TypeRef) -> bool:
    """Whether one message can stand for the type wherever it occurs: nothing inside it is named by its place."""
    match type_:
        case Literals() | TupleOf() | OneOf():
            return False
        case ListOf(item=item) | OptionalOf(item=item):
            return shareable(item)
        case MapOf(key=key, value=value):
            return shareable(key) and shareable(value)
        case _:
            return True
