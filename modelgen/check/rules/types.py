"""Rules on types: one for each way in which two can differ."""

from __future__ import annotations

from collections.abc import Iterator

from modelgen.check.change import Change, Surfaces, Verdict, worst
from modelgen.check.difference import differing, json_accepts, members
from modelgen.check.pairs import FieldPair
from modelgen.check.rule import rule
from modelgen.check.subjects import directed, field_change, kind_of, role_moved, said, wire
from modelgen.contract.types import text

NOT_OF_RESULTS = frozenset(
    (
        "type-changed",
        "message-changed",
        "cardinality-changed",
        "element-type-changed",
        "map-key-type-changed",
        "map-value-type-changed",
        "integer-type-changed",
    )
)
"""Differences that a result reports as `return-type-changed`."""


def _found(pair: FieldPair, code: str) -> bool:
    return kind_of(pair) == code and not (pair.either.kind == "result" and code in NOT_OF_RESULTS)


def _change(
    pair: FieldPair,
    code: str,
    *,
    wire_: Verdict | None = None,
    json: Verdict = "breaking",
    source: Verdict = "breaking",
    behaviour: Verdict = "safe",
    suggestion: str | None = None,
) -> Iterator[Change]:
    """The change of a type; `wire_` is the verdict where every number was kept."""
    assert pair.old
    assert pair.new
    assert pair.old_type
    before, after = said(pair.old_type), said(pair.new.type)
    if before == after:  # of two modules
        before, after = text(pair.old_type), text(pair.new.type)
    message = f"{before} -> {after}"
    if pair.new.required != pair.old.required:
        message += ", required now" if pair.new.required else ", with a default now"
    sent: Verdict = "breaking" if pair.requested and pair.new.required and not pair.old.required else "safe"
    missing: Verdict = "breaking" if pair.answered and pair.old.required and not pair.new.required else "safe"
    yield field_change(
        pair,
        code,
        Surfaces(
            wire="breaking" if wire_ is None else wire(pair, wire_),
            json=worst(json, sent, missing, "breaking" if role_moved(pair) else "safe"),
            source=worst(source, sent),
            behaviour=worst(behaviour, sent),
        ),
        message,
        before=text(pair.old_type),
        after=text(pair.new.type),
        suggestion=_beside(pair) if suggestion is None else suggestion,
        notes=_json_note(pair, json),  # type: ignore[arg-type]
    )


def _json(pair: FieldPair) -> Verdict:
    """The verdict on JSON by what each side accepts of the other."""
    assert pair.old_type
    assert pair.new
    return directed(
        pair,
        request="safe" if json_accepts(pair.old_type, pair.new.type) else "breaking",
        response="safe" if json_accepts(pair.new.type, pair.old_type) else "breaking",
    )


def _json_note(pair: FieldPair, verdict: Verdict) -> dict[str, str]:
    if verdict == "safe" and pair.old_type and pair.new and json_accepts(pair.old_type, pair.new.type):
        return {"json": f"every {said(pair.old_type)} is accepted as {said(pair.new.type)}"}
    return {}


def _beside(pair: FieldPair) -> str:
    """To keep the old one and add the new one beside it, with the number that it would get."""
    assert pair.old
    assert pair.new
    assert pair.old_type
    name, highest = pair.new.name, max((pin.number for pin in pair.editions.old.pins.of(pair.old.message)), default=0)
    if pair.new.kind == "result":
        return "add a method that answers the new type, and keep this one"
    return (
        f"keep `{name}` as {said(pair.old_type)}, and add a field of the new type beside it, with a default "
        f"(it would get number {highest + 1})"
    )


@rule(FieldPair)
def type_changed(pair: FieldPair) -> Iterator[Change]:
    """A type became another one altogether: `str` to `int`, a model to a tensor.

    What old clients send does not decode, or is not read. Keep the old one, and add the new one beside it.
    """
    if _found(pair, "type-changed"):
        yield from _change(pair, "type-changed", json=_json(pair))


