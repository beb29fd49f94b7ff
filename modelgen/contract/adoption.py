"""Takes the numbers of protos that are out: another generator's, hand-written, or modelgen's without its lock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelgen.contract.lowering import RESERVED, lower
from modelgen.contract.matching import Matching, matched
from modelgen.contract.model import Contract
from modelgen.contract.names import Allocator, upper
from modelgen.contract.pins import FORBIDDEN, Owner, Pin, Pins, pin
from modelgen.contract.protos import ProtoMessage, Protos
from modelgen.contract.types import text
from modelgen.contract.wire import NOTHING_KNOWN, Wire, WireEnum, WireMessage, signature
from modelgen.finding import Finding, Level

_ROUNDS = 20
"""A name that is adopted may lead to further ones; so many times at the most."""
_WIDE = 1000
"""A reserved range of more numbers than these is one to the end, and not kept."""
_SCALARS = ("bool", "int32", "int64", "uint32", "uint64", "float", "double", "string", "bytes")
"""Proto types that the contract has by the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The numbers of the protos, as the contract's."""

    wire: Wire
    pins: Pins
    matched: tuple[str, ...] = ()
    """Message by message, how much of it was found."""
    findings: tuple[Finding, ...] = ()
    """What was not, and what disagrees."""


def adopt(contract: Contract, protos: Protos) -> Adopted:
    """The contract under the names and numbers of the protos; what only they have stays reserved."""
    known = NOTHING_KNOWN
    for _ in range(_ROUNDS):
        matching = Matching(lower(contract, known), protos)
        if known == (known := matching.known()):
            break
    given = _Given(matching, contract.version)
    pins, _ = pin(matching.wire, given.pins(), contract.version)
    return Adopted(
        wire=matching.wire,
        pins=pins,
        matched=tuple(matched(matching)),
        findings=(*matching.findings, *given.findings),
    )


class _Given:
    """The numbers of the protos, as pins of the wire that they were matched with."""

    def __init__(self, matching: Matching, version: str) -> None:
        self._matching = matching
        self._version = version
        self.findings: list[Finding] = []

    def pins(self) -> Pins:
        """All of them, living and retired."""
        matching, owners, pins = self._matching, list[Owner](), list[Pin]()
        for name, proto in matching.pairs.items():
            element = matching.elements[name]
            owners.append(Owner(kind=proto.kind, name=name, source=element.source))
            living = self._enum(element, proto) if isinstance(element, WireEnum) else self._message(element, proto)
            pins += (kept := list(living))
            pins += self._gone(name, proto, {one.number for one in kept})
        paired = {proto.name for proto in matching.pairs.values()}
        names = Allocator((*matching.elements, *RESERVED))
        for proto in matching.protos.messages.values():
            if proto.own and proto.name not in paired and proto.short not in RESERVED:
                name = names.take(proto.short, "".join(proto.name.split(".")[-2:]))
                owners.append(Owner(kind=proto.kind, name=name, source=proto.name, retired=self._version))
                pins += self._gone(name, proto, set())
                self._unmatched(f"{proto.name} is not in the source", "its name and numbers stay taken")
        return Pins(owners=tuple(owners), pins=tuple(pins))

    def _message(self, message: WireMessage, proto: ProtoMessage) -> Iterator[Pin]:
        for wire in message.fields:
            found = self._matching.fields.get((message.name, wire.name))
            if found is None:
                self._unmatched(f"{message.name}.{wire.name} is not in {proto.name}", _NEW)
                continue
            if why := self._matching.disagrees(wire, found):
                hint = f"it gets a new number, and {found.number} stays reserved"
                self._conflict(f"{message.name}.{wire.name} is {why}", hint)
                continue
            if found.name != wire.name:
                self._conflict(f"{proto.name}.{found.name} is called {wire.name} now", "the bytes are the same")
            yield Pin(
                owner=message.name,
                number=found.number,
                name=wire.name,
                type=text(wire.ref),
                repeated=signature(wire).startswith("repeated "),
                oneof=wire.oneof,
            )

    def _enum(self, enum: WireEnum, proto: ProtoMessage) -> Iterator[Pin]:
        for value in enum.values:
            found = self._matching.fields.get((enum.name, value.member))
            if found is None:
                self._unmatched(f"{enum.name}.{value.member} is not in {proto.name}", _NEW)
            elif found.number < 1:
                what = f"{proto.name}.{found.name} is {found.number}, and numbers of values begin at 1"
                self._conflict(what, _NEW)
            else:
                yield Pin(owner=enum.name, number=found.number, name=value.member, value=value.value)

    def _gone(self, owner: str, proto: ProtoMessage, taken: set[int]) -> Iterator[Pin]:
        """What the proto has and the wire does not; `taken` are the numbers that the wire has."""
        for one in proto.fields:
            if one.number not in taken and one.number > 0:
                taken.add(one.number)
                plain = one.type in _SCALARS and not one.repeated
                type_ = one.type if plain else ""
                yield Pin(owner=owner, number=one.number, name=proto.bare(one.name), type=type_, retired=self._version)
        said = {upper(one.name) for one in proto.reserved if one.last and one.name}
        bare = [proto.bare(one.name) for one in proto.reserved if not one.last]
        spare = [name for name in bare if upper(name) not in said]
        for range_ in proto.reserved:
            if range_.last - range_.first >= _WIDE:
                what = f"{proto.name} reserves {range_.first} to {range_.last}, which are too many to keep"
                self._conflict(what, "modelgen itself gives no number twice")
                continue
            for number in sorted({*range(max(range_.first, 1), range_.last + 1)} - taken - {*FORBIDDEN}):
                taken.add(number)
                name = range_.name or (spare.pop(0) if spare else f"reserved_{number}")
                yield Pin(owner=owner, number=number, name=name, retired=range_.version or self._version)
        for number, name in enumerate(spare, start=max(taken, default=0) + 1):
            yield Pin(owner=owner, number=number, name=name, retired=self._version)

    def _unmatched(self, message: str, hint: str) -> None:
        self.findings.append(Finding(level=Level.WARNING, code="proto-unmatched", message=message, hint=hint))

    def _conflict(self, message: str, hint: str) -> None:
        self.findings.append(Finding(level=Level.WARNING, code="proto-conflict", message=message, hint=hint))


_NEW = "it gets a new number"
