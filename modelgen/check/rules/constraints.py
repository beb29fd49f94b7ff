"""Rules on what values must satisfy, on the service's limits, and on descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from modelgen.check.change import Change, Subject, Surfaces
from modelgen.check.difference import INTEGERS
from modelgen.check.pairs import FieldPair, PackagePair
from modelgen.check.rule import rule
from modelgen.check.subjects import directed, field_change, mild
from modelgen.contract.edition import PublishedField
from modelgen.contract.types import Scalar, strip_optional
from modelgen.contract.wire import placed

_SIDES = {
    "ge": "floor",
    "gt": "floor",
    "le": "ceiling",
    "lt": "ceiling",
    "multiple_of": "step",
    "min_length": "shortest",
    "max_length": "longest",
}
_WORDS = {
    "ge": ">=",
    "gt": ">",
    "le": "<=",
    "lt": "<",
    "multiple_of": "a multiple of",
    "min_length": "length >=",
    "max_length": "length <=",
}


@dataclass(frozen=True, slots=True)
class _Bound:
    """One side of what a value must satisfy."""

    name: str
    value: Any

    @property
    def side(self) -> str:
        return _SIDES[self.name]

    def looser(self, old: _Bound) -> bool:
        """Whether all that satisfied the old one satisfies this one; both are of one side."""
        match self.side:
            case "floor" | "shortest":
                return bool((self.value, self.name == "gt") <= (old.value, old.name == "gt"))
            case "ceiling" | "longest":
                return bool((-self.value, self.name == "lt") <= (-old.value, old.name == "lt"))
            case _:
                return bool(old.value % self.value == 0)  # every multiple of 6 is one of 3

    def __str__(self) -> str:
        return f"{_WORDS[self.name]} {self.value}"


_Step: TypeAlias = tuple[str, _Bound | None, _Bound | None]
"""The place inside the type, a bound before and after."""


@rule(FieldPair)
def constraint_added(pair: FieldPair) -> Iterator[Change]:
    """A value must satisfy what it did not have to: requests that do not are refused. Answers only promise more."""
    found = [step for step in _steps(pair) if step[1] is None]
    yield from _change(pair, "constraint-added", found, tighter=True)


@rule(FieldPair)
def constraint_tightened(pair: FieldPair) -> Iterator[Change]:
    """A bound is closer than it was: requests beyond it are refused. Answers only promise more."""
    found = [step for step in _steps(pair) if step[1] and step[2] and not step[2].looser(step[1])]
    yield from _change(pair, "constraint-tightened", found, tighter=True)


@rule(FieldPair)
def constraint_loosened(pair: FieldPair) -> Iterator[Change]:
    """A bound is wider than it was, or gone: answers may hold what old clients do not expect. Requests stay valid."""
    found = [step for step in _steps(pair) if step[1] and (step[2] is None or step[2].looser(step[1]))]
    yield from _change(pair, "constraint-loosened", found, tighter=False)


@rule(FieldPair)
def pattern_changed(pair: FieldPair) -> Iterator[Change]:
    """The pattern that a text must match is another one. Which texts that excludes, only its author knows."""
    if not mild(pair):
        return
    for place in _places(pair):
        old, new = (one.constraints.get(place, {}).get("pattern") for one in (pair.old, pair.new) if one)
        if old != new:
            before, after = (repr(one) if one is not None else "any text" for one in (old, new))
            freed = new is None and not pair.answered
            verdict = Surfaces() if freed else Surfaces(json="warning", behaviour="warning")
            yield field_change(
                pair,
                "pattern-changed",
                verdict,
                f"{_at(place)}{before} -> {after}",
                before=before,
                after=after,
                suggestion="" if freed else "make sure that every text that matched the old one matches the new one",
            )


@rule(PackagePair)
def limits_changed(pair: PackagePair) -> Iterator[Change]:
    """A limit in service.toml is lower than it was: calls that were within it are refused or time out.

    Limits are compared as the service's settings in version control state them.
    """
    for name, (old, new) in pair.limits.items():
        if old is not None and new is not None and new < old:
            yield Change(
                rule="limits-changed",
                element=Subject(kind="package", python=f"service.toml.{name}", owner="service.toml"),
                surfaces=Surfaces(json="warning", behaviour="warning"),
                message=f"{old} -> {new}",
                before=str(old),
                after=str(new),
                suggestion="tell those who call near the old limit",
                where=pair.limits_place,
            )


@rule(PackagePair, off=True)
def description_changed(pair: PackagePair) -> Iterator[Change]:
    """The words that describe something are others: in OpenAPI, in the protos and in the clients' docstrings.

    Off unless the settings give it a severity. Compares the docstrings in the source of both revisions.
    """
    for symbol, (old, new) in pair.descriptions.items():
        yield Change(
            rule="description-changed",
            element=Subject(kind="field", python=symbol, owner=symbol.rpartition(".")[0]),
            surfaces=Surfaces(json="warning"),
            message="is described in other words",
            before=old,
            after=new,
            where=pair.sources.place(symbol),
        )


def _places(pair: FieldPair) -> list[str]:
    return list(
        dict.fromkeys((*(pair.old.constraints if pair.old else ()), *(pair.new.constraints if pair.new else ())))
    )


def _steps(pair: FieldPair) -> Iterator[_Step]:
    """Every bound that came, went or moved."""
    if not mild(pair) or not pair.old or not pair.new:
        return
    for place in _places(pair):
        old, new = (_bounds(side, place) for side in (pair.old, pair.new))
        for side in dict.fromkeys((*old, *new)):
            if old.get(side) != new.get(side):
                yield place, old.get(side), new.get(side)


def _bounds(one: PublishedField, place: str) -> dict[str, _Bound]:
    """The bounds at a place of a type, by their side; where two are of one side, the closer one."""
    whole = {where.removeprefix("."): type_ for where, type_ in placed(strip_optional(one.type), "")}.get(place)
    integral = isinstance(whole, Scalar) and whole.kind in INTEGERS
    found: dict[str, _Bound] = {}
    for name, value in one.constraints.get(place, {}).items():
        if name != "pattern":
            bound = _inclusive(name, value) if integral else _Bound(name, value)
            other = found.get(bound.side)
            found[bound.side] = other if other and bound.looser(other) else bound
    return found


def _inclusive(name: str, value: Any) -> _Bound:
    """A bound on integers: above 0 is from 1 on."""
    if name in ("gt", "lt") and value == int(value):
        return _Bound("ge", int(value) + 1) if name == "gt" else _Bound("le", int(value) - 1)
    return _Bound(name, value)


def _change(pair: FieldPair, code: str, steps: list[_Step], *, tighter: bool) -> Iterator[Change]:
    """The change of all bounds that moved in one way."""
    if not steps:
        return
    before, after = (", ".join(_text(place, bound) for place, bound in side) for side in _sides(steps))
    grave = directed(pair, request="breaking") if tighter else directed(pair, response="warning")
    yield field_change(
        pair,
        code,
        Surfaces(json=grave, behaviour=grave),
        f"{before} -> {after}",
        before=before,
        after=after,
        suggestion=(
            "" if grave == "safe" else f"keep {before}" if steps[0][1] else "leave it free, and clamp in the method"
        ),
    )


def _sides(steps: list[_Step]) -> tuple[list[tuple[str, _Bound | None]], list[tuple[str, _Bound | None]]]:
    return [(place, old) for place, old, _ in steps], [(place, new) for place, _, new in steps]


def _text(place: str, bound: _Bound | None) -> str:
    return f"{_at(place)}{bound or 'free'}"


def _at(place: str) -> str:
    return f"at {place}: " if place else ""
