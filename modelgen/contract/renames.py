"""Numbers that follow a renamed element to its new name.

A symbol is dotted: of a module, a method, a data model or an enumeration (`mylib.Old`), of a parameter, field or member
of one (`mylib.Cls.run.old`), or what several of them begin with (`mylib.old_file`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from modelgen.contract.model import Contract
from modelgen.contract.pins import Owner, Pin, Pins
from modelgen.contract.wire import proto_name
from modelgen.finding import Finding, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The pins behind the renames of the settings."""

    pins: Pins
    findings: tuple[Finding, ...] = ()
    """What the settings rename in vain."""


def follow(pins: Pins, renames: Mapping[str, str], contract: Contract) -> Followed:
    """The pins as the contract's names have them, by the renames that are not followed yet.

    Each is followed once, and the pins remember it: should the old name come back later, as something new, it is.
    """
    names = symbols(contract)
    if not pins.owners:  # nothing is published, so that nothing can be renamed
        return Followed(pins=replace(pins, renamed=tuple(renames.items())))
    kept = {old: new for old, new in renames.items() if (old, new) in pins.renamed}
    waiting = {old: new for old, new in renames.items() if old not in kept}
    findings: list[Finding] = []
    progress = True
    while progress:  # what is in a class may be listed before the class, under the class's new name
        progress, findings = False, []
        for old, new in tuple(waiting.items()):
            now = old if alive(pins, old) else _now(old, kept)
            problem = _problem(pins, now, new, _leads_to(new, renames, names))
            if problem is not None and problem.level is not Level.INFO:
                findings.append(problem)
                continue
            if problem is None:
                pins = rename(pins, {now: new})
            kept[old] = waiting.pop(old)
            progress = True
    return Followed(pins=replace(pins, renamed=tuple(kept.items())), findings=tuple(findings))


def rename(pins: Pins, renames: Mapping[str, str]) -> Pins:
    """The pins as if every element of the contract had always had its new symbol.

    What was renamed already stays as it is.
    """
    for old, new in renames.items():
        places = {owner.source for owner in pins.owners if owner.kind == "message"}
        pins = replace(
            pins,
            owners=_owners(pins.owners, old, new, places),
            pins=tuple(replace(pin, type=_moved(pin.type, old, new)) for pin in _members(pins, old, new)),
        )
    return pins


def alive(pins: Pins, symbol: str) -> bool:
    """Whether a living element has that symbol, or begins with it."""
    return any(_within(owner.source, symbol) for owner in pins.owners if not owner.retired) or any(
        not pin.retired for pin in _called(pins, symbol)
    )


def published(pins: Pins) -> Iterator[str]:
    """The symbols of what lives, for suggestions."""
    for owner in pins.owners:
        if not owner.retired:
            yield owner.source
            yield from (f"{owner.source}.{pin.oneof or pin.name}" for pin in pins.of(owner.name) if not pin.retired)


def symbols(contract: Contract) -> frozenset[str]:
    """The symbol of everything in a contract that can be renamed."""
    return frozenset(_symbols(contract))


def _symbols(contract: Contract) -> Iterator[str]:
    for module in contract.modules:
        yield module.symbol
        for method in module.methods:
            yield f"{module.symbol}.{method.name}"
            yield from (f"{module.symbol}.{method.name}.{one.name}" for one in method.parameters)
    for model in contract.models:
        yield model.symbol
        yield from (f"{model.symbol}.{one.name}" for one in model.fields)
    for enum in contract.enums:
        yield enum.symbol
        yield from (f"{enum.symbol}.{one.name}" for one in enum.members)


def has(names: Iterable[str], symbol: str) -> bool:
    """Whether one of the names is the symbol, or begins with it."""
    return any(_within(name, symbol) for name in names)


def likely(before: Pins, after: Pins) -> Iterator[Finding]:
    """What looks like a rename that nobody stated: in one message, one thing went and one of the same type came."""
    was = {(pin.owner, pin.name) for pin in before.pins if not pin.retired}
    known = {owner.name for owner in before.owners if not owner.retired}
    for owner in after.owners:
        if owner.name not in known or owner.retired:
            continue
        gone: dict[str, list[Pin]] = {}
        came: dict[str, list[Pin]] = {}
        for pin in after.of(owner.name):
            if pin.retired and (pin.owner, pin.name) in was:
                gone.setdefault(pin.signature, []).append(pin)
            elif not pin.retired and (pin.owner, pin.name) not in was:
                came.setdefault(pin.signature, []).append(pin)
        for signature in gone.keys() & came.keys():
            if len(gone[signature]) == len(came[signature]) == 1:
                yield _likely(owner, gone[signature][0], came[signature][0])


def _likely(owner: Owner, old: Pin, new: Pin) -> Finding:
    names = f"{owner.source}.{old.oneof or old.name} {owner.source}.{new.oneof or new.name}"
    return Finding(
        level=Level.INFO,
        code="rename-likely",
        message=f"{owner.name}.{old.name} ({old.number}) went, and {new.name} of the same type came as {new.number}",
        hint=f"if it is the same thing: restore modelgen.lock from version control, and modelgen rename {names}",
    )


# Judging


