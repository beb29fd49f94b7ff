"""One lock out of the locks of several branches: every number that is out stays what it is, the others move.

Two branches that each add something take the same next number. After their merge one of the two keeps it: the released
one, else the one that is on the target branch already, else the first. What must move is left out here, and gets a new
number when the contract is numbered again.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from modelgen.contract import codec
from modelgen.contract.pins import Owner, Pin, Pins
from modelgen.finding import Finding, Level, Location

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib

Tag = Callable[[Pin], str]
"""The release that has a pin; empty if none has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The lock of one branch."""

    label: str
    """The branch, as people call it."""
    pins: Pins
    target: bool = False
    """Whether it is what the target branch has: of two that are not released, this one stays."""
    released: Tag = field(default=lambda pin: "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The pins of all sides together."""

    pins: Pins
    findings: tuple[Finding, ...] = ()
    """What moves; an error where nothing may."""


def merge(sides: Sequence[Side], base: Pins, version: str) -> Merged:
    """All numbers of the sides, each with one meaning.

    `base` is what the sides have in common; a number in it changed its name on one side only by an explicit rename.
    `version` is written beside what retires here.
    """
    merging = _Merging(sides, base, version)
    return Merged(pins=merging.pins(), findings=tuple(merging.findings))


def settle(merged: Merged, sides: Sequence[Side], found: Pins, version: str) -> Merged:
    """What was merged, with what happened to the lock since: `found` may have resolved the merge otherwise.

    A number that it gives to what lost it goes back; what it gave anew stays.
    """
    known = {(pin.owner, pin.number): pin for pin in merged.pins.pins}
    living = {(pin.owner, pin.name) for pin in merged.pins.pins if not pin.retired}
    claimed = {(pin.owner, pin.number, *_meaning(pin)) for side in sides for pin in side.pins.pins}
    for pin in found.pins:
        key = pin.owner, pin.number
        if key not in known:
            double = not pin.retired and (pin.owner, pin.name) in living
            known[key] = replace(pin, retired=version, value=None) if double else pin
        elif _meaning(pin) == _meaning(known[key]) or (*key, *_meaning(pin)) not in claimed:
            known[key] = pin
    owners = {one.name: one for one in (*merged.pins.owners, *found.owners)}
    if set(known.values()) == set(found.pins):
        return Merged(pins=found)
    pins = Pins(owners=tuple(owners.values()), pins=tuple(known.values()), renamed=found.renamed)
    return Merged(pins=pins, findings=merged.findings)


