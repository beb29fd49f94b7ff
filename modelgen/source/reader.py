"""Walks one file's tree and collects what its names are bound to. No judgement: that is others' part."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from modelgen.finding import Location
from modelgen.source import lazy
from modelgen.source.package import Parsed, SourceFile
from modelgen.source.stubs import Stubbed

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True, eq=False)
class ModuleScope:
    """A module's names."""

    file: SourceFile
    lines: tuple[bytes, ...]
    tree: ast.Module
    names: dict[str, list[Binding]] = field(default_factory=dict)
    """Name -> what it may be bound to: several only where branches (`if`, `try`) differ; the first found counts."""
    stars: list[str] = field(default_factory=list)
    """Modules whose public names are taken with `import *`, in order."""
    exported: tuple[str, ...] | None = None
    """`__all__`, where it is written out."""
    redefined: list[tuple[ClassDefinition, ClassDefinition]] = field(default_factory=list)
    """Classes that another class of the same name, outside any branch, replaces."""

    @property
    def name(self) -> str:
        """Its dotted name."""
        return self.file.name

    @property
    def doc(self) -> str:
        """Its docstring."""
        return ast.get_docstring(self.tree) or ""

    def where(self, node: ast.AST) -> Location:
        """The place of a node."""
        line: int = getattr(node, "lineno", 0)
        column: int = getattr(node, "col_offset", -1) + 1
        return Location(path=self.file.shown, line=line, column=column)

    def text(self, node: ast.AST) -> str:
        """A node's text as the author wrote it, on one line."""
        if isinstance(node, Stubbed):
            return str(node.value)
        first, last = getattr(node, "lineno", 0) - 1, (getattr(node, "end_lineno", 0) or 0) - 1
        if first < 0 or last >= len(self.lines):
            return ""
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)
        if first == last:
            return self.lines[first][start:end].decode("utf-8", "replace").strip()
        pieces = [self.lines[first][start:], *self.lines[first + 1 : last], self.lines[last][:end]]
        return " ".join(piece.decode("utf-8", "replace").strip() for piece in pieces).strip()


