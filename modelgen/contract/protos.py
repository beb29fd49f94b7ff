"""What .proto files declare, as far as numbers and types go; who wrote them does not matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelgen.contract.names import upper
from modelgen.contract.pins import OwnerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtoField:
    """A field of a message."""

    name: str
    number: int
    type: str
    """A scalar, or the full name of a message or an enum."""
    repeated: bool = False
    key: str = ""
    """Of a map; `type` is then the value's."""
    oneof: str = ""

    @property
    def shown(self) -> str:
        """The type as a proto has it."""
        return f"map<{self.key}, {self.type}>" if self.key else f"{'repeated ' * self.repeated}{self.type}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """Numbers or a name that are not to be given."""

    first: int = 0
    last: int = 0
    """0 and 0: only a name."""
    name: str = ""
    version: str = ""
    """Where modelgen wrote it: what was there, and until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtoMessage:
    """A message; an enum is one too, whose fields are its values."""

    name: str
    """Full: `mylib.v1.Label`."""
    kind: OwnerKind = "message"
    fields: tuple[ProtoField, ...] = ()
    reserved: tuple[Reserved, ...] = ()
    own: bool = True
    """Of the protos that were asked for, and not only imported by them."""

    @property
    def short(self) -> str:
        """The name without its package and what it is nested in."""
        return self.name.rpartition(".")[2]

    @property
    def is_tensor(self) -> bool:
        """Whether its bytes are a Tensor's."""
        layout = [(one.number, one.type, one.repeated) for one in self.fields]
        return layout == [(1, "string", False), (2, "int64", True), (3, "bytes", False)]

    def bare(self, value: str) -> str:
        """The name of an enum's value without the enum's own in front."""
        return value.removeprefix(f"{upper(self.short)}_") if self.kind == "enum" else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtoMethod:
    """An rpc."""

    name: str
    request: str
    response: str
    client_streaming: bool = False
    server_streaming: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtoService:
    """A service."""

    package: str
    name: str
    methods: tuple[ProtoMethod, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Protos:
    """All that some .proto files declare."""

    services: tuple[ProtoService, ...] = ()
    messages: Mapping[str, ProtoMessage] = field(default_factory=dict)
    """By full name, enums included."""
