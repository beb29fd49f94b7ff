"""What a `.pyi` beside a module's file adds to it: the annotations that it has not, and the names that these need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Definition: TypeAlias = Function | ast.ClassDef


class Stubbed(ast.Constant):
    """An annotation of a stub, as a string where the file has none."""


def annotate(tree: ast.Module, stub: ast.Module) -> None:
    """Add to a file's tree what its stub says; what the file says itself stays."""
    _annotate_body(tree.body, stub.body)
    bound = {name for statement in tree.body for name in _bound(statement)}
    taken = [one for one in _imports_and_aliases(stub.body) if not bound.issuperset(_bound(one))]
    tree.body[:0] = [_placed(statement) for statement in taken]


def _annotate_body(body: Sequence[ast.stmt], stub: Sequence[ast.stmt]) -> None:
    stubs = _definitions(stub)
    for name, definitions in _definitions(body).items():
        said = stubs.get(name, [])
        for one in definitions:
            if isinstance(one, ast.ClassDef) and len(said) == 1 and isinstance(said[0], ast.ClassDef):
                _annotate_class(one, said[0])
            elif isinstance(one, Function) and len(said) == 1 and isinstance(said[0], Function):
                _annotate_function(one, said[0])


def _annotate_class(one: ast.ClassDef, stub: ast.ClassDef) -> None:
    _annotate_body(one.body, stub.body)
    bound = {name for statement in one.body for name in _bound(statement)}
    for said in stub.body:
        if isinstance(said, ast.AnnAssign) and isinstance(said.target, ast.Name) and said.target.id not in bound:
            said.annotation = _text(said.annotation, one)
            one.body.append(_placed(said, one))


def _annotate_function(one: Function, stub: Function) -> None:
    said = {argument.arg: argument.annotation for argument in _arguments(stub)}
    for argument in _arguments(one):
        annotation = said.get(argument.arg)
        if argument.annotation is None and annotation is not None:
            argument.annotation = _text(annotation, argument)
    if one.returns is None and stub.returns is not None:
        one.returns = _text(stub.returns, one)


def _arguments(function: Function) -> Iterator[ast.arg]:
    given = function.args
    yield from (*given.posonlyargs, *given.args, *given.kwonlyargs)
    yield from (argument for argument in (given.vararg, given.kwarg) if argument is not None)


def _text(annotation: ast.expr, at: ast.AST) -> Stubbed:
    return ast.copy_location(Stubbed(value=ast.unparse(annotation)), at)


def _definitions(body: Sequence[ast.stmt]) -> dict[str, list[Definition]]:
    """Functions and classes by name; in branches too."""
    found: dict[str, list[Definition]] = {}
    for statement in _flat(body):
        if isinstance(statement, Definition):
            found.setdefault(statement.name, []).append(statement)
    return found


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, (ast.If, ast.Try)):
            yield from _flat([*statement.body, *statement.orelse])


def _imports_and_aliases(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in _flat(body):
        star = isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names)
        is_alias = isinstance(statement, ast.Assign | ast.AnnAssign) or type(statement).__name__ == "TypeAlias"
        if star or is_alias or isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that an import or an assignment binds; a star binds one that no file has."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.Assign):
        yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
    elif isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield statement.name
    else:
        target = getattr(statement, "target", None) or getattr(statement, "name", None)
        yield from [target.id] if isinstance(target, ast.Name) else []


def _placed(statement: ast.stmt, at: ast.AST | None = None) -> ast.stmt:
    """A stub's statement, whose place in the stub is none in the file."""
    line, column = getattr(at, "lineno", 1), getattr(at, "col_offset", 0)
    for node in ast.walk(statement):
        if isinstance(node, ast.stmt | ast.expr | ast.arg | ast.alias):
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = column
    return statement
