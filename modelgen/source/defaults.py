"""The default of a parameter or a field, as the caller gets it by leaving it out."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from modelgen.contract.model import Default
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
    walk,
)
from modelgen.source.constants import EMPTY, EnumMember, Evaluator, NotStatic, finite
from modelgen.source.public import PublicPaths
from modelgen.source.reader import dotted
from modelgen.source.resolver import External, Scope

MAX_TEXT = 200

INTEGERS: tuple[type, ...] = (int,)
KINDS: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    **dict.fromkeys(("int32", "int64", "uint32", "uint64"), INTEGERS),
    **dict.fromkeys(("float", "double"), (int, float)),
    "string": (str,),
    "bytes": (bytes,),
}
"""Kind of scalar -> the Python types of its defaults; of other kinds no default is known."""


class DefaultReader:
    """Reads default expressions."""

    def __init__(self, evaluator: Evaluator, public: PublicPaths) -> None:
        self.evaluator = evaluator
        self.public = public

    def default(self, node: ast.expr, scope: Scope, type_: TypeRef | None) -> Default:
        """The default that an expression is; its value where the text alone tells it and the type can say it."""
        text = scope.module.text(node)
        text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
        try:
            value = self.evaluator.value(node, scope)
        except NotStatic:
            return Default(text=text, known=False)
        return self._of_value(value, text, type_)

    def factory(self, node: ast.expr, scope: Scope) -> Default:
        """The default that a `default_factory` makes."""
        text = scope.module.text(node)
        found = self.evaluator.resolver.lookup(scope, dotted(node)) if dotted(node) else None
        if isinstance(found, External) and found.name in EMPTY:
            return Default(text=f"{text}()", value=EMPTY[found.name])
        if isinstance(node, ast.Lambda) and not node.args.args:
            return self.default(node.body, scope, None)
        return Default(text=f"{text}()", known=False)

    def _of_value(self, value: Any, text: str, type_: TypeRef | None) -> Default:
        if isinstance(value, EnumMember):
            symbol = self.public.of(value.enum).symbol
            names = {part.symbol for part in walk(type_) if isinstance(part, Named)} if type_ is not None else set()
            return Default(text=text, value=value.name) if symbol in names else Default(text=text, known=False)
        if not _plain(value) or not finite(value) or (type_ is not None and not fits(value, type_)):
            return Default(text=text, known=False)
        return Default(text=text, value=value)


def _plain(value: Any) -> bool:
    """Whether a value is made of what a contract can hold."""
    if isinstance(value, tuple):
        return all(_plain(item) for item in value)
    if isinstance(value, dict):
        return all(_plain(key) and _plain(item) for key, item in value.items())
    return value is None or isinstance(value, (bool, int, float, str, bytes))


def fits(value: Any, type_: TypeRef) -> bool:
    """Whether a value is of a type; None always is, for it makes the type optional."""
    if value is None:
        return True
    match type_:
        case OptionalOf(item=item):
            return fits(value, item)
        case OneOf(arms=arms):
            return any(fits(value, arm) for arm in arms)
        case Json():
            return True
        case Scalar(kind=kind):
            return type(value) in KINDS.get(kind, ())
        case Literals(values=values):
            return any(type(value) is type(one) and value == one for one in values)
        case ListOf(item=item):
            return isinstance(value, tuple) and all(fits(one, item) for one in value)
        case TupleOf(items=items):
            return isinstance(value, tuple) and len(value) == len(items) and all(map(fits, value, items))
        case MapOf(key=key, value=item):
            return isinstance(value, dict) and all(fits(k, key) and fits(v, item) for k, v in value.items())
        case Tensor():
            return _is_numeric(value)
        case Named() | Empty():
            return False
        case _:
            assert_never(type_)


def _is_numeric(value: Any) -> bool:
    """Whether a value is numbers, however deep in tuples."""
    if isinstance(value, tuple):
        return all(_is_numeric(item) for item in value)
    return isinstance(value, (bool, int, float))
