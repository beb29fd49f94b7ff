"""Two editions side by side: an outer join, so that what came and what went are pairs like any other.

What is part of something that went or came as a whole is not paired: its owner says it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from modelgen.check.pairs import (
    Direction,
    EnumPair,
    FieldPair,
    MemberPair,
    MethodPair,
    ModelPair,
    ModulePair,
    PackagePair,
    Pair,
    RaisePair,
    Sources,
)
from modelgen.check.renames import Renames
from modelgen.contract.edition import (
    Edition,
    PublishedEnum,
    PublishedField,
    PublishedMethod,
    PublishedModel,
    PublishedModule,
)
from modelgen.contract.pins import Pin
from modelgen.contract.texts import parse
from modelgen.contract.types import Named, text, walk

_Named = TypeVar("_Named")


def pairs(old: Edition, new: Edition, renames: Renames, sources: Sources) -> Iterator[Pair]:
    """Every pair of two editions, owners before what they hold."""
    yield from _Walk(old, new, renames, sources).pairs()


class _Walk:
    def __init__(self, old: Edition, new: Edition, renames: Renames, sources: Sources) -> None:
        self._old, self._new, self._renames = old, new, renames
        self._editions = PackagePair(old=old, new=new, sources=sources)
        self._reached = _reached(new) if old is not new else {}
        for symbol, uses in _reached(old).items() if old is not new else ():
            self._reached.setdefault(renames.now(symbol), {}).update(
                {(renames.now(method), direction): None for method, direction in uses}
            )

    def pairs(self) -> Iterator[Pair]:
        yield self._editions
        if self._old is self._new:
            return
        yield from self._modules()
        renames = self._renames
        for model, successor in _joined(self._old.models, self._new.models, renames):
            if model and successor and not _same(model, successor):
                yield from self._model(model, successor)
        for enum, later in _joined(self._old.enums, self._new.enums, renames):
            if enum and later and not _same(enum, later):
                yield from self._enum(enum, later)

    def _modules(self) -> Iterator[Pair]:
        joined = list(_joined(self._old.modules, self._new.modules, self._renames))
        came = [new for old, new in joined if new and not old]
        for old, new in joined:
            moved = tuple(one.symbol for one in came if old and not new and _alike(old, one))
            pair = ModulePair(old=old, new=new, editions=self._editions, moved=moved)
            yield pair
            if old and new and not _same(old, new):
                yield from self._methods(pair, old, new)

    def _methods(self, module: ModulePair, old: PublishedModule, new: PublishedModule) -> Iterator[Pair]:
        was = {method.symbol: method for method in old.methods}
        joined = list(_joined(was, {method.symbol: method for method in new.methods}, self._renames))
        came = [after for before, after in joined if after and not before]
        for before, after in joined:
            symbol = self._renames.now(before.symbol) if before else ""
            pair = MethodPair(
                old=before,
                new=after,
                module=module,
                names=dict(self._names(before)) if before else {},
                refusal=None if after else self._editions.sources.refused.get(symbol),
                similar=tuple(one.name for one in came if before and not after and _same_call(before, one)),
            )
            yield pair
            if before and after and not _same(before, after):
                yield from self._inside(pair, before, after)

    def _names(self, method: PublishedMethod) -> Iterator[tuple[str, str]]:
        for one in method.parameters:
            yield one.name, self._renames.now(one.symbol).rpartition(".")[2]

    def _inside(self, method: MethodPair, old: PublishedMethod, new: PublishedMethod) -> Iterator[Pair]:
        via = (new.symbol,)
        yield from self._fields(old.parameters, new.parameters, frozenset(("request",)), via, method)
        was, now = (tuple(one for one in (side.result,) if one) for side in (old, new))
        yield from self._fields(was, now, frozenset(("response",)), via, method)
        before, after = (_by_own_name(side.raises) for side in (old, new))
        for name in dict.fromkeys((*before, *after)):
            stated, states = before.get(name), after.get(name)
            yield RaisePair(
                name=(states or stated or (name,))[0],
                old=stated[1] if stated else None,
                new=states[1] if states else None,
                method=method,
            )

    def _model(self, old: PublishedModel, new: PublishedModel) -> Iterator[Pair]:
        directions, via = self._uses(new.symbol)
        yield ModelPair(old=old, new=new, editions=self._editions, via=via)
        yield from self._fields(old.fields, new.fields, directions, via)

    def _enum(self, old: PublishedEnum, new: PublishedEnum) -> Iterator[Pair]:
        directions, via = self._uses(new.symbol)
        enum = EnumPair(old=old, new=new, directions=directions, via=via, editions=self._editions)
        yield enum
        was = {f"{old.symbol}.{member.name}": member for member in old.members}
        now = {f"{new.symbol}.{member.name}": member for member in new.members}
        joined = list(_joined(was, now, self._renames))
        came = {repr(after.value): after.name for before, after in joined if after and not before}
        for before, after in joined:
            renamed = came.get(repr(before.value), "") if before and not after else ""
            yield MemberPair(old=before, new=after, enum=enum, renamed=renamed)

    def _fields(
        self,
        old: Iterable[PublishedField],
        new: Iterable[PublishedField],
        directions: frozenset[Direction],
        via: tuple[str, ...],
        method: MethodPair | None = None,
    ) -> Iterator[FieldPair]:
        was = {one.symbol: one for one in old}
        joined = list(_joined(was, {one.symbol: one for one in new}, self._renames))
        came = [after for before, after in joined if after and not before]
        for before, after in joined:
            type_ = self._renames.type(before.type) if before else None
            yield FieldPair(
                old=before,
                new=after,
                old_type=type_,
                old_pins=tuple(self._pin(pin) for pin in before.pins) if before else (),
                directions=directions,
                via=via,
                editions=self._editions,
                method=method,
                similar=tuple(one.name for one in came if before and not after and one.type == type_),
            )

    def _pin(self, pin: Pin) -> Pin:
        return replace(pin, type=text(self._renames.type(parse(pin.type))))

    def _uses(self, symbol: str) -> tuple[frozenset[Direction], tuple[str, ...]]:
        uses = self._reached.get(symbol, {})
        return frozenset(direction for _, direction in uses), tuple(sorted({method for method, _ in uses}))


def _joined(
    old: Mapping[str, _Named], new: Mapping[str, _Named], renames: Renames
) -> Iterator[tuple[_Named | None, _Named | None]]:
    """Old and new elements of the same name, in the order of the old ones, what came behind them."""
    now = {renames.now(symbol): element for symbol, element in old.items()}
    for symbol, element in now.items():
        yield element, new.get(symbol)
    for symbol, element in new.items():
        if symbol not in now:
            yield None, element


def _same(old: object, new: object) -> bool:
    """Whether nothing changed at all. Of what is equal, 1 and True are told apart by how they are written."""
    return old == new and repr(old) == repr(new)


def _alike(old: PublishedModule, new: PublishedModule) -> bool:
    """Whether a class that came could be one that went: of the same name, or with the same calls."""
    return old.name == new.name or (
        {method.name for method in old.methods} == {method.name for method in new.methods}
        and all(_same_call(*both) for both in zip(old.methods, new.methods, strict=True))
    )


def _by_own_name(raises: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Error codes by the exception's own name: where it moves to another module, callers see nothing."""
    return {name.rpartition(".")[2]: (name, code) for name, code in raises.items()}


