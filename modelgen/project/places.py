"""Where a contract's types stand in the source: a parameter, a result or a field that only a docstring types."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, TypeAlias

from modelgen.contract.model import Contract, Element, Field, Method, Parameter
from modelgen.contract.types import TypeRef
from modelgen.finding import Location
from modelgen.source.reader import ModuleScope

Key: TypeAlias = tuple[str, str, str]
"""Symbol of a module or data model, name of a method (empty for a model), name of a parameter or field, or `return`."""
Spot: TypeAlias = tuple[str, int, int]
"""File as findings show it, line, column."""

RETURN = "return"
SILENT = frozenset({"where", "documented", "_named"})
"""What of a contract says nothing of what callers may do."""
TYPE_COMMENT = re.compile(rb"#\s*type:\s*(?!ignore)")


@dataclass(slots=True, kw_only=True)
class Wanted:
    """A type that an annotation could state."""

    keys: set[Key]
    """What of the contract it decides; several where subclasses share it."""
    spot: Spot
    kind: Literal["parameter", "return", "field"]
    type: TypeRef
    text: str
    """What the docstring says."""
    stream: bool = False
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an annotation goes: counted in the order of the text, so that every parser finds it."""

    owner: int
    """Which `def`, or for a field which `class`, of the file it is of; the first is 0."""
    name: str
    """The parameter's or field's, or `return`."""
    inside: str = ""
    """The class that it stands in."""
    is_field: bool = False
    empty: bool = False
    """For `return`: whether the function returns nothing."""


def wanted(contract: Contract) -> list[Wanted]:
    """Every type that only a docstring states; one that two classes read differently is left out."""
    found: dict[Spot, Wanted] = {}
    mixed: set[Spot] = set()
    for one in _every(contract):
        old = found.setdefault(one.spot, one)
        if facts((old.type, old.stream)) != facts((one.type, one.stream)):
            mixed.add(one.spot)
        old.keys |= one.keys
    return [one for spot, one in found.items() if spot not in mixed]


def _every(contract: Contract) -> Iterator[Wanted]:
    for module in contract.modules:
        every = (*module.methods, *(one for one in (module.construct, module.load, module.save) if one))
        for method in every:
            yield from _of_method(module.symbol, method)
    for model in contract.models:
        for one in model.fields:
            if one.documented and one.where:
                yield _of_field((model.symbol, "", one.name), one, one.where)


def _of_method(symbol: str, method: Method) -> Iterator[Wanted]:
    for one in method.parameters:
        if one.documented and one.where:
            yield _of_field((symbol, method.name, one.name), one, one.where)
    if method.documented and method.where:
        yield Wanted(
            keys={(symbol, method.name, RETURN)},
            spot=_spot(method.where),
            kind="return",
            type=method.returns,
            text=method.documented,
            stream=method.stream,
            asynchronous=method.asynchronous,
        )


def _of_field(key: Key, one: Field, where: Location) -> Wanted:
    stream = isinstance(one, Parameter) and one.stream
    return Wanted(
        keys={key},
        spot=_spot(where),
        kind="parameter" if isinstance(one, Parameter) else "field",
        type=one.type,
        text=one.documented,
        stream=stream,
        asynchronous=isinstance(one, Parameter) and one.asynchronous,
    )


def _spot(where: Location) -> Spot:
    return where.path, where.line, where.column


def located(scope: ModuleScope) -> Mapping[Spot, Place]:
    """Each place of a file that an annotation can be written to, by where the reader says that it is."""
    return {_spot(scope.where(node)): place for node, place in _places(scope)}


def _places(scope: ModuleScope) -> Iterator[tuple[ast.AST, Place]]:
    owners = {id(inner): outer.name for outer in _in_order(scope.tree, ast.ClassDef) for inner in outer.body}
    for index, function in enumerate(_in_order(scope.tree, (ast.FunctionDef, ast.AsyncFunctionDef))):
        if _has_type_comment(scope, function):
            continue
        inside = owners.get(id(function), "")
        arguments = function.args
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if one.annotation is None:
                yield one, Place(index, one.arg, inside)
        if function.returns is None:
            yield function, Place(index, RETURN, inside, empty=not _gives(function))
    for index, definition in enumerate(_in_order(scope.tree, ast.ClassDef)):
        for statement in definition.body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target = statement.targets[0]
                if isinstance(target, ast.Name):
                    yield statement, Place(index, target.id, definition.name, is_field=True)


def _in_order(tree: ast.AST, kind: Any) -> list[Any]:
    """The nodes of a kind as a reader of the text meets them."""
    found = [node for node in ast.walk(tree) if isinstance(node, kind)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _has_type_comment(scope: ModuleScope, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    lines = scope.lines[function.lineno - 1 : function.body[0].lineno]
    return any(TYPE_COMMENT.search(line) for line in lines)


def _gives(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a `return` of the function gives a value."""
    return any(
        isinstance(node, ast.Return)
        and node.value is not None
        and not (isinstance(node.value, ast.Constant) and node.value.value is None)
        for node in ast.walk(function)
    )


# What must stay as it is


def stated(contract: Contract) -> dict[Key, object]:
    """What a contract says, part by part."""
    found: dict[Key, object] = {}
    for module in contract.modules:
        found[module.symbol, "", ""] = facts((module.name, module.doc, module.task, module.example))
        every = (*module.methods, *(one for one in (module.construct, module.load, module.save) if one))
        for method in every:
            found |= _method_facts(module.symbol, method)
        for refused in module.refused:
            found[module.symbol, refused.name.rpartition(".")[2], ""] = facts(refused.reason)
            found |= {(module.symbol, refused.name.rpartition(".")[2], gap.name): gap.reason for gap in refused.gaps}
    for model in contract.models:
        found[model.symbol, "", ""] = facts((model.flavour, model.init, model.doc, [one.name for one in model.fields]))
        found |= {(model.symbol, "", one.name): facts(one) for one in model.fields}
    for enum in contract.enums:
        found[enum.symbol, "", ""] = facts(enum)
    return found


def _method_facts(symbol: str, method: Method) -> Iterator[tuple[Key, object]]:
    shape = (method.kind, method.receiver, method.raises, method.left_out, method.batch, method.doc)
    yield (symbol, method.name, ""), facts((shape, [one.name for one in method.parameters]))
    yield (symbol, method.name, RETURN), facts((method.returns, method.stream, method.asynchronous, method.generator))
    yield from (((symbol, method.name, one.name), facts(one)) for one in method.parameters)


def facts(value: object) -> object:
    """A part of a contract as plain data, hosts included, without where it was written."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = [(one.name, getattr(value, one.name)) for one in fields(value) if one.name not in SILENT]
        return type(value).__name__, tuple((name, facts(part)) for name, part in pairs)
    if isinstance(value, tuple | list):
        return tuple(facts(part) for part in value)
    return value


def spots(contract: Contract) -> dict[Spot, Key]:
    """What stands where, of parameters and results."""
    found: dict[Spot, Key] = {}
    for module in contract.modules:
        for method in module.methods:
            found |= dict.fromkeys(_spots(method), (module.symbol, method.name, RETURN))
            found |= {spot: (module.symbol, method.name, one.name) for one in method.parameters for spot in _spots(one)}
    return found


def _spots(element: Element) -> Iterator[Spot]:
    if element.where:
        yield _spot(element.where)