class _Merging:
    def __init__(self, sides: Sequence[Side], base: Pins, version: str) -> None:
        self._sides = sorted(sides, key=lambda side: not side.target)
        self._base = base
        self._version = version
        self._renamed = {pair for side in sides for pair in side.pins.renamed}
        self.findings: list[Finding] = []

    def pins(self) -> Pins:
        owners, pins = [], []
        for name in dict.fromkeys(one.name for side in self._sides for one in side.pins.owners):
            owner, holders = self._owner(name)
            owners.append(owner)
            pins += self._once(list(self._numbers(owner, holders)))
        renamed = {old: new for side in reversed(self._sides) for old, new in side.pins.renamed}
        return Pins(owners=tuple(owners), pins=tuple(pins), renamed=tuple(renamed.items()))

    def _owner(self, name: str) -> tuple[Owner, list[Side]]:
        """A section, and the sides whose numbers belong to it."""
        held = [(side, one) for side in self._sides if (one := _section(side.pins, name))]
        before = _section(self._base, name)
        if before is not None:
            return next((one for _, one in held if one != before), before), [side for side, _ in held]
        meanings = {(one.kind, one.source) for _, one in held}
        if len(meanings) > 1:
            claims = [_Claim(side=s, means=one.source, tag=_any_tag(s, name)) for s, one in held]
            source = self._winner(claims, f"{held[0][1].kind} {name}").means
            held = [(side, one) for side, one in held if one.source == source]
        return next((one for _, one in held if not one.retired), held[0][1]), [side for side, _ in held]

    def _numbers(self, owner: Owner, holders: list[Side]) -> Iterator[tuple[Pin, Side]]:
        """Each number of a section once, with the side that it is from."""
        before = {pin.number: pin for pin in self._base.of(owner.name)}
        found: dict[int, list[tuple[Side, Pin]]] = {}
        for side in holders:
            for pin in side.pins.of(owner.name):
                found.setdefault(pin.number, []).append((side, pin))
        for number, having in sorted(found.items()):
            was = before.get(number)
            changed = [(side, pin) for side, pin in having if was is not None and not _same(pin, was)] or having
            latest = [(side, pin) for side, pin in changed if not self._renamed_away(owner, pin, changed)] or changed
            if len({_meaning(pin) for _, pin in latest}) == 1:
                yield next(((pin, side) for side, pin in latest if not pin.retired), latest[0][::-1])
                continue
            claims = [_Claim(side=side, means=pin.name, tag=side.released(pin), pin=pin) for side, pin in latest]
            winner = self._winner(claims, f"number {number} of {owner.name}")
            yield next((pin, side) for side, pin in latest if side is winner.side)

    def _renamed_away(self, owner: Owner, pin: Pin, among: list[tuple[Side, Pin]]) -> bool:
        symbol = f"{owner.source}.{pin.name}"
        return any((symbol, f"{owner.source}.{other.name}") in self._renamed for _, other in among)

    def _winner(self, claims: list[_Claim], what: str) -> _Claim:
        released = [claim for claim in claims if claim.tag]
        if len({claim.meaning for claim in released}) > 1:
            self.findings.append(_refused(what, released))
            return released[0]
        winner = (released or claims)[0]
        why = f"released as {winner.tag}" if winner.tag else f"on {winner.side.label}"
        for loser in claims:
            if loser.meaning != winner.meaning:
                self._moves(f"{what} stays {winner.means}, {why}; {loser.means}, on {loser.side.label}, gets a new one")
        return winner

    def _once(self, numbered: list[tuple[Pin, Side]]) -> list[Pin]:
        """Of two numbers under one name, both given anew, the one that is out stays, and the other is reserved."""
        kept: dict[str, Pin] = {}
        gone: list[Pin] = []
        for pin, side in sorted(numbered, key=lambda one: (not one[1].released(one[0]), self._sides.index(one[1]))):
            if pin.retired:
                gone.append(pin)
            elif pin.name in kept:
                gone.append(replace(pin, retired=self._version, value=None))
                stays = f"{pin.owner}.{pin.name} stays number {kept[pin.name].number}"
                self._moves(f"{stays}; {pin.number}, on {side.label}, is reserved")
            else:
                kept[pin.name] = pin
        return sorted((*kept.values(), *gone), key=lambda pin: pin.number)

    def _moves(self, what: str) -> None:
        self.findings.append(Finding(level=Level.INFO, code="number-moved", message=what))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What one side says that a number or a name means."""

    side: Side
    means: str
    tag: str
    pin: Pin | None = None

    @property
    def meaning(self) -> tuple[str, str]:
        return _meaning(self.pin) if self.pin else (self.means, "")


def _refused(what: str, released: list[_Claim]) -> Finding:
    both = " and ".join(f"{claim.means} in {claim.tag}" for claim in released)
    return Finding(
        level=Level.ERROR,
        code="repair-refused",
        message=f"{what} is released with two meanings, {both}: neither can move",
        hint="withdraw one of the releases, keep the other's line in modelgen.lock, delete this one's, and generate; "
        "who built on what was withdrawn builds anew",
    )


def _section(pins: Pins, name: str) -> Owner | None:
    return next((one for one in pins.owners if one.name == name), None)


def _any_tag(side: Side, owner: str) -> str:
    return next((tag for pin in side.pins.of(owner) if (tag := side.released(pin))), "")


def _meaning(pin: Pin) -> tuple[str, str]:
    return pin.name, pin.signature


def _same(one: Pin, other: Pin) -> bool:
    return _meaning(one) == _meaning(other) and bool(one.retired) == bool(other.retired)


# A lock that cannot be loaded, line by line

_OPEN, _MIDDLE, _SPLIT, _CLOSE = "<<<<<<<", "|||||||", "=======", ">>>>>>>"
_SECTION = re.compile(r"^\[(service|message|enum)\.(.+)\]\s*$")


def split(text: str) -> tuple[tuple[Side, ...], Pins]:
    """The sides that a merge left in one text, and their base where git wrote it down.

    The sides of conflicts are those of git's markers; of a number or a section that is there twice, the first is of one
    side and the second of the other.

    Raises:
        LockError: a line cannot be read.
    """
    texts, labels = by_marker(text)
    sides = []
    for place, label in enumerate(labels):
        variants = _variants(texts[place])
        names = [label] if len(variants) == 1 else [f"line {count} in {label}" for count in range(1, len(variants) + 1)]
        sides += [Side(label=name, pins=pins) for name, pins in zip(names, variants, strict=True)]
    return tuple(sides), _variants(texts[2])[0]


def by_marker(text: str) -> tuple[tuple[list[str], ...], list[str]]:
    """The lines of both sides and of the base of a text in which git marked conflicts, and the names of the sides."""
    ours, theirs, base = list[str](), list[str](), list[str]()
    labels, into = ["ours", "theirs"], [ours, theirs, base]
    three, conflict = False, False
    for line in text.splitlines():
        marker, _, label = line.partition(" ")
        if marker == _OPEN:
            conflict, into, labels[0] = True, [ours], label or labels[0]
        elif conflict and marker == _MIDDLE:
            three, into = True, [base]
        elif conflict and line == _SPLIT:
            into = [theirs]
        elif conflict and marker == _CLOSE:
            into, labels[1] = [ours, theirs, base], label or labels[1]
        else:
            for lines in into:
                lines.append(line)
    return (ours, theirs, base if three else []), labels if conflict else ["modelgen.lock"]


@dataclass(slots=True)
class _Draft:
    """One reading of a lock in which something is there twice."""

    owners: dict[str, Owner] = field(default_factory=dict)
    pins: dict[tuple[str, int], Pin] = field(default_factory=dict)

    def takes(self, owner: Owner, pin: Pin | None) -> bool:
        """Take a line, unless another one stands there."""
        other = self.pins.get((pin.owner, pin.number), pin) if pin else None
        if self.owners.get(owner.name, owner).source != owner.source or other != pin:
            return False
        self.owners.setdefault(owner.name, owner)
        if pin:
            self.pins[pin.owner, pin.number] = pin
        return True


def _variants(lines: Iterable[str]) -> list[Pins]:
    """The pins of some lines: those that come first, then those that come second in the same place, and so on."""
    drafts = [_Draft()]
    renamed: dict[str, str] = {}
    for kind, name, body in _sections(lines):
        if kind == "renamed":
            renamed |= body
            continue
        try:
            owner = codec.read_owner(kind, name, dict(body))
            pins: list[Pin | None] = [codec.read_pin(name, int(key), value) for key, value in body if key.isdigit()]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise _hopeless(f"the section {name!r} cannot be read: {error!r}") from error
        for pin in pins or [None]:
            if not any(draft.takes(owner, pin) for draft in drafts):
                drafts.append(_Draft())
                drafts[-1].takes(owner, pin)
    return [
        Pins(owners=tuple(one.owners.values()), pins=tuple(one.pins.values()), renamed=tuple(renamed.items()))
        for one in drafts
    ]


def _sections(lines: Iterable[str]) -> list[tuple[Any, str, list[tuple[str, Any]]]]:
    """Each section with its lines, as kind, name and body; what comes before the first is left out."""
    found: list[tuple[Any, str, list[tuple[str, Any]]]] = []
    body: list[tuple[str, Any]] = []
    for line in map(str.strip, lines):
        if line == "[renamed]":
            found.append(("renamed", "", body := []))
        elif match := _SECTION.match(line):
            found.append((match[1], _read(f"name = {match[2]}")["name"], body := []))
        elif line and not line.startswith("#"):
            body += _read(line).items()
    return found


def _read(line: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(line)
    except tomllib.TOMLDecodeError as error:
        raise _hopeless(f"{line!r} is no line of a lock: {error}") from error


def _hopeless(why: str) -> codec.LockError:
    return codec.LockError(
        (
            Finding(
                level=Level.ERROR,
                code="lock-corrupt",
                message=f"modelgen.lock cannot be repaired: {why}",
                where=Location(path="modelgen.lock"),
                hint="restore the lock of one branch from version control, and run modelgen generate --repair",
            ),
        )
    )