@rule(FieldPair)
def type_widened(pair: FieldPair) -> Iterator[Change]:
    """An integer became a real number, or a real one of more digits.

    On the wire it is another type with another number. JSON that was valid for a request still is; an answer may hold
    fractions that integers cannot hold.
    """
    if _found(pair, "type-widened"):
        yield from _change(
            pair,
            "type-widened",
            json=directed(pair, response="breaking"),
            source="warning",
            behaviour="warning",
        )


@rule(FieldPair)
def type_narrowed(pair: FieldPair) -> Iterator[Change]:
    """A real number became an integer, or one of fewer digits: requests with fractions are refused."""
    if _found(pair, "type-narrowed"):
        yield from _change(
            pair,
            "type-narrowed",
            json=directed(pair, request="breaking"),
            source="warning",
            behaviour="breaking",
        )


@rule(FieldPair)
def integer_type_changed(pair: FieldPair) -> Iterator[Change]:
    """A boolean became an integer or back, or an integer changed its width.

    Protobuf decodes them as each other, where the number is kept (`generate --keep-number`). JSON has `true` or `1`,
    and a wide integer does not fit a narrow one.
    """
    if _found(pair, "integer-type-changed"):
        yield from _change(pair, "integer-type-changed", wire_="safe", json=_json(pair), source="warning")


@rule(FieldPair)
def cardinality_changed(pair: FieldPair) -> Iterator[Change]:
    """One value became many, or many one. Neither side can read the other's."""
    if _found(pair, "cardinality-changed"):
        assert pair.old_type
        assert pair.new
        yield from _change(
            pair,
            "cardinality-changed",
            suggestion=(
                f"take both: {said(pair.old_type)} and {said(pair.new.type)} as a union"
                if pair.new.kind != "result" and pair.requested
                else None
            ),
        )


@rule(FieldPair)
def element_type_changed(pair: FieldPair) -> Iterator[Change]:
    """What a list or tuple holds is of another type."""
    if _found(pair, "element-type-changed"):
        yield from _change(pair, "element-type-changed")


@rule(FieldPair)
def map_key_type_changed(pair: FieldPair) -> Iterator[Change]:
    """The keys of a mapping are of another type."""
    if _found(pair, "map-key-type-changed"):
        yield from _change(pair, "map-key-type-changed")


@rule(FieldPair)
def map_value_type_changed(pair: FieldPair) -> Iterator[Change]:
    """The values of a mapping are of another type."""
    if _found(pair, "map-value-type-changed"):
        yield from _change(pair, "map-value-type-changed")


@rule(FieldPair)
def message_changed(pair: FieldPair) -> Iterator[Change]:
    """A model became another model. Even where both have the same fields, their numbers are their own.

    If it is the same model under another name, say so: `modelgen rename`.
    """
    if _found(pair, "message-changed"):
        assert pair.old
        assert pair.new
        assert pair.old_type
        yield from _change(pair, "message-changed", suggestion=_renaming(pair))


def _renaming(pair: FieldPair) -> str | None:
    assert pair.old_type
    assert pair.new
    before, after = (getattr(part, "symbol", "") for part in differing(pair.old_type, pair.new.type))
    gone = before not in pair.editions.new.models
    return f"if it is the same model: modelgen rename {before} {after}" if gone and before and after else None


@rule(FieldPair)
def union_member_added(pair: FieldPair) -> Iterator[Change]:
    """A union may hold one type more. Old requests stay valid; an answer may hold what old clients do not know."""
    if _found(pair, "union-member-added"):
        response: Verdict = "warning"
        yield from _change(
            pair,
            "union-member-added",
            wire_="safe",
            json=directed(pair, response=response),
            source=directed(pair, response=response),
            suggestion="answer it only to callers who ask for it" if pair.answered else "",
        )


@rule(FieldPair)
def union_member_removed(pair: FieldPair) -> Iterator[Change]:
    """A union may not hold a type any more that it could: requests with it are refused."""
    if _found(pair, "union-member-removed"):
        assert pair.old_type
        assert pair.new
        after = members(pair.new.type)
        gone = ", ".join(said(arm) for arm in members(pair.old_type) if arm not in after)
        yield from _change(
            pair,
            "union-member-removed",
            json=directed(pair, request="breaking"),
            behaviour=directed(pair, request="breaking"),
            suggestion=f"go on taking {gone}" if gone else "",
        )


