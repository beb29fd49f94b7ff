"""Enum classes -> enumerations: members, their values, `auto()`, flags, and the functional way."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from typing import Any

from modelgen.contract.model import Member
from modelgen.source.constants import Evaluator, NotStatic
from modelgen.source.meaning import Unreadable
from modelgen.source.mro import Hierarchy, Lineage
from modelgen.source.reader import Assigned, ClassDefinition, FunctionDefinition, last_name
from modelgen.source.resolver import Scope

FLAGS = frozenset({"enum.Flag", "enum.IntFlag"})
ENUMS = FLAGS | {"enum.Enum", "enum.IntEnum", "enum.StrEnum", "strenum.StrEnum", "backports.strenum.StrEnum"}
RESERVED = frozenset({"_ignore_", "_order_", "_generate_next_value_", "_missing_"})


class _Written(ast.NodeTransformer):
    """Writes the values of earlier members in place of their names: `READ_WRITE = READ | WRITE`."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """An earlier member's value, or the name as it is."""
        value = self.known.get(node.id)
        is_value = isinstance(value, (str, int, float, bool))
        return ast.copy_location(ast.Constant(value=value), node) if is_value else node


def is_enum(lineage: Lineage) -> bool:
    """Whether a class is an enum."""
    return any(name in ENUMS for name in lineage.outside)


def is_flag(lineage: Lineage) -> bool:
    """Whether a class's members combine."""
    return any(name in FLAGS for name in lineage.outside)


class EnumReader:
    """Reads the members of enum classes."""

    def __init__(self, hierarchy: Hierarchy, evaluator: Evaluator) -> None:
        self.hierarchy = hierarchy
        self.evaluator = evaluator

    def members(self, definition: ClassDefinition) -> tuple[Member, ...]:
        """The members in the order of the source, aliases left out.

        Raises:
            Unreadable: no members, or a value that the text alone does not tell.
        """
        lineage = self.hierarchy.lineage(definition)
        found: list[Member] = []
        known: dict[str, Any] = {}
        for binding in self._assignments(definition):
            value = self._value(binding, lineage, known)
            is_alias = (type(value), value) in {(type(old), old) for old in known.values()}
            known[binding.name] = value
            if is_alias:
                continue
            found.append(
                Member(name=binding.name, doc=binding.doc, where=binding.module.where(binding.node), value=value)
            )
        if not found:
            raise Unreadable(f"the enum `{definition.name}` has no members")
        return tuple(found)

    @staticmethod
    def _assignments(definition: ClassDefinition) -> Iterator[Assigned]:
        for name, bindings in definition.names.items():
            binding = bindings[-1]
            is_member = isinstance(binding, Assigned) and binding.value is not None and binding.annotation is None
            if is_member and isinstance(binding, Assigned) and name not in RESERVED and not name.startswith("__"):
                yield binding

    def _value(self, binding: Assigned, lineage: Lineage, known: Mapping[str, Any]) -> Any:
        node = binding.value
        if isinstance(node, ast.Call) and last_name(node) == "auto":
            return self._auto(binding, lineage, list(known.values()))
        if isinstance(node, ast.Call) and last_name(node) in ("member", "enum_property") and node.args:
            node = node.args[0]
        if node is not None and known:
            node = _Written(known).visit(copy.deepcopy(node))
        try:
            value = self.evaluator.value(node, Scope(module=binding.module, owner=binding.outer)) if node else None
        except NotStatic as error:
            raise _unknown(binding) from error
        scalar = isinstance(value, (str, int, float, bool))
        several = isinstance(value, tuple) and all(isinstance(item, (str, int, float, bool)) for item in value)
        if scalar or several:
            return value
        raise _unknown(binding)

    def _auto(self, binding: Assigned, lineage: Lineage, before: list[Any]) -> str | int:
        """What `auto()` gives: the class's own rule, the lower-case name, a power of two, or one more."""
        rule = self._own_rule(lineage)
        if rule is not None:
            return _apply(rule, binding)
        if any(name.endswith("StrEnum") for name in lineage.outside):
            return binding.name.lower()
        numbers = [value for value in before if isinstance(value, int)]
        if is_flag(lineage):
            return 1 << max((number.bit_length() for number in numbers if number > 0), default=0)
        following = max(numbers, default=0) + 1
        return str(following) if "builtins.str" in lineage.outside else following

    @staticmethod
    def _own_rule(lineage: Lineage) -> FunctionDefinition | None:
        for ancestor in lineage.classes:
            for binding in ancestor.definition.names.get("_generate_next_value_", []):
                if isinstance(binding, FunctionDefinition):
                    return binding
        return None


def _apply(rule: FunctionDefinition, binding: Assigned) -> str:
    """The value of `_generate_next_value_` where it only returns the name, perhaps in another case."""
    returned = rule.node.body[-1]
    first = rule.node.args.args[0].arg if rule.node.args.args else ""
    if isinstance(returned, ast.Return) and returned.value is not None:
        value = returned.value
        if isinstance(value, ast.Name) and value.id == first:
            return binding.name
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not value.args:
            holder = value.func.value
            if isinstance(holder, ast.Name) and holder.id == first and value.func.attr in ("lower", "upper"):
                return binding.name.lower() if value.func.attr == "lower" else binding.name.upper()
    raise _unknown(binding)


def _unknown(binding: Assigned) -> Unreadable:
    return Unreadable(f"the value of the enum member `{binding.name}` could not be read", "write the value out")


def functional_members(assigned: Assigned, evaluator: Evaluator) -> tuple[Member, ...]:
    """The members of `Enum("Color", "RED GREEN")` and its other forms.

    Raises:
        Unreadable: members that are not written out.
    """
    call = assigned.value
    if not isinstance(call, ast.Call) or len(call.args) < 2:
        raise Unreadable(f"the members of `{assigned.name}` are not written out")
    try:
        names = evaluator.value(call.args[1], Scope(module=assigned.module, owner=assigned.outer))
    except NotStatic as error:
        raise Unreadable(f"the members of `{assigned.name}` are not written out") from error
    where = assigned.module.where(assigned.node)
    texts = last_name(call) == "StrEnum"
    return tuple(Member(name=name, value=value, where=where) for name, value in _pairs(names, texts))


def _pairs(names: Any, texts: bool) -> Iterator[tuple[str, Any]]:
    if isinstance(names, str):
        names = tuple(names.replace(",", " ").split())
    if isinstance(names, dict):
        yield from ((str(name), value) for name, value in names.items())
        return
    if not isinstance(names, tuple):
        raise Unreadable("the members of an enum are not written out")
    for number, name in enumerate(names, start=1):
        if isinstance(name, tuple) and len(name) == 2:
            yield str(name[0]), name[1]
        else:
            yield str(name), str(name).lower() if texts else number
