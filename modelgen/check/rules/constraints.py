"""Rules on what values must satisfy, on the service's limits, and on descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelgen.check.change import Change, Subject, Surfaces
from modelgen.check.difference import difference
from modelgen.check.pairs import FieldPair, PackagePair
from modelgen.check.rule import rule
from modelgen.check.subjects import directed, field_change

_FLOORS = ("ge", "gt", "min_length")
_CEILINGS = ("le", "lt", "max_length")
_WORDS = {
    "ge": ">=",
    "gt": ">",
    "le": "<=",
    "lt": "<",
    "multiple_of": "a multiple of",
    "min_length": "length >=",
    "max_length": "length <=",
}


@rule(FieldPair)
def constraint_added(pair: FieldPair) -> Iterator[Change]:
    """A value must satisfy what it did not have to: requests that do not are refused. Answers only promise more."""
    for place, name, old, new in _differences(pair):
        if old is None and new is not None:
            yield _change(pair, "constraint-added", place, name, old, new, tighter=True)


@rule(FieldPair)
def constraint_tightened(pair: FieldPair) -> Iterator[Change]:
    """A bound is closer than it was: requests beyond it are refused. Answers only promise more."""
    for place, name, old, new in _differences(pair):
        if old is not None and new is not None and not _looser(name, old, new):
            yield _change(pair, "constraint-tightened", place, name, old, new, tighter=True)


@rule(FieldPair)
def constraint_loosened(pair: FieldPair) -> Iterator[Change]:
    """A bound is wider than it was, or gone: answers may hold what old clients do not expect. Requests stay valid."""
    for place, name, old, new in _differences(pair):
        if old is not None and (new is None or _looser(name, old, new)):
            yield _change(pair, "constraint-loosened", place, name, old, new, tighter=False)


@rule(FieldPair)
def pattern_changed(pair: FieldPair) -> Iterator[Change]:
    """The pattern that a text must match is another one. Which texts that excludes, only its author knows."""
    if not _same_type(pair):
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
                element=Subject(kind="package", python=f"service.toml {name}", owner="service.toml"),
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


def _same_type(pair: FieldPair) -> bool:
    return bool(pair.old and pair.new and pair.old_type and not difference(pair.old_type, pair.new.type))


def _places(pair: FieldPair) -> list[str]:
    return list(
        dict.fromkeys((*(pair.old.constraints if pair.old else ()), *(pair.new.constraints if pair.new else ())))
    )


def _differences(pair: FieldPair) -> Iterator[tuple[str, str, Any, Any]]:
    """Every bound that came, went or moved: its place inside the type, its name, before and after."""
    if not _same_type(pair) or not pair.old or not pair.new:
        return
    for place in _places(pair):
        before = _bounds(pair.old.constraints.get(place, {}))
        after = _bounds(pair.new.constraints.get(place, {}))
        for name in dict.fromkeys((*before, *after)):
            if before.get(name) != after.get(name):
                yield place, name, before.get(name), after.get(name)


def _bounds(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stated.items() if name != "pattern"}


def _looser(name: str, old: Any, new: Any) -> bool:
    if name in _FLOORS:
        return bool(new < old)
    if name in _CEILINGS:
        return bool(new > old)
    return bool(old % new == 0)  # every multiple of 6 is one of 3


def _change(pair: FieldPair, code: str, place: str, name: str, old: Any, new: Any, *, tighter: bool) -> Change:
    before, after = (f"{_WORDS[name]} {one}" if one is not None else "free" for one in (old, new))
    side = "breaking" if tighter else "safe"
    surfaces = Surfaces(
        json=directed(pair, request=side, response="safe" if tighter else "warning"),  # type: ignore[arg-type]
        behaviour=directed(pair, request=side, response="safe" if tighter else "warning"),  # type: ignore[arg-type]
    )
    risky = surfaces.behaviour != "safe"
    return field_change(
        pair,
        code,
        surfaces,
        f"{_at(place)}{before} -> {after}",
        before=before,
        after=after,
        suggestion=(
            "" if not risky else f"keep {before}" if old is not None else "leave it free, and clamp in the method"
        ),
    )


def _at(place: str) -> str:
    return f"at {place}: " if place else ""
