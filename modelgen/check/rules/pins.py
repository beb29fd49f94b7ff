"""Rules on the lock itself: numbers are for ever, and nobody edits it. Settings do not change their weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modelgen.check.change import Change, ElementKind, Subject, Surfaces
from modelgen.check.pairs import LockPair, still_means
from modelgen.check.rule import rule
from modelgen.contract.pins import Owner, Pin
from modelgen.finding import Location

LOCK = "modelgen.lock"
_RESTORE = "restore modelgen.lock from version control, and generate"


def _change(
    pair: LockPair, code: str, pin: Pin, message: str, suggestion: str, *, before: str = "", after: str = ""
) -> Change:
    kind: ElementKind = "field" if pin.type else "member"
    return Change(
        rule=code,
        element=Subject(kind=kind, python=f"{pin.owner}.{pin.name}", owner=pin.owner, proto=f"{pin.owner}.{pin.name}"),
        surfaces=Surfaces(wire="breaking"),
        message=message,
        suggestion=suggestion,
        where=Location(path=pair.path, line=pair.lines.get((pin.owner, pin.number), 0)),
        fixed=True,
        before=before,
        after=after,
    )


@rule(LockPair)
def pin_number_moved(pair: LockPair) -> Iterator[Change]:
    """A field or value has another number than it was published with, and is still of the same type.

    Only an edit of the lock by hand, or a merge, does that. Old clients write the old number, which nobody reads now.
    """
    for owner in pair.shared:
        now = {(pin.name, pin.signature): pin for pin in pair.new.of(owner) if not pin.retired}
        numbers = {pin.number for pin in pair.new.of(owner)}
        for pin in pair.old.of(owner):
            found = now.get((pin.name, pin.signature))
            if not pin.retired and found and found.number != pin.number and pin.number not in numbers:
                message = f"number {pin.number} -> {found.number}"
                yield _change(
                    pair, "pin-number-moved", found, message, _RESTORE, before=str(pin.number), after=str(found.number)
                )


@rule(LockPair)
def pin_number_reused(pair: LockPair) -> Iterator[Change]:
    """A number means another field or value than it was published for: old messages silently decode to wrong values."""
    for owner in pair.shared:
        before = {pin.number: pin for pin in pair.old.of(owner)}
        for pin in pair.new.of(owner):
            was = before.get(pin.number)
            if was and (was.name != pin.name or not still_means(was, pin)):
                message = f"number {pin.number} meant {was.name} ({was.type or 'a value'})"
                yield _change(
                    pair,
                    "pin-number-reused",
                    pin,
                    message,
                    "give it a number that was never given: restore modelgen.lock, or modelgen generate --repair",
                    before=was.name,
                    after=pin.name,
                )


@rule(LockPair)
def pin_duplicate_number(pair: LockPair) -> Iterator[Change]:
    """A number is given twice in one message or enum: two branches took it, and both were merged.

    `modelgen generate --repair` keeps it for the side that is published and gives the other a new one.
    """
    for finding in pair.broken:
        if finding.code == "pin-duplicate-number":
            yield _broken("pin-duplicate-number", finding.message, finding.where, "modelgen generate --repair")


@rule(LockPair)
def pin_reserved_dropped(pair: LockPair) -> Iterator[Change]:
    """A retired number is not in the lock any more, so that it could be given again."""
    known = {owner.name for owner in pair.new.owners}
    for owner in pair.old.owners if known else ():
        if owner.name not in known:
            yield _dropped(pair, owner)
            continue
        kept = {pin.number for pin in pair.new.of(owner.name)}
        for pin in pair.old.of(owner.name):
            if pin.number not in kept:
                moved = any(one.name == pin.name and one.signature == pin.signature for one in pair.new.of(owner.name))
                if not pin.retired and moved:
                    continue  # pin-number-moved says it
                message = f"number {pin.number} ({pin.name}) is not reserved any more"
                yield _change(pair, "pin-reserved-dropped", pin, message, _RESTORE, before=str(pin.number))


@rule(LockPair)
def pin_out_of_range(pair: LockPair) -> Iterator[Change]:
    """A number is one that protobuf does not allow: beyond 536870911, below 1, or 19000 to 19999."""
    for finding in pair.broken:
        if finding.code == "pin-out-of-range":
            yield _broken("pin-out-of-range", finding.message, finding.where, finding.hint)


@rule(LockPair)
def contract_edited(pair: LockPair) -> Iterator[Change]:
    """The lock, or a proto beside it, does not hold what modelgen wrote: somebody edited it by hand."""
    for name, path in pair.edited.items():
        hint = _RESTORE if name == LOCK else f"write it anew: modelgen generate --force {pair.package_path}"
        yield _broken("contract-edited", "was edited by hand", Location(path=path), hint, name)


@rule(LockPair)
def pin_name_reused(pair: LockPair) -> Iterator[Change]:
    """A name that was retired is back with another type, under a new number.

    Old clients still send the old number under that name. A new name would say what it is.
    """
    for owner in dict.fromkeys(owner.name for owner in pair.old.owners):
        was = {pin.name: pin for pin in pair.old.of(owner)}
        for pin in pair.fresh.of(owner):
            gone = was.get(pin.name)
            known = any((one.name, one.number) == (pin.name, pin.number) for one in pair.old.of(owner))
            if not pin.retired and gone and gone.retired and not known and pin.type:
                yield replace(
                    _change(
                        pair,
                        "pin-name-reused",
                        pin,
                        f"was {gone.type} under {gone.number}, is {pin.type} under {pin.number}",
                        "give it a name of its own",
                    ),
                    surfaces=Surfaces(wire="warning"),
                    fixed=False,
                )


@rule(LockPair)
def contract_stale(pair: LockPair) -> Iterator[Change]:
    """The project on disk is not what the source gives today: it was not generated after the last change."""
    if pair.stale:
        yield Change(
            rule="contract-stale",
            element=Subject(kind="package", python=pair.package),
            surfaces=Surfaces(),
            message="the generated project is older than its source",
            suggestion=f"modelgen generate {pair.package_path}",
            where=Location(path=pair.path),
            fixed=True,
        )


def _dropped(pair: LockPair, owner: Owner) -> Change:
    """All numbers of a message, an enum or a service that is not in the lock any more."""
    kinds: dict[str, ElementKind] = {"service": "module", "message": "model", "enum": "enum"}
    return Change(
        rule="pin-reserved-dropped",
        element=Subject(kind=kinds[owner.kind], python=owner.source, proto=owner.name),
        surfaces=Surfaces(wire="breaking"),
        message=f"the {owner.kind} {owner.name} is not in the lock any more, and its name and numbers are free",
        suggestion=_RESTORE,
        where=Location(path=pair.path),
        fixed=True,
        before=owner.name,
    )


def _broken(code: str, message: str, where: Location | None, hint: str, file: str = LOCK) -> Change:
    return Change(
        rule=code,
        element=Subject(kind="package", python=file),
        surfaces=Surfaces(wire="breaking"),
        message=message,
        suggestion=hint,
        where=where,
        fixed=True,
    )
