"""Which message of some protos is which of the contract's.

Services and their rpcs are found by name; from there the messages that they carry, field by field; what is reached by
no rpc by its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modelgen.contract.keeping import TEXTS, VARINTS
from modelgen.contract.lowering import RESERVED
from modelgen.contract.names import snake, upper
from modelgen.contract.protos import ProtoField, ProtoMessage, Protos, ProtoService
from modelgen.contract.types import OneOf, shape, strip_optional
from modelgen.contract.wire import (
    JOB,
    TENSOR,
    Known,
    Wire,
    WireEnum,
    WireField,
    WireMessage,
    WireService,
    proto_name,
    signature,
)
from modelgen.finding import Finding, Level


class Matching:
    """The messages, fields and values of a wire, each with the proto's."""

    def __init__(self, wire: Wire, protos: Protos) -> None:
        self.wire = wire
        self.protos = protos
        self.elements: dict[str, WireMessage | WireEnum] = {one.name: one for one in wire.messages}
        """Every message and enum of the wire, by name."""
        self.elements |= {one.name: one for one in wire.enums}
        self.pairs: dict[str, ProtoMessage] = {}
        """Name of a message or enum on the wire -> the proto's; several may be of one."""
        self.fields: dict[tuple[str, str], ProtoField] = {}
        """(message, field) or (enum, member) on the wire -> the proto's."""
        self.findings: list[Finding] = []
        self._bases: dict[str, str] = {}
        for service in wire.services:
            self._service(service)
        for name in self.elements:
            if name not in self.pairs and (proto := self._named(name)):
                self._pair(name, proto)

    def known(self) -> Known:
        """The names that the protos have given, for the next lowering."""
        names, used = dict(self._bases), set(RESERVED)
        fields: dict[tuple[str, str], tuple[str, str]] = {}
        for name, proto in self.pairs.items():
            element = self.elements[name]
            if proto.short not in used:
                used.add(proto.short)
                names[element.source] = proto.short
            if isinstance(element, WireMessage):
                owner = names.get(element.source, name)
                fields |= {(owner, one.name): (one.oneof, self._signature(element, one)) for one in proto.fields}
        return Known(names=names, fields=fields)

    def disagrees(self, wire: WireField, proto: ProtoField) -> str:
        """Why the bytes of a field are not those of the proto's; empty if they are."""
        now = f"map<{wire.key}, {wire.type}>" if wire.key else f"{'repeated ' * (wire.label == 'repeated')}{wire.type}"
        differs = f"{now}, not {proto.shown}"
        if bool(wire.key) != bool(proto.key) or (wire.label == "repeated") != (proto.repeated and not proto.key):
            return differs
        if wire.key and not _alike(wire.key, proto.key):
            return differs
        inner = self.protos.messages.get(proto.type)
        if wire.type.startswith("google.") or proto.type.startswith("google."):
            return "" if wire.type == proto.type else differs
        if wire.type in (TENSOR, JOB):
            return "" if inner and (wire.type == JOB or inner.is_tensor) else differs
        element = self.elements.get(wire.type)
        if element is not None and inner is not None:
            return "" if self.pairs.get(wire.type, inner) is inner else differs
        if element is not None or inner is not None:
            return differs
        return "" if _alike(wire.type, proto.type) else differs

    # Services

    def _service(self, service: WireService) -> None:
        proto = self._proto_service(service)
        if proto is None:
            self._unmatched(f"the protos have no {service.name}", "its messages are looked for by name")
            return
        if proto.name.endswith("Service") and proto.name != "Service":
            self._bases[service.module.symbol] = proto.name.removesuffix("Service")
        path, now = f"{proto.package}.{proto.name}".lstrip("."), f"{self.wire.package}.{service.name}"
        if path != now and path != f"{self.wire.package}.{self._bases.get(service.module.symbol)}Service":
            self._conflict(f"{path} is {now} now", "gRPC callers ask for it by its new path")
        for method in service.methods:
            rpc = next((one for one in proto.methods if snake(one.name) == snake(method.name)), None)
            if rpc is None:
                self._unmatched(f"{proto.name} has no rpc {method.name}", "it is new")
                continue
            streams = (method.client_streaming, method.server_streaming)
            if streams != (rpc.client_streaming, rpc.server_streaming):
                self._conflict(f"{proto.name}.{rpc.name} streams otherwise than {method.name}", "")
            for message, name in ((method.request, rpc.request), (method.response, rpc.response)):
                if name in self.protos.messages:
                    self._carried(message, self.protos.messages[name])
        names = {snake(method.name) for method in service.methods}
        for rpc in proto.methods:
            if snake(rpc.name) not in names:
                self._unmatched(f"{proto.name}.{rpc.name} is not in the source", "its callers find nothing")

    def _proto_service(self, service: WireService) -> ProtoService | None:
        for name in (service.name, service.base, f"{service.module.name}Service", service.module.name):
            found = [one for one in self.protos.services if one.name.casefold() == name.casefold()]
            if found:
                return next((one for one in found if one.package == self.wire.package), found[0])
        return None

    def _carried(self, message: WireMessage, proto: ProtoMessage) -> None:
        """A request or response; where the proto sends a data model itself, that model."""
        alone = message.fields[0] if len(message.fields) == 1 else None
        around = alone is None or any(_is(alone, one) or self._only(alone, proto) for one in proto.fields)
        if alone is not None and not around and alone.type in self.elements:
            self._pair(alone.type, proto)
            self._conflict(f"{proto.name} is in {message.name} now, as {alone.name}", "bytes differ")
        else:
            self._pair(message.name, proto)

    # Messages

    def _named(self, name: str) -> ProtoMessage | None:
        found = [one for one in self.protos.messages.values() if one.own and one.short == name]
        return next((one for one in found if one.name == f"{self.wire.package}.{name}"), found[0] if found else None)

    def _pair(self, name: str, proto: ProtoMessage) -> None:
        element = self.elements[name]
        if name in self.pairs or isinstance(element, WireEnum) != (proto.kind == "enum"):
            return
        self.pairs[name] = proto
        if isinstance(element, WireEnum):
            self._values(element, proto)
            return
        for one in element.fields:
            found = self._field(element, one, proto)
            if found is not None:
                self.fields[name, one.name] = found
                inner = self.protos.messages.get(found.type)
                if inner and one.type in self.elements:
                    self._pair(one.type, inner)

    def _values(self, enum: WireEnum, proto: ProtoMessage) -> None:
        by_name = {proto.bare(one.name).upper(): one for one in reversed(proto.fields)}
        for value in enum.values:
            found = by_name.get(value.name.removeprefix(enum.prefix)) or by_name.get(upper(value.member))
            if found:
                self.fields[enum.name, value.member] = found

    def _field(self, message: WireMessage, wire: WireField, proto: ProtoMessage) -> ProtoField | None:
        named = next((one for one in proto.fields if _is(wire, one)), None)
        if named is not None:
            return named
        if not wire.oneof:
            alone = len(message.fields) == 1 and message.source.endswith(".return") and self._only(wire, proto)
            return proto.fields[0] if alone else None
        taken = {other.name for other in message.fields}
        unions = {wire.oneof, wire.source.name if wire.source else ""}
        arms = [one for one in proto.fields if one.oneof in unions and snake(one.name) not in taken]
        fitting = [one for one in arms if not self.disagrees(wire, one)]
        exact = [one for one in fitting if one.type == wire.type] or fitting
        return exact[0] if len(exact) == 1 else None

    def _only(self, wire: WireField, proto: ProtoMessage) -> bool:
        """Whether a message holds just what a field carries, under whatever name."""
        return len(proto.fields) == 1 and not self.disagrees(wire, proto.fields[0])

    def _signature(self, message: WireMessage, proto: ProtoField) -> str:
        """The signature of what a proto's field carried; of one that became a union, that of the arm it stays."""
        for one in message.fields:
            union = strip_optional(one.source.type) if one.source else one.ref
            if isinstance(union, OneOf) and one.source and proto_name(one.source.name) == proto.name:
                if not self.disagrees(replace(one, oneof=""), proto):
                    return shape(one.ref)
            elif one.name == proto.name:
                return signature(one)
        return ""

    def _unmatched(self, message: str, hint: str) -> None:
        self.findings.append(Finding(level=Level.WARNING, code="proto-unmatched", message=message, hint=hint))

    def _conflict(self, message: str, hint: str) -> None:
        self.findings.append(Finding(level=Level.WARNING, code="proto-conflict", message=message, hint=hint))


def matched(matching: Matching) -> Iterator[str]:
    """How much of each message was found, a line for each."""
    for name, proto in matching.pairs.items():
        element = matching.elements[name]
        size = len(element.values if isinstance(element, WireEnum) else element.fields)
        found = sum(owner == name for owner, _ in matching.fields)
        yield f"{proto.kind} {name} is {proto.name}: {found} of {size} found"


def _is(wire: WireField, proto: ProtoField) -> bool:
    return wire.name in (proto.name, snake(proto.name))


def _alike(one: str, other: str) -> bool:
    return one == other or {one, other} <= {*VARINTS} or {one, other} <= {*TEXTS}