@rule(FieldPair)
def union_introduced(pair: FieldPair) -> Iterator[Change]:
    """One type became a union of several, the old one among them.

    The old one keeps its name and number as the first arm, so old requests decode. Generated code has the field in a
    oneof now; an answer may hold what old clients do not know.
    """
    if _found(pair, "union-introduced"):
        yield from _change(
            pair,
            "union-introduced",
            wire_="warning",
            json=directed(pair, response="breaking"),
            source="warning",
            suggestion="answer the new types only to callers who ask for them" if pair.answered else None,
        )


@rule(FieldPair)
def union_collapsed(pair: FieldPair) -> Iterator[Change]:
    """A union became one of its types: requests with the others are refused."""
    if _found(pair, "union-collapsed"):
        yield from _change(
            pair,
            "union-collapsed",
            json=directed(pair, request="breaking"),
            source="warning",
            behaviour=directed(pair, request="breaking"),
            suggestion="go on taking the others",
        )


@rule(FieldPair)
def oneof_renamed(pair: FieldPair) -> Iterator[Change]:
    """A union's oneof has another name in the proto, while its members are the same. Generated code has it by name."""
    if not pair.old or not pair.new or pair.old.name != pair.new.name:
        return
    before, after = ({pin.oneof for pin in pins if pin.oneof} for pins in (pair.old_pins, pair.new.pins))
    if before and after and before != after and not kind_of(pair):
        yield field_change(
            pair,
            "oneof-renamed",
            Surfaces(wire="breaking", source="warning"),
            f"the oneof {', '.join(before)} is called {', '.join(after)}",
            before=", ".join(before),
            after=", ".join(after),
            suggestion="give it back the name that the lock had",
        )


@rule(FieldPair)
def tensor_dtype_changed(pair: FieldPair) -> Iterator[Change]:
    """An array is of another dtype. A Tensor carries its dtype with it; who checks it refuses the other."""
    if _found(pair, "tensor-dtype-changed"):
        assert pair.old_type
        assert pair.new
        before, after = (getattr(part, "dtype", "any") for part in differing(pair.old_type, pair.new.type))
        taken: Verdict = "safe" if after == "any" else "warning"
        given: Verdict = "safe" if before == "any" else "warning"
        soft = directed(pair, request=taken, response=given)
        hint = f"take {before} as well, and convert it" if pair.requested else "convert the answer back"
        yield from _change(
            pair,
            "tensor-dtype-changed",
            wire_=soft,
            json=soft,
            source=soft,
            behaviour="breaking" if soft == "warning" else "safe",
            suggestion=hint if soft == "warning" else "",
        )


@rule(FieldPair)
def tensor_shape_changed(pair: FieldPair) -> Iterator[Change]:
    """An array is of another shape: what old callers send is refused, or what they receive does not fit."""
    if _found(pair, "tensor-shape-changed"):
        assert pair.old_type
        assert pair.new
        before, after = (getattr(part, "shape", None) for part in differing(pair.old_type, pair.new.type))
        wider, narrower = _fits(before, after), _fits(after, before)
        behaviour = directed(pair, request="safe" if wider else "breaking", response="safe" if narrower else "breaking")
        yield from _change(
            pair,
            "tensor-shape-changed",
            wire_="safe",
            json=behaviour,
            source="safe",
            behaviour=behaviour,
            suggestion="leave the dimension that varies open" if behaviour == "breaking" else "",
        )


def _fits(shape: tuple[int, ...] | None, into: tuple[int, ...] | None) -> bool:
    """Whether every array of a shape is one of another."""
    if into is None:
        return True
    if shape is None or len(shape) != len(into):
        return False
    return all(wanted in (-1, size) for size, wanted in zip(shape, into, strict=True))
