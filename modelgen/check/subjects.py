"""Pairs in the words of a finding: which element, where, and its verdict as the numbers have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelgen.check.change import Change, ElementKind, Subject, Surface, Surfaces, Verdict, worst
from modelgen.check.difference import MILD, difference
from modelgen.check.pairs import EnumPair, FieldPair, MemberPair, MethodPair, ModulePair, still_means
from modelgen.contract.edition import PublishedField, PublishedMethod
from modelgen.contract.types import (
    Empty,
    Json,
    ListOf,
    Literals,
    MapOf,
    Named,
    OneOf,
    OptionalOf,
    Scalar,
    ScalarKind,
    Tensor,
    TupleOf,
    TypeRef,
    assert_never,
    text,
)


def module_change(pair: ModulePair, rule: str, surfaces: Surfaces, message: str, **more: Any) -> Change:
    """A change of a served class."""
    one = pair.old or pair.new
    assert one is not None
    edition = pair.editions.old if pair.old else pair.editions.new
    subject = Subject(
        kind="module",
        python=(pair.new or one).symbol,
        proto=f"{edition.package}.{one.base}Service",
        route=next((f"{route(method).rpartition('/')[0]}/*" for method in one.methods), ""),
    )
    return Change(rule=rule, element=subject, surfaces=surfaces, message=message, where=pair.where, **more)


def method_change(pair: MethodPair, rule: str, surfaces: Surfaces, message: str, **more: Any) -> Change:
    """A change of a method."""
    one = pair.old or pair.new
    assert one is not None
    subject = Subject(
        kind="method", python=(pair.new or one).symbol, proto=one.path.removeprefix("/"), route=route(one)
    )
    return Change(rule=rule, element=subject, surfaces=surfaces, message=message, where=pair.where, **more)


def field_change(
    pair: FieldPair,
    rule: str,
    surfaces: Surfaces,
    message: str,
    *,
    notes: Mapping[Surface, str] | None = None,
    **more: Any,
) -> Change:
    """A change of a parameter, a result or a model's field."""
    one = pair.either
    kinds: dict[str, ElementKind] = {"parameter": "parameter", "result": "result", "field": "field"}
    edition = pair.editions.new if pair.new else pair.editions.old
    subject = Subject(
        kind=kinds[one.kind],
        python=one.symbol,
        owner=one.owner,
        proto=f"{edition.package}.{one.message}.{_wire_name(one)}",
        route=route(pair.method.new) if pair.method and pair.method.new else "",
    )
    written = {surface: note for surface, note in {"wire": _wire_note(pair), **(notes or {})}.items() if note}
    return Change(
        rule=rule,
        element=subject,
        surfaces=surfaces,
        message=message,
        where=pair.where,
        notes=written,
        via=pair.via if one.kind == "field" else (),
        **more,
    )


def enum_change(pair: EnumPair, rule: str, surfaces: Surfaces, message: str, **more: Any) -> Change:
    """A change of an enumeration as a whole."""
    subject = Subject(kind="enum", python=pair.new.symbol, proto=f"{pair.editions.new.package}.{pair.new.wire}")
    where = pair.editions.sources.place(pair.new.symbol)
    return Change(rule=rule, element=subject, surfaces=surfaces, message=message, where=where, via=pair.via, **more)


def member_change(pair: MemberPair, rule: str, surfaces: Surfaces, message: str, **more: Any) -> Change:
    """A change of one value of an enumeration."""
    member, symbol = pair.new or pair.old, pair.enum.new.symbol
    assert member is not None
    subject = Subject(
        kind="member",
        python=f"{symbol}.{member.name}",
        owner=symbol,
        proto=f"{pair.enum.editions.new.package}.{pair.enum.new.wire}.{member.name}",
    )
    return Change(
        rule=rule, element=subject, surfaces=surfaces, message=message, where=pair.where, via=pair.enum.via, **more
    )


def route(method: PublishedMethod) -> str:
    """The route of a method, as OpenAPI lists it."""
    return f"POST {method.route}"


def directed(pair: FieldPair | EnumPair, *, request: Verdict = "safe", response: Verdict = "safe") -> Verdict:
    """The graver of two verdicts among the sides that reach the element."""
    sides: list[Verdict] = []
    if "request" in pair.directions:
        sides.append(request)
    if "response" in pair.directions:
        sides.append(response)
    return worst(*sides)