def _same_call(old: PublishedMethod, new: PublishedMethod) -> bool:
    taken = [[(one.name, one.type) for one in method.parameters] for method in (old, new)]
    answered = [method.result.type if method.result else None for method in (old, new)]
    return taken[0] == taken[1] and answered[0] == answered[1] and old.stream == new.stream


def _reached(edition: Edition) -> dict[str, dict[tuple[str, Direction], None]]:
    """Every model and enumeration, with the methods that reach it and from which side."""
    inside = {
        model.symbol: {part.symbol for one in model.fields for part in walk(one.type) if isinstance(part, Named)}
        for model in edition.models.values()
    }
    found: dict[str, dict[tuple[str, Direction], None]] = {}
    for module in edition.modules.values():
        for method in module.methods:
            sides: tuple[tuple[Direction, tuple[PublishedField, ...]], ...] = (
                ("request", method.parameters),
                ("response", (method.result,) if method.result else ()),
            )
            for direction, fields in sides:
                types = (part for one in fields for part in walk(one.type))
                todo = [part.symbol for part in types if isinstance(part, Named)]
                seen: set[str] = set()
                while todo:
                    symbol = todo.pop()
                    if symbol not in seen:
                        seen.add(symbol)
                        todo += inside.get(symbol, ())
                for symbol in seen:
                    found.setdefault(symbol, {})[method.symbol, direction] = None
    return found