def _problem(pins: Pins, old: str, new: str, ends: str) -> Finding | None:
    """Why a rename cannot be followed; an info where it has been."""
    if not alive(pins, old):
        gone = next((pin for pin in _called(pins, old) if pin.retired), None)
        if not alive(pins, new):
            return _unused(old, new, "is not in modelgen.lock", "take the rename out of the settings, or correct it")
        if gone is None:
            return replace(_unused(old, new, "is that already", ""), level=Level.INFO)
        return Finding(
            level=Level.WARNING,
            code="rename-late",
            message=f"{old} was retired with number {gone.number} before it was renamed, and {new} has one of its own",
            hint="restore modelgen.lock as it was before that, or take the rename out of the settings",
        )
    if _is_member(pins, old) and old.rpartition(".")[0] != new.rpartition(".")[0]:
        return _unused(old, new, "cannot move to another message: its number belongs to this one", "rename it in place")
    if _taken(pins, old, new):
        return replace(_unused(old, new, "and the new one are both in modelgen.lock", ""), level=Level.INFO)
    if not ends:
        return _unused(old, new, "keeps its name: the source has nothing of the new one", "correct the new name")
    return None


def _taken(pins: Pins, old: str, new: str) -> bool:
    """Whether something lives under a name that the rename would give."""
    living = {owner.source for owner in pins.owners if not owner.retired}
    inside = {source for source in living if _within(source, old)}
    return bool({new + source[len(old) :] for source in inside} & living) or _is_member(pins, new)


def _unused(old: str, new: str, why: str, hint: str) -> Finding:
    return Finding(level=Level.WARNING, code="rename-unused", message=f"{old} -> {new}: {old} {why}", hint=hint)


def _leads_to(new: str, renames: Mapping[str, str], names: Iterable[str]) -> str:
    """What the new name is called in the source after all renames; empty if nothing is."""
    seen: set[str] = set()
    while not has(names, new):
        seen.add(new)
        further = _now(new, renames)
        if further in seen:
            return ""
        new = further
    return new


def _now(symbol: str, renames: Mapping[str, str]) -> str:
    """A symbol behind the renames of what it is in, and of itself."""
    for old, new in renames.items():
        if _within(symbol, old):
            symbol = new + symbol[len(old) :]
    return symbol


def _within(symbol: str, outer: str) -> bool:
    return symbol == outer or symbol.startswith((f"{outer}.", f"{outer}["))


# Moving


def _owners(owners: tuple[Owner, ...], old: str, new: str, places: set[str]) -> tuple[Owner, ...]:
    """The owners under their new sources; what vanished goes along with what it was in."""
    taken = {owner.source for owner in owners}
    living = any(_within(owner.source, old) for owner in owners if not owner.retired)

    def moved(owner: Owner) -> Owner:
        source = _moved(owner.source, old, new, places)
        follows = not owner.retired or (living and source not in taken and owner.source != old)
        return replace(owner, source=source) if follows else owner

    return tuple(moved(owner) for owner in owners)


def _moved(text: str, old: str, new: str, places: Iterable[str] = ()) -> str:
    """A text with every mention of the old symbol changed to the new, and nothing that only looks like it.

    In a place, a mention tells the arm of a union: `mylib.Cls.run.stop.mylib.Old`, `mylib.Cls.run.stop.mylib.Old_list`.
    """
    if old not in text:
        return text
    mention = re.compile(rf"(?<![^\W_]){re.escape(old)}(?=$|\W|_(?:.*_)?(?:list|map|tuple|optional)\b)")

    def replaced(match: re.Match[str]) -> str:
        before, behind = text[: match.start()], text[match.end() :]
        of_an_arm = before.endswith((".", "_")) or behind.startswith("_")
        in_a_place = any(before.startswith(f"{place}.") for place in places)
        return match[0] if of_an_arm and not in_a_place else new

    return mention.sub(replaced, text)


def _is_member(pins: Pins, symbol: str) -> bool:
    return any(not pin.retired for pin in _called(pins, symbol))


def _called(pins: Pins, symbol: str) -> Iterator[Pin]:
    """The pins of a parameter, field, member or union, by its symbol."""
    home, _, name = symbol.rpartition(".")
    for owner in pins.owners:
        if owner.source == home and not owner.retired and owner.kind != "service":
            wire = name if owner.kind == "enum" else proto_name(name)
            yield from (pin for pin in pins.of(owner.name) if wire in (pin.name, _union(pin)))


def _union(pin: Pin) -> str:
    """The name of the field whose arm this is: a field that became a union left its own name to its first arm."""
    name = pin.oneof.removesuffix("_oneof")
    return name if name == pin.name or pin.name.startswith(f"{name}_") else pin.oneof


def _members(pins: Pins, old: str, new: str) -> tuple[Pin, ...]:
    home, _, name = old.rpartition(".")
    to = new.rpartition(".")[2]
    found = {id(pin) for pin in _called(pins, old) if not pin.retired}
    taken = {pin.owner for pin in _called(pins, f"{home}.{to}") if not pin.retired}
    enums = {owner.name for owner in pins.owners if owner.kind == "enum"}

    def moved(pin: Pin) -> Pin:
        if id(pin) not in found or pin.owner in taken:
            return pin
        if pin.owner in enums:
            return replace(pin, name=to)
        return _pin(pin, proto_name(name), proto_name(to))

    return tuple(moved(pin) for pin in pins.pins)


def _pin(pin: Pin, name: str, to: str) -> Pin:
    oneof = to + pin.oneof.removeprefix(name) if pin.oneof else ""
    return replace(pin, oneof=oneof, name=to + pin.name.removeprefix(name))