def wire(pair: FieldPair, verdict: Verdict = "safe") -> Verdict:
    """A verdict on the wire, which is no better than what became of the numbers."""
    return worst(verdict, stubs(pair)) if pair.kept else "breaking"


def stubs(pair: FieldPair) -> Verdict:
    """A verdict on code that was generated from the protos: a field that goes into a oneof is another one there.

    Its number stays, and bytes are read as before.
    """
    was = {pin.number: pin.oneof for pin in pair.old_pins}
    now = pair.new.pins if pair.new else ()
    return "warning" if any(pin.oneof and was.get(pin.number) == "" for pin in now) else "safe"


def kind_of(pair: FieldPair) -> str:
    """The code of the difference between a pair's types; empty where there is none or one side is missing."""
    return difference(pair.old_type, pair.new.type) if pair.old_type and pair.new else ""


def mild(pair: FieldPair) -> bool:
    """Whether the types differ in nothing, or in a way that leaves presence, defaults and constraints to speak of."""
    return bool(pair.old and pair.new) and kind_of(pair) in MILD


def role_moved(pair: FieldPair) -> bool:
    """Whether a parameter is in another part of the JSON request: `inputs` or `parameters`."""
    old, new = pair.old, pair.new
    return bool(old and new and new.kind == "parameter" and not new.stream and old.role != new.role)


def type_text(type_: TypeRef | None) -> str:
    """A type as reports and locks write it; empty for none."""
    return text(type_) if type_ else ""


def said(type_: TypeRef | None) -> str:
    """A type in a message, as Python writes it: `list[str]`, `Label | None`."""
    match type_:
        case None | Empty():
            return "None"
        case Scalar(kind=kind):
            return _PYTHON.get(kind, kind)
        case Json():
            return "Any"
        case Named(symbol=symbol):
            return symbol.partition("[")[0].rpartition(".")[2]
        case Literals(values=values):
            return f"Literal[{', '.join(map(repr, values))}]"
        case ListOf(item=item):
            return f"list[{said(item)}]"
        case TupleOf(items=items):
            return f"tuple[{', '.join(map(said, items))}]"
        case MapOf(key=key, value=value):
            return f"dict[{said(key)}, {said(value)}]"
        case OptionalOf(item=item):
            return f"{said(item)} | None"
        case OneOf(arms=arms):
            return " | ".join(map(said, arms))
        case Tensor(dtype=dtype, shape=shape):
            sizes = "" if shape is None else f" of shape ({', '.join('?' if one < 0 else str(one) for one in shape)})"
            return f"array of {dtype}{sizes}"
        case _:
            assert_never(type_)


_PYTHON: Mapping[ScalarKind, str] = {
    "int64": "int",
    "double": "float",
    "string": "str",
    "timestamp": "datetime",
    "duration": "timedelta",
    "decimal": "Decimal",
    "uuid": "UUID",
}
"""What Python calls a scalar where that is not its kind."""


def default_text(value: Any) -> str:
    """A default as Python would write it."""
    return str(value["python"]) if isinstance(value, dict) and "python" in value else repr(value)


def _wire_name(one: PublishedField) -> str:
    return (one.pins[0].oneof or one.pins[0].name) if one.pins else one.name


def _wire_note(pair: FieldPair) -> str:
    if pair.old is None or pair.new is None or pair.kept:
        return ""
    now = {pin.number: pin for pin in pair.new.pins}
    gone = [pin for pin in pair.old_pins if pin.number not in now]
    came = sorted(now.keys() - {pin.number for pin in pair.old_pins})
    if not gone:
        was = next(pin for pin in pair.old_pins if not still_means(pin, now[pin.number]))
        number = f"{pair.old.message}.{was.name} = {was.number}"
        return f"{number}: {was.type} -> {now[was.number].type}, the bytes mean something else"
    names = ", ".join(f"{pin.name} = {pin.number}" for pin in gone)
    instead = f", {', '.join(map(str, came))} takes its place" if came else ""
    unread = "what old clients send there is not read" if pair.requested else "old clients read the old number"
    return f"{pair.old.message}.{names} is retired{instead}: {unread}"
