"""What `field(...)`, pydantic's `Field(...)` and `attr.ib(...)` say of a field: its default, constraints, alias."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from modelgen.contract.model import Default
from modelgen.contract.types import FREE, Constraints
from modelgen.source.constraints import combine, read_metadata
from modelgen.source.defaults import DefaultReader
from modelgen.source.reader import Assigned, dotted, last_name
from modelgen.source.resolver import Scope

SPECIFIERS = frozenset({"field", "Field", "ib", "attrib", "PrivateAttr", "Factory"})
"""Calls that describe a field instead of being its default."""


@dataclass(slots=True)
class Specifier:
    """What `field(...)`, `Field(...)` or `attr.ib(...)` says."""

    default: Default | None = None
    constraints: Constraints = FREE
    alias: str = ""
    doc: str = ""
    init: bool = True
    type: ast.expr | None = None
    unread: tuple[str, ...] = ()


class SpecifierReader:
    """Reads the right-hand sides of fields."""

    def __init__(self, defaults: DefaultReader) -> None:
        self.defaults = defaults

    def read(self, binding: Assigned, scope: Scope) -> Specifier:
        """What the right-hand side, or a `Field` inside `Annotated`, says of the field."""
        found = Specifier()
        for call in _field_calls(binding.annotation):
            self._read_call(found, call, scope)
        value = binding.value
        if value is None:
            return found
        if isinstance(value, ast.Call) and last_name(value) in SPECIFIERS:
            self._read_call(found, value, scope)
        else:
            found.default = self.defaults.default(value, scope, None)
        return found

    def _read_call(self, found: Specifier, call: ast.Call, scope: Scope) -> None:
        keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        default = keywords.get("default") or (
            call.args[0] if call.args and last_name(call) in ("Field", "ib", "attrib") else None
        )
        factory = keywords.get("default_factory") or keywords.get("factory")
        if factory is not None:
            found.default = self.defaults.factory(factory, scope)
        elif isinstance(default, ast.Call) and last_name(default) == "Factory" and default.args:
            found.default = self.defaults.factory(default.args[0], scope)
        elif default is not None and not _is_missing(default):
            found.default = self.defaults.default(default, scope, None)
        meta = read_metadata(call, scope, self.defaults.evaluator)
        found.constraints = combine(found.constraints, meta.constraints)
        found.unread = (*found.unread, *meta.unread)
        found.doc = meta.doc or found.doc
        found.type = keywords.get("type", found.type)
        found.alias = self._alias(keywords) or found.alias
        found.init = not is_false(keywords.get("init"))

    def _alias(self, keywords: dict[str, ast.expr]) -> str:
        for name in ("validation_alias", "alias", "serialization_alias", "name"):
            node = keywords.get(name)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                return node.value
        return ""


def _field_calls(annotation: ast.expr | None) -> Iterator[ast.Call]:
    """The `Field(...)` inside `Annotated[...]` that give a default or an alias."""
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Annotated":
        inner = annotation.slice
        for item in inner.elts[1:] if isinstance(inner, ast.Tuple) else []:
            if isinstance(item, ast.Call) and last_name(item) == "Field":
                yield item


def default_node(binding: Assigned) -> ast.expr | None:
    """The default's own expression, where it is written plainly."""
    value = binding.value
    if isinstance(value, ast.Call) and last_name(value) in SPECIFIERS:
        node = keyword_of(value, "default") or (
            value.args[0] if value.args and last_name(value) in ("Field", "ib", "attrib") else None
        )
        return None if node is None or _is_missing(node) or isinstance(node, ast.Call) else node
    return value


def _is_missing(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant) and node.value is Ellipsis:
        return True
    return dotted(node).rpartition(".")[2] in ("MISSING", "NOTHING", "PydanticUndefined", "Undefined")


def is_false(node: ast.expr | None) -> bool:
    """Whether an expression is `False`."""
    return isinstance(node, ast.Constant) and node.value is False


def keyword_of(node: ast.expr | None, name: str) -> ast.expr | None:
    """A call's keyword argument, or a dict display's value."""
    if isinstance(node, ast.Call):
        return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return next((value for key, value in pairs if isinstance(key, ast.Constant) and key.value == name), None)
    return None
