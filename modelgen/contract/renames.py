"""Numbers that follow a renamed element to its new name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelgen.contract.pins import Owner, Pin, Pins


def rename(pins: Pins, renames: Mapping[str, str]) -> Pins:
    """The pins as if every element of the contract had always had its new symbol.

    A symbol is dotted: of a module, a method, a data model or an enumeration (`mylib.Old`), or of a parameter, field or
    member of one (`mylib.Cls.run.old`). What was renamed already stays as it is.
    """
    for old, new in renames.items():
        pins = Pins(
            owners=tuple(_owner(owner, old, new) for owner in pins.owners),
            pins=_members(pins, old, new),
        )
    return pins


def _owner(owner: Owner, old: str, new: str) -> Owner:
    inside = owner.source == old or owner.source.startswith((f"{old}.", f"{old}["))
    return replace(owner, source=new + owner.source[len(old) :]) if inside and not owner.retired else owner


def _members(pins: Pins, old: str, new: str) -> tuple[Pin, ...]:
    home, _, name = old.rpartition(".")
    owners = {owner.name for owner in pins.owners if owner.source == home and not owner.retired}
    to = new.rpartition(".")[2]
    taken = {pin.owner for pin in pins.pins if to in (pin.name, pin.oneof) and not pin.retired}
    return tuple(_pin(pin, name, to) if pin.owner in owners - taken else pin for pin in pins.pins)


def _pin(pin: Pin, name: str, to: str) -> Pin:
    if pin.retired:
        return pin
    if pin.oneof == name:
        return replace(pin, oneof=to, name=to + pin.name.removeprefix(name))
    return replace(pin, name=to) if pin.name == name else pin