@dataclass(slots=True, eq=False)
class ClassDefinition:
    """A class statement."""

    module: ModuleScope
    node: ast.ClassDef
    outer: ClassDefinition | None = None
    names: dict[str, list[Binding]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its own name."""
        return self.node.name

    @property
    def qualname(self) -> str:
        """Its name inside its module."""
        return f"{self.outer.qualname}.{self.name}" if self.outer else self.name

    @property
    def symbol(self) -> str:
        """Its dotted path where it is defined."""
        return f"{self.module.name}.{self.qualname}"

    @property
    def doc(self) -> str:
        """Its docstring."""
        return ast.get_docstring(self.node) or ""

    @property
    def where(self) -> Location:
        """Where it is defined."""
        return self.module.where(self.node)


@dataclass(slots=True, eq=False)
class FunctionDefinition:
    """A def statement, with its overloads."""

    module: ModuleScope
    node: FunctionNode
    outer: ClassDefinition | None = None
    overloads: tuple[FunctionNode, ...] = ()

    @property
    def name(self) -> str:
        """Its own name."""
        return self.node.name


@dataclass(slots=True, eq=False)
class Assigned:
    """A name bound by an assignment, or declared by an annotation alone."""

    module: ModuleScope
    name: str
    value: ast.expr | None
    annotation: ast.expr | None
    node: ast.stmt
    outer: ClassDefinition | None = None
    doc: str = ""
    """The string literal on the next line, or the `#:` comment above."""


@dataclass(slots=True, eq=False)
class TypeStatement:
    """`type Name[T] = …`."""

    module: ModuleScope
    node: ast.stmt
    value: ast.expr
    parameters: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Imported:
    """A name bound by an import: a module, or a name of a module."""

    module: str
    name: str = ""
    """Empty: the module itself."""


Binding: TypeAlias = ClassDefinition | FunctionDefinition | Assigned | TypeStatement | Imported
Names: TypeAlias = dict[str, list[Binding]]


def read_module(file: SourceFile, parsed: Parsed) -> ModuleScope:
    """What a file's names are bound to."""
    scope = ModuleScope(file=file, lines=parsed.lines, tree=parsed.tree)
    _Collector(scope, None, scope.names).body(parsed.tree.body, branch=False)
    for name, module, inner in lazy.exports(file, parsed.tree):
        scope.names.setdefault(name, []).append(Imported(module=module, name=inner))
    return scope


class _Collector:
    """Collects the names of one module or class body."""

    def __init__(self, module: ModuleScope, outer: ClassDefinition | None, names: Names) -> None:
        self.module = module
        self.outer = outer
        self.names = names

    def body(self, statements: list[ast.stmt], branch: bool) -> None:
        """Collect a list of statements; inside a branch a name keeps its earlier bindings as further candidates."""
        for index, statement in enumerate(statements):
            match statement:
                case ast.ClassDef():
                    self._class(statement, branch)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._function(statement, branch)
                case ast.Import() | ast.ImportFrom():
                    self._import(statement, branch)
                case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                    self._assign(statement, statements[index + 1 : index + 2], branch)
                case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                    for inner in _blocks(statement):
                        self.body(inner, branch=True)
                case _:
                    self._type_statement(statement, branch)

    def _bind(self, name: str, binding: Binding, branch: bool) -> None:
        if branch:
            self.names.setdefault(name, []).append(binding)
            return
        earlier = self.names.get(name, [])
        if isinstance(binding, ClassDefinition):
            replaced = [old for old in earlier if isinstance(old, ClassDefinition)]
            self.module.redefined.extend((old, binding) for old in replaced[:1])
        self.names[name] = [binding]

    def _class(self, node: ast.ClassDef, branch: bool) -> None:
        definition = ClassDefinition(module=self.module, node=node, outer=self.outer)
        self._bind(node.name, definition, branch)
        _Collector(self.module, definition, definition.names).body(node.body, branch=False)

    def _function(self, node: FunctionNode, branch: bool) -> None:
        if _decorated(node, "overload"):
            earlier = self._overloads(node.name)
            definition = FunctionDefinition(self.module, node, self.outer, overloads=(*earlier, node))
            self.names[node.name] = [definition]
            return
        if any(_decorated(node, accessor) for accessor in ("setter", "deleter")):
            return
        definition = FunctionDefinition(self.module, node, self.outer, overloads=self._overloads(node.name))
        self._bind(node.name, definition, branch)

    def _overloads(self, name: str) -> tuple[FunctionNode, ...]:
        last = self.names.get(name, [None])[-1]
        is_overload = isinstance(last, FunctionDefinition) and _decorated(last.node, "overload")
        return last.overloads if is_overload and isinstance(last, FunctionDefinition) else ()

    def _import(self, node: ast.Import | ast.ImportFrom, branch: bool) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = alias.name if alias.asname else alias.name.partition(".")[0]
                self._bind(alias.asname or target, Imported(module=target), branch)
            return
        source = _absolute(self.module.file, node)
        if source is None:
            return
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append(source)
            else:
                self._bind(alias.asname or alias.name, Imported(module=source, name=alias.name), branch)

    def _assign(
        self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, following: list[ast.stmt], branch: bool
    ) -> None:
        if isinstance(node, ast.AugAssign):
            self._extend_all(node)
            return
        targets: list[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
        annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
        doc = _string(following[0]) if following else ""
        for target, value in _pairs(targets, node.value):
            if target.id == "__all__" and self.outer is None:
                self._extend_all(node)
            binding = Assigned(self.module, target.id, value, annotation, node, self.outer, doc or self._comment(node))
            self._bind(target.id, binding, branch)

    def _comment(self, node: ast.stmt) -> str:
        """The `#:` comment that documents an attribute, on the lines above or after it."""
        if self.outer is None:
            return ""
        found: list[str] = []
        line = node.lineno - 2
        while line >= 0 and self.module.lines[line].lstrip().startswith(b"#:"):
            found.insert(0, self.module.lines[line].lstrip()[2:].decode("utf-8", "replace").strip())
            line -= 1
        last = self.module.lines[(node.end_lineno or node.lineno) - 1][node.end_col_offset or 0 :].lstrip()
        if last.startswith(b"#:"):
            found.append(last[2:].decode("utf-8", "replace").strip())
        return " ".join(found)

    def _extend_all(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        """`__all__ = [...]` and `__all__ += [...]`, as far as they are written out."""
        target = node.target if isinstance(node, ast.AugAssign) else None
        if target is not None and not (isinstance(target, ast.Name) and target.id == "__all__"):
            return
        if node.value is None or self.outer is not None:
            return
        names = tuple(
            item.value
            for part in ast.walk(node.value)
            if isinstance(part, (ast.List, ast.Tuple))
            for item in part.elts
            if isinstance(item, ast.Constant) and isinstance(item.value, str)
        )
        self.module.exported = (*(self.module.exported or ()), *names) if target is not None else names

    def _type_statement(self, statement: ast.stmt, branch: bool) -> None:
        """`type X[T] = …`, which older Pythons' trees do not know by class."""
        if type(statement).__name__ != "TypeAlias":
            return
        name: ast.Name = getattr(statement, "name")  # noqa: B009 - the class exists from Python 3.12 on
        value: ast.expr = getattr(statement, "value")  # noqa: B009
        parameters = tuple(parameter.name for parameter in getattr(statement, "type_params", ()))
        self._bind(name.id, TypeStatement(self.module, statement, value, parameters), branch)


def _blocks(statement: ast.If | ast.Try | ast.With | ast.For | ast.While) -> Iterator[list[ast.stmt]]:
    while isinstance(statement, ast.If) and len(statement.orelse) == 1 and isinstance(statement.orelse[0], ast.If):
        yield statement.body  # an `elif` chain, without a level of recursion for each
        statement = statement.orelse[0]
    yield statement.body
    if isinstance(statement, ast.Try):
        for handler in statement.handlers:
            yield handler.body
        yield statement.finalbody
    if isinstance(statement, (ast.If, ast.Try, ast.For, ast.While)):
        yield statement.orelse


def _pairs(targets: list[ast.expr], value: ast.expr | None) -> Iterator[tuple[ast.Name, ast.expr | None]]:
    """Each name that an assignment binds, with its value; `a, b = 1, 2` is taken apart."""
    for target in targets:
        if isinstance(target, ast.Name):
            yield target, value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, part in zip(target.elts, value.elts, strict=True):
                if isinstance(one, ast.Name):
                    yield one, part


def _string(statement: ast.stmt) -> str:
    """The text of a string literal that stands alone."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        value = statement.value.value
        return " ".join(value.split()) if isinstance(value, str) else ""
    return ""


def _absolute(file: SourceFile, node: ast.ImportFrom) -> str | None:
    """The dotted module that a `from` import names; None above the top."""
    if not node.level:
        return node.module
    parts = file.parent.split(".") if file.parent else []
    kept = len(parts) - (node.level - 1)
    if kept < 1:
        return None
    return ".".join([*parts[:kept], *([node.module] if node.module else [])])


def _decorated(node: FunctionNode, name: str) -> bool:
    """Whether one of the decorators is called `name`, under whatever module."""
    return any(last_name(decorator) == name for decorator in node.decorator_list)


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name, of a call's function too; empty for anything else."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a Name or Attribute chain; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
