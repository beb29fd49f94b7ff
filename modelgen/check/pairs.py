"""The pairs that rules look at: an element before and after, and what a rule may ask of it. `join` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from modelgen.check.difference import same_bytes
from modelgen.contract.edition import (
    Edition,
    PublishedEnum,
    PublishedField,
    PublishedMember,
    PublishedMethod,
    PublishedModel,
    PublishedModule,
)
from modelgen.contract.pins import Pin, Pins
from modelgen.contract.texts import parse
from modelgen.contract.types import TypeRef
from modelgen.finding import Finding, Location

_Named = TypeVar("_Named")
Direction: TypeAlias = Literal["request", "response"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a method that was served cannot be any more."""

    reason: str
    where: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What is known of the new edition's source, beside what its lock says."""

    places: Mapping[str, Location] = field(default_factory=dict)
    """Symbol -> where it is written."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """Symbol of a method -> why it is not served."""

    def place(self, *symbols: str) -> Location | None:
        """Where the first of some symbols is that is anywhere, or what it is part of."""
        for symbol in symbols:
            while symbol:
                if symbol in self.places:
                    return self.places[symbol]
                symbol = symbol.rpartition(".")[0]
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePair:
    """The packages themselves."""

    old: Edition
    new: Edition
    sources: Sources
    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """Setting of the service -> its value before and after."""
    limits_place: Location | None = None
    descriptions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Symbol -> its words before and after, where they differ and were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockPair:
    """The published numbers and those in the lock on disk."""

    old: Pins
    """In the names that the lock on disk has for them."""
    new: Pins
    fresh: Pins = field(default_factory=Pins)
    """Those that generating would give."""
    path: str
    """Of the lock on disk, as the user would type it."""
    package: str = ""
    package_path: str = ""
    lines: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """(owner, number) -> line in the lock."""
    broken: tuple[Finding, ...] = ()
    """Why the lock on disk cannot be read."""
    edited: Mapping[str, str] = field(default_factory=dict)
    """Files of the contract that do not hold what modelgen wrote: inside the project, and as the user would type it."""
    stale: bool = False
    """Whether generating would change the project."""

    @property
    def shared(self) -> tuple[str, ...]:
        """The messages and enums that both number."""
        known = {owner.name for owner in self.new.owners}
        return tuple(owner.name for owner in self.old.owners if owner.name in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePair:
    """A served class."""

    old: PublishedModule | None
    new: PublishedModule | None
    editions: PackagePair
    moved: tuple[str, ...] = ()
    """Of a class that went: the new ones that might be it."""

    @property
    def where(self) -> Location | None:
        """Where it is in the new source."""
        return self.editions.sources.place(*(one.symbol for one in (self.new, self.old) if one))


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodPair:
    """A served method of a class that stays."""

    old: PublishedMethod | None
    new: PublishedMethod | None
    module: ModulePair
    names: Mapping[str, str] = field(default_factory=dict)
    """Of its old parameters: what they are called now."""
    refusal: Refusal | None = None
    similar: tuple[str, ...] = ()
    """Of a method that went: the new ones that might be it."""

    @property
    def where(self) -> Location | None:
        """Where it is in the new source."""
        sources = self.module.editions.sources
        if self.refusal and self.refusal.where:
            return self.refusal.where
        return sources.place(*(one.symbol for one in (self.new, self.old) if one))


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPair:
    """A parameter, a result, or a model's field, of an owner that stays."""

    old: PublishedField | None
    new: PublishedField | None
    old_type: TypeRef | None
    """In the new edition's names, as `old_pins` are."""
    old_pins: tuple[Pin, ...]
    directions: frozenset[Direction]
    via: tuple[str, ...]
    editions: PackagePair
    method: MethodPair | None = None
    """Of a parameter or result."""
    similar: tuple[str, ...] = ()
    """Of one that went: the new ones of the same type, which might be it."""

    @property
    def either(self) -> PublishedField:
        """The new one, or the old one where there is no new one."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def requested(self) -> bool:
        """Whether callers send it."""
        return "request" in self.directions

    @property
    def answered(self) -> bool:
        """Whether callers receive it."""
        return "response" in self.directions

    @property
    def framed(self) -> tuple[str, str]:
        """What JSON calls it, before and after: a method's only input is sent without a name."""
        old, new = self.old, self.new
        if self.method is None or self.method.old is None or self.method.new is None:
            return (old.json if old else ""), (new.json if new else "")
        before, after = (one.only_input for one in (self.method.old, self.method.new))
        return (
            "" if old is None or old.name == before else old.json,
            "" if new is None or new.name == after else new.json,
        )

    @property
    def where(self) -> Location | None:
        """Where it is in the new source."""
        return self.editions.sources.place(self.either.symbol)

    @property
    def kept(self) -> bool:
        """Whether every number that old callers know still means what it meant."""
        if self.old is None or self.new is None:
            return False
        now = {pin.number: pin for pin in self.new.pins}
        return all(pin.number in now and still_means(pin, now[pin.number]) for pin in self.old_pins)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPair:
    """A data model that stays."""

    old: PublishedModel
    new: PublishedModel
    editions: PackagePair
    via: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumPair:
    """An enumeration that stays."""

    old: PublishedEnum
    new: PublishedEnum
    directions: frozenset[Direction]
    via: tuple[str, ...]
    editions: PackagePair


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPair:
    """A value of an enumeration that stays."""

    old: PublishedMember | None
    new: PublishedMember | None
    enum: EnumPair
    renamed: str = ""
    """Of one that went: the new member that has its value."""

    @property
    def where(self) -> Location | None:
        """Where it is in the new source."""
        symbol, member = self.enum.new.symbol, self.new or self.old
        return self.enum.editions.sources.place(f"{symbol}.{member.name if member else ''}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisePair:
    """An exception that a method that stays may raise, and its error code."""

    name: str
    """Dotted, where it is now."""
    old: str | None
    new: str | None
    method: MethodPair


Pair: TypeAlias = (
    PackagePair | LockPair | ModulePair | MethodPair | FieldPair | ModelPair | EnumPair | MemberPair | RaisePair
)


def still_means(old: Pin, new: Pin) -> bool:
    """Whether a number means what it meant, as far as bytes tell: another type may be the same bytes."""
    if old.signature == new.signature:
        return True
    return bool(old.type and new.type) and same_bytes(parse(old.type), parse(new.type))
