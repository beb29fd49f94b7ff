"""Data classes that a call makes: `namedtuple(...)`, `NamedTuple(...)`, `TypedDict(...)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelgen.contract.model import Default, Field
from modelgen.contract.types import Json
from modelgen.source.constants import NotStatic
from modelgen.source.declared import Annotation, Declarations
from modelgen.source.defaults import DefaultReader
from modelgen.source.fieldset import Fields, is_required
from modelgen.source.meaning import Unreadable
from modelgen.source.mro import Ancestor
from modelgen.source.reader import Assigned, last_name
from modelgen.source.resolver import Scope
from modelgen.source.specifiers import is_false, keyword_of


class FunctionalReader:
    """Reads the calls."""

    def __init__(self, declarations: Declarations, defaults: DefaultReader) -> None:
        self.declarations = declarations
        self.defaults = defaults

    def base(self, found: Fields, classes: tuple[Ancestor, ...]) -> None:
        """`class P(namedtuple("P", "x y")): …`: fields of any type."""
        for ancestor in classes:
            for base in ancestor.definition.node.bases:
                if isinstance(base, ast.Call) and last_name(base) == "namedtuple":
                    where = ancestor.definition.where
                    for name, default in self._namedtuple_names(base, ancestor.scope):
                        found.add(Field(name=name, type=Json(), default=default, where=where))

    def _namedtuple_names(self, call: ast.Call, scope: Scope) -> list[tuple[str, Default | None]]:
        try:
            value = self.defaults.evaluator.value(call.args[1], scope) if len(call.args) > 1 else None
        except NotStatic:
            value = None
        names = tuple(value.replace(",", " ").split()) if isinstance(value, str) else value
        if not isinstance(names, tuple):
            raise Unreadable("the fields of the namedtuple are not written out")
        defaults = keyword_of(call, "defaults")
        given = list(defaults.elts) if isinstance(defaults, (ast.Tuple, ast.List)) else []
        padded: list[ast.expr | None] = [*([None] * (len(names) - len(given))), *given]
        return [
            (str(name), self.defaults.default(node, scope, None) if node is not None else None)
            for name, node in zip(names, padded, strict=False)
        ]

    def read(self, assigned: Assigned) -> Fields:
        """The fields of `namedtuple("P", "x y")`, `NamedTuple("P", [("x", int)])`, `TypedDict("T", {"x": int})`.

        Raises:
            Unreadable: the fields are not written out.
        """
        call = assigned.value
        scope = Scope(module=assigned.module, owner=assigned.outer)
        if not isinstance(call, ast.Call):
            raise Unreadable("the fields are not written out")
        kind = last_name(call)
        found = Fields(flavour="typeddict" if kind == "TypedDict" else "namedtuple", doc=assigned.doc)
        where = assigned.module.where(assigned.node)
        if kind == "namedtuple":
            for name, default in self._namedtuple_names(call, scope):
                found.add(Field(name=name, type=Json(), default=default, where=where))
            return found
        total = not is_false(keyword_of(call, "total"))
        for name, node in _written_fields(call):
            if not name.isidentifier():
                raise Unreadable(f"its key `{name}` cannot be the name of a field")
            declared = self.declarations.read([Annotation(node, scope)], None)
            if declared.meaning is None or declared.meaning.stream:
                raise Unreadable(f"its field `{name}` cannot be sent")
            needed = kind != "TypedDict" or is_required(node, total)
            default = None if needed else Default(text="", known=False)
            found.add(
                Field(
                    name=name,
                    type=declared.meaning.type,
                    where=where,
                    default=default,
                )
            )
        return found


def _written_fields(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    written = call.args[1] if len(call.args) > 1 else keyword_of(call, "fields")
    if isinstance(written, ast.Dict):
        for key, value in zip(written.keys, written.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
        return
    if not isinstance(written, (ast.List, ast.Tuple)):
        raise Unreadable("the fields are not written out")
    for item in written.elts:
        if isinstance(item, ast.Tuple) and len(item.elts) == 2 and isinstance(item.elts[0], ast.Constant):
            yield str(item.elts[0].value), item.elts[1]
