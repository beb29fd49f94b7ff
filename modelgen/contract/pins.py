"""Wire numbers that stay: once published, a number is never given to another name.

The laws, in short. A message is known by its source symbol, a field by its name, an enum's value by its member. A new
number is one more than the highest there ever was; gaps stay. What vanishes retires in place; what returns under the
same name and type gets its number back; under another type it gets a new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from modelgen.contract.texts import parse
from modelgen.contract.types import shape, text
from modelgen.contract.wire import Known, Wire, WireEnum, WireMessage, signature
from modelgen.finding import Finding, Level

OwnerKind: TypeAlias = Literal["service", "message", "enum"]

FORBIDDEN = range(19000, 20000)
"""Numbers that protobuf keeps for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One number and what it means."""

    owner: str
    """Wire name of the message or enum."""
    number: int
    name: str
    """Of the field on the wire, or of the enum's member."""
    type: str = ""
    """Text of the contract's type; empty for enum members."""
    repeated: bool = False
    """Carried by a bare `repeated` or map, which has no presence."""
    oneof: str = ""
    retired: str = ""
    """The version it vanished in; empty while it lives."""
    of: str = field(default="", compare=False, repr=False)
    """The Python name of the field, as the lock has it where proto's is another."""
    value: Any = field(default=None, compare=False, repr=False)
    """Of an enum's living member: its value in Python, as the lock has it."""

    @property
    def signature(self) -> str:
        """What must be equal for the number to be kept."""
        bytes_ = _shape(self.type)
        return f"repeated {bytes_}" if self.repeated else bytes_


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A section of the lock: something that numbers belong to."""

    kind: OwnerKind
    name: str
    source: str
    retired: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """All numbers of a package, living and retired."""

    owners: tuple[Owner, ...] = ()
    pins: tuple[Pin, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    """Renames that these numbers went through already, old symbol and new: each is followed once."""
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict, init=False, repr=False, compare=False)
    _of: dict[str, list[Pin]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the living by name, and all by owner."""
        self._numbers.update({(pin.owner, pin.name): pin.number for pin in self.pins if not pin.retired})
        for pin in sorted(self.pins, key=lambda one: one.number):
            self._of.setdefault(pin.owner, []).append(pin)

    def number(self, owner: str, name: str) -> int:
        """The number of a living field or member; KeyError if it has none."""
        return self._numbers[owner, name]

    def of(self, owner: str) -> tuple[Pin, ...]:
        """Every pin of a message or enum, in number order."""
        return tuple(self._of.get(owner, ()))

    def reserved(self, owner: str) -> tuple[Pin, ...]:
        """The retired pins of a message or enum."""
        return tuple(pin for pin in self.of(owner) if pin.retired)

    def known(self) -> Known:
        """What the next lowering has to keep."""
        return Known(
            # Of two with one source, the living one: the other was there before a rename took its place.
            names={one.source: one.name for one in sorted(self.owners, key=lambda one: not one.retired)},
            fields={(pin.owner, pin.name): (pin.oneof, pin.signature) for pin in self.pins if not pin.retired},
            sources={(pin.owner, pin.oneof or pin.name): pin.of for pin in self.pins if pin.of and not pin.retired},
        )


@lru_cache(maxsize=4096)
def _shape(type_: str) -> str:
    return shape(parse(type_)) if type_ else ""


def pin(wire: Wire, old: Pins, version: str) -> tuple[Pins, tuple[Finding, ...]]:
    """Number everything on the wire, keeping what `old` gave; `version` is written beside what vanished."""
    findings: list[Finding] = []
    owners = {owner.name: owner for owner in _owners(wire)}
    kept: list[Pin] = []
    before: dict[str, list[Pin]] = {}
    for one in old.pins:
        before.setdefault(one.owner, []).append(one)
    for message in wire.messages:
        kept += _number(_fields(message), before.get(message.name, []), version, findings)
    for enum in wire.enums:
        kept += _number(_members(enum), before.get(enum.name, []), version, findings, enum=True)
    for gone in old.owners:
        if gone.name not in owners:
            owners[gone.name] = replace(gone, retired=gone.retired or version)
            kept += [replace(one, retired=one.retired or version) for one in before.get(gone.name, [])]
    ordered = sorted(owners.values(), key=lambda owner: (owner.kind, owner.name))
    numbered = tuple(sorted(kept, key=lambda one: (one.owner, one.number)))
    return Pins(owners=tuple(ordered), pins=numbered, renamed=old.renamed), tuple(findings)


def _owners(wire: Wire) -> Iterable[Owner]:
    for service in wire.services:
        # A service is known by its module's own name: its file, routes and messages are made of it.
        yield Owner(kind="service", name=service.base, source=service.module.symbol)
    for message in wire.messages:
        yield Owner(kind="message", name=message.name, source=message.source)
    for enum in wire.enums:
        yield Owner(kind="enum", name=enum.name, source=enum.source)


def _fields(message: WireMessage) -> list[Pin]:
    return [
        Pin(
            owner=message.name,
            number=0,
            name=one.name,
            type=text(one.ref),
            repeated=signature(one).startswith("repeated "),
            oneof=one.oneof,
        )
        for one in message.fields
    ]


def _members(enum: WireEnum) -> list[Pin]:
    values = [value.value for value in enum.values]
    numbered = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    follow = numbered and sorted(values) == list(range(1, len(values) + 1))
    return [
        Pin(owner=enum.name, number=value.value if follow and isinstance(value.value, int) else 0, name=value.member)
        for value in enum.values
    ]


def _number(
    wanted: list[Pin], before: list[Pin], version: str, findings: list[Finding], *, enum: bool = False
) -> list[Pin]:
    """`wanted` with their numbers, and what retired. A number asked for (an IntEnum's) counts the first time only."""
    result: list[Pin] = []
    rest = list(before)
    highest = max((one.number for one in before), default=0)
    for want in wanted:
        same = [one for one in rest if one.name == want.name and one.signature == want.signature]
        found = min(same, key=lambda one: bool(one.retired), default=None)
        if found is not None:
            rest.remove(found)
            result.append(replace(want, number=found.number))
            continue
        if not enum and any(one.name == want.name for one in rest):
            findings.append(_reused(want, next(one for one in rest if one.name == want.name)))
        if want.number and not before:
            result.append(want)
            continue
        highest = _next(highest)
        result.append(replace(want, number=highest))
    return result + [replace(one, retired=one.retired or version) for one in rest]


def _next(highest: int) -> int:
    number = highest + 1
    return FORBIDDEN.stop if number in FORBIDDEN else number


def _reused(want: Pin, was: Pin) -> Finding:
    return Finding(
        level=Level.WARNING,
        code="pin-name-reused",
        message=f"{want.owner}.{want.name} was {was.type} ({was.number}), is {want.type} now and gets a new number",
        hint="old clients send the old number, which is no longer read; a new name would say so",
    )
