"""How a TypeRef that a docstring states is written as an annotation, and which names of the file that takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from modelgen.contract.model import Contract, DataModel, Enumeration
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
    Tensor,
    TupleOf,
    TypeRef,
    assert_never,
    strip_optional,
)
from modelgen.languages.python import literal
from modelgen.project.imports import Names, Unspellable
from modelgen.project.places import Place, Wanted
from modelgen.source.package import Package

SCALARS = {
    "bool": "bool",
    "int64": "int",
    "double": "float",
    "string": "str",
    "bytes": "bytes",
    "timestamp": "datetime.datetime",
    "date": "datetime.date",
    "time": "datetime.time",
    "duration": "datetime.timedelta",
    "decimal": "decimal.Decimal",
    "uuid": "uuid.UUID",
}
"""What the kinds are in Python; the others have no name without numpy's."""
DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)

Spelling: TypeAlias = Callable[[Names], str]
"""An annotation, once it is known what a file calls things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speller:
    """Writes the types of one package."""

    contract: Contract
    package: Package

    def spellings(self, wanted: Wanted, place: Place) -> Iterator[Spelling]:
        """The annotations that may do, the one that says most first."""
        if isinstance(wanted.type, Empty):
            if place.empty or place.inside:
                yield lambda names: "None" if place.empty else names.own(place.inside)
            return
        words = _Words.of(wanted)
        if wanted.stream:
            yield from (self._stream(wanted, words, name) for name in _streams(wanted))
            return
        yield lambda names: self.spell(wanted.type, names, words)
        yield lambda names: self.spell(wanted.type, names, replace(words, plain=True))
        if isinstance(strip_optional(wanted.type), ListOf | MapOf | TupleOf) and wanted.type != ListOf(item=Json()):
            yield lambda names: self._bare(wanted.type)

    def _stream(self, wanted: Wanted, words: _Words, name: str) -> Spelling:
        return lambda names: f"{names.of(f'collections.abc.{name}')}[{self.spell(wanted.type, names, words)}]"

    @staticmethod
    def _bare(type_: TypeRef) -> str:
        """The container alone: the docstring says of what."""
        inner = strip_optional(type_)
        name = inner.host if isinstance(inner, ListOf) else "dict" if isinstance(inner, MapOf) else "tuple"
        return f"{name} | None" if isinstance(type_, OptionalOf) else name

    def spell(self, type_: TypeRef, names: Names, words: _Words) -> str:
        """The text of a type, in a file that calls things by `names`.

        Raises:
            Unspellable: Python has no name for it.
        """
        match type_:
            case Scalar():
                return self._scalar(type_, names)
            case Json(object=is_object):
                return "dict" if is_object else names.of("typing.Any")
            case Empty():
                return "None"
            case Named(symbol=symbol):
                return self._class(symbol, names)
            case Literals(values=values):
                return f"{names.of('typing.Literal')}[{', '.join(literal(value) for value in values)}]"
            case ListOf():
                return self._list(type_, names, words)
            case TupleOf(items=items):
                return f"tuple[{', '.join(self.spell(item, names, words) for item in items) or '()'}]"
            case MapOf(key=key, value=value):
                name = names.of("collections.abc.Mapping") if words.mapping else "dict"
                return f"{name}[{self.spell(key, names, words)}, {self.spell(value, names, words)}]"
            case OptionalOf(item=item):
                return f"{self.spell(item, names, words)} | None"
            case OneOf(arms=arms):
                return " | ".join(self.spell(arm, names, words) for arm in arms)
            case Tensor():
                return _tensor(type_, names, words)
            case _:
                assert_never(type_)

    @staticmethod
    def _scalar(type_: Scalar, names: Names) -> str:
        dotted = type_.host or SCALARS.get(type_.kind, "")
        if not dotted:
            raise Unspellable(type_.kind)
        return names.of(dotted) if "." in dotted else dotted

    def _list(self, type_: ListOf, names: Names, words: _Words) -> str:
        name = names.of(f"collections.abc.{words.many}") if words.many and type_.host == "list" else type_.host
        if type_.item == Json():
            return name
        item = self.spell(type_.item, names, words)
        return f"{name}[{item}, ...]" if type_.host == "tuple" else f"{name}[{item}]"

    def _class(self, symbol: str, names: Names) -> str:
        named: tuple[DataModel | Enumeration, ...] = (*self.contract.models, *self.contract.enums)
        found = next((one for one in named if one.symbol == symbol), None)
        if found is None or "[" in symbol or found.where is None:
            raise Unspellable(symbol)
        path = found.where.path
        module = next((file.name for file in self.package.files.values() if file.shown == path), found.import_module)
        return names.of_class(module, found.qualname, public=f"{found.import_module}.{found.qualname}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What a docstring's words ask for that its type alone does not say."""

    many: str = ""
    """What a list is called: `Sequence`; empty: as its host."""
    mapping: bool = False
    array_like: bool = False
    plain: bool = False
    """Arrays without their dtype: the docstring says it."""

    @classmethod
    def of(cls, wanted: Wanted) -> _Words:
        text = wanted.text.lower()
        many = re.search(r"\b(sequence|iterable|collection)s?\b", text)
        return cls(
            many=many.group(1).capitalize() if many and not re.search(r"\blists?\b", text) else "",
            mapping=text.startswith("mapping"),
            array_like=wanted.kind != "return" and re.search(r"array[-_ ]?like", text) is not None,
        )


def _streams(wanted: Wanted) -> tuple[str, ...]:
    if wanted.asynchronous:
        return ("AsyncIterator", "Iterator") if wanted.kind == "return" else ("AsyncIterator",)
    return ("Iterator",) if wanted.kind == "return" else ("Iterable", "Iterator")


def _tensor(type_: Tensor, names: Names, words: _Words) -> str:
    if type_.host == "torch":
        return names.of("torch.Tensor")
    if type_.dtype in DTYPES and not words.plain:
        return f"{names.of('numpy.typing.NDArray')}[{names.of('numpy.' + type_.dtype.replace('bool', 'bool_'))}]"
    return names.of("numpy.typing.ArrayLike" if words.array_like else "numpy.ndarray")
