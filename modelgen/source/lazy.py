"""The names that a module makes only when they are asked for: by `__getattr__`, `lazy_loader`, `_LazyModule`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from modelgen.source.package import SourceFile

Export: TypeAlias = tuple[str, str, str]
"""A name, the module that has it, and its name there; no name there: it is the module."""

SIGNS = (b"def __getattr__", b"attach(", b"_import_structure")
"""What the text of a module that has such names contains."""
TABLES = ("submod_attrs", "_import_structure")
"""What tables of module -> names are called."""


def exports(file: SourceFile, tree: ast.Module) -> Iterator[Export]:
    """The lazy names of a module, as far as they are written out."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__getattr__":
            yield from _imported(file, statement)
            yield from _listed(file, tree)
        elif isinstance(statement, ast.Assign | ast.Expr) and isinstance(statement.value, ast.Call):
            yield from _attached(file, statement.value)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id in TABLES for target in targets):
                yield from _of_table(file, statement.value)


def _imported(file: SourceFile, function: ast.FunctionDef) -> Iterator[Export]:
    """The imports in a module's `__getattr__`."""
    for node in ast.walk(function):
        if isinstance(node, ast.ImportFrom):
            source = absolute(file, "." * node.level + (node.module or ""))
            yield from ((one.asname or one.name, source, one.name) for one in node.names if one.name != "*")


def _listed(file: SourceFile, tree: ast.Module) -> Iterator[Export]:
    """The tables of name -> module, or -> (module, name), beside a `__getattr__`."""
    for statement in tree.body:
        value = getattr(statement, "value", None)
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.Dict):
            continue
        for key, place in zip(value.keys, value.values, strict=True):
            name, parts = _string(key), [_string(part) for part in getattr(place, "elts", [place])]
            if name.isidentifier() and parts[:1] != [""] and len(parts) in (1, 2):
                module, _, inner = parts[0].partition(":")
                yield name, absolute(file, module), (parts[1] if len(parts) == 2 else inner) or name


def _attached(file: SourceFile, call: ast.Call) -> Iterator[Export]:
    """`lazy_loader.attach(__name__, submodules, submod_attrs)`."""
    if getattr(call.func, "attr", getattr(call.func, "id", "")) != "attach":
        return
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    submodules = given.get("submodules", call.args[1] if len(call.args) > 1 else None)
    for item in getattr(submodules, "elts", ()):
        yield _string(item), absolute(file, f".{_string(item)}"), ""
    yield from _of_table(file, given.get("submod_attrs", call.args[2] if len(call.args) > 2 else None))


def _of_table(file: SourceFile, table: ast.expr | None) -> Iterator[Export]:
    """The names of a table of module -> names."""
    if not isinstance(table, ast.Dict):
        return
    for key, names in zip(table.keys, table.values, strict=True):
        module = absolute(file, f".{_string(key).lstrip('.')}")
        yield from ((_string(name), module, _string(name)) for name in getattr(names, "elts", ()))


def absolute(file: SourceFile, name: str) -> str:
    """The dotted module that a name, relative by its leading dots, means in a file."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parts = file.parent.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *([name[level:]] if name[level:] else [])])


def _string(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
