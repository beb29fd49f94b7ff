"""The value of an expression, where the text alone tells it."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from modelgen.source.reader import Assigned, ClassDefinition, dotted
from modelgen.source.resolver import External, Resolver, Scope

Number = TypeVar("Number", int, float)

MAX_DEPTH = 40
MAX_BITS = 4096
MAX_TEXT = 100_000

KNOWN: Mapping[str, float] = {
    "math.inf": math.inf,
    "math.nan": math.nan,
    "math.pi": math.pi,
    "math.e": math.e,
    "math.tau": math.tau,
    "numpy.inf": math.inf,
    "numpy.nan": math.nan,
    "numpy.pi": math.pi,
    "numpy.e": math.e,
    "sys.maxsize": 2**63 - 1,
}
EMPTY: Mapping[str, Any] = {
    "builtins.list": (),
    "builtins.tuple": (),
    "builtins.set": (),
    "builtins.frozenset": (),
    "builtins.dict": {},
    "collections.OrderedDict": {},
    "builtins.str": "",
    "builtins.int": 0,
    "builtins.float": 0.0,
    "builtins.bool": False,
    "builtins.bytes": b"",
}
"""Callables that answer this value when called with nothing."""


class NotStatic(Exception):
    """The text alone does not tell the value."""


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A member of an enum class, as a value."""

    enum: ClassDefinition
    name: str


class Evaluator:
    """Computes literals, constants, arithmetic on them, and enum members."""

    def __init__(self, resolver: Resolver, is_enum: Callable[[ClassDefinition], bool]) -> None:
        self.resolver = resolver
        self.is_enum = is_enum

    def value(self, node: ast.expr, scope: Scope, depth: int = 0) -> Any:
        """None, bool, int, float, str, bytes, EnumMember, or a tuple or dict of such.

        Raises:
            NotStatic: it takes running the code to know.
        """
        if depth > MAX_DEPTH:
            raise NotStatic
        match node:
            case ast.Constant(value=constant) if constant is not Ellipsis and not isinstance(constant, complex):
                return constant
            case ast.UnaryOp(op=op, operand=operand):
                return _unary(op, self.value(operand, scope, depth + 1))
            case ast.BinOp(left=left, op=op, right=right):
                return _binary(op, self.value(left, scope, depth + 1), self.value(right, scope, depth + 1))
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return tuple(self.value(item, scope, depth + 1) for item in items)
            case ast.Dict(keys=keys, values=values):
                return self._dict(keys, values, scope, depth)
            case ast.Name() | ast.Attribute():
                return self._named(dotted(node), scope, depth)
            case ast.Call():
                return self._call(node, scope, depth)
            case _:
                raise NotStatic

    def _dict(self, keys: list[ast.expr | None], values: list[ast.expr], scope: Scope, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            if key is None:
                raise NotStatic
            name = self.value(key, scope, depth + 1)
            if isinstance(name, dict):
                raise NotStatic
            found[name] = self.value(value, scope, depth + 1)
        return found

    def _named(self, name: str, scope: Scope, depth: int) -> Any:
        owner, _, member = name.rpartition(".")
        if owner:
            holder = self.resolver.lookup(scope, owner)
            if isinstance(holder, ClassDefinition) and self.is_enum(holder) and member in holder.names:
                return EnumMember(holder, member)
        found = self.resolver.lookup(scope, name) if name else None
        if isinstance(found, Assigned) and found.value is not None:
            if found.outer is not None and self.is_enum(found.outer):
                return EnumMember(found.outer, found.name)
            return self.value(found.value, Scope(module=found.module, owner=found.outer), depth + 1)
        if isinstance(found, External) and _known(found.name) in KNOWN:
            return KNOWN[_known(found.name)]
        if owner and member in ("value", "name"):
            return self._of_member(owner, member, scope, depth)
        raise NotStatic

    def _of_member(self, owner: str, attribute: str, scope: Scope, depth: int) -> Any:
        """`Mood.HAPPY.value`."""
        member = self._named(owner, scope, depth + 1)
        if not isinstance(member, EnumMember):
            raise NotStatic
        if attribute == "name":
            return member.name
        binding = member.enum.names[member.name][0]
        if not isinstance(binding, Assigned) or binding.value is None:
            raise NotStatic
        return self.value(binding.value, Scope(module=binding.module, owner=member.enum), depth + 1)

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> Any:
        found = self.resolver.lookup(scope, dotted(node.func)) if dotted(node.func) else None
        if not isinstance(found, External) or node.keywords:
            raise NotStatic
        if not node.args and found.name in EMPTY:
            return EMPTY[found.name]
        if len(node.args) != 1:
            raise NotStatic
        argument = self.value(node.args[0], scope, depth + 1)
        if found.name in ("builtins.tuple", "builtins.list", "builtins.frozenset", "builtins.set"):
            return argument if isinstance(argument, tuple) else _refuse()
        if found.name == "pathlib.Path" and isinstance(argument, str):
            return argument
        if found.name == "builtins.float" and isinstance(argument, (str, int, float)):
            return _float(argument)
        return _refuse()


def finite(value: Any) -> bool:
    """Whether no float in a value is infinite or not a number."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, tuple):
        return all(finite(item) for item in value)
    if isinstance(value, dict):
        return all(finite(key) and finite(item) for key, item in value.items())
    return True


def _known(name: str) -> str:
    return name.replace("np.", "numpy.", 1) if name.startswith("np.") else name


def _refuse() -> Any:
    raise NotStatic


def _float(argument: str | int | float) -> float:
    try:
        return float(argument)
    except (ValueError, OverflowError) as error:
        raise NotStatic from error


def _unary(op: ast.unaryop, value: Any) -> Any:
    if isinstance(op, ast.Not):
        return not value
    if not isinstance(value, (int, float)):
        raise NotStatic
    if isinstance(op, ast.USub):
        return -value
    if isinstance(op, ast.UAdd):
        return +value
    return ~value if isinstance(value, int) else _refuse()


def _binary(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Add) and type(left) is type(right) and isinstance(left, (str, bytes, tuple)):
        return left + right if len(left) + len(right) <= MAX_TEXT else _refuse()
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise NotStatic
    try:
        return _arithmetic(op, left, right)
    except (ArithmeticError, ValueError) as error:
        raise NotStatic from error


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return _small(left) * _small(right)
        case ast.Div():
            return left / right
        case ast.FloorDiv():
            return left // right
        case ast.Mod():
            return left % right
        case ast.Pow() if abs(right) <= MAX_BITS and (isinstance(left, float) or abs(left) <= 1 << 20):
            answer = left**right
            return answer if isinstance(answer, (int, float)) else _refuse()
        case _ if isinstance(left, int) and isinstance(right, int):
            return _bitwise(op, left, right)
        case _:
            raise NotStatic


def _bitwise(op: ast.operator, left: int, right: int) -> int:
    match op:
        case ast.LShift() if 0 <= right <= MAX_BITS:
            return _small(left) << right
        case ast.RShift() if right >= 0:
            return left >> right
        case ast.BitOr():
            return left | right
        case ast.BitAnd():
            return left & right
        case ast.BitXor():
            return left ^ right
        case _:
            raise NotStatic


def _small(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise NotStatic
    return value
