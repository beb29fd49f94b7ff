"""Rules on enumerations, and on choices that are written out in a signature."""

from __future__ import annotations

from collections.abc import Iterator

from modelgen.check.change import Change, Surfaces
from modelgen.check.difference import differing
from modelgen.check.pairs import EnumPair, FieldPair, MemberPair
from modelgen.check.rule import rule
from modelgen.check.subjects import directed, enum_change, field_change, kind_of, member_change, said, type_text
from modelgen.contract.types import Literals


@rule(MemberPair, FieldPair)
def enum_value_added(pair: MemberPair | FieldPair) -> Iterator[Change]:
    """A choice has one value more. Old requests stay valid; an answer may hold what old clients do not know."""
    side = pair.enum if isinstance(pair, MemberPair) else pair
    surfaces = Surfaces(
        json=directed(side, response="warning"),
        source=directed(side, response="warning"),
        behaviour=directed(side, response="warning"),
    )
    hint = "answer it only to callers who ask for it" if "response" in side.directions else ""
    if isinstance(pair, MemberPair):
        if pair.new and not pair.old and not _renames(pair):
            value = _shown(pair.new.value)
            yield member_change(pair, "enum-value-added", surfaces, f"{value} is new", after=value, suggestion=hint)
        return
    _, came = _values(pair)
    if came:
        message = f"{', '.join(came)} may be chosen now"
        yield field_change(
            pair, "enum-value-added", surfaces, message, after=type_text(pair.either.type), suggestion=hint
        )


@rule(MemberPair, FieldPair)
def enum_value_removed(pair: MemberPair | FieldPair) -> Iterator[Change]:
    """A value of a choice is gone: requests with it are refused. Its number stays reserved."""
    side = pair.enum if isinstance(pair, MemberPair) else pair
    surfaces = Surfaces(
        wire=directed(side, request="breaking"),
        json=directed(side, request="breaking"),
        source="breaking",
        behaviour=directed(side, request="breaking"),
    )
    if isinstance(pair, MemberPair):
        if pair.old and not pair.new and not pair.renamed:
            value = _shown(pair.old.value)
            hint = f"go on taking {value}, and treat it as what replaced it"
            yield member_change(pair, "enum-value-removed", surfaces, f"{value} is gone", before=value, suggestion=hint)
        return
    gone, _ = _values(pair)
    if gone:
        message = f"{', '.join(gone)} may not be chosen any more"
        hint = f"go on taking {', '.join(gone)}, and treat it as what replaced it"
        before = type_text(pair.old_type)
        yield field_change(pair, "enum-value-removed", surfaces, message, before=before, suggestion=hint)


@rule(MemberPair)
def enum_value_renamed(pair: MemberPair) -> Iterator[Change]:
    """A member has another name and the same value. JSON carries the value; code has the name.

    Without a rename in the settings it also has another number: old clients' numbers are not read.
    """
    member = pair.renamed or (pair.new.name if pair.new else "")
    if pair.old and member and pair.old.name != member and (pair.renamed or pair.new):
        symbol = pair.enum.new.symbol
        hint = f"keep the name {pair.old.name}"
        if pair.renamed:
            hint += f", or its number: modelgen rename {symbol}.{pair.old.name} {symbol}.{member}"
        yield member_change(
            pair,
            "enum-value-renamed",
            Surfaces(wire="breaking" if pair.renamed else "safe", source="breaking"),
            f"{pair.old.name} is called {member}",
            before=pair.old.name,
            after=member,
            suggestion=hint,
        )


@rule(MemberPair)
def enum_json_value_changed(pair: MemberPair) -> Iterator[Change]:
    """A member stands for another value, which is what JSON carries: requests with the old one are refused."""
    if pair.old and pair.new and pair.old.value != pair.new.value:
        before, after = _shown(pair.old.value), _shown(pair.new.value)
        yield member_change(
            pair,
            "enum-json-value-changed",
            Surfaces(json="breaking", behaviour="warning"),
            f"{before} -> {after}",
            before=before,
            after=after,
            suggestion=f"keep the value {before}",
        )


@rule(FieldPair)
def enum_opened(pair: FieldPair) -> Iterator[Change]:
    """A choice became free text. On the wire an enum is not a string.

    JSON requests stay valid; an answer may hold what old clients do not know.
    """
    if kind_of(pair) == "enum-opened":
        json = directed(pair, response="warning")
        yield _reshaped(pair, "enum-opened", Surfaces(wire="breaking", json=json, source="breaking"))


@rule(FieldPair)
def enum_closed(pair: FieldPair) -> Iterator[Change]:
    """Free text became a choice: requests with anything else are refused, and on the wire a string is not an enum."""
    if kind_of(pair) == "enum-closed":
        refused = directed(pair, request="breaking")
        surfaces = Surfaces(wire="breaking", json=refused, source="breaking", behaviour=refused)
        yield _reshaped(pair, "enum-closed", surfaces)


@rule(EnumPair)
def enum_renamed(pair: EnumPair) -> Iterator[Change]:
    """An enumeration has another name in proto and OpenAPI. Bytes and JSON stay; generated code has another class."""
    if pair.old.wire != pair.new.wire:
        yield enum_change(
            pair,
            "enum-renamed",
            Surfaces(source="breaking"),
            f"{pair.old.wire} is called {pair.new.wire}",
            before=pair.old.wire,
            after=pair.new.wire,
            suggestion="give it back the name that the lock had",
        )


def _reshaped(pair: FieldPair, code: str, surfaces: Surfaces) -> Change:
    before, after = said(pair.old_type), said(pair.either.type)
    hint = f"keep `{pair.either.name}` as it was, and add a field of the new type beside it, with a default"
    if pair.either.kind == "result":
        hint = "add a method that answers the new type, and keep this one"
    return field_change(
        pair,
        code,
        surfaces,
        f"{before} -> {after}",
        before=type_text(pair.old_type),
        after=type_text(pair.either.type),
        suggestion=hint,
    )


def _values(pair: FieldPair) -> tuple[list[str], list[str]]:
    """The values of a choice in the signature that went, and those that came."""
    if kind_of(pair) != "enum-values-changed" or not pair.old_type or not pair.new:
        return [], []
    before, after = differing(pair.old_type, pair.new.type)
    if not isinstance(before, Literals) or not isinstance(after, Literals):
        return [], []
    was, now = ([repr(value) for value in side.values] for side in (before, after))
    return [value for value in was if value not in now], [value for value in now if value not in was]


def _renames(pair: MemberPair) -> bool:
    """Whether the member that came has the value of one that went."""
    values = {repr(one.value) for one in pair.enum.new.members if one.name in {m.name for m in pair.enum.old.members}}
    old = {repr(one.value): one.name for one in pair.enum.old.members}
    names = {one.name for one in pair.enum.new.members}
    value = repr(pair.new.value) if pair.new else ""
    return value not in values and value in old and old[value] not in names


def _shown(value: object) -> str:
    return repr(value)
